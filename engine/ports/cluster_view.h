#pragma once

#include <memory>
#include <vector>

#include "engine/base/ids.h"
#include "engine/model/workload.h"

namespace hpaplus {

struct WorkloadUpdate {
  WorkloadId id;                             // Dense; reused after a workload is gone.
  std::shared_ptr<const WorkloadView> view;  // Null: gone.
};

/// What the cluster looks like, as a stream of changes: a tick costs what changed, not what
/// exists. Level-triggered: an update carries the whole view, intermediate states may be skipped.
class ClusterView {
 public:
  virtual ~ClusterView() = default;

  /// What changed since the previous call, each workload once; the first call gives everything.
  /// Never blocks; called from the tick only. An id is reported gone before it is used again.
  [[nodiscard]] virtual std::vector<WorkloadUpdate> TakeChanges() = 0;
};

}  // namespace hpaplus
