#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/embedded/api.h"

namespace hpaplus::embedded {

/// Serves an Api over HTTP/1.1 with keep-alive; one thread per connection, and a bounded number of
/// them.
class HttpServer {
 public:
  struct Config {
    std::string address = "127.0.0.1";
    int port = 0;  // 0: any free one.
    std::size_t connections_max = 512;
    std::size_t body_bytes_max = 3 * 1024 * 1024;
  };

  /// `api` must outlive this. kUnavailable when the address cannot be listened on.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> Start(const Config& config, Api& api);

  /// Cut(), then waits for the threads.
  virtual ~HttpServer() = default;

  [[nodiscard]] virtual int port() const = 0;

  /// Stops listening and cuts every connection; does not wait.
  virtual void Cut() = 0;
};

}  // namespace hpaplus::embedded
