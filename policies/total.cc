#include "policies/total.h"

#include <algorithm>
#include <cmath>

#include "engine/core/rounding.h"

namespace hpaplus::policies {
namespace {

// kNone, or why it is no number.
Reason Refuse(const ScalarSample& sample, TotalKind kind, const Range& range) {
  const bool source = kind == TotalKind::kSource;
  const double amount = source ? sample.value : static_cast<double>(sample.milli);
  const bool number = source ? std::isfinite(amount) : sample.milli != kInvalidMilli;
  if (!number || (amount < 0 && range.least >= 0)) return Reason::kInvalidData;
  return range.Contains(amount) ? Reason::kNone : Reason::kOutOfRange;
}

}  // namespace

Range Range::Of(const Validity& validity, TotalKind kind) {
  Range range;
  if (validity.min) range.least = TargetAmount(*validity.min, kind);
  if (validity.max) range.most = TargetAmount(*validity.max, kind);
  return range;
}

Total ReadTotal(const Reading& reading, TotalKind kind, const Freshness& freshness,
                const Range& range) {
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
    total.problem = Refuse(sample, kind, range);
    if (total.problem == Reason::kNone) total.problem = freshness.Check(sample.at);
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
