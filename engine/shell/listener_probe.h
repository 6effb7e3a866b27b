#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <sys/socket.h>

#include "engine/base/time.h"
#include "engine/shell/listening_socket.h"

namespace hpaplus {

/// Connects to a listening socket of this process now and then: what nobody can connect to any more
/// says nothing about it by itself. Whoever accepts asks whether a connection is this one's.
///
/// It reads the clock of its caller, and belongs to one thread.
class ListenerProbe {
 public:
  struct Config {
    Duration every = std::chrono::seconds(2);
    Duration within = std::chrono::seconds(3);  // The kernel tries again after a second.
    int failures_most = 2;                      // In a row.
  };
  using Time = std::chrono::steady_clock::time_point;

  explicit ListenerProbe(const Config& config) : config_(config) {}

  /// To be called often, with the socket that listens now. True: it does not answer; the count
  /// then begins again. Without a free file descriptor nothing is tried, and nothing has failed.
  [[nodiscard]] bool HasFailed(int listening, Time now);

  /// Whether the connection from this peer, just accepted, is the probe's, which is an answer then.
  [[nodiscard]] bool Takes(const sockaddr_storage& peer);

 private:
  enum class Attempt { kBegun, kRefused, kImpossible };
  [[nodiscard]] Attempt Begin(int listening);

  const Config config_;
  OwnedFd connection_;  // While it waits for an answer.
  sockaddr_storage own_{};
  Time began_{};
  Time next_{};
  int failures_ = 0;
};

/// Who is at the other end, without the port: IPv6, or IPv4 as mapped into it; zeros otherwise.
using PeerAddress = std::array<std::uint8_t, 16>;
[[nodiscard]] PeerAddress AddressOf(const sockaddr_storage& peer);

}  // namespace hpaplus
