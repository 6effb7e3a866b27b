#pragma once

#include "engine/model/reason.h"
#include "engine/model/workload.h"

namespace hpaplus {

struct Bounded {
  Replicas replicas = 0;
  Reason reason = Reason::kDesiredWithinRange;  // Or kTooFewReplicas, kTooManyReplicas.
};

/// The upper bound alone: on the way up from zero the HPA's rates may end below minReplicas.
[[nodiscard]] inline Bounded KeepBelowMost(Replicas desired, const WorkloadSpec& spec) {
  if (desired > spec.max_replicas) return {spec.max_replicas, Reason::kTooManyReplicas};
  return {desired, Reason::kDesiredWithinRange};
}

[[nodiscard]] inline Bounded KeepInBounds(Replicas desired, const WorkloadSpec& spec) {
  if (desired < spec.min_replicas) return {spec.min_replicas, Reason::kTooFewReplicas};
  return KeepBelowMost(desired, spec);
}

}  // namespace hpaplus
