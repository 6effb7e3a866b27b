#pragma once

#include <optional>

#include "engine/base/time.h"
#include "engine/core/demand_window.h"
#include "engine/model/burst.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// What burst mode remembers of one workload.
struct BurstState {
  DemandWindow demand;             // Over the stable window.
  bool begun = false;              // False: never evaluated.
  std::optional<Timestamp> since;  // When demand was last over the threshold; null: not bursting.
  Replicas most = 0;               // The largest size of this burst, or of the last one.
  std::optional<Timestamp> ended;  // When the last one ended, while its size still fades.
  bool operator==(const BurstState&) const = default;
};

struct BurstInput {
  Timestamp now{};
  Timestamp at{};     // Of the sample.
  double demand = 0;  // In replicas, not rounded; of the metric that asks for most.
  Replicas ready = 0;
  Replicas starting = 0;  // Pods on their way; only BurstCapacity::kStarting looks at them.
};

struct BurstSize {
  bool bursting = false;
  Replicas replicas = 0;  // Knative's answer.
  Replicas floor = 0;     // Below this the workload may not go now; 0: no word on that.
  double load = 0;        // Demand over the burst window against capacity: 2 is twice too much.
};

/// Knative's autoscaler, a step of it:
///
///     R = max(1, ready), up = ceil(1000 R), down = floor(R / 2)
///     s, b = ceil(demand averaged over the stable and over the burst window)
///     a burst begins, or goes on, when b / R >= threshold
///     it ends when that was not so for longer than the stable window
///     size = clamp(s, down, up); bursting: the largest of size and clamp(b, down, up) so far
///
/// so that nothing shrinks in a burst. The first step begins one at the size found, if there is
/// more than one pod: lost history shrinks nothing either. A gap in the samples is not zero demand
/// (see DemandWindow), which makes no difference where there is a sample a second.
///
/// With kStarting R counts the pods on their way, so that slow starters are not ordered again and
/// again, and after the end of the burst its size fades as a floor, in a straight line to nothing
/// over one stable window, rather than being given up at once.
[[nodiscard]] BurstSize StepBurst(const BurstSpec& spec, const BurstInput& in, BurstState& state);

/// The shorter of the two windows: a share of the stable one, at least a second.
[[nodiscard]] Duration BurstWindow(const BurstSpec& spec);

}  // namespace hpaplus
