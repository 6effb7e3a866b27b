#include "engine/base/time.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/core.h>

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kMostNanos = std::numeric_limits<std::int64_t>::max();

Error BadTime(std::string_view text, std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("time: \"{}\" {}", text.substr(0, 64), what)};
}

Error BadDuration(std::string_view text, std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("duration: \"{}\" {}", text.substr(0, 64), what)};
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Reads a text from the left; once something did not fit, `ok` stays false.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  bool Peek(char c) const { return !rest.empty() && rest.front() == c; }

  void Expect(char c) {
    ok = ok && Peek(c);
    if (ok) rest.remove_prefix(1);
  }

  // Exactly `width` digits.
  int Number(std::size_t width) {
    int number = 0;
    for (std::size_t i = 0; i < width; ++i) {
      ok = ok && !rest.empty() && IsDigit(rest.front());
      if (!ok) return 0;
      number = number * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return number;
  }
};

// One to nine digits after the point, as nanoseconds.
std::int64_t ReadFraction(Cursor& in) {
  constexpr int kDigitsMost = 9;
  std::int64_t nanos = 0;
  int digits = 0;
  while (digits < kDigitsMost && !in.rest.empty() && IsDigit(in.rest.front())) {
    nanos = nanos * 10 + (in.rest.front() - '0');
    in.rest.remove_prefix(1);
    ++digits;
  }
  in.ok = in.ok && digits > 0;
  for (; digits < kDigitsMost; ++digits)
    nanos *= 10;
  return nanos;
}

seconds ReadOffset(Cursor& in) {
  if (in.Peek('Z')) {
    in.rest.remove_prefix(1);
    return seconds(0);
  }
  const bool west = in.Peek('-');
  in.ok = in.ok && (west || in.Peek('+'));
  if (!in.ok) return seconds(0);
  in.rest.remove_prefix(1);
  const int hour = in.Number(2);
  in.Expect(':');
  const int minute = in.Number(2);
  in.ok = in.ok && hour < 24 && minute < 60;
  const seconds offset = hours(hour) + minutes(minute);
  return west ? -offset : offset;
}

// Null when the sum leaves the range of a Timestamp.
std::optional<Timestamp> Assemble(std::chrono::sys_seconds whole, std::int64_t nanos) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  std::int64_t count = whole.time_since_epoch().count();
  // The product alone may leave the range downwards although the sum does not.
  if (count < 0 && nanos > 0) {
    ++count;
    nanos -= kPerSecond;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(count, kPerSecond, &total)) return std::nullopt;
  if (__builtin_add_overflow(total, nanos, &total)) return std::nullopt;
  return Timestamp(Duration(total));
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
// Longest first, so that "ms" is not read as "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00B5s", 1'000},  // The micro sign; Go prints it.
                                      {"\u03BCs", 1'000},  // The Greek letter.
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

const Unit* TakeUnit(std::string_view& rest) {
  for (const Unit& unit : kUnits) {
    if (!rest.starts_with(unit.name)) continue;
    rest.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

// "1.5" in front of a unit: the whole part, and the fraction as numerator over a power of ten.
struct Amount {
  std::int64_t whole = 0;
  std::int64_t fraction = 0;
  std::int64_t fraction_of = 1;
  bool has_digits = false;
  bool overflows = false;
};

Amount TakeAmount(std::string_view& rest) {
  Amount amount;
  while (!rest.empty() && IsDigit(rest.front())) {
    amount.has_digits = true;
    const bool over = __builtin_mul_overflow(amount.whole, 10, &amount.whole) ||
                      __builtin_add_overflow(amount.whole, rest.front() - '0', &amount.whole);
    amount.overflows = amount.overflows || over;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest.front() != '.') return amount;
  rest.remove_prefix(1);
  while (!rest.empty() && IsDigit(rest.front())) {
    amount.has_digits = true;
    // Digits below a nanosecond of an hour are cut off.
    if (amount.fraction_of < 100'000'000'000'000) {
      amount.fraction = amount.fraction * 10 + (rest.front() - '0');
      amount.fraction_of *= 10;
    }
    rest.remove_prefix(1);
  }
  return amount;
}

__extension__ using Wide = __int128;

// Null when it does not fit.
std::optional<std::int64_t> ToNanos(const Amount& amount, const Unit& unit) {
  std::int64_t nanos = 0;
  if (amount.overflows || __builtin_mul_overflow(amount.whole, unit.nanos, &nanos)) {
    return std::nullopt;
  }
  const auto part = static_cast<Wide>(amount.fraction) * unit.nanos;
  const auto fraction = static_cast<std::int64_t>(part / amount.fraction_of);
  if (__builtin_add_overflow(nanos, fraction, &nanos)) return std::nullopt;
  return nanos;
}

// nanos / 10^digits with the fraction's trailing zeros dropped: (1500, 3) -> "1.5".
std::string WithFraction(std::uint64_t nanos, int digits) {
  std::uint64_t one = 1;
  for (int i = 0; i < digits; ++i)
    one *= 10;
  std::string text = fmt::format("{}", nanos / one);
  if (nanos % one == 0) return text;
  std::string fraction = fmt::format("{:0{}}", nanos % one, digits);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

struct CivilTime {
  std::string date_time;  // Without fraction and offset.
  std::int64_t nanos = 0;
};

CivilTime ToCivil(Timestamp at) {
  // Whole seconds stay seconds: in nanoseconds the first of them would leave the range.
  const auto whole = std::chrono::floor<seconds>(at);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(whole - day);
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  const std::int64_t remainder = at.time_since_epoch().count() % kPerSecond;
  return {fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      time.hours().count(), time.minutes().count(), time.seconds().count()),
          remainder < 0 ? remainder + kPerSecond : remainder};
}

}  // namespace

Result<Timestamp> ParseRfc3339(std::string_view text) {
  Cursor in{text};
  const int year = in.Number(4);
  in.Expect('-');
  const int month = in.Number(2);
  in.Expect('-');
  const int day = in.Number(2);
  in.Expect('T');
  const int hour = in.Number(2);
  in.Expect(':');
  const int minute = in.Number(2);
  in.Expect(':');
  const int second = in.Number(2);
  std::int64_t nanos = 0;
  if (in.ok && in.Peek('.')) {
    in.rest.remove_prefix(1);
    nanos = ReadFraction(in);
  }
  const seconds offset = ReadOffset(in);
  if (!in.ok || !in.rest.empty()) return BadTime(text, "is not an RFC 3339 time");

  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) {
    return BadTime(text, "does not exist in the calendar");
  }
  const std::chrono::sys_seconds whole =
      std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset;
  const auto at = Assemble(whole, nanos);
  if (!at) return BadTime(text, "is outside the years 1677 to 2262");
  return *at;
}

std::string FormatRfc3339(Timestamp at, bool with_fraction) {
  const CivilTime civil = ToCivil(at);
  if (!with_fraction || civil.nanos == 0) return civil.date_time + "Z";
  if (civil.nanos % 1'000'000 == 0) {
    return fmt::format("{}.{:03}Z", civil.date_time, civil.nanos / 1'000'000);
  }
  if (civil.nanos % 1'000 == 0) {
    return fmt::format("{}.{:06}Z", civil.date_time, civil.nanos / 1'000);
  }
  return fmt::format("{}.{:09}Z", civil.date_time, civil.nanos);
}

std::string FormatMicroTime(Timestamp at) {
  const CivilTime civil = ToCivil(at);
  return fmt::format("{}.{:06}Z", civil.date_time, civil.nanos / 1'000);
}

Result<Duration> ParseDuration(std::string_view text) {
  if (text.empty()) return BadDuration(text, "is empty");
  if (text == "0") return Duration(0);
  std::string_view rest = text;
  std::int64_t total = 0;
  while (!rest.empty()) {
    const Amount amount = TakeAmount(rest);
    if (!amount.has_digits) return BadDuration(text, "is not a duration such as 800ms or 1h30m");
    const Unit* unit = TakeUnit(rest);
    if (unit == nullptr) return BadDuration(text, "needs a unit: h, m, s, ms, us or ns");
    const auto nanos = ToNanos(amount, *unit);
    if (!nanos || *nanos > kMostNanos - total) return BadDuration(text, "is too long");
    total += *nanos;
  }
  return Duration(total);
}

std::string FormatDuration(Duration duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  // Unsigned, because the most negative count has no positive counterpart.
  const auto nanos = count < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(count)
                               : static_cast<std::uint64_t>(count);
  if (nanos < 1'000) return fmt::format("{}{}ns", sign, nanos);
  if (nanos < 1'000'000) return sign + WithFraction(nanos, 3) + "\u00B5s";
  if (nanos < 1'000'000'000) return sign + WithFraction(nanos, 6) + "ms";

  constexpr std::uint64_t kMinute = 60'000'000'000;
  const std::uint64_t whole_minutes = nanos / kMinute;
  std::string text = sign;
  if (whole_minutes >= 60) text += fmt::format("{}h", whole_minutes / 60);
  if (whole_minutes > 0) text += fmt::format("{}m", whole_minutes % 60);
  return text + WithFraction(nanos % kMinute, 9) + "s";
}

}  // namespace hpaplus
