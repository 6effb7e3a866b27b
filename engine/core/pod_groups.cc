#include "engine/core/pod_groups.h"

#include "engine/core/freshness.h"

namespace hpaplus {

bool IsStarting(const Pod& pod, const PodSample& sample, const PodGroupRules& rules) {
  if (!pod.ready || !pod.start_time) return true;
  const bool not_ready = pod.ready->status == ConditionStatus::kFalse;
  const Timestamp transition = pod.ready->last_transition.value_or(Timestamp::min());
  if (Later(*pod.start_time, rules.cpu_initialization_period) > rules.now) {
    return not_ready || sample.at < Later(transition, sample.window);
  }
  const bool never_was_ready = Later(*pod.start_time, rules.initial_readiness_delay) > transition;
  return not_ready && never_was_ready;
}

}  // namespace hpaplus
