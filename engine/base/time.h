#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus {

// One clock for the whole engine. A tick reads it once and hands the value down, so every
// decision of that tick is made at the same instant and can be replayed. Nanoseconds, because
// Kubernetes' timestamps have them; the range ends in the year 2262.
using Duration = std::chrono::nanoseconds;
using Timestamp = std::chrono::sys_time<Duration>;

/// "2026-11-23T14:02:17Z", with up to nine fractional digits and any offset. kMalformedData when
/// the text is not RFC 3339 or lies outside Timestamp's range.
[[nodiscard]] Result<Timestamp> ParseRfc3339(std::string_view text);

/// In UTC: with_fraction gives the shortest of .mmm, .uuuuuu, .nnnnnnnnn that is exact (none for a
/// whole second); without it the fraction is cut off, as metav1.Time does.
[[nodiscard]] std::string FormatRfc3339(Timestamp at, bool with_fraction = false);

/// metav1.MicroTime: always six fractional digits, "2026-11-23T14:02:17.004000Z".
[[nodiscard]] std::string FormatMicroTime(Timestamp at);

/// Go's duration text without a sign: "800ms", "1h30m", "1.5s", "0s". Units h, m, s, ms, us (or the
/// micro sign), ns.
[[nodiscard]] Result<Duration> ParseDuration(std::string_view text);

/// As Go prints it: "1h0m0s", "1.5s", "800ms", "0s".
[[nodiscard]] std::string FormatDuration(Duration duration);

/// Seconds as a double, for metrics and logs.
[[nodiscard]] inline double ToSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace hpaplus
