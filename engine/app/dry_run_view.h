#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/ports/cluster_view.h"

namespace hpaplus::app {

/// The cluster as a run that must not write anything (--dry-run) takes it: every object that is
/// Active is in mode DryRun, and another autoscaler with the same target keeps none of them from
/// deciding. So the whole run can be beside what scales the cluster now. Not thread-safe.
class DryRunView final : public ClusterView {
 public:
  /// `view` must outlive it.
  explicit DryRunView(ClusterView& view) : view_(view) {}

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override {
    std::vector<WorkloadUpdate> updates = view_.TakeChanges();
    for (WorkloadUpdate& update : updates) {
      if (update.view && Writes(update.view->spec->mode)) update.view = Dry(*update.view);
    }
    return updates;
  }

 private:
  // What moves in one direction only stays so: that is part of what it decides.
  static std::shared_ptr<const WorkloadView> Dry(const WorkloadView& view) {
    auto dry = std::make_shared<WorkloadView>(view);
    dry->conflict.clear();
    if (view.spec->mode != Mode::kActive) return dry;
    auto spec = std::make_shared<WorkloadSpec>(*view.spec);
    spec->mode = Mode::kDryRun;
    dry->spec = std::move(spec);
    return dry;
  }

  ClusterView& view_;
};

}  // namespace hpaplus::app
