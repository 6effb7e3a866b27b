#pragma once

#include <string>
#include <utility>

#include "engine/base/result.h"

namespace hpaplus {

/// A file descriptor that is closed with its owner.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  ~OwnedFd() { Reset(-1); }
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd);

 private:
  int fd_;
};

/// A socket that listens there, and does not block. A host in brackets is IPv6. kUnavailable: the
/// address cannot be bound; no second process can bind it while it is.
[[nodiscard]] Result<OwnedFd> ListenOn(const std::string& host, int port);

/// The port of a socket; for those that were free to choose.
[[nodiscard]] int PortOf(int fd);

}  // namespace hpaplus
