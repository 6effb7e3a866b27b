#pragma once

#include <memory>
#include <string>

#include "engine/app/config.h"
#include "engine/base/result.h"
#include "engine/kube/access.h"
#include "engine/loop/collector_runner.h"
#include "engine/loop/engine.h"
#include "engine/shell/prometheus_telemetry.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {

/// Somebody else who reads from the sources. Thread-safe.
class SourceFollower {
 public:
  virtual ~SourceFollower() = default;
  /// As CollectorRunner's.
  virtual void SetSource(const SourceName& name, Result<RunnableSource> source) = 0;
  virtual void RemoveSource(const SourceName& name) = 0;
};

/// The live world: the cluster behind an API server, real sources, a clock that runs. In a dry run
/// the actuator and the journal that write are left out; everything else is the same.
class LiveWorld {
 public:
  /// What it is tied to; all outlives it.
  struct Ties {
    SystemClock& clock;  // The tick's.
    PrometheusTelemetry& telemetry;
    Journal& observer;                  // Is told the decisions that count, after everybody else.
    SourceFollower* sources = nullptr;  // Is told the sources, too; null: nobody.
  };

  /// Asks the API server who it is first, at most for `patience`: kUnavailable, kPermissionDenied.
  static Result<std::unique_ptr<LiveWorld>> Connect(const ControllerConfig& config,
                                                    std::shared_ptr<kube::Access> access,
                                                    const Ties& ties, Duration patience);
  virtual ~LiveWorld() = default;

  [[nodiscard]] virtual World world() = 0;
  /// How long an answer of a source may serve others, for Engine::Config.
  [[nodiscard]] virtual Duration ShareFor(const SourceName& source) = 0;

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
