#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/kube_api.h"
#include "engine/ports/clock.h"
#include "engine/ports/quota_cluster.h"

namespace hpaplus::kube {

/// DynamicQuotas, QuotaPools and ResourceQuotas from informers, and the writes to them. In steady
/// state nothing is read but watches. Thread-safe; WriteAll() and WriteLedger() are for one thread
/// at a time.
class KubeQuotaCluster final : public QuotaCluster, public QuotaBook {
 public:
  struct Config {
    std::string ns;                               // Only this namespace; empty for all.
    Duration patience = std::chrono::seconds(5);  // For the answers to writes.
    std::function<std::optional<QuotaAmounts>(const std::string& ns)> requests_in;
    std::function<std::string()> freeze;
    /// A ResourceQuota may leave more room than before. Called outside the lock.
    std::function<void(const std::string& ns)> freed;
  };

  /// `api` must be done with its callbacks before this is destroyed.
  KubeQuotaCluster(Config config, KubeApi api, Clock& clock);
  ~KubeQuotaCluster() override;
  KubeQuotaCluster(const KubeQuotaCluster&) = delete;
  KubeQuotaCluster& operator=(const KubeQuotaCluster&) = delete;

  void StartWatches();
  void StopWatches();

  [[nodiscard]] QuotaSnapshot Snapshot(Timestamp now) override;
  [[nodiscard]] std::vector<Result<std::string>> WriteAll(
      std::span<const QuotaPatch> patches) override;
  [[nodiscard]] Result<std::string> WriteLedger(const std::string& pool, const std::string& version,
                                                const Ledger& ledger) override;
  [[nodiscard]] std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(
      const std::string& ns) override;
  [[nodiscard]] std::optional<QuotaAmounts> RequestsIn(const std::string& ns) override;

 private:
  enum class Table { kQuotas, kSubjects, kPools };
  class Sink;

  struct Subject {
    QuotaSubject seen;
    std::string version;
    std::string finalizers;  // Our patch's input: the object's metadata.
  };
  struct Watched {
    bool read = false;
    std::optional<Timestamp> broken_since;
    std::unique_ptr<Sink> sink;
    std::unique_ptr<RunningWatch> watch;  // Calls the sink, so it dies first.
  };
  using Key = std::pair<std::string, std::string>;

  void Clear(Table table);
  void Put(Table table, std::string_view json);
  void PutQuota(std::string_view json);
  void PutSubject(std::string_view json);
  void PutPool(std::string_view json);
  void Erase(Table table, std::string_view json);
  void SetRead(Table table);
  void SetBroken(Table table, const Error& error);
  [[nodiscard]] Watched& WatchedOf(Table table);
  [[nodiscard]] std::optional<KubeRequest> RequestFor(const QuotaPatch& patch);
  [[nodiscard]] std::vector<Result<std::string>> SendAll(std::vector<KubeRequest> requests);
  void LearnWhoElseWrites(std::span<const QuotaPatch> refused);

  const Config config_;
  const KubeApi api_;
  Clock& clock_;
  Mutex mutex_;
  std::map<std::string, std::map<std::string, std::shared_ptr<const QuotaObject>>> quotas_
      HPAPLUS_GUARDED_BY(mutex_);                                   // By namespace and name.
  std::map<Key, Timestamp> foreign_at_ HPAPLUS_GUARDED_BY(mutex_);  // When that was last read.
  std::map<Key, Subject> subjects_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, PoolSubject> pools_ HPAPLUS_GUARDED_BY(mutex_);
  Watched watched_[3];
};

}  // namespace hpaplus::kube
