#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace hpaplus {

/// An exact decimal number of any length: (-1)^negative * digits * 10^exponent. Slow and rarely
/// needed: the quantities that do not fit Quantity's 64 bits live here. A plain value.
struct Decimal {
  bool negative = false;
  std::string digits;  // Without leading zeros; empty is zero.
  std::int32_t exponent = 0;
};

/// mantissa * 10^exponent.
[[nodiscard]] Decimal MakeDecimal(std::int64_t mantissa, std::int32_t exponent);

/// The same number with exactly this exponent; digits that are lost round away from zero.
[[nodiscard]] Decimal RoundedTo(Decimal value, std::int32_t exponent);

[[nodiscard]] std::strong_ordering Compare(const Decimal& a, const Decimal& b);
[[nodiscard]] Decimal Sum(const Decimal& a, const Decimal& b);

/// digits * 2^power.
[[nodiscard]] std::string TimesPowerOfTwo(std::string digits, std::int32_t power);

/// Divides by 1024 as long as that is exact and gives the number of times.
std::int32_t StripFactors1024(std::string& digits);

/// The signed digits modulo 2^64, as a conversion of a big integer to 64 bits wraps around.
[[nodiscard]] std::int64_t WrappedDigits(const Decimal& value);

}  // namespace hpaplus
