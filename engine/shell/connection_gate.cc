#include "engine/shell/connection_gate.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/shell/listening_socket.h"

namespace hpaplus {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kTlsHandshake = "\x16\x03";
constexpr int kEventsAtOnce = 64;
constexpr int kAcceptsAtOnce = 64;
constexpr int kTickMs = 100;  // How exactly deadlines are kept.
constexpr auto kSilenceMost = std::chrono::seconds(10);

Time Now() {
  return std::chrono::steady_clock::now();
}

enum class FirstBytes { kGood, kTooFew, kBad };

FirstBytes LookAt(int fd, std::string_view expected) {
  std::array<char, kPreface.size()> seen{};
  const ssize_t size = recv(fd, seen.data(), expected.size(), MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? FirstBytes::kTooFew : FirstBytes::kBad;
  const std::string_view text(seen.data(), static_cast<std::size_t>(size));
  if (text.empty() || !expected.starts_with(text)) return FirstBytes::kBad;
  return text.size() == expected.size() ? FirstBytes::kGood : FirstBytes::kTooFew;
}

// A connection that is the server's. Its descriptor may have been closed and given to something
// else since; its inode is its own.
struct Admitted {
  int fd = -1;
  ino_t inode = 0;
  PeerAddress peer{};

  [[nodiscard]] bool IsOpen() const {
    struct stat now {};
    return fstat(fd, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_ino == inode;
  }
};

struct Waiting {
  Time since{};
  PeerAddress peer{};
};

// What accept() says of a socket that does not listen any more.
bool IsDeaf(int error) {
  return error == EINVAL || error == EBADF || error == ENOTSOCK;
}

class EpollGate final : public ConnectionGate {
 public:
  EpollGate(const Config& config, Admit admit, OwnedFd listening)
      : config_(config),
        admit_(std::move(admit)),
        listening_(std::move(listening)),
        probe_(config.probe) {}

  ~EpollGate() override {
    thread_.request_stop();
    const std::uint64_t one = 1;
    (void)!write(woken_.get(), &one, sizeof one);
    if (thread_.joinable()) thread_.join();
    while (!waiting_.empty())
      Refuse(waiting_.begin()->first);
  }

  bool Start() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const auto soft = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
    descriptor_most_ = std::max(soft - config_.descriptors_spare, 1);
    port_ = PortOf(listening_.get());
    const bool ready = epoll_.get() >= 0 && woken_.get() >= 0 && reserve_.get() >= 0 &&
                       Watch(listening_.get(), EPOLLIN) && Watch(woken_.get(), EPOLLIN);
    if (!ready) return false;
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
    return true;
  }

  [[nodiscard]] int port() const override { return port_; }
  [[nodiscard]] Counts counts() const override {
    return {waiting_count_, admitted_count_, refused_count_, reopened_count_};
  }
  [[nodiscard]] std::string problem() const override {
    if (!listens_) return "the listener is closed";
    if (Now() - awake_.load() > kSilenceMost) return "the listener's thread hangs";
    return "";
  }

 private:
  [[nodiscard]] bool Watch(int fd, std::uint32_t for_what) const {
    epoll_event event{};
    event.events = for_what;
    event.data.fd = fd;
    return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }

  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      epoll_event events[kEventsAtOnce];
      const int ready = epoll_wait(epoll_.get(), events, kEventsAtOnce, kTickMs);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listening_.get()) {
          Accept();
        } else if (fd != woken_.get()) {
          Look(fd);
        }
      }
      CutLate();
      Count();
      Probe();
    }
  }

  void Probe() {
    awake_ = Now();
    if (listens_ ? probe_.HasFailed(listening_.get(), Now()) : Now() >= next_try_) ListenAnew();
  }

  void ListenAnew() {
    constexpr auto kTryEvery = std::chrono::seconds(1);
    listening_.Reset(-1);  // Before there is another one, which has the same port.
    next_try_ = Now() + kTryEvery;
    Result<OwnedFd> again = ListenOn(config_.host, port_);
    listens_ = again && Watch(again->get(), EPOLLIN);
    if (listens_) {
      listening_.Reset(again->Release());
      ++reopened_count_;
      HPAPLUS_LOG(kWarning, "listener opened again", {{"port", std::int64_t{port_}}});
    } else {
      HPAPLUS_LOG(kError, "listener cannot be opened again",
                  {{"port", std::int64_t{port_}},
                   {"error", again ? "no file descriptors are left" : again.error().message}});
    }
  }

  void Accept() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      sockaddr_storage from{};
      const int fd = AcceptFrom(from, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        TurnAway();
        return;
      }
      if (fd < 0 && IsDeaf(errno)) ListenAnew();
      if (fd < 0) return;
      if (probe_.Takes(from)) {
        close(fd);
        continue;
      }
      const PeerAddress peer = AddressOf(from);
      if (CountOf(peer) >= config_.per_peer_most) (void)RefuseOldest(&peer);
      // Descriptors are given from the lowest on, so a high one says that few are left.
      const bool scarce = fd >= descriptor_most_ || waiting_.size() >= config_.waiting_most;
      if (scarce && !RefuseOldest() && fd >= descriptor_most_) {
        ++refused_count_;
        close(fd);
        continue;
      }
      // Only what is new wakes us up: what is there stays unread.
      if (!Watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLET)) {
        ++refused_count_;
        close(fd);
        continue;
      }
      waiting_.emplace(fd, Waiting{Now(), peer});
    }
  }

  // Without a descriptor nobody can even be sent away, and the listening socket would stay ready
  // for ever: one is kept for that.
  void TurnAway() {
    reserve_.Reset(-1);
    sockaddr_storage from{};
    const int fd = AcceptFrom(from, SOCK_CLOEXEC);
    const bool deaf = fd < 0 && IsDeaf(errno);
    if (fd >= 0) close(fd);
    if (fd >= 0 && !probe_.Takes(from)) ++refused_count_;
    (void)RefuseOldest();
    if (deaf) ListenAnew();
    reserve_.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  [[nodiscard]] int AcceptFrom(sockaddr_storage& from, int flags) const {
    socklen_t size = sizeof from;
    return accept4(listening_.get(), reinterpret_cast<sockaddr*>(&from), &size, flags);
  }

  // Of those that wait, or of one peer's.
  bool RefuseOldest(const PeerAddress* peer = nullptr) {
    auto oldest = waiting_.end();
    for (auto one = waiting_.begin(); one != waiting_.end(); ++one) {
      if (peer != nullptr && one->second.peer != *peer) continue;
      if (oldest == waiting_.end() || one->second.since < oldest->second.since) oldest = one;
    }
    if (oldest == waiting_.end()) return false;
    Refuse(oldest->first);
    return true;
  }

  [[nodiscard]] std::size_t CountOf(const PeerAddress& peer) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        waiting_, [&peer](const auto& one) { return one.second.peer == peer; }));
  }

  [[nodiscard]] bool IsFullFor(const PeerAddress& peer) const {
    const auto admitted =
        static_cast<std::size_t>(std::ranges::count(admitted_, peer, &Admitted::peer));
    return admitted_.size() >= config_.connections_most || admitted >= config_.per_peer_most;
  }

  void Refuse(int fd) {
    waiting_.erase(fd);
    close(fd);
    ++refused_count_;
  }

  void Look(int fd) {
    const auto found = waiting_.find(fd);
    if (found == waiting_.end()) return;  // Refused by an event before this one.
    const PeerAddress peer = found->second.peer;
    switch (LookAt(fd, config_.tls ? kTlsHandshake : kPreface)) {
      case FirstBytes::kTooFew:
        return;
      case FirstBytes::kBad:
        return Refuse(fd);
      case FirstBytes::kGood:
        break;
    }
    if (IsFullFor(peer)) DropClosed();
    if (IsFullFor(peer)) return Refuse(fd);
    struct stat about {};
    if (fstat(fd, &about) != 0) return Refuse(fd);
    waiting_.erase(fd);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    admitted_.push_back({fd, about.st_ino, peer});
    admit_(fd);
  }

  void CutLate() {
    const Time late = Now() - config_.first_bytes_within;
    for (auto next = waiting_.begin(); next != waiting_.end();) {
      const auto at = next++;
      if (at->second.since <= late) Refuse(at->first);
    }
  }

  void DropClosed() {
    std::erase_if(admitted_, [](const Admitted& one) { return !one.IsOpen(); });
  }

  void Count() {
    constexpr auto kLookEvery = std::chrono::seconds(1);
    if (Now() - looked_ > kLookEvery) {
      looked_ = Now();
      DropClosed();
    }
    waiting_count_ = waiting_.size();
    admitted_count_ = admitted_.size();
  }

  const Config config_;
  const Admit admit_;
  OwnedFd listening_;
  OwnedFd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  OwnedFd woken_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  OwnedFd reserve_{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  int port_ = 0;
  int descriptor_most_ = 0;
  ListenerProbe probe_;
  Time next_try_{};  // When it does not listen.
  std::map<int, Waiting> waiting_;
  std::vector<Admitted> admitted_;
  Time looked_{};
  std::atomic<std::size_t> waiting_count_ = 0;
  std::atomic<std::size_t> admitted_count_ = 0;
  std::atomic<std::size_t> refused_count_ = 0;
  std::atomic<std::size_t> reopened_count_ = 0;
  std::atomic<bool> listens_ = true;
  std::atomic<Time> awake_ = Now();  // When the thread last went round.
  std::jthread thread_;              // Last: it uses everything above.
};

}  // namespace

Result<std::unique_ptr<ConnectionGate>> ConnectionGate::Open(const Config& config, Admit admit) {
  Result<OwnedFd> listening = ListenOn(config.host, config.port);
  if (!listening) return listening.error();
  auto gate = std::make_unique<EpollGate>(config, std::move(admit), *std::move(listening));
  if (!gate->Start()) return Error{ErrorCode::kUnavailable, "no file descriptors are left"};
  return std::unique_ptr<ConnectionGate>(std::move(gate));
}

}  // namespace hpaplus
