#include "engine/kube/workload_table.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus::kube {
namespace {

ObjectKey KeyOf(const ObjectMeta& meta) {
  return {meta.ns, meta.name};
}

// Asks for nothing; stands in for a spec that was never usable.
std::shared_ptr<const WorkloadSpec> EmptySpec(const ObjectMeta& meta) {
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = meta.ns;
  spec->name = meta.name;
  spec->uid = meta.uid;
  spec->generation = meta.generation;
  spec->timeout = spec->period;
  return spec;
}

}  // namespace

bool WorkloadTable::IsNews(const ObjectMeta& meta) const {
  const auto at = by_name_.find(KeyOf(meta));
  if (at == by_name_.end()) return true;
  const ObjectMeta& known = workloads_[at->second.index].meta;
  if (IsOlderVersion(meta.resource_version, known.resource_version)) return false;
  return meta.uid != known.uid || meta.generation != known.generation;
}

bool WorkloadTable::IsStranger(const ObjectMeta& meta) const {
  const auto at = by_name_.find(KeyOf(meta));
  return at == by_name_.end() || workloads_[at->second.index].meta.uid != meta.uid;
}

bool WorkloadTable::Upsert(WorkloadObject object) {
  const ObjectKey key = KeyOf(object.meta);
  const auto at = by_name_.find(key);
  std::optional<WorkloadId> id;
  if (at != by_name_.end()) {
    const Workload& known = workloads_[at->second.index];
    if (IsOlderVersion(object.meta.resource_version, known.meta.resource_version)) return true;
    if (known.meta.uid == object.meta.uid) {
      id = at->second;
    } else {
      Remove(at->second);
    }
  }
  if (!id) {
    id = Allocate();
    if (!id) {
      ++refused_;
      return false;
    }
    by_name_.emplace(key, *id);
  }
  Workload& workload = workloads_[id->index];
  workload.live = true;
  workload.epoch = epoch_;
  workload.meta = std::move(object.meta);
  workload.problem = std::move(object.problem);
  if (object.stored_status != nullptr) workload.stored_status = std::move(object.stored_status);
  std::optional<TargetKey> target = workload.target;
  if (object.spec != nullptr) {
    target = TargetOf(workload.meta.ns, object.spec->target);
    workload.spec = std::move(object.spec);
  } else if (workload.spec == nullptr) {
    workload.spec = EmptySpec(workload.meta);
  }
  SetTarget(*id, target);
  if (workload.target) MarkClaimants(*workload.target);  // Its mode may have changed.
  MarkDirty(*id);
  return true;
}

void WorkloadTable::Erase(const ObjectMeta& meta) {
  const auto at = by_name_.find(KeyOf(meta));
  if (at == by_name_.end() || workloads_[at->second.index].meta.uid != meta.uid) return;
  Remove(at->second);
}

void WorkloadTable::Keep(const ObjectMeta& meta) {
  const auto at = by_name_.find(KeyOf(meta));
  if (at == by_name_.end()) return;
  Workload& workload = workloads_[at->second.index];
  workload.epoch = epoch_;
  if (IsOlderVersion(meta.resource_version, workload.meta.resource_version)) return;
  workload.meta.resource_version = meta.resource_version;
}

void WorkloadTable::EndReplace() {
  std::vector<WorkloadId> gone;
  for (const auto& [key, id] : by_name_) {
    if (workloads_[id.index].epoch != epoch_) gone.push_back(id);
  }
  for (const WorkloadId id : gone)
    Remove(id);
}

void WorkloadTable::SetForeign(const ObjectKey& scaler, const TargetKey& target) {
  const auto at = foreign_.find(scaler);
  if (at != foreign_.end() && at->second == target) return;
  EraseForeign(scaler);
  foreign_.emplace(scaler, target);
  claims_[target].foreign.push_back(scaler);
  MarkClaimants(target);
}

void WorkloadTable::EraseForeign(const ObjectKey& scaler) {
  const auto at = foreign_.find(scaler);
  if (at == foreign_.end()) return;
  const TargetKey target = at->second;
  foreign_.erase(at);
  std::erase(claims_[target].foreign, scaler);
  MarkClaimants(target);
  DropClaimsIfEmpty(target);
}

std::vector<ObjectKey> WorkloadTable::ForeignKeys() const {
  std::vector<ObjectKey> keys;
  keys.reserve(foreign_.size());
  for (const auto& [key, target] : foreign_)
    keys.push_back(key);
  return keys;
}

const WorkloadTable::Workload* WorkloadTable::Find(WorkloadId id) const {
  const bool live = id.index < workloads_.size() && workloads_[id.index].live;
  return live ? &workloads_[id.index] : nullptr;
}

const std::vector<WorkloadId>& WorkloadTable::ClaimantsOf(const TargetKey& target) const {
  static const std::vector<WorkloadId> kNobody;
  const auto at = claims_.find(target);
  return at == claims_.end() ? kNobody : at->second.workloads;
}

std::string WorkloadTable::ConflictOf(WorkloadId id) const {
  const Workload* workload = Find(id);
  if (workload == nullptr || !workload->target) return {};
  const Claims& claims = claims_.find(*workload->target)->second;
  std::string text;
  const auto add = [&](const char* kind, const std::string& name) {
    text += (text.empty() ? "" : ", ") + std::string(kind) + " " + name;
  };
  for (const ObjectKey& scaler : claims.foreign)
    add("HorizontalPodAutoscaler", scaler.name);
  for (const WorkloadId other : claims.workloads) {
    // One that never writes is nobody's rival: that is how a migration is tried out.
    const Workload& rival = workloads_[other.index];
    if (other != id && Writes(rival.spec->mode)) add("HPAPlus", rival.meta.name);
  }
  return text;
}

void WorkloadTable::MarkDirty(WorkloadId id) {
  if (id.index >= workloads_.size() || workloads_[id.index].dirty) return;
  workloads_[id.index].dirty = true;
  dirty_.push_back(id);
}

void WorkloadTable::MarkAllDirty() {
  for (const auto& [key, id] : by_name_)
    MarkDirty(id);
}

std::vector<WorkloadId> WorkloadTable::TakeDirty() {
  for (const WorkloadId id : dirty_)
    workloads_[id.index].dirty = false;
  return std::exchange(dirty_, {});
}

void WorkloadTable::Release(WorkloadId id) {
  HPAPLUS_CHECK(id.index < workloads_.size());
  Workload& workload = workloads_[id.index];
  if (workload.live || workload.released) return;
  workload.released = true;
  free_.push_back(id);
}

std::vector<WorkloadTable::TargetChange> WorkloadTable::TakeTargetChanges() {
  return std::exchange(target_changes_, {});
}

std::optional<WorkloadId> WorkloadTable::Allocate() {
  if (by_name_.size() >= max_workloads_) return std::nullopt;
  if (!free_.empty()) {
    const WorkloadId id = free_.back();
    free_.pop_back();
    workloads_[id.index] = Workload{};
    return id;
  }
  workloads_.emplace_back();
  return WorkloadId{static_cast<std::uint32_t>(workloads_.size() - 1)};
}

void WorkloadTable::SetTarget(WorkloadId id, const std::optional<TargetKey>& target) {
  Workload& workload = workloads_[id.index];
  if (workload.target == target) return;
  if (const auto old = std::exchange(workload.target, std::nullopt)) {
    Claims& claims = claims_[*old];
    std::erase(claims.workloads, id);
    if (claims.workloads.empty()) target_changes_.push_back({*old, false});
    MarkClaimants(*old);
    DropClaimsIfEmpty(*old);
  }
  if (!target) return;
  workload.target = target;
  Claims& claims = claims_[*target];
  if (claims.workloads.empty()) target_changes_.push_back({*target, true});
  claims.workloads.push_back(id);
  std::sort(claims.workloads.begin(), claims.workloads.end());
  MarkClaimants(*target);
}

void WorkloadTable::MarkClaimants(const TargetKey& target) {
  for (const WorkloadId id : ClaimantsOf(target))
    MarkDirty(id);
}

void WorkloadTable::DropClaimsIfEmpty(const TargetKey& target) {
  const auto at = claims_.find(target);
  if (at == claims_.end()) return;
  if (at->second.workloads.empty() && at->second.foreign.empty()) claims_.erase(at);
}

void WorkloadTable::Remove(WorkloadId id) {
  Workload& workload = workloads_[id.index];
  by_name_.erase(KeyOf(workload.meta));
  SetTarget(id, std::nullopt);
  workload.live = false;
  workload.spec.reset();
  workload.stored_status.reset();
  workload.problem.clear();
  MarkDirty(id);
}

}  // namespace hpaplus::kube
