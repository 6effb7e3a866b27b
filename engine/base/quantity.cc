#include "engine/base/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/core.h>

namespace hpaplus {
namespace {

using Format = Quantity::Format;

constexpr std::size_t kTextMost = 1024;
constexpr std::int32_t kExponentMost = 1000;
constexpr std::int32_t kNano = -9;  // The smallest step a quantity keeps.
constexpr std::int32_t kMilli = -3;
constexpr std::int64_t kDigitsMost = 18;  // Of a mantissa that is kept in 64 bits.

Error Malformed(std::string_view text, std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("quantity: \"{}\" {}", text.substr(0, 64), what)};
}

// The parts of a text. `whole` has no leading zeros.
struct Pieces {
  bool negative = false;
  bool has_digits = false;
  std::string_view whole;
  std::string_view fraction;
  std::string_view suffix;
};

std::string_view TakeDigits(std::string_view& rest) {
  const auto length = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::string_view digits = rest.substr(0, length);
  rest.remove_prefix(length);
  return digits;
}

std::optional<Pieces> Split(std::string_view text) {
  Pieces pieces;
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) {
    pieces.negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  pieces.whole = TakeDigits(rest);
  pieces.has_digits = !pieces.whole.empty();
  pieces.whole.remove_prefix(std::min(pieces.whole.find_first_not_of('0'), pieces.whole.size()));
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    pieces.fraction = TakeDigits(rest);
    pieces.has_digits = pieces.has_digits || !pieces.fraction.empty();
  }
  pieces.suffix = rest;
  rest.remove_prefix(std::min(rest.find_first_not_of("eEinumkKMGTP"), rest.size()));
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  TakeDigits(rest);
  if (!rest.empty()) return std::nullopt;
  return pieces;
}

struct Suffix {
  std::int32_t exponent = 0;  // Of 2 for kBinarySI, else of 10.
  Format format = Format::kDecimalSI;
};

struct NamedSuffix {
  std::string_view name;
  Suffix meaning;
};
constexpr std::array<NamedSuffix, 16> kSuffixes{{{"", {0, Format::kDecimalSI}},
                                                 {"n", {-9, Format::kDecimalSI}},
                                                 {"u", {-6, Format::kDecimalSI}},
                                                 {"m", {-3, Format::kDecimalSI}},
                                                 {"k", {3, Format::kDecimalSI}},
                                                 {"M", {6, Format::kDecimalSI}},
                                                 {"G", {9, Format::kDecimalSI}},
                                                 {"T", {12, Format::kDecimalSI}},
                                                 {"P", {15, Format::kDecimalSI}},
                                                 {"E", {18, Format::kDecimalSI}},
                                                 {"Ki", {10, Format::kBinarySI}},
                                                 {"Mi", {20, Format::kBinarySI}},
                                                 {"Gi", {30, Format::kBinarySI}},
                                                 {"Ti", {40, Format::kBinarySI}},
                                                 {"Pi", {50, Format::kBinarySI}},
                                                 {"Ei", {60, Format::kBinarySI}}}};

std::optional<Suffix> Interpret(std::string_view text) {
  for (const NamedSuffix& known : kSuffixes) {
    if (known.name == text) return known.meaning;
  }
  if (text.size() < 2 || (text.front() != 'e' && text.front() != 'E')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  // Far below a nano every exponent rounds alike; far above, the caller refuses.
  exponent = std::clamp<std::int64_t>(exponent, -1'000'000, 1'000'000);
  return Suffix{static_cast<std::int32_t>(exponent), Format::kDecimalExponent};
}

// Kubernetes prints nothing for a power that has no suffix, and so do we.
std::string SuffixText(std::int32_t exponent, Format format) {
  if (format == Format::kDecimalExponent) {
    return exponent == 0 ? "" : fmt::format("e{}", exponent);
  }
  for (const NamedSuffix& known : kSuffixes) {
    if (known.meaning.exponent == exponent && known.meaning.format == format) {
      return std::string(known.name);
    }
  }
  return "";
}

// How many more digits the 64-bit form could hold; negative: it cannot hold the number.
std::int64_t SpareDigits(const Pieces& pieces, const Suffix& suffix) {
  const std::int64_t whole = std::max<std::int64_t>(std::ssize(pieces.whole), 1);
  if (suffix.format != Format::kBinarySI) {
    return kDigitsMost - whole - std::ssize(pieces.fraction);
  }
  if (!pieces.fraction.empty()) return -1;
  // Ten powers of two are three digits; 15 rather than 18, because Kubernetes rounds twice.
  return 15 - whole - suffix.exponent * 3 / 10 - 1;
}

std::int64_t ToInteger(const Pieces& pieces) {
  std::int64_t number = 0;
  for (const std::string_view part : {pieces.whole, pieces.fraction}) {
    for (const char digit : part)
      number = number * 10 + (digit - '0');
  }
  return number;
}

// Whether Kubernetes takes the text of a 64-bit quantity for canonical and keeps it.
bool KeepsText(const Pieces& pieces, std::int32_t scale, Format format) {
  if (format == Format::kBinarySI) return (ToInteger(pieces) & 7) != 0;
  if (pieces.whole.empty()) return false;
  const std::string digits = std::string(pieces.whole) + std::string(pieces.fraction);
  return scale % 3 == 0 && !digits.ends_with("000");
}

Decimal ToDecimal(const Pieces& pieces, const Suffix& suffix) {
  std::string digits = std::string(pieces.whole) + std::string(pieces.fraction);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  Decimal value{pieces.negative, std::move(digits), -static_cast<int>(pieces.fraction.size())};
  if (suffix.format == Format::kBinarySI) {
    value.digits = TimesPowerOfTwo(std::move(value.digits), suffix.exponent);
  } else {
    value.exponent += suffix.exponent;
  }
  return value;
}

// 10^n as Go's math.Pow10 has it: two factors from tables, so not always the nearest double.
double PowerOfTen(std::int32_t n) {
  constexpr std::array<double, 32> kOnes{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23,
                                         1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31};
  constexpr std::array<double, 10> kThirtyTwos{1e0,   1e32,  1e64,  1e96,  1e128,
                                               1e160, 1e192, 1e224, 1e256, 1e288};
  if (n < 0) return 1.0 / kOnes[static_cast<std::size_t>(-n)];  // No scale is below kNano.
  if (n > 308) return std::numeric_limits<double>::infinity();
  return kThirtyTwos[static_cast<std::size_t>(n) / 32] * kOnes[static_cast<std::size_t>(n) % 32];
}

std::int64_t IntegerPowerOfTen(std::int32_t n) {
  if (n > kDigitsMost) return std::numeric_limits<std::int64_t>::min();  // As amd64 converts it.
  std::int64_t power = 1;
  for (; n > 0; --n)
    power *= 10;
  return power;
}

std::int64_t WrappedProduct(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  (void)__builtin_mul_overflow(a, b, &product);
  return product;
}

// mantissa * 10^shift. Kubernetes multiplies by the powers it knows at once and wraps around, by
// others in steps of ten and gives up with 0.
std::int64_t ScaledUp(std::int64_t mantissa, std::int32_t shift) {
  std::int64_t product = 0;
  if (shift <= kDigitsMost &&
      !__builtin_mul_overflow(mantissa, IntegerPowerOfTen(shift), &product)) {
    return product;
  }
  const bool at_once = shift <= 3 || shift == 6 || shift == 9;
  if (!at_once || mantissa == std::numeric_limits<std::int64_t>::min()) return 0;
  return product;
}

std::int64_t ScaledDown(std::int64_t mantissa, std::int32_t shift) {
  const std::int64_t divisor = IntegerPowerOfTen(shift);
  const std::int64_t whole = mantissa / divisor;
  if (mantissa % divisor == 0) return whole;
  return mantissa > 0 ? whole + 1 : whole - 1;
}

// What Kubernetes' big decimals give. A negative fraction is rounded the wrong way there.
std::int64_t ScaledLarge(const Decimal& value, std::int32_t scale) {
  const Decimal unscaled{value.negative, value.digits, 0};
  const std::int32_t shift = scale - value.exponent;
  if (shift < 0) return WrappedProduct(WrappedDigits(unscaled), IntegerPowerOfTen(-shift));
  const Decimal most = MakeDecimal(std::numeric_limits<std::int64_t>::max(), 0);
  if (Compare(unscaled, most) < 0) {
    const std::int64_t divisor = IntegerPowerOfTen(shift);
    const std::int64_t low = WrappedDigits(unscaled);
    return low / divisor + (low % divisor != 0 ? 1 : 0);
  }
  return WrappedDigits(RoundedTo(value, scale));
}

}  // namespace

struct Quantity::Parsed {
  Quantity quantity;
  bool keeps_text = false;  // StoredText() gives the text itself.
};

Quantity Quantity::Large(Decimal value, Format format) {
  Quantity quantity;
  quantity.format_ = format;
  quantity.large_ = std::make_shared<const Decimal>(std::move(value));
  return quantity;
}

Result<Quantity::Parsed> Quantity::ParseText(std::string_view text, std::int32_t exponent_most) {
  if (text.empty()) return Malformed(text, "is empty");
  const auto pieces = Split(text);
  if (!pieces) return Malformed(text, "is not a number with an optional suffix such as m, k or Mi");
  const auto suffix = Interpret(pieces->suffix);
  if (!suffix) return Malformed(text, "has an unknown suffix");
  if (suffix->exponent > exponent_most) return Malformed(text, "has an exponent above 1000");

  Parsed parsed;
  const bool binary = suffix->format == Format::kBinarySI;
  const std::int32_t scale =
      (binary ? 0 : suffix->exponent) - static_cast<std::int32_t>(pieces->fraction.size());
  if (SpareDigits(*pieces, *suffix) >= 0 && scale >= kNano) {
    const std::int64_t factor = binary ? std::int64_t{1} << suffix->exponent : 1;
    const std::int64_t magnitude = ToInteger(*pieces) * factor;
    parsed.quantity.mantissa_ = pieces->negative ? -magnitude : magnitude;
    parsed.quantity.scale_ = scale;
    parsed.quantity.format_ = suffix->format;
    parsed.keeps_text = KeepsText(*pieces, scale, suffix->format);
    return parsed;
  }
  if (!pieces->has_digits) return Malformed(text, "has no digits");

  Decimal value = ToDecimal(*pieces, *suffix);
  Format format = suffix->format;
  if (!value.digits.empty()) value = RoundedTo(std::move(value), kNano);
  if (binary) {
    const bool negative = std::exchange(value.negative, false);
    const Decimal most = MakeDecimal(std::numeric_limits<std::int64_t>::max(), 0);
    if (hpaplus::Compare(value, most) > 0) value = most;
    const bool fraction = hpaplus::Compare(value, MakeDecimal(1, 0)) < 0 && !value.digits.empty();
    if (fraction) format = Format::kDecimalSI;
    value.negative = negative;
  }
  parsed.quantity = Large(std::move(value), format);
  return parsed;
}

Result<Quantity> Quantity::Parse(std::string_view text) {
  if (text.size() > kTextMost) return Malformed(text, "is too long");
  auto parsed = ParseText(text, kExponentMost);
  if (!parsed) return parsed.error();
  return std::move(parsed->quantity);
}

Result<std::string> Quantity::StoredText(std::string_view text) {
  if (text.size() > kTextMost) return Malformed(text, "is too long");
  const auto parsed = ParseText(text, kExponentMost);
  if (!parsed) return parsed.error();
  return parsed->keeps_text ? std::string(text) : parsed->quantity.ToString();
}

Quantity Quantity::FromMilli(std::int64_t milli, Format format) {
  Quantity quantity;
  quantity.mantissa_ = milli;
  quantity.scale_ = kMilli;
  quantity.format_ = format;
  return quantity;
}

std::int64_t Quantity::ScaledValue(std::int32_t scale) const {
  if (large_ != nullptr) return ScaledLarge(*large_, scale);
  return scale_ < scale ? ScaledDown(mantissa_, scale - scale_)
                        : ScaledUp(mantissa_, scale_ - scale);
}

std::int64_t Quantity::MilliValue() const {
  return ScaledValue(kMilli);
}

std::int64_t Quantity::Value() const {
  return ScaledValue(0);
}

int Quantity::Sign() const {
  if (large_ == nullptr) return mantissa_ == 0 ? 0 : mantissa_ < 0 ? -1 : 1;
  return large_->digits.empty() ? 0 : large_->negative ? -1 : 1;
}

Decimal Quantity::AsDecimal() const {
  return large_ != nullptr ? *large_ : MakeDecimal(mantissa_, scale_);
}

double Quantity::AsDouble() const {
  if (Sign() == 0) return 0;
  if (large_ == nullptr) {
    const auto mantissa = static_cast<double>(mantissa_);
    return scale_ == 0 ? mantissa : mantissa * PowerOfTen(scale_);
  }
  const std::string& digits = large_->digits;
  double mantissa = std::numeric_limits<double>::infinity();
  double nearest = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), nearest);
  if (result.ec == std::errc()) mantissa = nearest;  // Else it is beyond every double.
  if (large_->negative) mantissa = -mantissa;
  return large_->exponent == 0 ? mantissa : mantissa * PowerOfTen(large_->exponent);
}

std::string Quantity::ToString() const {
  if (Sign() == 0) return "0";
  Decimal value = AsDecimal();
  const std::string sign = value.negative ? "-" : "";
  if (format_ == Format::kBinarySI) {
    Decimal whole = RoundedTo(value, 0);
    const bool exact = hpaplus::Compare(whole, value) == 0;
    whole.negative = false;
    const bool small = hpaplus::Compare(whole, MakeDecimal(1024, 0)) < 0;
    if (exact && !small) {
      const std::int32_t times = StripFactors1024(whole.digits);
      return sign + whole.digits + SuffixText(times * 10, format_);
    }
  }
  const auto length = value.digits.find_last_not_of('0') + 1;
  value.exponent += static_cast<std::int32_t>(value.digits.size() - length);
  value.digits.resize(length);
  const std::int32_t above = (value.exponent % 3 + 3) % 3;
  value.digits.append(static_cast<std::size_t>(above), '0');
  const Format format = format_ == Format::kBinarySI ? Format::kDecimalSI : format_;
  return sign + value.digits + SuffixText(value.exponent - above, format);
}

Quantity Quantity::Canonical() const {
  // Dropped zeros may have raised the exponent above what a user may write.
  auto parsed = ParseText(ToString(), std::numeric_limits<std::int32_t>::max());
  HPAPLUS_CHECK(parsed.has_value());
  return std::move(parsed->quantity);
}

std::strong_ordering Quantity::Compare(const Quantity& other) const {
  if (large_ == nullptr && other.large_ == nullptr && scale_ == other.scale_) {
    return mantissa_ <=> other.mantissa_;
  }
  return hpaplus::Compare(AsDecimal(), other.AsDecimal());
}

Quantity Quantity::Plus(const Quantity& other) const {
  const Format format = Sign() == 0 ? other.format_ : format_;
  if (large_ == nullptr && other.large_ == nullptr) {
    if (other.mantissa_ == 0 || mantissa_ == 0) {
      Quantity sum = other.mantissa_ == 0 ? *this : other;
      sum.format_ = format;
      return sum;
    }
    const std::int32_t scale = std::min(scale_, other.scale_);
    std::int64_t left = 0;
    std::int64_t right = 0;
    Quantity sum;
    const bool overflows =
        std::max(scale_, other.scale_) - scale > kDigitsMost ||
        __builtin_mul_overflow(mantissa_, IntegerPowerOfTen(scale_ - scale), &left) ||
        __builtin_mul_overflow(other.mantissa_, IntegerPowerOfTen(other.scale_ - scale), &right) ||
        __builtin_add_overflow(left, right, &sum.mantissa_);
    if (!overflows) {
      sum.scale_ = scale;
      sum.format_ = format;
      return sum;
    }
  }
  return Large(Sum(AsDecimal(), other.AsDecimal()), format);
}

}  // namespace hpaplus
