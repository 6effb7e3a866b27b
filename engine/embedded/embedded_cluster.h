#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/clock.h"

namespace hpaplus {

/// A small Kubernetes-compatible API server with the controllers that make workloads grow and lose
/// pods, in one process and in memory. FOR TRYING OUT AND TESTING ONLY: nothing runs in its pods,
/// nothing is kept, everybody may do everything. docs/embedded-cluster.md says what it can do.
/// Thread-safe.
class EmbeddedCluster {
 public:
  struct Config {
    std::string address = "127.0.0.1";
    int port = 0;       // 0: any free one; see url().
    std::string token;  // When set, requests need it as a bearer token.

    Duration start_delay = std::chrono::seconds(1);  // A new pod until it is ready.
    Duration stop_delay = std::chrono::milliseconds(500);
    Duration metrics_interval = std::chrono::seconds(5);

    bool controllers = true;  // False: a lone API server, in which nothing happens by itself.

    Duration bookmark_interval = std::chrono::minutes(1);
    Duration watch_timeout = std::chrono::minutes(30);
    Duration future_version_wait = std::chrono::seconds(3);

    std::size_t objects_max = 200'000;
    std::size_t history = 8192;  // Changes remembered per resource, for watches.
    std::size_t connections_max = 512;
    std::size_t body_bytes_max = 3 * 1024 * 1024;
  };

  /// `clock` must outlive the cluster. kUnavailable when the port cannot be listened on.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedCluster>> Start(const Config& config,
                                                                      Clock& clock);
  ~EmbeddedCluster();
  EmbeddedCluster(const EmbeddedCluster&) = delete;
  EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

  /// "http://127.0.0.1:41234", the same until the end.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string Kubeconfig() const;
  /// kUnavailable when the file cannot be written.
  [[nodiscard]] Status WriteKubeconfig(const std::string& path) const;

  // For tests.

  /// Breaks every connection and stops answering; the objects stay, controllers go on.
  void Stop();
  /// Answers again on the same port.
  [[nodiscard]] Status Resume();
  /// Forgets the history: every resourceVersion handed out so far is too old to watch or list from.
  void Compact();
  /// Breaks the connections of all watches.
  void CloseWatches();
  /// The next `count` requests for resources get this HTTP status.
  void FailNext(int count, int status);
  [[nodiscard]] std::uint64_t resource_version() const;

 private:
  struct Parts;
  explicit EmbeddedCluster(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace hpaplus
