#pragma once

#include "engine/core/trail.h"
#include "engine/model/decision.h"

namespace hpaplus {

/// Ends a decision with what a gate before the fleet's makes of it.
void EndWith(Stage stage, const StageResult& result, Decision& decision);

/// Ends a decision with another size than it asked for: the last word of a gate over all workloads.
/// `budget` is what the gate had left.
void EndWith(Replicas size, Reason reason, double budget, Decision& decision);

}  // namespace hpaplus
