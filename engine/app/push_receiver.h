#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/app/config.h"
#include "engine/base/result.h"
#include "engine/ports/clock.h"
#include "engine/ports/collector_registry.h"
#include "engine/ports/pushed_samples.h"

namespace hpaplus::app {

/// The receiving side of the sources of type Push: what has been sent to them, and the listeners
/// that it comes by. Thread-safe but for Listen() and Stop().
class PushReceiver {
 public:
  /// Of which metrics of a source there is something new; none: of any.
  using OnNew = std::function<void(const SourceName&, const std::vector<std::string>& metrics)>;

  /// `clock` must outlive it. `on_new` is called on other threads between Listen() and Stop().
  static std::unique_ptr<PushReceiver> Create(const ControllerConfig::Push& config, Clock& clock,
                                              OnNew on_new);
  virtual ~PushReceiver() = default;

  /// Listens where the configuration says so. kUnavailable: an address cannot be bound;
  /// kInvalidArgument: the TLS files cannot be used. `unready` says why nothing can be taken yet,
  /// empty when it can; it is asked on other threads until Stop().
  [[nodiscard]] virtual Status Listen(std::function<std::string()> unready) = 0;
  virtual void Stop() = 0;

  /// A source is new or has changed. One of another type is forgotten.
  virtual void SetSource(const ResolvedSource& source) = 0;
  virtual void RemoveSource(const SourceName& name) = 0;

  /// Null when nothing listens.
  [[nodiscard]] virtual const PushedSamples* samples() const = 0;
  /// Counters in Prometheus' text format; empty when nothing listens.
  [[nodiscard]] virtual std::string Metrics() const = 0;
  /// Takes over TLS files that have changed. One thread.
  virtual void FollowFiles() = 0;
};

}  // namespace hpaplus::app
