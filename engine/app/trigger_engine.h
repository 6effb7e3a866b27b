#pragma once

#include <memory>

#include "engine/api/trigger_host.h"
#include "engine/app/live_world.h"
#include "engine/loop/engine.h"

namespace hpaplus::app {

/// A second engine, for triggers that have no object: it reads from the same sources with threads
/// of its own, decides nothing that anybody acts on, and can therefore neither slow the first one
/// down nor be mistaken for it. Its targets are VirtualTargets. Thread-safe.
class TriggerEngine : public api::TriggerHost, public SourceFollower {
 public:
  struct Config {
    Engine::Config engine;
    CollectorRunner::Config runner;
    bool foreign_sources = false;  // Triggers may use the MetricSources of other namespaces.
  };
  /// Called on the engine's thread with each evaluation.
  using OnEvaluated = std::function<void(const Decision&, const WorkloadView&)>;

  /// `telemetry` must outlive it.
  [[nodiscard]] static std::unique_ptr<TriggerEngine> Create(Config config, Telemetry& telemetry);

  /// Once; Stop() ends it, and the last call of `on_evaluated`.
  virtual void Start(OnEvaluated on_evaluated) = 0;
  virtual void Stop() = 0;
};

}  // namespace hpaplus::app
