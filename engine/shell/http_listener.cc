#include "engine/shell/http_listener.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/published.h"
#include "engine/shell/http_connection.h"
#include "engine/shell/listening_socket.h"

namespace hpaplus {
namespace {

using Time = HttpConnection::Time;

constexpr int kEventsAtOnce = 64;
constexpr int kAcceptsAtOnce = 16;
constexpr int kTickMs = 100;  // How exactly deadlines are kept.

Time Now() {
  return std::chrono::steady_clock::now();
}

// The connections of one thread.
class Loop {
 public:
  Loop(const HttpConnection::Shared& shared, const Published<ServerTls>& tls, int listening,
       std::atomic<std::size_t>& count)
      : shared_(shared),
        tls_(tls),
        listening_(listening),
        count_(count),
        most_(std::max<std::size_t>(
            shared.config.connections_most / static_cast<std::size_t>(shared.config.threads), 1)) {}

  bool Prepare() {
    return epoll_.get() >= 0 && woken_.get() >= 0 && reserve_.get() >= 0 &&
           Watch(listening_, EPOLLIN | EPOLLEXCLUSIVE, EPOLL_CTL_ADD) &&
           Watch(woken_.get(), EPOLLIN, EPOLL_CTL_ADD);
  }

  void Wake() const {
    const std::uint64_t one = 1;
    (void)!write(woken_.get(), &one, sizeof one);
  }

  void Run(const std::stop_token& stop) {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);  // OpenSSL writes without MSG_NOSIGNAL.
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    Time cut = Now();
    while (!stop.stop_requested()) {
      epoll_event events[kEventsAtOnce];
      const int timeout = again_.empty() ? kTickMs : 0;
      const int ready = epoll_wait(epoll_.get(), events, kEventsAtOnce, timeout);
      for (const int fd : std::exchange(again_, {}))
        Step(fd);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listening_) {
          Accept();
        } else {
          Step(events[i].data.fd);
        }
      }
      if (Now() - cut < std::chrono::milliseconds(kTickMs)) continue;
      cut = Now();
      CutLate(cut);
    }
    count_ -= connections_.size();
    connections_.clear();
  }

 private:
  bool Watch(int fd, std::uint32_t for_what, int operation) const {
    epoll_event event{};
    event.events = for_what;
    event.data.fd = fd;
    return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
  }

  void Accept() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      const int fd = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        TurnAway();
        return;
      }
      if (fd < 0) return;
      if (connections_.size() >= most_ && !MakeRoom()) {
        close(fd);
        continue;
      }
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (!Watch(fd, EPOLLIN, EPOLL_CTL_ADD)) {
        close(fd);
        continue;
      }
      connections_.emplace(fd, std::make_unique<HttpConnection>(shared_, fd, tls_.Get(), Now()));
      ++count_;
    }
  }

  // Without a file descriptor nobody can even be sent away, and the listening socket would stay
  // ready for ever: one is kept for that.
  void TurnAway() {
    reserve_.Reset(-1);
    const int fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    reserve_.Reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
    (void)MakeRoom();
  }

  bool MakeRoom() {
    auto oldest = connections_.end();
    for (auto it = connections_.begin(); it != connections_.end(); ++it) {
      if (!it->second->waits()) continue;
      if (oldest == connections_.end() || it->second->since() < oldest->second->since()) {
        oldest = it;
      }
    }
    if (oldest == connections_.end()) return false;
    Close(oldest->first);
    return true;
  }

  void Step(int fd) {
    const auto found = connections_.find(fd);
    if (found == connections_.end()) return;
    switch (found->second->Step(Now())) {
      case HttpConnection::Outcome::kWantsToRead:
        Watch(fd, EPOLLIN, EPOLL_CTL_MOD);
        break;
      case HttpConnection::Outcome::kWantsToWrite:
        Watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
        break;
      case HttpConnection::Outcome::kYielded:
        again_.push_back(fd);
        break;
      case HttpConnection::Outcome::kEnded:
        Close(fd);
        break;
    }
  }

  void CutLate(Time now) {
    std::vector<int> late;
    for (const auto& [fd, connection] : connections_) {
      if (connection->deadline() <= now) late.push_back(fd);
    }
    for (const int fd : late)
      Close(fd);
  }

  void Close(int fd) {
    connections_.erase(fd);  // Closes it, with which it leaves the epoll set, too.
    --count_;
  }

  const HttpConnection::Shared& shared_;
  const Published<ServerTls>& tls_;
  const int listening_;
  std::atomic<std::size_t>& count_;
  const std::size_t most_;
  OwnedFd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  OwnedFd woken_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  OwnedFd reserve_{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  std::unordered_map<int, std::unique_ptr<HttpConnection>> connections_;
  std::vector<int> again_;
};

class EpollListener final : public HttpListener {
 public:
  EpollListener(const Config& config, HttpService& service, OwnedFd listening)
      : config_(config), shared_{config_, service, bodies_}, listening_(std::move(listening)) {}

  ~EpollListener() override {
    for (std::jthread& thread : threads_)
      thread.request_stop();
    for (const auto& loop : loops_)
      loop->Wake();
  }

  Status Start() {
    port_ = PortOf(listening_.get());
    if (!config_.certificate_file.empty()) {
      if (Status loaded = LoadTls(); !loaded) return loaded;
    }
    for (int i = 0; i < std::max(config_.threads, 1); ++i) {
      Loop& loop = *loops_.emplace_back(
          std::make_unique<Loop>(shared_, tls_, listening_.get(), connections_));
      if (!loop.Prepare()) return Error{ErrorCode::kUnavailable, "no file descriptors are left"};
    }
    for (const auto& loop : loops_)
      threads_.emplace_back([&loop = *loop](const std::stop_token& stop) { loop.Run(stop); });
    return Done{};
  }

  [[nodiscard]] int port() const override { return port_; }
  [[nodiscard]] std::size_t connections() const override { return connections_; }
  [[nodiscard]] std::size_t bodies_bytes() const override { return bodies_; }

  void FollowTlsFiles() override {
    const auto changed = TlsFilesChanged();
    if (config_.certificate_file.empty() || changed == tls_changed_) return;
    if (const Status loaded = LoadTls(); !loaded) {
      HPAPLUS_LOG(kWarning, "tls files not usable, the old ones stay",
                  {{"error", loaded.error().message}});
    }
  }

 private:
  using FileTimes = std::vector<std::filesystem::file_time_type>;

  [[nodiscard]] FileTimes TlsFilesChanged() const {
    FileTimes times;
    for (const std::string* file :
         {&config_.certificate_file, &config_.key_file, &config_.client_ca_file}) {
      std::error_code failed;
      times.push_back(std::filesystem::last_write_time(*file, failed));
    }
    return times;
  }

  Status LoadTls() {
    tls_changed_ = TlsFilesChanged();
    auto tls =
        ServerTls::Create(config_.certificate_file, config_.key_file, config_.client_ca_file);
    if (!tls) return tls.error();
    tls_.Set(std::move(*tls));
    return Done{};
  }

  const Config config_;
  std::atomic<std::size_t> bodies_{0};
  std::atomic<std::size_t> connections_{0};
  const HttpConnection::Shared shared_;
  OwnedFd listening_;
  int port_ = 0;
  Published<ServerTls> tls_;
  FileTimes tls_changed_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::jthread> threads_;  // Last: they use everything above.
};

}  // namespace

Result<std::unique_ptr<HttpListener>> HttpListener::Start(const Config& config,
                                                          HttpService& service) {
  Result<OwnedFd> listening = ListenOn(config.host, config.port);
  if (!listening) return listening.error();
  auto listener = std::make_unique<EpollListener>(config, service, std::move(*listening));
  if (Status started = listener->Start(); !started) return started.error();
  return std::unique_ptr<HttpListener>(std::move(listener));
}

}  // namespace hpaplus
