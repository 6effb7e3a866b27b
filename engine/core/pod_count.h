#pragma once

#include <memory>
#include <span>

#include "engine/model/pod.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// How many pods serve, and how many are on their way to it.
struct PodCount {
  Replicas ready = 0;     // Running and ready; those on their way out too, as in the HPA.
  Replicas starting = 0;  // Pending or running, not ready, for at most `startup_most`.
};

/// A pod that has been starting for longer than `startup_most` is taken for one that never will be
/// ready; one that has not begun to start, for lack of a node for instance, is on its way.
[[nodiscard]] PodCount CountPods(std::span<const std::shared_ptr<const Pod>> pods, Timestamp now,
                                 Duration startup_most);

}  // namespace hpaplus
