#pragma once

#include "engine/core/burst.h"
#include "engine/core/decide.h"
#include "engine/core/trail.h"

namespace hpaplus {

/// The stages that each metric goes through alone, Validate to DeadBand: fills in
/// decision.metrics, one outcome per spec.metrics. Gives what those that vote asked for before they
/// were smoothed: a burst is seen at once.
[[nodiscard]] BurstInput AskMetrics(const DecideInput& in, Trail& trail, History& history);

}  // namespace hpaplus
