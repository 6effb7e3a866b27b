#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/shared_value.h"
#include "engine/loop/quota_loop.h"
#include "engine/model/quota_share.h"
#include "engine/ports/quota_cluster.h"
#include "engine/ports/quota_gate.h"

namespace hpaplus {

/// Between sizes and quotas: lets through what of a growth fits the quotas of its namespace, and
/// tells the quota loop what is wanted. What is scarce goes to the higher priorities first, within
/// one of them by weight, in whole pods.
///
/// What has been let through counts as taken until its pods are there or it is asked for anew. What
/// nobody can know, as no pod has been seen yet, limits nobody: the API server's admission does.
/// Where a namespace has no quota nothing is kept and nothing is counted. Those whose sizes are not
/// written take nothing and want nothing; they are told what would be left for them.
/// Thread-safe but for the gate's own methods, which are the tick's.
class QuotaDesk final : public QuotaGate {
 public:
  struct Config {
    std::function<void()> wake_loop;    // Somebody lacks quota.
    std::function<void()> wake_engine;  // TakeFreed() has something.
    /// A workload's claim when there is not enough for all; null: all have the same.
    std::function<QuotaShareSpec(const WorkloadSpec&)> share_of;
  };

  /// `book` outlives it.
  QuotaDesk(Config config, QuotaBook& book) : config_(std::move(config)), book_(book) {}

  [[nodiscard]] std::vector<QuotaAnswer> Ask(std::span<const QuotaAsk> asks,
                                             Timestamp now) override;
  void Forget(WorkloadId workload) override;
  [[nodiscard]] std::vector<WorkloadId> TakeFreed() override;

  // The other side.
  [[nodiscard]] std::optional<QuotaWants> WantsIn(const std::string& ns);
  [[nodiscard]] std::set<std::string> TakeUrgent();
  /// A quota of this namespace leaves more room than before.
  void Free(const std::string& ns);

 private:
  struct Workload {
    std::string ns;
    std::string name;
    Replicas taken = 0;  // Its size, or what was let through since.
    Replicas desired = 0;
    Replicas most = 0;
    Replicas pods = 0;
    Replicas staying = 0;                  // Of these, not on their way out.
    SharedValue<PodResources> of_one_pod;  // What per_pod was made of.
    QuotaAmounts per_pod;                  // Empty: no pod has been seen.
    QuotaShareSpec share;
    bool refused = false;
  };
  // One who wants to grow.
  struct Growth {
    std::size_t ask = 0;
    Workload* workload = nullptr;
    Replicas from = 0;  // Its size, or its pods if there are more: those have their quota.
    Replicas by = 0;
    Replicas fits = 0;
    QuotaAnswer answer;
  };
  using GrowthsByNamespace = std::map<std::string_view, std::vector<Growth>>;

  Workload& Note(const QuotaAsk& ask) HPAPLUS_REQUIRES(mutex_);
  void Drop(WorkloadId workload) HPAPLUS_REQUIRES(mutex_);
  void Limit(const std::string& ns, std::vector<Growth>& growths) HPAPLUS_REQUIRES(mutex_);
  bool Take(std::span<const Growth> growths) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] QuotaAmounts InFlight(const std::string& ns) const HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  QuotaBook& book_;
  Mutex mutex_;
  std::map<WorkloadId, Workload> workloads_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, std::set<WorkloadId>> members_ HPAPLUS_GUARDED_BY(mutex_);  // By namespace.
  std::set<std::string> urgent_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<std::string> freed_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus
