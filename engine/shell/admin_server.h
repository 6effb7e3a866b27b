#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus {

/// The process's own small HTTP server: /metrics, /healthz, /readyz, JSON below /v1/, nothing that
/// changes anything.
class AdminServer {
 public:
  struct Config {
    std::string host = "0.0.0.0";
    int port = 8080;  // 0 takes a free one.
  };
  struct Pages {
    std::function<std::string()> metrics;  // Prometheus text format.
    /// Empty when well, otherwise what is wrong. Called on the server's threads.
    std::function<std::string()> unhealthy;
    std::function<std::string()> unready;
    /// JSON for a path below /v1/; nothing: there is no such page. May be null.
    std::function<std::optional<std::string>(std::string_view path)> json;
  };

  /// Listens at once. kUnavailable when the address cannot be bound.
  static Result<std::unique_ptr<AdminServer>> Start(const Config& config, Pages pages);

  virtual ~AdminServer() = default;
  [[nodiscard]] virtual int port() const = 0;
};

}  // namespace hpaplus
