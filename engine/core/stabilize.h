#pragma once

#include <vector>

#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/model/reason.h"
#include "engine/model/workload.h"

namespace hpaplus {

struct Stabilized {
  Replicas replicas = 0;
  Reason reason = Reason::kReadyForNewScale;  // Or kScaleUpStabilized, kScaleDownStabilized.
  Duration window{};                          // Of the direction that `desired` lies in.
};

/// Holds a recommendation against those of the recent past, then enters it into `past`, in the
/// place of one that has become too old, if there is one (rules R11, R12), or of the newest, if it
/// says the same (DecideConfig::each_recommendation).
///
/// Without `behavior` the highest of the window wins, even where it lies above the current size.
/// With it, growing waits until every recommendation of the scale-up window asks for it, and
/// shrinking until every one of the scale-down window does.
[[nodiscard]] Stabilized Stabilize(Replicas current, Replicas desired, const Behavior* behavior,
                                   const DecideConfig& config, Timestamp now,
                                   std::vector<Recommendation>& past);

}  // namespace hpaplus
