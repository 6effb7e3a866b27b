#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/kube/object_key.h"
#include "engine/kube/object_status.h"
#include "engine/kube/objects_reply.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

/// An HPAPlus object as it arrived.
struct WorkloadObject {
  ObjectMeta meta;
  std::shared_ptr<const WorkloadSpec> spec;  // Null: `problem` says why it cannot be used.
  std::string problem;
  std::shared_ptr<const ObjectStatus> stored_status;  // Null: not read.
};

/// The HPAPlus objects, their ids, and who claims which target. Not thread-safe.
///
/// An object is its uid: deleted and made again under the same name it gets a new id, so that
/// nothing of the old one's history is inherited. Ids are dense. The id of an object that is gone
/// is used again once Release() has been called for it.
///
/// An object that cannot be used keeps the last spec that could (or one that asks for nothing), so
/// that its history outlives a typing error; problem() tells.
class WorkloadTable {
 public:
  explicit WorkloadTable(std::size_t max_workloads) : max_workloads_(max_workloads) {}

  struct Workload {
    bool live = false;
    ObjectMeta meta;
    std::shared_ptr<const WorkloadSpec> spec;  // Never null while live.
    std::string problem;                       // Not empty: nothing may be decided.
    std::optional<TargetKey> target;           // What `spec` names; none if it was never usable.
    std::shared_ptr<const ObjectStatus> stored_status;  // As first seen; may be null.
    std::uint64_t epoch = 0;
    bool dirty = false;
    bool released = false;
  };

  /// Whether an object with this metadata has anything new to us: neither an older version nor only
  /// a changed status. Says so without the spec being read.
  [[nodiscard]] bool IsNews(const ObjectMeta& meta) const;
  /// Whether we have no object of this uid under this name.
  [[nodiscard]] bool IsStranger(const ObjectMeta& meta) const;

  /// False when the table is full.
  bool Upsert(WorkloadObject object);
  void Erase(const ObjectMeta& meta);
  /// Between these two everything that exists is upserted or kept; the others are gone at the end.
  void BeginReplace() {
    ++epoch_;
    refused_ = 0;
  }
  void Keep(const ObjectMeta& meta);
  void EndReplace();

  /// An autoscaler of another make claims a target, or no longer does.
  void SetForeign(const ObjectKey& scaler, const TargetKey& target);
  void EraseForeign(const ObjectKey& scaler);
  [[nodiscard]] std::vector<ObjectKey> ForeignKeys() const;

  /// Null when there is no such workload (any more).
  [[nodiscard]] const Workload* Find(WorkloadId id) const;
  [[nodiscard]] const std::vector<WorkloadId>& ClaimantsOf(const TargetKey& target) const;
  /// Who else may write the size of this workload's target, for people; empty: nobody.
  [[nodiscard]] std::string ConflictOf(WorkloadId id) const;

  void MarkDirty(WorkloadId id);
  void MarkAllDirty();
  [[nodiscard]] bool has_dirty() const { return !dirty_.empty(); }
  /// Changed or gone since the previous call, each once.
  [[nodiscard]] std::vector<WorkloadId> TakeDirty();
  /// Everybody has forgotten the workload.
  void Release(WorkloadId id);

  /// Targets that have got their first claimant, or lost their last, since the previous call.
  struct TargetChange {
    TargetKey target;
    bool claimed = false;
  };
  [[nodiscard]] std::vector<TargetChange> TakeTargetChanges();

  [[nodiscard]] std::size_t size() const { return by_name_.size(); }
  /// Objects that were turned away because the table was full; reset by BeginReplace.
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  struct Claims {
    std::vector<WorkloadId> workloads;
    std::vector<ObjectKey> foreign;
  };

  std::optional<WorkloadId> Allocate();
  void SetTarget(WorkloadId id, const std::optional<TargetKey>& target);
  void MarkClaimants(const TargetKey& target);
  void DropClaimsIfEmpty(const TargetKey& target);
  void Remove(WorkloadId id);

  const std::size_t max_workloads_;
  std::map<ObjectKey, WorkloadId> by_name_;
  std::deque<Workload> workloads_;  // By id.
  std::vector<WorkloadId> free_;    // Released.
  std::vector<WorkloadId> dirty_;
  std::map<TargetKey, Claims> claims_;
  std::map<ObjectKey, TargetKey> foreign_;
  std::vector<TargetChange> target_changes_;
  std::uint64_t epoch_ = 1;
  std::size_t refused_ = 0;
};

}  // namespace hpaplus::kube
