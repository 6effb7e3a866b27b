#pragma once

#include "engine/model/reason.h"
#include "engine/model/workload.h"

namespace hpaplus {

struct Bounded {
  Replicas replicas = 0;
  Reason reason = Reason::kDesiredWithinRange;  // Or kTooFewReplicas, kTooManyReplicas.
};

[[nodiscard]] inline Bounded KeepInBounds(Replicas desired, Replicas least, Replicas most) {
  if (desired < least) return {least, Reason::kTooFewReplicas};
  if (desired > most) return {most, Reason::kTooManyReplicas};
  return {desired, Reason::kDesiredWithinRange};
}

}  // namespace hpaplus
