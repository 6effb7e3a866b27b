#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/pod_index.h"
#include "engine/kube/target_table.h"
#include "engine/kube/workload_lookup.h"
#include "engine/kube/workload_table.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"

namespace hpaplus::kube {

/// Whether the pods' addresses are known. They are not kept until somebody asks, and are then read
/// with a new list.
enum class PodPlaces { kNotKept, kWanted, kReading, kKept };

/// Everything that was read of the cluster.
struct ClusterTables {
  WorkloadTable workloads;
  TargetTable targets;
  PodIndex pods;
  bool workloads_read = false;
  bool foreign_read = false;  // Or given up: the check for foreign autoscalers is off.
  bool pods_read = false;
  bool freeze_read = true;                     // Or nobody asks for it.
  std::string freeze;                          // Not empty: nothing is to be written; who says so.
  bool pods_overflow = false;                  // Some pods were turned away.
  std::optional<ScaleState> pods_failure;      // While set, nobody's scale is usable.
  std::optional<Timestamp> pods_broken_since;  // No watch is up; what is known of pods grows old.
  PodPlaces pod_places = PodPlaces::kNotKept;
};

/// The tables behind a lock, and the views that follow from them. The informers' threads change
/// them, the tick takes the changes. Thread-safe; the lock is held for moments only, so changes of
/// many objects come in portions.
///
/// A workload is first shown when everything about it has been read, or has failed: a decision on
/// half of the pods would be wrong.
class ClusterState {
 public:
  struct Config {
    std::size_t max_workloads = 100'000;
    std::size_t max_pods = 1'000'000;  // With more of them nothing is decided.
    TargetTable::Config targets;
    std::function<void()> changed;  // TakeChanges() has something. Called outside the lock.
    std::function<void()> work;     // targets wants something watched or read, now or sooner.
  };

  ClusterState(Config config, Clock& clock);

  /// Calls change(ClusterTables&, Timestamp now) under the lock.
  template <class F>
  void Change(F&& change) {
    Calls calls;
    {
      const MutexLock lock(mutex_);
      const Timestamp now = clock_.Now();
      std::forward<F>(change)(tables_, now);
      calls = Settle(now);
    }
    if (calls.changed && config_.changed) config_.changed();
    if (calls.work && config_.work) config_.work();
  }

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges();
  [[nodiscard]] std::optional<WorkloadNow> Find(WorkloadId id);
  /// Until then nobody has to be told about work.
  void SetNextWork(Timestamp at);
  [[nodiscard]] const Config& config() const { return config_; }

 private:
  struct Calls {
    bool changed = false;
    bool work = false;
  };
  Calls Settle(Timestamp now) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] ScaleState ScaleOf(const WorkloadTable::Workload& workload) const
      HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool MayShowAny() const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool MayShow(WorkloadId id) const HPAPLUS_REQUIRES(mutex_);
  void SelectPods(WorkloadId id) HPAPLUS_REQUIRES(mutex_);
  void MarkPodsDirty() HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::shared_ptr<const WorkloadView> MakeView(WorkloadId id) const
      HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  Clock& clock_;
  Mutex mutex_;
  ClusterTables tables_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<bool> shown_ HPAPLUS_GUARDED_BY(mutex_);  // By id: the engine knows it.
  bool announced_ HPAPLUS_GUARDED_BY(mutex_) = false;   // `changed` was called since TakeChanges.
  Timestamp next_work_ HPAPLUS_GUARDED_BY(mutex_) = Timestamp::max();
};

}  // namespace hpaplus::kube
