#include "engine/app/virtual_targets.h"

#include <algorithm>
#include <utility>

namespace hpaplus::app {
namespace {

std::shared_ptr<const Pod> ReadyPod() {
  auto pod = std::make_shared<Pod>();
  pod->name = "virtual";
  pod->phase = PodPhase::kRunning;
  pod->ready = ReadyCondition{ConditionStatus::kTrue, std::nullopt};
  return pod;
}

}  // namespace

VirtualTargets::VirtualTargets(Journal& next, std::function<void()> wake)
    : next_(next), wake_(std::move(wake)), pod_(ReadyPod()) {}

void VirtualTargets::Put(std::shared_ptr<const WorkloadSpec> spec) {
  {
    const MutexLock lock(mutex_);
    auto known = by_uid_.find(spec->uid);
    if (known == by_uid_.end()) {
      std::uint32_t id = 0;
      if (free_.empty()) {
        id = static_cast<std::uint32_t>(targets_.size());
        targets_.emplace_back();
      } else {
        id = free_.back();
        free_.pop_back();
      }
      known = by_uid_.emplace(spec->uid, id).first;
      targets_[id] = Target{};
      targets_[id].size = std::max(spec->min_replicas, spec->idle ? spec->idle->replicas : 0);
    }
    targets_[known->second].spec = std::move(spec);
    dirty_.insert(known->second);
  }
  wake_();
}

void VirtualTargets::Remove(const std::string& uid) {
  {
    const MutexLock lock(mutex_);
    const auto known = by_uid_.find(uid);
    if (known == by_uid_.end()) return;
    targets_[known->second].spec = nullptr;
    dirty_.insert(known->second);
    by_uid_.erase(known);
  }
  wake_();
}

std::vector<WorkloadUpdate> VirtualTargets::TakeChanges() {
  const MutexLock lock(mutex_);
  std::vector<WorkloadUpdate> updates;
  updates.reserve(dirty_.size());
  for (const std::uint32_t id : dirty_) {
    Target& target = targets_[id];
    if (target.spec) {
      target.shown = true;
      updates.push_back({WorkloadId{id}, ViewOf(target)});
    } else if (std::exchange(target.shown, false)) {
      updates.push_back({WorkloadId{id}, nullptr});
    } else {
      free_.push_back(id);  // Nobody has ever heard of it.
    }
  }
  dirty_.clear();
  return updates;
}

void VirtualTargets::Start(ScaleCommand command) {
  {
    const MutexLock lock(mutex_);
    Target& target = targets_[command.workload.index];
    Result<Done> result = Done{};
    if (!target.spec || target.spec->uid != command.view->spec->uid) {
      result = Error{ErrorCode::kGone, "virtual target: the object is gone"};
    } else if (command.view->scale.resource_version != std::to_string(target.version)) {
      result = Error{ErrorCode::kConflict, "virtual target: the size has changed"};
    } else {
      target.size = command.replicas;
      ++target.version;
      dirty_.insert(command.workload.index);
    }
    outcomes_.push_back({std::move(command), std::move(result)});
  }
  wake_();
}

std::vector<ScaleOutcome> VirtualTargets::TakeOutcomes() {
  const MutexLock lock(mutex_);
  return std::exchange(outcomes_, {});
}

void VirtualTargets::RecordDecision(const Decision& decision, const WorkloadView& view) {
  if (Settle(decision)) next_.RecordDecision(decision, view);
}

void VirtualTargets::RecordGone(WorkloadId workload) {
  next_.RecordGone(workload);
  const MutexLock lock(mutex_);
  if (!targets_[workload.index].spec) free_.push_back(workload.index);
}

// Whether the decision began at a size that stands.
bool VirtualTargets::Settle(const Decision& decision) {
  const MutexLock lock(mutex_);
  Target& target = targets_[decision.workload.index];
  if (!target.spec || target.settled) return true;
  if (!decision.known || decision.metrics.empty()) return true;
  target.settled = true;
  const WorkloadSpec& spec = *target.spec;
  const Replicas least = spec.idle ? spec.idle->replicas : spec.min_replicas;
  const Replicas size = std::clamp(decision.recommended, least, spec.max_replicas);
  if (size == target.size) return true;
  target.size = size;
  ++target.version;
  dirty_.insert(decision.workload.index);
  return false;
}

std::shared_ptr<const WorkloadView> VirtualTargets::ViewOf(const Target& target) const {
  auto view = std::make_shared<WorkloadView>();
  view->spec = target.spec;
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = target.size;
  view->scale.status_replicas = target.size;
  view->scale.selector = "hpaplus.io/virtual=true";
  view->scale.resource_version = std::to_string(target.version);
  view->pods.assign(static_cast<std::size_t>(std::max(target.size, 0)), pod_);
  view->scaled_to_zero = target.size == 0;  // Nobody else could have done it.
  return view;
}

}  // namespace hpaplus::app
