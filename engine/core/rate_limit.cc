#include "engine/core/rate_limit.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/freshness.h"
#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;

std::int64_t ChangeSince(const std::vector<ScaleEvent>& events, Timestamp start) {
  std::int64_t change = 0;
  for (const ScaleEvent& event : events) {
    if (event.at > start) change += event.change;
  }
  return change;
}

// Both directions count: what was added and removed again left the size where it was.
Replicas SizeBefore(Replicas current, const ScalingPolicy& policy, const History& history,
                    Timestamp now) {
  const Timestamp start = Earlier(now, seconds(policy.period_seconds));
  return SaturateToReplicas(current - ChangeSince(history.scale_ups, start) +
                            ChangeSince(history.scale_downs, start));
}

// In binary floating point, as the HPA does it: 100 pods and 10 % are 111.
Replicas Raised(Replicas base, const ScalingPolicy& policy) {
  if (policy.type == ScalingPolicyType::kPods) {
    return SaturateToReplicas(std::int64_t{base} + policy.value);
  }
  return SaturateToReplicas(std::ceil(base * (1 + static_cast<double>(policy.value) / 100)));
}

Replicas Lowered(Replicas base, const ScalingPolicy& policy) {
  if (policy.type == ScalingPolicyType::kPods) {
    return SaturateToReplicas(std::int64_t{base} - policy.value);
  }
  return SaturateToReplicas(std::trunc(base * (1 - static_cast<double>(policy.value) / 100)));
}

Replicas LegacyLimit(Replicas current, const DecideConfig& config) {
  return SaturateToReplicas(
      std::trunc(std::max(config.scale_up_limit_factor * current, config.scale_up_limit_minimum)));
}

}  // namespace

Replicas ScaleUpLimit(Replicas current, const ScalingRules& rules, const History& history,
                      Timestamp now) {
  if (rules.select_policy == SelectPolicy::kDisabled) return current;
  const bool smallest = rules.select_policy == SelectPolicy::kMin;
  Replicas limit =
      smallest ? std::numeric_limits<Replicas>::max() : std::numeric_limits<Replicas>::min();
  for (const ScalingPolicy& policy : rules.policies) {
    const Replicas raised = Raised(SizeBefore(current, policy, history, now), policy);
    limit = smallest ? std::min(limit, raised) : std::max(limit, raised);
  }
  return std::max(limit, current);
}

Replicas ScaleDownLimit(Replicas current, const ScalingRules& rules, const History& history,
                        Timestamp now) {
  if (rules.select_policy == SelectPolicy::kDisabled) return current;
  const bool smallest = rules.select_policy == SelectPolicy::kMin;
  Replicas limit =
      smallest ? std::numeric_limits<Replicas>::min() : std::numeric_limits<Replicas>::max();
  for (const ScalingPolicy& policy : rules.policies) {
    const Replicas lowered = Lowered(SizeBefore(current, policy, history, now), policy);
    limit = smallest ? std::max(limit, lowered) : std::min(limit, lowered);
  }
  return std::min(limit, current);
}

RateLimited LimitRate(Replicas current, Replicas desired, const WorkloadSpec& spec,
                      const DecideConfig& config, const History& history, Timestamp now) {
  const Behavior* const behavior = spec.behavior ? &*spec.behavior : nullptr;
  if (desired < current && behavior != nullptr) {
    const Replicas limit = ScaleDownLimit(current, behavior->scale_down, history, now);
    const bool applies = limit > spec.min_replicas && desired < limit;
    if (applies) return {limit, Reason::kScaleDownLimit, limit};
    return {desired, Reason::kDesiredWithinRange, limit};
  }
  if (desired == current && behavior != nullptr) {
    return {desired, Reason::kDesiredWithinRange, current};
  }
  const Replicas limit = behavior != nullptr
                             ? ScaleUpLimit(current, behavior->scale_up, history, now)
                             : LegacyLimit(current, config);
  const bool applies = limit < spec.max_replicas && desired > limit;
  if (applies) return {limit, Reason::kScaleUpLimit, limit};
  return {desired, Reason::kDesiredWithinRange, limit};
}

}  // namespace hpaplus
