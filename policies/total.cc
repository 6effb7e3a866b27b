#include "policies/total.h"

#include <algorithm>
#include <cmath>

#include "engine/core/rounding.h"

namespace hpaplus::policies {
namespace {

bool IsValid(const ScalarSample& sample, TotalKind kind) {
  if (kind == TotalKind::kSource) return std::isfinite(sample.value) && sample.value >= 0;
  return sample.milli >= 0;
}

}  // namespace

Total ReadTotal(const Reading& reading, TotalKind kind, const Freshness& freshness) {
  Total total;
  if (reading.values.empty()) {
    total.problem = Reason::kNoData;
    return total;
  }
  if (kind != TotalKind::kExternal && reading.values.size() > 1) {
    total.problem = Reason::kInvalidData;
    return total;
  }
  Int128 sum = 0;
  total.oldest = reading.values.front().at;
  for (const ScalarSample& sample : reading.values) {
    total.problem = IsValid(sample, kind) ? freshness.Check(sample.at) : Reason::kInvalidData;
    if (total.problem != Reason::kNone) return total;
    sum += sample.milli;
    total.oldest = std::min(total.oldest, sample.at);
  }
  if (kind == TotalKind::kSource) {
    total.amount = reading.values.front().value;
  } else {
    total.milli = SaturateToInt64(sum);
    total.amount = static_cast<double>(total.milli);
  }
  return total;
}

double TargetAmount(const Quantity& target, TotalKind kind) {
  return kind == TotalKind::kSource ? target.AsDouble() : static_cast<double>(SampleMilli(target));
}

}  // namespace hpaplus::policies
