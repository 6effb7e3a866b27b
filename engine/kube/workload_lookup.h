#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/ids.h"
#include "engine/kube/object_status.h"
#include "engine/kube/target_table.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

/// What holds for a workload at this moment, which may be later than the view of a decision.
struct WorkloadNow {
  std::shared_ptr<const WorkloadSpec> spec;  // The last usable one; never null.
  std::int64_t generation = 0;               // Of the object; above spec's while `problem`.
  std::string problem;                       // Not empty: the object's spec cannot be used.
  std::string conflict;
  std::string freeze;                       // Not empty: nothing is to be written; who says so.
  std::optional<TargetTable::Place> place;  // None while the target is not there.
  std::shared_ptr<const ObjectStatus> stored_status;  // As found when we first saw it; may be null.
};

/// For those who write: sizes, statuses, events. Thread-safe.
class WorkloadLookup {
 public:
  virtual ~WorkloadLookup() = default;

  /// Nothing when the workload is gone.
  [[nodiscard]] virtual std::optional<WorkloadNow> Find(WorkloadId id) = 0;
  /// The scale of the workload's target as a write or a read has shown it; `uid` is the target's.
  virtual void ObserveScale(WorkloadId id, const std::string& uid, const ScaleState& scale) = 0;
  /// Everybody has forgotten the workload; its id may be used again.
  virtual void Release(WorkloadId id) = 0;
};

}  // namespace hpaplus::kube
