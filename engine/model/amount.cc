#include "engine/model/amount.h"

#include <algorithm>
#include <limits>

namespace hpaplus {
namespace {

constexpr std::int64_t kMilli = 1000;

bool InThousandths(std::string_view resource) {
  return resource == "cpu" || resource.ends_with(".cpu");
}

bool InBytes(std::string_view resource) {
  return resource.ends_with("memory") || resource.ends_with("storage") ||
         resource.find("hugepages-") != std::string_view::npos;
}

// The integer at or above the quantity, in the resource's unit.
std::int64_t RoundedUp(const Quantity& quantity, bool thousandths) {
  return thousandths ? quantity.MilliValue() : quantity.Value();
}

// An exact quantity of so many units.
Quantity Exactly(Amount amount, bool thousandths, Quantity::Format format) {
  if (thousandths) return Quantity::FromMilli(amount, format);
  constexpr Amount kWholeMost = std::numeric_limits<Amount>::max() / kMilli;
  if (amount <= kWholeMost) return Quantity::FromMilli(amount * kMilli, format);
  const Result<Quantity> parsed = Quantity::Parse(std::to_string(amount));
  HPAPLUS_CHECK(parsed.has_value());
  return *parsed;
}

}  // namespace

Amount AmountOf(std::string_view resource, const Quantity& quantity, AmountRounding rounding) {
  if (quantity.Sign() <= 0) return 0;
  const bool thousandths = InThousandths(resource);
  constexpr Quantity::Format kFormat = Quantity::Format::kDecimalSI;
  // Before it is taken apart: beyond 64 bits the conversions wrap around.
  if (quantity >= Exactly(kAmountMost, thousandths, kFormat)) return kAmountMost;
  const Amount up = RoundedUp(quantity, thousandths);
  const bool above = Exactly(up, thousandths, kFormat) > quantity;
  return rounding == AmountRounding::kDown && above ? up - 1 : up;
}

Quantity QuantityOf(std::string_view resource, Amount amount) {
  const auto format =
      InBytes(resource) ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI;
  return Exactly(amount, InThousandths(resource), format);
}

}  // namespace hpaplus
