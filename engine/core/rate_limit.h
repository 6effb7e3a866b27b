#pragma once

#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/model/reason.h"
#include "engine/model/workload.h"

namespace hpaplus {

struct RateLimited {
  Replicas replicas = 0;
  Reason reason = Reason::kDesiredWithinRange;  // Or kScaleUpLimit, kScaleDownLimit.
  Replicas limit = 0;                           // How far the rate lets it go in this direction.
};

/// The furthest sizes that the rules allow now (rule R12): from the size that the workload had a
/// period ago, as far as the policies' pods or percents go; never behind the current size.
[[nodiscard]] Replicas ScaleUpLimit(Replicas current, const ScalingRules& rules,
                                    const History& history, Timestamp now);
[[nodiscard]] Replicas ScaleDownLimit(Replicas current, const ScalingRules& rules,
                                      const History& history, Timestamp now);

/// Keeps `desired` within what the rules allow. Without spec.behavior only growth is limited: to a
/// factor of the current size, or a small number where that is more (rule R11). Where a bound of
/// the spec is reached first, the rate limits nothing.
[[nodiscard]] RateLimited LimitRate(Replicas current, Replicas desired, const WorkloadSpec& spec,
                                    const DecideConfig& config, const History& history,
                                    Timestamp now);

}  // namespace hpaplus
