#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/http_service.h"

namespace hpaplus {

/// An HTTP/1.1 server for requests that strangers may send: all that it holds for them is bounded,
/// and so is all the time that it gives them. cpp-httplib, which serves our own pages, keeps a
/// thread for each connection, restarts its time-out with every byte, and reads any number of
/// headers; here a connection costs a few hundred bytes until it has something to say.
///
/// A few threads, each with an epoll set of its own. Where there are as many connections as may be,
/// the one that has waited longest without a request under way makes room for a new one; without
/// file descriptors one that is kept for this is used to turn newcomers away.
class HttpListener {
 public:
  struct Config {
    std::string host = "0.0.0.0";
    int port = 9201;  // 0 takes a free one.
    int threads = 2;
    std::size_t connections_most = 512;
    std::size_t head_bytes_most = 16U << 10U;
    std::size_t body_bytes_most = 8U << 20U;     // Of one request.
    std::size_t bodies_bytes_most = 64U << 20U;  // Of all that are under way; more is 503.
    // From the first byte of a head, or of a connection, to its last one; the same for a body.
    Duration head_within = std::chrono::seconds(10);
    Duration body_within = std::chrono::seconds(30);
    Duration reply_within = std::chrono::seconds(10);
    Duration idle_most = std::chrono::minutes(2);
    // PEM files; without them there is no TLS.
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;  // Only clients with a certificate of one of these.
  };

  /// Listens at once. kUnavailable when the address cannot be bound; kInvalidArgument when the TLS
  /// files cannot be used. `service` must outlive it.
  static Result<std::unique_ptr<HttpListener>> Start(const Config& config, HttpService& service);

  virtual ~HttpListener() = default;
  [[nodiscard]] virtual int port() const = 0;
  [[nodiscard]] virtual std::size_t connections() const = 0;
  [[nodiscard]] virtual std::size_t bodies_bytes() const = 0;  // Of all that are under way.

  /// Reads the PEM files again when they have changed, for the connections that come after it.
  /// Files that make no sense are logged, and the ones before stay. One thread.
  virtual void FollowTlsFiles() = 0;
};

}  // namespace hpaplus
