#include "collectors/numbers.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "engine/model/reading.h"

namespace hpaplus::collectors {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kLatestSecond = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;
constexpr int kNanoDigits = 9;

// The whole text as a T, or nothing.
template <class T>
std::optional<T> ParseAll(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (stopped != end || error != std::errc()) return std::nullopt;
  return value;
}

// "123" of "0.123" as nanoseconds; digits beyond the ninth are cut off.
std::optional<std::int64_t> ParseNanos(std::string_view digits) {
  std::int64_t nanos = 0;
  int places = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    if (places == kNanoDigits) continue;
    nanos = nanos * 10 + (c - '0');
    ++places;
  }
  for (; places < kNanoDigits; ++places)
    nanos *= 10;
  return nanos;
}

std::optional<Timestamp> ParseUnixDouble(std::string_view text) {
  const std::optional<double> seconds = ParseDouble(text);
  // Also refuses NaN. The bound is exact: 2262 is far below 2^53.
  if (!seconds || !(*seconds >= 0 && *seconds < static_cast<double>(kLatestSecond))) {
    return std::nullopt;
  }
  double whole = 0;
  const double fraction = std::modf(*seconds, &whole);
  return Timestamp(std::chrono::seconds(std::llround(whole)) +
                   std::chrono::nanoseconds(std::llround(fraction * 1e9)));
}

}  // namespace

std::int64_t MilliFromDouble(double value) {
  constexpr double kEnd = 0x1p63;     // The first double above int64.
  constexpr double kNoise = 0x1p-50;  // A few units in the last place of the product.
  const double exact = std::abs(value) * 1000;
  const double nearest = std::round(exact);
  const double milli = std::abs(exact - nearest) <= exact * kNoise ? nearest : std::ceil(exact);
  if (!(milli < kEnd)) return kInvalidMilli;  // NaN too.
  const auto magnitude = static_cast<std::int64_t>(milli);
  return value < 0 ? -magnitude : magnitude;
}

std::optional<double> ParseDouble(std::string_view text) {
  // from_chars knows no plus sign, Prometheus writes "+Inf".
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  return ParseAll<double>(text);
}

std::optional<std::int64_t> PlainQuantityMilli(std::string_view text) {
  constexpr std::size_t kMostDigits = 15;
  constexpr std::int64_t kMostMilli = 9'000'000'000'000'000;
  std::int64_t digits = 0;
  std::size_t size = 0;
  for (; size < text.size() && text[size] >= '0' && text[size] <= '9'; ++size) {
    if (size == kMostDigits) return std::nullopt;
    digits = digits * 10 + (text[size] - '0');
  }
  const std::string_view suffix = text.substr(size);
  if (size == 0) return std::nullopt;
  if (suffix == "n") return (digits + 999'999) / 1'000'000;
  if (suffix == "u") return (digits + 999) / 1000;
  if (suffix == "m") return digits;
  const std::int64_t unit = suffix.empty()   ? 1
                            : suffix == "Ki" ? std::int64_t{1} << 10U
                            : suffix == "Mi" ? std::int64_t{1} << 20U
                            : suffix == "k"  ? 1000
                            : suffix == "M"  ? 1'000'000
                                             : 0;
  if (unit == 0 || digits > kMostMilli / 1000 / unit) return std::nullopt;
  return digits * unit * 1000;
}

std::optional<Timestamp> ParseUnixSeconds(std::string_view text) {
  if (text.find_first_of("eE") != std::string_view::npos) return ParseUnixDouble(text);
  const std::size_t point = text.find('.');
  const auto seconds = ParseAll<std::int64_t>(text.substr(0, point));
  if (!seconds || text.starts_with('-') || *seconds >= kLatestSecond) return std::nullopt;
  std::optional<std::int64_t> nanos = 0;
  if (point != std::string_view::npos) {
    if (point + 1 == text.size()) return std::nullopt;
    nanos = ParseNanos(text.substr(point + 1));
  }
  if (!nanos) return std::nullopt;
  return Timestamp(std::chrono::seconds(*seconds) + std::chrono::nanoseconds(*nanos));
}

}  // namespace hpaplus::collectors
