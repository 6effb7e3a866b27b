#pragma once

#include "engine/core/trail.h"
#include "engine/model/decision.h"
#include "engine/model/metric_spec.h"

namespace hpaplus {

[[nodiscard]] bool HasThresholds(const MetricSpec& metric);

[[nodiscard]] bool IsAbove(const Quantity& threshold, const MetricSpec& metric,
                           const MetricOutcome& outcome);
[[nodiscard]] bool IsBelow(const Quantity& threshold, const MetricSpec& metric,
                           const MetricOutcome& outcome);

/// A metric's proposal, or the current size where its thresholds keep it: nothing grows unless the
/// metric is above thresholds.scaleUp, nothing shrinks unless it is below thresholds.scaleDown.
/// How much follows from the target, as ever. Thresholds are in the target's unit: percent, the
/// average per replica, or the number itself. The evidence is the ratio.
/// Precondition: the metric has a proposal.
[[nodiscard]] StageResult KeepInDeadBand(const MetricSpec& metric, const MetricOutcome& outcome,
                                         Replicas current);

}  // namespace hpaplus
