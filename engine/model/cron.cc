#include "engine/model/cron.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace hpaplus {
namespace {

constexpr std::size_t kTextMost = 100;

struct Range {
  const char* name;
  unsigned least;
  unsigned most;
};
constexpr std::array<Range, 5> kFields{{{"minute", 0, 59},
                                        {"hour", 0, 23},
                                        {"day of month", 1, 31},
                                        {"month", 1, 12},
                                        {"day of week", 0, 7}}};

// Takes what lies before the separator off the front; the whole text when there is none.
std::string_view TakeUntil(char separator, std::string_view& text, bool& more) {
  const std::size_t end = text.find(separator);
  more = end != std::string_view::npos;
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(more ? end + 1 : text.size());
  return taken;
}

// One or two digits, nothing else.
std::optional<unsigned> ReadNumber(std::string_view text, unsigned least, unsigned most) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.size() > 2 || text.front() < '0' || text.front() > '9') {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < least || number > most) return std::nullopt;
  return number;
}

// "*", "n", "n-m", with or without "/step"; null for anything else.
std::optional<std::uint64_t> ReadItem(std::string_view item, const Range& range) {
  bool stepped = false;
  const std::string_view span = TakeUntil('/', item, stepped);
  unsigned step = 1;
  if (stepped) {
    const auto given = ReadNumber(item, 1, range.most);
    if (!given) return std::nullopt;
    step = *given;
  }
  unsigned first = range.least;
  unsigned last = range.most;
  if (span != "*") {
    bool is_range = false;
    std::string_view rest = span;
    const auto from = ReadNumber(TakeUntil('-', rest, is_range), range.least, range.most);
    const auto to = is_range ? ReadNumber(rest, range.least, range.most) : from;
    if (!from || !to || *from > *to) return std::nullopt;
    if (stepped && !is_range) return std::nullopt;  // "5/10" means different things elsewhere.
    first = *from;
    last = *to;
  }
  std::uint64_t bits = 0;
  for (unsigned n = first; n <= last; n += step)
    bits |= std::uint64_t{1} << n;
  return bits;
}

std::optional<std::uint64_t> ReadField(std::string_view field, const Range& range) {
  std::uint64_t bits = 0;
  for (bool more = true; more;) {
    const auto item = ReadItem(TakeUntil(',', field, more), range);
    if (!item) return std::nullopt;
    bits |= *item;
  }
  return bits;
}

// Some day of the year must fit: 30 February never comes.
bool EverHappens(const Cron& cron) {
  constexpr std::array<unsigned, 12> kLongest{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (cron.any_day_of_two) return true;
  for (unsigned month = 1; month <= kLongest.size(); ++month) {
    if ((cron.months >> month & 1) == 0) continue;
    for (unsigned day = 1; day <= kLongest[month - 1]; ++day) {
      if ((cron.days >> day & 1) != 0) return true;
    }
  }
  return false;
}

}  // namespace

bool Cron::MatchesDay(unsigned month, unsigned day, unsigned weekday) const {
  if ((months >> month & 1) == 0) return false;
  const bool fits_day = (days >> day & 1) != 0;
  const bool fits_weekday = (weekdays >> weekday & 1) != 0;
  return any_day_of_two ? fits_day || fits_weekday : fits_day && fits_weekday;
}

Result<Cron> ParseCron(std::string_view text) {
  if (text.size() > kTextMost) return Error{ErrorCode::kInvalidArgument, "cron: is too long"};
  std::array<std::uint64_t, kFields.size()> bits{};
  std::array<bool, kFields.size()> restricted{};
  bool more = true;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (!more) return Error{ErrorCode::kInvalidArgument, "cron: needs five fields"};
    const std::string_view field = TakeUntil(' ', text, more);
    const auto read = ReadField(field, kFields[i]);
    if (!read) {
      return Error{ErrorCode::kInvalidArgument,
                   "cron: \"" + std::string(field) + "\" is no " + kFields[i].name};
    }
    bits[i] = *read;
    restricted[i] = !field.starts_with('*');
  }
  if (more) return Error{ErrorCode::kInvalidArgument, "cron: needs five fields"};
  constexpr std::uint64_t kOtherSunday = std::uint64_t{1} << 7;
  if ((bits[4] & kOtherSunday) != 0) bits[4] = (bits[4] | 1) & ~kOtherSunday;
  const auto narrow = [&](std::size_t i) { return static_cast<std::uint32_t>(bits[i]); };
  const Cron cron{bits[0],   narrow(1), narrow(2),
                  narrow(3), narrow(4), restricted[2] && restricted[4]};
  if (!EverHappens(cron)) return Error{ErrorCode::kInvalidArgument, "cron: never happens"};
  return cron;
}

}  // namespace hpaplus
