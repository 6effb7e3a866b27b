#pragma once

#include <optional>

#include "engine/core/trail.h"
#include "engine/model/rollout.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// What is remembered of a rollout.
struct RolloutPast {
  std::optional<Timestamp> since;  // When it was first seen; null: there is none.
  Replicas wanted = 0;             // The size that was wanted when `extra` was added to it.
  Replicas extra = 0;
  bool operator==(const RolloutPast&) const = default;
};

/// A target's pods, told apart by revision. Pods on their way out do not count.
struct RevisionCount {
  Replicas ready_old = 0;
  Replicas ready_new = 0;
  Replicas starting_old = 0;  // Not ready.
  Replicas starting_new = 0;
  bool rolling = false;  // There are pods of an older revision that are to be replaced.
};

/// Tells old pods from new ones by their label pod-template-hash or controller-revision-hash, or
/// the one that the target's status names. The newest revision is the one in the status; where it
/// names none (a Deployment's does not), the one that most lately started a pod. Whether the target
/// is being rolled out is its status's word; without such a status it is, as long as there are pods
/// of two revisions.
[[nodiscard]] RevisionCount CountRevisions(const WorkloadView& view);

/// What may be done while the target is being rolled out:
///
///     Wait   max(desired, current)
///     Hold   current
///     both   at least wanted + min(missing, ceil(wanted * extraPercentMost / 100)),
///            missing = wanted - ready pods, old and new
///
/// The last line keeps as many pods serving as are wanted though a rollout takes some away. What is
/// wanted is `desired` (with Hold: the current size) without what that line has added before, so
/// that it adds nothing to itself, and afterwards takes it back. After `wait_most` nothing waits
/// any more. The evidence is how many ready pods are old.
[[nodiscard]] StageResult HeedRollout(const RolloutSpec& spec, const WorkloadView& view,
                                      Replicas desired, Timestamp now, RolloutPast& past);

}  // namespace hpaplus
