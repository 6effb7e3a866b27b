#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.h"

namespace hpaplus::collectors {

/// Thousandths of `value`, rounded away from zero:
///
///     milli = sign(value) * ceil(|value| * 1000)
///
/// The last bits of the product are noise and make no extra thousandth: 4.1 gives 4100. What does
/// not fit into 64 bits (above about 9.2e15), infinity and NaN give kInvalidMilli.
[[nodiscard]] std::int64_t MilliFromDouble(double value);

/// A double in decimal notation and nothing else around it; also "NaN", "Inf" and "+Inf" in any
/// case. Nothing when the text is something else or outside a double's range.
[[nodiscard]] std::optional<double> ParseDouble(std::string_view text);

/// What SampleMilli makes of the quantity, for the plain ones that metrics are written in: up to 15
/// digits and a suffix ("1230n", "250m", "64Mi"). Nothing for all others, which need
/// Quantity::Parse.
[[nodiscard]] std::optional<std::int64_t> PlainQuantityMilli(std::string_view text);

/// Seconds since 1970 as JSON writes them ("1700000000.123"), exact to the nanosecond; with an
/// exponent, exact to a double. Nothing when it is no such number or lies outside 1970..2262.
[[nodiscard]] std::optional<Timestamp> ParseUnixSeconds(std::string_view text);

}  // namespace hpaplus::collectors
