#pragma once

#include <memory>
#include <string>

#include "engine/app/config.h"
#include "engine/base/result.h"
#include "engine/kube/access.h"
#include "engine/loop/engine.h"
#include "engine/shell/prometheus_telemetry.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {

/// The live world: the cluster behind an API server, real sources, a clock that runs. In a dry run
/// the actuator and the journal that write are left out; everything else is the same.
class LiveWorld {
 public:
  /// Asks the API server who it is first, at most for `patience`: kUnavailable, kPermissionDenied.
  /// `clock` (the tick's) and `telemetry` must outlive it.
  static Result<std::unique_ptr<LiveWorld>> Connect(const ControllerConfig& config,
                                                    std::shared_ptr<kube::Access> access,
                                                    SystemClock& clock,
                                                    PrometheusTelemetry& telemetry,
                                                    Duration patience);
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
