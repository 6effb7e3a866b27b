#pragma once

#include <optional>
#include <span>

#include "engine/base/time.h"
#include "engine/core/trail.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// What is remembered of a workload's activity.
struct ActivityState {
  bool begun = false;                    // False: never evaluated.
  std::optional<Timestamp> last_active;  // Null: never.
  bool operator==(const ActivityState&) const = default;
};

enum class Activity { kActive, kInactive, kUnknown };

/// Active when one metric is above its activation threshold: Object, External and Source metrics
/// that vote or activate. Inactive when all of them are known, by samples of their own, and none
/// is. Pods' metrics say nothing: they vanish with the pods.
[[nodiscard]] Activity ActivityOf(std::span<const MetricSpec> specs,
                                  std::span<const MetricOutcome> outcomes);

/// KEDA's rules between idleReplicas and minReplicas:
///
///     active                       remembered; below minReplicas: to minReplicas, at least 1
///     inactive, cooldown over      to idleReplicas, from any size
///     inactive, still cooling      as asked; below minReplicas as it is
///     unknown                      likewise
///
/// The cooldown is over when the last activity is longer ago than it, or, never active, when the
/// object is older than the initial cooldown. An object found at its first evaluation that is not
/// new counts as active then: a restart sends nothing to sleep early. The evidence is how many
/// seconds of the cooldown are left. Precondition: spec.idle.
[[nodiscard]] StageResult Activate(const WorkloadSpec& spec, Activity activity, Timestamp now,
                                   Replicas current, Replicas asked, ActivityState& state);

}  // namespace hpaplus
