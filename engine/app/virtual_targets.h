#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/model/workload.h"
#include "engine/ports/actuator.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/journal.h"

namespace hpaplus::app {

/// Targets of which there are only numbers, for an engine without a cluster: sizes that are kept in
/// mind and written nowhere. A target follows each decision at once, with as many ready pods as it
/// has replicas, so that windows, rates and budgets mean what they mean in a cluster.
///
/// What the size was before is known to nobody. So a target takes the size that its metrics ask
/// for at the first evaluation that knows one, windows and rates aside, and that evaluation is not
/// passed on: it began at a size that was made up.
///
/// As a journal it stands before the others. Thread-safe.
class VirtualTargets final : public ClusterView, public Actuator, public Journal {
 public:
  /// `wake` is called on the calling thread when there is something for the next tick. All must
  /// outlive it.
  VirtualTargets(Journal& next, std::function<void()> wake);

  /// A new object, or another spec of one that is there (the same uid).
  void Put(std::shared_ptr<const WorkloadSpec> spec);
  void Remove(const std::string& uid);

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;

  void Start(ScaleCommand command) override;
  void Cancel(WorkloadId /*workload*/) override {}  // What is started is done at once.
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;

  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override {
    next_.RecordOutcome(outcome, at);
  }
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& report) override { next_.RecordTick(report); }

 private:
  struct Target {
    std::shared_ptr<const WorkloadSpec> spec;  // Null: the id is free.
    Replicas size = 0;
    std::uint64_t version = 1;
    bool settled = false;  // The size is one that metrics asked for.
    bool shown = false;    // The engine knows it.
  };

  [[nodiscard]] bool Settle(const Decision& decision);
  [[nodiscard]] std::shared_ptr<const WorkloadView> ViewOf(const Target& target) const;

  Journal& next_;
  const std::function<void()> wake_;
  const std::shared_ptr<const Pod> pod_;  // Stands for each of them.

  Mutex mutex_;
  std::vector<Target> targets_ HPAPLUS_GUARDED_BY(mutex_);  // By id.
  std::map<std::string, std::uint32_t> by_uid_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> free_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<std::uint32_t> dirty_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<ScaleOutcome> outcomes_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::app
