#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/decimal.h"
#include "engine/base/result.h"

namespace hpaplus {

/// An exact Kubernetes quantity ("250m", "1.5", "64Mi", "12e6") with the arithmetic of
/// k8s.io/apimachinery's resource.Quantity, its rounding and its wrap-around included, so that a
/// decision made from it equals the one the stock HPA makes. A value type; immutable once made.
class Quantity {
 public:
  enum class Format { kDecimalSI, kBinarySI, kDecimalExponent };

  /// kMalformedData names what is wrong: the characters, the suffix, or the empty text. Beyond
  /// Kubernetes' rules a text has at most 1024 characters and an exponent of at most 1000.
  [[nodiscard]] static Result<Quantity> Parse(std::string_view text);

  /// The text that an API server writes back for a quantity field it has read: the same text
  /// where it takes it for canonical already ("0069374m"), else the canonical one.
  [[nodiscard]] static Result<std::string> StoredText(std::string_view text);

  /// milli / 1000 in the given format: 425 -> "425m", 1048576000 BinarySI -> "1Mi".
  [[nodiscard]] static Quantity FromMilli(std::int64_t milli, Format format = Format::kDecimalSI);

  Quantity() = default;  // 0

  /// Thousandths, rounded away from zero (100.1m -> 101, 1n -> 1).
  [[nodiscard]] std::int64_t MilliValue() const;
  /// Whole units, rounded away from zero.
  [[nodiscard]] std::int64_t Value() const;
  /// -1, 0 or 1.
  [[nodiscard]] int Sign() const;
  /// mantissa * 10^scale with one rounding in the product, as Kubernetes computes a tolerance:
  /// "1000n" gives 1.0000000000000002e-06.
  [[nodiscard]] double AsDouble() const;
  [[nodiscard]] Format format() const { return format_; }

  /// The canonical text: as few digits as possible without a fraction, see Kubernetes' rules.
  [[nodiscard]] std::string ToString() const;

  /// The same as the canonical text written and read back; what is stored in a cluster.
  [[nodiscard]] Quantity Canonical() const;

  /// By value: "1" equals "1000m".
  [[nodiscard]] std::strong_ordering Compare(const Quantity& other) const;
  bool operator==(const Quantity& other) const { return Compare(other) == 0; }
  std::strong_ordering operator<=>(const Quantity& other) const { return Compare(other); }

  /// Exact sum, as resource.Quantity.Add.
  [[nodiscard]] Quantity Plus(const Quantity& other) const;

 private:
  struct Parsed;
  [[nodiscard]] static Result<Parsed> ParseText(std::string_view text, std::int32_t exponent_most);
  [[nodiscard]] static Quantity Large(Decimal value, Format format);

  [[nodiscard]] std::int64_t ScaledValue(std::int32_t scale) const;
  [[nodiscard]] Decimal AsDecimal() const;

  // mantissa_ * 10^scale_, or *large_ when that is not null.
  std::int64_t mantissa_ = 0;
  std::int32_t scale_ = 0;
  Format format_ = Format::kDecimalSI;
  std::shared_ptr<const Decimal> large_;
};

}  // namespace hpaplus
