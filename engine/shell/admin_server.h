#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus {

/// The process's own small HTTP server: /metrics, /healthz, /readyz, JSON below /v1/ and the status
/// page, nothing that changes anything.
class AdminServer {
 public:
  struct Config {
    std::string host = "0.0.0.0";
    int port = 8080;  // 0 takes a free one.
    std::vector<std::string>
        names;  // As OwnHost's; for what a browser could be lured into reading.
  };
  using Query = std::multimap<std::string, std::string>;  // Decoded.
  struct JsonReply {
    int status = 200;
    std::string body;
  };
  struct Html {
    std::string text;
    std::string policy;  // Content-Security-Policy.
  };
  struct Pages {
    std::function<std::string()> metrics;  // Prometheus text format.
    /// Empty when well, otherwise what is wrong. Called on the server's threads.
    std::function<std::string()> unhealthy;
    std::function<std::string()> unready;
    /// For a path below /v1/. Called on the server's threads; may be null.
    std::function<JsonReply(std::string_view path, const Query& query)> json;
    Html status;  // What "/" is; without a text there is none.
  };

  /// Listens at once. kUnavailable when the address cannot be bound.
  static Result<std::unique_ptr<AdminServer>> Start(const Config& config, Pages pages);

  virtual ~AdminServer() = default;
  [[nodiscard]] virtual int port() const = 0;
};

}  // namespace hpaplus
