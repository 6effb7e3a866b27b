#include "engine/core/activation.h"

#include <algorithm>

#include "engine/core/freshness.h"

namespace hpaplus {
namespace {

bool SaysWhetherActive(const MetricSpec& spec) {
  const bool asked = spec.role == MetricRole::kScale || spec.role == MetricRole::kActivate;
  return asked && IsOfWhole(spec.type);
}

// A new object has had no time to be active before this engine saw it.
bool IsNew(const WorkloadSpec& spec, Timestamp now) {
  const Duration young = std::max<Duration>(2 * spec.period, std::chrono::seconds(60));
  return spec.created != Timestamp{} && now < Later(spec.created, young);
}

// The end of the cooldown: idle after it.
Timestamp CoolUntil(const WorkloadSpec& spec, const ActivityState& state) {
  if (state.last_active) return Later(*state.last_active, spec.idle->cooldown);
  return Later(spec.created, spec.idle->initial_cooldown);
}

}  // namespace

Activity ActivityOf(std::span<const MetricSpec> specs, std::span<const MetricOutcome> outcomes) {
  bool asked = false;
  bool unknown = false;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!SaysWhetherActive(specs[i])) continue;
    asked = true;
    const MetricOutcome& outcome = outcomes[i];
    if (!outcome.total || outcome.stood_in) {
      unknown = true;
      continue;
    }
    const auto& threshold = specs[i].activation_threshold;
    if (*outcome.total > (threshold ? threshold->AsDouble() : 0.0)) return Activity::kActive;
  }
  return asked && !unknown ? Activity::kInactive : Activity::kUnknown;
}

StageResult Activate(const WorkloadSpec& spec, Activity activity, Timestamp now, Replicas current,
                     Replicas asked, ActivityState& state) {
  if (!state.begun) {
    state.begun = true;
    if (!IsNew(spec, now)) state.last_active = now;
  }
  const bool below = current < spec.min_replicas;
  const Replicas idle = spec.idle->replicas;
  const Replicas otherwise = below ? std::max(current, idle) : asked;
  if (activity == Activity::kActive) {
    state.last_active = now;
    if (below) return {std::max(spec.min_replicas, 1), Reason::kActivated};
    return {asked, Reason::kActive};
  }
  const Timestamp until = CoolUntil(spec, state);
  const double left = std::max(ToSeconds(until - now), 0.0);
  if (activity == Activity::kUnknown) return {otherwise, Reason::kActivityUnknown, left};
  if (current <= idle || now > until) return {idle, Reason::kIdle};
  return {otherwise, Reason::kCoolingDown, left};
}

}  // namespace hpaplus
