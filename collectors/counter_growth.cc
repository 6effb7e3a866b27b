#include "collectors/counter_growth.h"

#include <cmath>

namespace hpaplus::collectors {

std::optional<double> CounterGrowth::Take(Timestamp at, double value) {
  if (std::isnan(value) || (at_ && at <= *at_)) return std::nullopt;
  if (at_) total_ += value < last_ ? value : value - last_;
  at_ = at;
  last_ = value;
  return total_;
}

bool CounterGrowth::StartAt(Timestamp at) {
  if (!at_ || at <= *at_) return false;
  at_ = at;
  last_ = 0;
  total_ = 0;
  return true;
}

}  // namespace hpaplus::collectors
