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

#include "engine/shell/listening_socket.h"

namespace hpaplus {
namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kTlsHandshake = "\x16\x03";
constexpr int kEventsAtOnce = 64;
constexpr int kAcceptsAtOnce = 64;
constexpr int kTickMs = 100;  // How exactly deadlines are kept.

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

  [[nodiscard]] bool IsOpen() const {
    struct stat now {};
    return fstat(fd, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_ino == inode;
  }
};

class EpollGate final : public ConnectionGate {
 public:
  EpollGate(const Config& config, Admit admit, OwnedFd listening)
      : config_(config), admit_(std::move(admit)), listening_(std::move(listening)) {}

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
    return {waiting_count_, admitted_count_, refused_count_};
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
    }
  }

  void Accept() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      const int fd = accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        TurnAway();
        return;
      }
      if (fd < 0) return;
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
      waiting_.emplace(fd, Now());
    }
  }

  // Without a descriptor nobody can even be sent away, and the listening socket would stay ready
  // for ever: one is kept for that.
  void TurnAway() {
    reserve_.Reset(-1);
    const int fd = accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    ++refused_count_;
    (void)RefuseOldest();
    reserve_.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  }

  bool RefuseOldest() {
    const auto oldest =
        std::min_element(waiting_.begin(), waiting_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    if (oldest == waiting_.end()) return false;
    Refuse(oldest->first);
    return true;
  }

  void Refuse(int fd) {
    waiting_.erase(fd);
    close(fd);
    ++refused_count_;
  }

  void Look(int fd) {
    if (!waiting_.contains(fd)) return;  // Refused by an event before this one.
    switch (LookAt(fd, config_.tls ? kTlsHandshake : kPreface)) {
      case FirstBytes::kTooFew:
        return;
      case FirstBytes::kBad:
        return Refuse(fd);
      case FirstBytes::kGood:
        break;
    }
    if (admitted_.size() >= config_.connections_most) DropClosed();
    if (admitted_.size() >= config_.connections_most) return Refuse(fd);
    struct stat about {};
    if (fstat(fd, &about) != 0) return Refuse(fd);
    waiting_.erase(fd);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    admitted_.push_back({fd, about.st_ino});
    admit_(fd);
  }

  void CutLate() {
    const Time late = Now() - config_.first_bytes_within;
    for (auto next = waiting_.begin(); next != waiting_.end();) {
      const auto at = next++;
      if (at->second <= late) Refuse(at->first);
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
  std::map<int, Time> waiting_;  // Since when.
  std::vector<Admitted> admitted_;
  Time looked_{};
  std::atomic<std::size_t> waiting_count_ = 0;
  std::atomic<std::size_t> admitted_count_ = 0;
  std::atomic<std::size_t> refused_count_ = 0;
  std::jthread thread_;  // Last: it uses everything above.
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
