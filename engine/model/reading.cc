#include "engine/model/reading.h"

#include <cmath>

namespace hpaplus {

std::int64_t SampleMilli(const Quantity& quantity) {
  constexpr double kSurelyFits = 9e15;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const bool fits = std::abs(quantity.AsDouble()) < kSurelyFits ||
                    (quantity.Compare(Quantity::FromMilli(kMost)) <= 0 &&
                     quantity.Compare(Quantity::FromMilli(-kMost)) >= 0);
  if (!fits) return kInvalidMilli;
  const std::int64_t milli = quantity.MilliValue();
  // Kubernetes rounds large and tiny negative quantities up, beyond zero.
  return quantity.Sign() < 0 && milli >= 0 ? kInvalidMilli : milli;
}

}  // namespace hpaplus
