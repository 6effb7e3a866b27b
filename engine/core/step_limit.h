#pragma once

#include <optional>

#include "engine/base/time.h"
#include "engine/core/trail.h"
#include "engine/model/decision.h"

namespace hpaplus {

/// The demand that a metric was last believed to have, and when.
struct BelievedDemand {
  double demand = 0;
  Timestamp at{};
  bool operator==(const BelievedDemand&) const = default;
};

/// Disbelieves a metric whose demand is more than `ratio_most` times what it was, or less than its
/// ratio_most-th: seconds that became milliseconds look like that. Demand below one replica counts
/// as one, so that zero is no such step. While it lasts the metric may only make the size grow, to
/// ratio_most times the demand that is believed; such a proposal has stood_in and kSuspicious, and
/// is no evidence for anything else.
///
/// So that a load which is really there is met in the end, after ten minutes what is believed is
/// multiplied by ratio_most, and again ten minutes later. What is low is believed after two hours.
///
/// Null: it is believed. Otherwise `evidence` is how many times the demand is what it was.
[[nodiscard]] std::optional<StageResult> LimitStep(double ratio_most, Timestamp now,
                                                   Replicas current,
                                                   std::optional<BelievedDemand>& believed,
                                                   MetricOutcome& outcome);

}  // namespace hpaplus
