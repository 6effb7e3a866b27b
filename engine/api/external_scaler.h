#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/api/trigger_table.h"
#include "engine/ports/clock.h"

namespace grpc {
class Service;
}

namespace hpaplus::api {

/// KEDA's external scaler protocol over a TriggerTable, docs/keda.md. No call waits for anything
/// and none has a thread of its own. Thread-safe.
class ExternalScaler {
 public:
  struct Config {
    std::size_t streams_most = 50'000;  // Open at once, of all clients.
    /// Why nothing can be told yet, empty from some time on; null: everything can. Thread-safe.
    std::function<std::string()> unready;
  };

  /// Both must outlive it.
  [[nodiscard]] static std::unique_ptr<ExternalScaler> Create(const Config& config,
                                                              TriggerTable& table, Clock& clock);
  virtual ~ExternalScaler() = default;

  /// For a GrpcServer, which must have ended before this is destroyed.
  [[nodiscard]] virtual grpc::Service& service() = 0;

  /// Ends all streams with OK, so that clients come back soon, and takes no new ones. To be called
  /// before the server ends.
  virtual void EndStreams() = 0;

  [[nodiscard]] virtual std::size_t streams() const = 0;
  /// Counters in Prometheus' text format.
  [[nodiscard]] virtual std::string Metrics() const = 0;
};

}  // namespace hpaplus::api
