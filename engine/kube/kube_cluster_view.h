#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kube/cluster_state.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/workload_lookup.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/pod_directory.h"
#include "engine/ports/telemetry.h"

namespace hpaplus::kube {

/// The cluster as the engine sees it, from informers: HPAPlus objects, pods, the kinds they scale,
/// and HorizontalPodAutoscalers that might scale the same. In steady state nothing is read from the
/// API server but watches.
///
/// An object whose spec cannot be used is reported with a kFailed scale, so nothing is decided for
/// it; Find() tells the problem. TakeChanges() is the tick's, RunChores() one other thread's; the
/// rest is thread-safe.
class KubeClusterView final : public ClusterView, public WorkloadLookup, public PodDirectory {
 public:
  struct Config {
    std::string ns;  // Only this namespace; empty for all.
    // The ConfigMap that freezes everything by being there; without a name there is none.
    std::string freeze_ns;
    std::string freeze_config_map;
    ClusterState::Config state;
    Duration relist_spacing = std::chrono::minutes(1);  // After a limit turned objects away.
    Duration trust_pods_for = std::chrono::minutes(1);  // Select(), since the watch has broken.
  };

  /// `api` must be done with its callbacks before this is destroyed.
  KubeClusterView(Config config, KubeApi api, Clock& clock, Telemetry& telemetry);
  ~KubeClusterView() override;
  KubeClusterView(const KubeClusterView&) = delete;
  KubeClusterView& operator=(const KubeClusterView&) = delete;

  /// Starts watching. StopWatches() ends it, and waits until the last sink has returned; neither is
  /// called while RunChores() runs.
  void StartWatches();
  void StopWatches();

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;

  [[nodiscard]] std::optional<WorkloadNow> Find(WorkloadId id) override;
  void ObserveScale(WorkloadId id, const std::string& uid, const ScaleState& scale) override;
  void Release(WorkloadId id) override;

  /// Of the pods that the engine's own watch keeps, finished ones included, in the namespaces that
  /// it may see. The first call makes the pods be listed once more, as nobody has asked for their
  /// addresses before; until that is done it is kUnavailable. kPermissionDenied for a namespace
  /// that is not watched; kInvalidArgument for a selector that is none.
  [[nodiscard]] Result<std::vector<PodAddress>> Select(
      std::string_view ns, const LabelSelector& selector) const override;

  /// What the pods of a namespace request; null while they are not known.
  [[nodiscard]] std::optional<QuotaAmounts> RequestsIn(const std::string& ns);
  /// Who says that nothing is to be written; empty: nobody.
  [[nodiscard]] std::string Freeze();

  /// Looks up new kinds, starts and stops their watches, reads scales. May block for as long as a
  /// look-up takes. Returns when it wants to run again; `state.work` asks for it sooner.
  Timestamp RunChores(Timestamp now);

  /// Whether the HPAPlus objects and the pods have been read: what /readyz asks.
  [[nodiscard]] bool Synced();

 private:
  struct Watched {
    Watched() = default;
    Watched(Watched&&) = default;
    // Member by member the old sink would die before the watch that calls it.
    Watched& operator=(Watched other) noexcept {
      sink.swap(other.sink);
      watch.swap(other.watch);
      return *this;
    }

    std::unique_ptr<ObjectSink> sink;
    std::unique_ptr<RunningWatch> watch;  // Calls the sink, so it dies first.
  };

  Watched WatchFreeze();
  Watched Watch(const ServedKind& served, bool metadata_only, std::unique_ptr<ObjectSink> sink);
  void ResolveKinds(Timestamp now);
  void FollowKinds(Timestamp now);
  void ReadScales(Timestamp now);
  void ListPodsWithPlaces();
  Timestamp RelistWhatWasTurnedAway(Timestamp now);
  void Report();

  const Config config_;
  const KubeApi api_;
  Telemetry& telemetry_;
  mutable ClusterState state_;  // It has its own lock.
  Timestamp next_relist_{};
  std::map<KindKey, Watched> kinds_;  // Of the chores' thread, as all below.
  Watched workloads_;
  Watched pods_;
  Watched freeze_;
  Watched foreign_;
};

}  // namespace hpaplus::kube
