#include "engine/kube/cluster_state.h"

#include <memory>

namespace hpaplus::kube {

ClusterState::ClusterState(Config config, Clock& clock)
    : config_(std::move(config)),
      clock_(clock),
      tables_{WorkloadTable(config_.max_workloads), TargetTable(config_.targets), {}} {}

std::vector<WorkloadUpdate> ClusterState::TakeChanges() {
  std::vector<WorkloadUpdate> updates;
  const MutexLock lock(mutex_);
  announced_ = false;
  if (!MayShowAny()) return updates;

  // Selecting pods may make them ambiguous to workloads that were not dirty.
  std::vector<WorkloadId> ids = tables_.workloads.TakeDirty();
  for (const WorkloadId id : ids)
    SelectPods(id);
  MarkPodsDirty();
  for (const WorkloadId id : ids)
    tables_.workloads.MarkDirty(id);
  ids = tables_.workloads.TakeDirty();

  updates.reserve(ids.size());
  for (const WorkloadId id : ids) {
    if (id.index >= shown_.size()) shown_.resize(id.index + 1, false);
    if (tables_.workloads.Find(id) == nullptr) {
      if (shown_[id.index]) {
        updates.push_back({id, nullptr});
      } else {
        tables_.workloads.Release(id);
      }
      shown_[id.index] = false;
    } else if (shown_[id.index] || MayShow(id)) {
      shown_[id.index] = true;
      updates.push_back({id, MakeView(id)});
    }
  }
  return updates;
}

std::optional<WorkloadNow> ClusterState::Find(WorkloadId id) {
  const MutexLock lock(mutex_);
  const WorkloadTable::Workload* workload = tables_.workloads.Find(id);
  if (workload == nullptr) return std::nullopt;
  WorkloadNow now;
  now.spec = workload->spec;
  now.generation = workload->meta.generation;
  now.problem = workload->problem;
  now.conflict = tables_.workloads.ConflictOf(id);
  now.freeze = tables_.freeze;
  now.stored_status = workload->stored_status;
  if (workload->target) now.place = tables_.targets.PlaceOf(*workload->target);
  return now;
}

void ClusterState::SetNextWork(Timestamp at) {
  const MutexLock lock(mutex_);
  next_work_ = at;
}

ClusterState::Calls ClusterState::Settle(Timestamp now) {
  for (const auto& change : tables_.workloads.TakeTargetChanges()) {
    if (change.claimed) {
      tables_.targets.Claim(change.target, now);
    } else {
      tables_.targets.Unclaim(change.target, now);
    }
  }
  for (const TargetKey& target : tables_.targets.TakeDirty()) {
    for (const WorkloadId id : tables_.workloads.ClaimantsOf(target))
      tables_.workloads.MarkDirty(id);
  }
  MarkPodsDirty();

  Calls calls;
  calls.changed = !announced_ && MayShowAny() && tables_.workloads.has_dirty();
  announced_ = announced_ || calls.changed;
  const Timestamp due = tables_.targets.NextDue(now);
  calls.work = due < next_work_;
  if (calls.work) next_work_ = due;
  return calls;
}

ScaleState ClusterState::ScaleOf(const WorkloadTable::Workload& workload) const {
  ScaleState unusable;
  unusable.status = ScaleStatus::kFailed;
  if (!workload.problem.empty()) {
    unusable.problem = "spec is invalid: " + workload.problem;
    return unusable;
  }
  if (tables_.pods_overflow) {
    unusable.problem = "the cluster has more than " + std::to_string(config_.max_pods) +
                       " pods, the most that are kept";
    return unusable;
  }
  if (tables_.pods_failure) return *tables_.pods_failure;
  return tables_.targets.StateOf(*workload.target);
}

bool ClusterState::MayShowAny() const {
  return tables_.workloads_read && tables_.foreign_read && tables_.freeze_read &&
         (tables_.pods_read || tables_.pods_failure);
}

bool ClusterState::MayShow(WorkloadId id) const {
  const WorkloadTable::Workload& workload = *tables_.workloads.Find(id);
  return !workload.problem.empty() || tables_.targets.IsSettled(*workload.target);
}

void ClusterState::SelectPods(WorkloadId id) {
  const WorkloadTable::Workload* workload = tables_.workloads.Find(id);
  if (workload == nullptr) return tables_.pods.Forget(id);
  if (!workload->problem.empty()) return;  // Keeps what it has selected.
  const ScaleState scale = tables_.targets.StateOf(*workload->target);
  if (scale.status != ScaleStatus::kKnown) return;
  tables_.pods.Select(id, workload->meta.ns, scale.selector, Writes(workload->spec->mode));
}

void ClusterState::MarkPodsDirty() {
  for (const WorkloadId id : tables_.pods.TakeDirty()) {
    // One that is gone has lost its pods, too, and has been reported already.
    if (tables_.workloads.Find(id) != nullptr) tables_.workloads.MarkDirty(id);
  }
}

std::shared_ptr<const WorkloadView> ClusterState::MakeView(WorkloadId id) const {
  const WorkloadTable::Workload& workload = *tables_.workloads.Find(id);
  auto view = std::make_shared<WorkloadView>();
  view->spec = workload.spec;
  view->scale = ScaleOf(workload);
  view->conflict = tables_.workloads.ConflictOf(id);
  view->freeze = tables_.freeze;
  if (view->scale.status == ScaleStatus::kKnown) {
    PodIndex::Selection selection = tables_.pods.PodsOf(id);
    view->pods = std::move(selection.pods);
    view->ambiguous_selector = selection.ambiguous;
  }
  return view;
}

}  // namespace hpaplus::kube
