#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/shell/listener_probe.h"

namespace hpaplus {

/// Accepts connections for a server whose own way to do so ends, or spins, when file descriptors
/// run out (gRPC's does). A connection waits here, at the price of a file descriptor, until it has
/// sent what clients of HTTP/2 or TLS send first, and only then becomes the server's. Those that
/// say nothing make room for newcomers, the oldest first, as soon as descriptors or places run
/// short: so a flood of them locks nobody out. One peer's own make room for it before others' do.
///
/// It connects to itself now and then. When that is not answered, it listens anew.
///
/// One thread.
class ConnectionGate {
 public:
  struct Config {
    std::string host = "127.0.0.1";
    int port = 0;  // 0 takes a free one.
    bool tls = false;
    std::size_t connections_most = 256;  // Of the server, at once.
    std::size_t waiting_most = 256;
    std::size_t per_peer_most = 64;  // Of one address, of either kind.
    Duration first_bytes_within = std::chrono::seconds(5);
    int descriptors_spare = 16;  // So many of the process's limit are left to others.
    ListenerProbe::Config probe;
  };
  struct Counts {
    std::size_t waiting = 0;
    std::size_t admitted = 0;  // As of the last look at them.
    std::size_t refused = 0;   // In all: late, at a limit, or no such client.
    std::size_t reopened = 0;  // How often it listened anew.
  };
  /// Takes the descriptor over. Called on the gate's thread.
  using Admit = std::function<void(int fd)>;

  /// Listens at once. kUnavailable: the address cannot be bound, or there are no descriptors.
  [[nodiscard]] static Result<std::unique_ptr<ConnectionGate>> Open(const Config& config,
                                                                    Admit admit);
  /// Closes those that wait, and calls nobody any more.
  virtual ~ConnectionGate() = default;

  [[nodiscard]] virtual int port() const = 0;
  [[nodiscard]] virtual Counts counts() const = 0;  // Thread-safe.
  /// Why nobody can connect at present; empty: they can. Thread-safe.
  [[nodiscard]] virtual std::string problem() const = 0;
};

}  // namespace hpaplus
