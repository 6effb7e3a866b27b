#include "engine/base/decimal.h"

#include <algorithm>
#include <utility>

namespace hpaplus {
namespace {

void DropLeadingZeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

void AddOne(std::string& digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  digits.insert(digits.begin(), '1');
}

std::strong_ordering CompareDigits(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

// The k-th digit from the right, zero beyond the left end.
int DigitFromRight(const std::string& digits, std::size_t k) {
  return k < digits.size() ? digits[digits.size() - 1 - k] - '0' : 0;
}

std::string AddDigits(const std::string& a, const std::string& b) {
  std::string sum;
  int carry = 0;
  for (std::size_t k = 0; k < std::max(a.size(), b.size()) || carry > 0; ++k) {
    const int digit = DigitFromRight(a, k) + DigitFromRight(b, k) + carry;
    sum += static_cast<char>('0' + digit % 10);
    carry = digit / 10;
  }
  std::ranges::reverse(sum);
  return sum;
}

// Precondition: a >= b.
std::string SubtractDigits(const std::string& a, const std::string& b) {
  std::string difference;
  int borrow = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const int digit = DigitFromRight(a, k) - DigitFromRight(b, k) - borrow;
    borrow = digit < 0 ? 1 : 0;
    difference += static_cast<char>('0' + digit + 10 * borrow);
  }
  std::ranges::reverse(difference);
  DropLeadingZeros(difference);
  return difference;
}

}  // namespace

Decimal MakeDecimal(std::int64_t mantissa, std::int32_t exponent) {
  Decimal value{mantissa < 0, std::to_string(mantissa), exponent};
  if (value.negative) value.digits.erase(0, 1);
  if (mantissa == 0) value.digits.clear();
  return value;
}

Decimal RoundedTo(Decimal value, std::int32_t exponent) {
  const std::int64_t shift = std::int64_t{value.exponent} - exponent;
  value.exponent = exponent;
  if (value.digits.empty()) return value;
  if (shift >= 0) {
    value.digits.append(static_cast<std::size_t>(shift), '0');
    return value;
  }
  const auto kept =
      static_cast<std::size_t>(std::max<std::int64_t>(std::ssize(value.digits) + shift, 0));
  const bool exact = value.digits.find_first_not_of('0', kept) == std::string::npos;
  value.digits.resize(kept);
  if (!exact) AddOne(value.digits);
  return value;
}

std::strong_ordering Compare(const Decimal& a, const Decimal& b) {
  const int sign_a = a.digits.empty() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.digits.empty() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b || sign_a == 0) return sign_a <=> sign_b;
  const Decimal& low = sign_a > 0 ? a : b;
  const Decimal& high = sign_a > 0 ? b : a;

  const std::int64_t length_low = std::ssize(low.digits) + low.exponent;
  const std::int64_t length_high = std::ssize(high.digits) + high.exponent;
  if (length_low != length_high) return length_low <=> length_high;
  // Equal lengths: the exponents differ by no more than the digits do.
  const std::int32_t exponent = std::min(a.exponent, b.exponent);
  return CompareDigits(RoundedTo(low, exponent).digits, RoundedTo(high, exponent).digits);
}

Decimal Sum(const Decimal& a, const Decimal& b) {
  const std::int32_t exponent = std::min(a.exponent, b.exponent);
  const Decimal left = RoundedTo(a, exponent);
  const Decimal right = RoundedTo(b, exponent);
  if (left.negative == right.negative) {
    return {left.negative, AddDigits(left.digits, right.digits), exponent};
  }
  const bool left_wins = CompareDigits(left.digits, right.digits) >= 0;
  const Decimal& larger = left_wins ? left : right;
  const Decimal& smaller = left_wins ? right : left;
  return {larger.negative, SubtractDigits(larger.digits, smaller.digits), exponent};
}

std::string TimesPowerOfTwo(std::string digits, std::int32_t power) {
  for (; power > 0; --power)
    digits = AddDigits(digits, digits);
  return digits;
}

std::int32_t StripFactors1024(std::string& digits) {
  constexpr int kFactor = 1024;
  std::int32_t times = 0;
  while (!digits.empty()) {
    std::string quotient;
    int remainder = 0;
    for (const char digit : digits) {
      remainder = remainder * 10 + (digit - '0');
      quotient += static_cast<char>('0' + remainder / kFactor);
      remainder %= kFactor;
    }
    if (remainder != 0) break;
    DropLeadingZeros(quotient);
    digits = std::move(quotient);
    ++times;
  }
  return times;
}

std::int64_t WrappedDigits(const Decimal& value) {
  std::uint64_t low = 0;
  for (const char digit : value.digits)
    low = low * 10 + static_cast<std::uint64_t>(digit - '0');
  if (value.negative) low = 0 - low;
  return static_cast<std::int64_t>(low);
}

}  // namespace hpaplus
