#pragma once

#include "engine/core/demand_window.h"
#include "engine/core/tolerance.h"
#include "engine/core/trail.h"
#include "engine/model/decision.h"

namespace hpaplus {

/// Puts a metric's recent demand in the place of its newest:
///
///     demand   = function over the window (see DemandWindow)
///     ratio    = demand / the pods that the newest ratio was about
///     proposal = the current size when the ratio is within the tolerance, else ceil(demand)
///
/// An unknown metric stays unknown and leaves the window alone, and so does one that may not turn
/// direction for the pods it knows nothing about. The result is the step that explains it: what the
/// smoothed demand comes to, and as evidence the newest demand.
[[nodiscard]] StageResult Smooth(const Smoothing& smoothing, const Tolerance& tolerance,
                                 Replicas current, DemandWindow& window, MetricOutcome& outcome);

}  // namespace hpaplus
