#include "collectors/exposition_number.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

namespace hpaplus::collectors {
namespace {

constexpr int kMostDigits = 18;  // As many as fit into 64 bits for sure.
constexpr std::uint64_t kLargestExact = std::uint64_t{1} << 53U;
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

unsigned DigitOf(char c) {
  return static_cast<unsigned char>(c) - static_cast<unsigned>('0');
}

const char* ReadDigits(const char* at, std::uint64_t& digits) {
  for (unsigned digit = 0; (digit = DigitOf(*at)) <= 9; ++at)
    digits = digits * 10 + digit;
  return at;
}

// The exponent after an e; null when there is none.
const char* ReadExponent(const char* at, int& exponent) {
  const bool negative = *at == '-';
  if (negative || *at == '+') ++at;
  const char* const first = at;
  int size = 0;
  for (unsigned digit = 0; (digit = DigitOf(*at)) <= 9 && at - first < 4; ++at)
    size = size * 10 + static_cast<int>(digit);
  if (at == first) return nullptr;
  exponent += negative ? -size : size;
  return at;
}

bool IsWord(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

}  // namespace

const char* ReadPlainNumber(const char* at, double& value) {
  const bool negative = *at == '-';
  if (negative) ++at;
  std::uint64_t digits = 0;
  const char* const first = at;
  at = ReadDigits(at, digits);
  auto count = at - first;
  int exponent = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    at = ReadDigits(at, digits);
    exponent = -static_cast<int>(at - fraction);
    count += at - fraction;
  }
  if (count == 0 || count > kMostDigits || digits > kLargestExact) return nullptr;
  if ((*at | 0x20) == 'e') {
    at = ReadExponent(at + 1, exponent);
    if (at == nullptr) return nullptr;
  }
  if (exponent < -22 || exponent > 22) return nullptr;
  const auto whole = static_cast<double>(digits);
  const double size = exponent < 0 ? whole / kPowers[static_cast<std::size_t>(-exponent)]
                                   : whole * kPowers[static_cast<std::size_t>(exponent)];
  value = negative ? -size : size;
  return at;
}

std::optional<double> ReadRareNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (IsWord(text, "inf") || IsWord(text, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (IsWord(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  // from_chars would take another sign and nan(...), too.
  if (text.empty() || (DigitOf(text.front()) > 9 && text.front() != '.')) return std::nullopt;
  double size = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, size);
  if (stopped != end) return std::nullopt;
  if (error == std::errc()) return sign * size;
  // Out of range, in one of the two directions. It is a number, so the exponent decides.
  const std::size_t exponent = text.find_first_of("eE");
  const bool tiny =
      exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-');
  const bool zeros = text.starts_with("0") || text.starts_with(".");
  if (error == std::errc::result_out_of_range && (tiny || (exponent == text.npos && zeros))) {
    return sign * 0.0;
  }
  return std::nullopt;
}

}  // namespace hpaplus::collectors
