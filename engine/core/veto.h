#pragma once

#include <optional>
#include <span>

#include "engine/core/trail.h"
#include "engine/model/decision.h"
#include "engine/model/metric_spec.h"

namespace hpaplus {

/// Whether a metric that votes is unknown, or only known because something stands in for it.
[[nodiscard]] bool LacksFreshVotes(std::span<const MetricSpec> specs,
                                   std::span<const MetricOutcome> outcomes);

/// Who forbids shrinking. A Guard metric does while it is above its target, while it is not below
/// its thresholds.scaleDown where it has one, and while it is unknown. With `require_fresh` so does
/// a voting metric without fresh samples of its own. Null: there are no Guards and nothing of the
/// kind. The evidence is the Guard's ratio.
[[nodiscard]] std::optional<StageResult> Veto(std::span<const MetricSpec> specs,
                                              std::span<const MetricOutcome> outcomes,
                                              bool require_fresh, Replicas current, Replicas asked);

}  // namespace hpaplus
