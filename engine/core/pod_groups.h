#pragma once

#include <cstdint>

#include "engine/base/time.h"
#include "engine/model/pod.h"

namespace hpaplus {

/// What one pod reported: the sum of its containers, or of one of them.
struct PodSample {
  Timestamp at{};
  Duration window{};  // Over which it was measured; it ends at `at`.
  std::int64_t milli = 0;
};

/// How much a pod's word counts (rule R4).
enum class PodGroup {
  kReady,    // Its sample counts.
  kUnready,  // Starting: left out when shrinking, taken as idle when growing.
  kMissing,  // No sample: taken as busy when shrinking, as idle when growing.
  kIgnored,  // On its way out.
};

struct PodGroupRules {
  Timestamp now{};
  bool judges_start = false;  // CPU only: a starting pod's usage says nothing about the load.
  Duration cpu_initialization_period{};
  Duration initial_readiness_delay{};
};

/// Whether the sample may show what the pod's start took.
[[nodiscard]] bool IsStarting(const Pod& pod, const PodSample& sample, const PodGroupRules& rules);

/// `sample` is null when the pod has none. Inline: a decision asks it once per pod and metric.
[[nodiscard]] inline PodGroup GroupPod(const Pod& pod, const PodSample* sample,
                                       const PodGroupRules& rules) {
  if (pod.deleting || pod.phase == PodPhase::kFailed) return PodGroup::kIgnored;
  if (pod.phase == PodPhase::kPending) return PodGroup::kUnready;
  if (sample == nullptr) return PodGroup::kMissing;
  if (rules.judges_start && IsStarting(pod, *sample, rules)) return PodGroup::kUnready;
  return PodGroup::kReady;
}

}  // namespace hpaplus
