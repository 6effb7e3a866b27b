#include "engine/shell/listener_probe.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <unistd.h>

namespace hpaplus {
namespace {

in_port_t PortOf(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                       : reinterpret_cast<const sockaddr_in&>(address).sin_port;
}

sockaddr_storage NameOf(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return name;
}

}  // namespace

PeerAddress AddressOf(const sockaddr_storage& peer) {
  PeerAddress address{};
  if (peer.ss_family == AF_INET6) {
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr,
                address.size());
  } else if (peer.ss_family == AF_INET) {
    constexpr std::size_t kMarkAt = 10;
    constexpr std::size_t kV4At = 12;
    address[kMarkAt] = address[kMarkAt + 1] = 0xFF;
    std::memcpy(&address[kV4At], &reinterpret_cast<const sockaddr_in&>(peer).sin_addr,
                sizeof(in_addr));
  }
  return address;
}

bool ListenerProbe::HasFailed(int listening, Time now) {
  if (connection_.get() >= 0) {
    if (now - began_ < config_.within) return false;
    connection_.Reset(-1);
    ++failures_;
  } else if (now >= next_) {
    next_ = now + config_.every;
    began_ = now;
    if (Begin(listening) == Attempt::kRefused) ++failures_;
  }
  if (failures_ < config_.failures_most) return false;
  failures_ = 0;
  return true;
}

bool ListenerProbe::Takes(const sockaddr_storage& peer) {
  const bool ours =
      connection_.get() >= 0 && PortOf(peer) == PortOf(own_) && AddressOf(peer) == AddressOf(own_);
  if (!ours) return false;
  connection_.Reset(-1);
  failures_ = 0;
  return true;
}

ListenerProbe::Attempt ListenerProbe::Begin(int listening) {
  const sockaddr_storage target = NameOf(listening);
  OwnedFd fd(socket(target.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return Attempt::kImpossible;
  const linger at_once{.l_onoff = 1, .l_linger = 0};  // Nothing of it stays in the kernel.
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  const socklen_t size = target.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  const int done = connect(fd.get(), reinterpret_cast<const sockaddr*>(&target), size);
  if (done != 0 && errno != EINPROGRESS) {
    return errno == ECONNREFUSED ? Attempt::kRefused : Attempt::kImpossible;
  }
  own_ = NameOf(fd.get());
  connection_.Reset(fd.Release());
  return Attempt::kBegun;
}

}  // namespace hpaplus
