#pragma once

#include <memory>
#include <string>

#include "engine/app/config.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/kube/access.h"
#include "engine/loop/collector_runner.h"
#include "engine/loop/engine.h"
#include "engine/ports/quota_journal.h"
#include "engine/shell/prometheus_telemetry.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {

/// How sources are read.
[[nodiscard]] CollectorRunner::Config RunnerConfig(const ControllerConfig::Sources& sources);

/// Somebody else who reads from the sources. Thread-safe.
class SourceFollower {
 public:
  virtual ~SourceFollower() = default;
  /// As CollectorRunner's.
  virtual void SetSource(const SourceName& name, Result<RunnableSource> source) = 0;
  virtual void RemoveSource(const SourceName& name) = 0;
};

/// Passes on to somebody who may come later and go sooner than the sources. Thread-safe.
class SourceRelay final : public SourceFollower {
 public:
  /// Null: to nobody. The one before is not called any more when this returns.
  void LeadTo(SourceFollower* follower) {
    const MutexLock lock(mutex_);
    follower_ = follower;
  }
  void SetSource(const SourceName& name, Result<RunnableSource> source) override {
    const MutexLock lock(mutex_);
    if (follower_ != nullptr) follower_->SetSource(name, std::move(source));
  }
  void RemoveSource(const SourceName& name) override {
    const MutexLock lock(mutex_);
    if (follower_ != nullptr) follower_->RemoveSource(name);
  }

 private:
  Mutex mutex_;
  SourceFollower* follower_ HPAPLUS_GUARDED_BY(mutex_) = nullptr;
};

/// The live world: the cluster behind an API server, real sources, a clock that runs. In a dry run
/// the actuator and the journal that write are left out; everything else is the same.
class LiveWorld {
 public:
  /// What it is tied to; all outlives it.
  struct Ties {
    SystemClock& clock;  // The tick's.
    PrometheusTelemetry& telemetry;
    Journal& observer;                    // Is told the decisions that count, after everybody else.
    QuotaJournal& quotas;                 // The same for quotas.
    SourceFollower& sources;              // Is told the sources, too.
    const ShadowBook* shadows = nullptr;  // For statuses; null: there are none.
  };

  /// Asks the API server who it is first, at most for `patience`: kUnavailable, kPermissionDenied.
  static Result<std::unique_ptr<LiveWorld>> Connect(const ControllerConfig& config,
                                                    std::shared_ptr<kube::Access> access,
                                                    const Ties& ties, Duration patience);
  virtual ~LiveWorld() = default;

  [[nodiscard]] virtual World world() = 0;
  /// How long an answer of a source may serve others, for Engine::Config.
  [[nodiscard]] virtual Duration ShareFor(const SourceName& source) = 0;
  /// Whether a source knows the past, for Engine::Config.
  [[nodiscard]] virtual PastKept PastOf(const SourceName& source) = 0;

  /// Why decisions cannot be trusted yet; empty when everything has been read. Thread-safe.
  [[nodiscard]] virtual std::string Unready() = 0;
  /// Takes over a changed CPU budget. One thread.
  virtual void FollowCpuBudget(int budget) = 0;
  /// Takes over files that have changed. One thread.
  virtual void FollowFiles() = 0;
  /// What has been pushed, in Prometheus' text format. Thread-safe.
  [[nodiscard]] virtual std::string PushMetrics() = 0;
};

}  // namespace hpaplus::app
