#include "engine/model/schema_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace hpaplus {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A unit is its short name, or anything that begins with its long one.
struct LooseUnit {
  std::string_view short_name;
  std::string_view other_name;
  std::string_view long_name;
  std::int64_t nanos;
};
constexpr std::int64_t kHour = 3'600'000'000'000;
constexpr std::array<LooseUnit, 8> kUnits{{{"ns", "ns", "nano", 1},
                                           {"us", "\u00B5s", "micro", 1'000},
                                           {"ms", "ms", "milli", 1'000'000},
                                           {"s", "s", "sec", 1'000'000'000},
                                           {"m", "m", "min", 60'000'000'000},
                                           {"h", "hr", "hour", kHour},
                                           {"d", "d", "day", 24 * kHour},
                                           {"w", "wk", "week", 168 * kHour}}};

std::optional<std::int64_t> UnitNanos(std::string unit) {
  std::ranges::transform(unit, unit.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const LooseUnit& known : kUnits) {
    if (unit == known.short_name || unit == known.other_name || unit.starts_with(known.long_name)) {
      return known.nanos;
    }
  }
  return std::nullopt;
}

std::string_view TakeWhile(std::string_view& rest, bool (*wanted)(char)) {
  const auto end = std::ranges::find_if_not(rest, wanted);
  const std::string_view taken = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(taken.size());
  return taken;
}

}  // namespace

bool IsCheckedFormat(std::string_view format) {
  return format == "duration" || format == "date-time";
}

bool HasFormat(std::string_view text, std::string_view format) {
  if (format == "duration") return ReadLooseDuration(text).has_value();
  return ParseRfc3339(text).has_value();
}

std::optional<Duration> ReadLooseDuration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (auto exact = ParseDuration(text.substr(negative || text.starts_with('+') ? 1 : 0))) {
    return negative ? -*exact : *exact;
  }
  std::optional<Duration> total;
  while (!text.empty()) {
    TakeWhile(text, [](char c) { return !IsDigit(c); });
    const std::string_view digits = TakeWhile(text, IsDigit);
    TakeWhile(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
    const auto nanos = UnitNanos(std::string(TakeWhile(text, IsLetter)));
    if (digits.empty() || !nanos) continue;
    std::int64_t factor = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), factor);
    std::int64_t count = total.value_or(Duration(0)).count();
    std::int64_t part = 0;
    if (parsed.ec != std::errc() || __builtin_mul_overflow(factor, *nanos, &part) ||
        __builtin_add_overflow(count, part, &count)) {
      return std::nullopt;
    }
    total = Duration(count);
  }
  return total;
}

}  // namespace hpaplus
