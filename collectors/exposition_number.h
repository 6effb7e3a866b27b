#pragma once

#include <optional>
#include <string_view>

namespace hpaplus::collectors {

/// Reads the decimal number at `at`, which a character that is part of no number must follow
/// somewhere. Gives its end, or null when the number is not a plain one (many digits, a large
/// exponent, NaN, infinity, nonsense): ReadRareNumber then says what it is.
///
/// Exact: up to 2^53 and 10^22 both factors are, so that one rounding gives the nearest double.
[[nodiscard]] const char* ReadPlainNumber(const char* at, double& value);

/// What Prometheus takes for a number in an exposition, NaN and infinity in their spellings
/// included. Too small a number is zero; too large a one is none.
[[nodiscard]] std::optional<double> ReadRareNumber(std::string_view text);

}  // namespace hpaplus::collectors
