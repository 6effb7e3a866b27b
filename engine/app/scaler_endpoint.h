#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/api/decision_board.h"
#include "engine/app/config.h"
#include "engine/app/live_world.h"
#include "engine/base/result.h"
#include "engine/loop/engine.h"
#include "engine/ports/telemetry.h"

namespace hpaplus::app {

/// The settings of all engines of this process.
[[nodiscard]] Engine::Config EngineConfig(const ControllerConfig& config);

/// The external scaler for KEDA, docs/keda.md: the listener, the triggers, and the engine of those
/// that have no object. One thread, but for what says otherwise.
class ScalerEndpoint {
 public:
  /// Follows the board and the sources from now on, which is therefore before there is anything.
  /// What it reads from the sources ends with it. All must outlive it.
  [[nodiscard]] static std::unique_ptr<ScalerEndpoint> Create(const ControllerConfig& config,
                                                              api::DecisionBoard& board,
                                                              SourceRelay& sources,
                                                              Telemetry& telemetry);
  virtual ~ScalerEndpoint() = default;

  /// Listens where the configuration says. kUnavailable: the address cannot be bound;
  /// kInvalidArgument: the TLS files cannot be used. `unready` says why nothing can be told yet,
  /// empty when it can; it is asked on other threads until Stop().
  [[nodiscard]] virtual Status Listen(std::function<std::string()> unready) = 0;
  /// Ends streams with OK, then the connections.
  virtual void Stop() = 0;

  /// To be called every few seconds.
  virtual void Expire() = 0;
  struct State {
    std::string metrics;  // Counters in Prometheus' text format.
    std::string problem;  // Why nobody can connect; empty: they can, or are not to.
  };
  [[nodiscard]] virtual State state() const = 0;  // Thread-safe.
};

}  // namespace hpaplus::app
