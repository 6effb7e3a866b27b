#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus::sim {

/// One simulated workload: the object that scales it, its size, its pods, and the load they share.
struct TargetOptions {
  WorkloadSpec spec;
  Replicas replicas = 1;
  Duration pod_start = std::chrono::seconds(20);
  std::function<double(Timestamp)> demand;  // Load, in thousandths of a core or units of a metric.
};

/// How a target's size turns into pods and pods into measurements. It closes the loop: what is
/// decided changes what is measured next.
class Plant {
 public:
  explicit Plant(const TargetOptions& options);

  /// Pods appear and vanish at once; a new one is ready when SetReady() says so. Returns the
  /// numbers of the new pods.
  std::vector<std::uint64_t> Resize(Replicas replicas, Timestamp now);
  /// False when that pod is gone already.
  bool SetReady(std::uint64_t number, Timestamp now);

  /// From now on pods are of a new revision, and those that there are have to be replaced.
  void BeginRollout() { ++revision_; }
  /// Replaces up to that many pods of older revisions, oldest first; none are left: empty. Returns
  /// the numbers of the new pods.
  std::vector<std::uint64_t> ReplaceBatch(Replicas count, Timestamp now);
  /// As a Deployment's status tells it; not known before the first rollout.
  [[nodiscard]] RolloutState Rollout() const;

  [[nodiscard]] Replicas replicas() const { return replicas_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const Pod>>& pods() const { return pods_; }
  void SetDemand(std::function<double(Timestamp)> demand) { demand_ = std::move(demand); }
  [[nodiscard]] double Demand(Timestamp now) const { return demand_(now); }

  /// Every running pod's share of the demand as CPU usage, ordered by pod.
  void Measure(const std::string& ns, Timestamp now, std::vector<PodUsage>& out) const;

 private:
  [[nodiscard]] std::string NameOf(std::uint64_t number) const;
  [[nodiscard]] bool IsOld(const Pod& pod) const;
  std::uint64_t AddPod(Timestamp now);

  std::string name_;
  std::function<double(Timestamp)> demand_;
  Replicas replicas_ = 0;
  std::vector<std::shared_ptr<const Pod>> pods_;  // Oldest first, which is the order of names.
  SharedValue<PodResources> resources_;
  std::uint64_t next_number_ = 0;
  std::uint64_t revision_ = 0;  // 0: pods have no label for it.
};

}  // namespace hpaplus::sim
