#include "test/support/request_proxy.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <charconv>
#include <list>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/check.h"

namespace hpaplus::test {
namespace {

constexpr int kLookEveryMilliseconds = 50;  // Whether the end has come.

sockaddr_in AddressOf(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;

  static Socket ConnectTo(int port) {
    Socket one(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = AddressOf(port);
    const bool connected =
        connect(one.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (!connected) close(std::exchange(one.fd_, -1));
    const int on = 1;
    if (connected) setsockopt(one.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return one;
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Empty: the other side has ended.
  [[nodiscard]] std::string Receive() const {
    std::array<char, 65536> buffer{};
    const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }

 private:
  int fd_;
};

// The length of the first request of `bytes`; nothing while a part of it is missing.
std::optional<std::size_t> FirstRequest(const std::string& bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t head = bytes.find(kEnd);
  if (head == std::string::npos) return std::nullopt;
  std::string lower = bytes.substr(0, head);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kLength = "\r\ncontent-length: ";
  std::size_t body = 0;
  if (const std::size_t at = lower.find(kLength); at != std::string::npos) {
    const char* const digits = lower.data() + at + kLength.size();
    (void)std::from_chars(digits, lower.data() + lower.size(), body);
  }
  const std::size_t all = head + kEnd.size() + body;
  return bytes.size() < all ? std::nullopt : std::optional(all);
}

}  // namespace

class RequestProxy::State {
 public:
  State(int port, Look look)
      : port_(port), look_(std::move(look)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = AddressOf(0);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    HPAPLUS_CHECK(bind(listener_.fd(), generic, size) == 0);
    HPAPLUS_CHECK(listen(listener_.fd(), SOMAXCONN) == 0);
    HPAPLUS_CHECK(getsockname(listener_.fd(), generic, &size) == 0);
    own_port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~State() {
    stopping_ = true;
    acceptor_.join();
    for (std::thread& one : connections_)
      one.join();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] int port() const { return own_port_; }

 private:
  void Accept() {
    while (!stopping_) {
      pollfd ready{listener_.fd(), POLLIN, 0};
      if (poll(&ready, 1, kLookEveryMilliseconds) <= 0) continue;
      const int client = accept(listener_.fd(), nullptr, nullptr);
      if (client < 0) continue;
      connections_.emplace_back([this, client] { Serve(Socket(client)); });
    }
  }

  // Requests of one connection follow each other, so there is at most one without an answer.
  void Serve(Socket client) {
    const Socket server = Socket::ConnectTo(port_);
    if (server.fd() < 0) return;
    std::string asked;
    std::optional<std::string> open;
    while (!stopping_) {
      pollfd ready[2] = {{client.fd(), POLLIN, 0}, {server.fd(), POLLIN, 0}};
      if (poll(ready, 2, kLookEveryMilliseconds) < 0) return;
      if (ready[1].revents != 0) {
        const std::string bytes = server.Receive();
        if (bytes.empty()) return;
        const auto answered = std::exchange(open, std::nullopt);
        if (answered && !look_(*answered, Moment::kAnswered)) return;
        if (!client.Send(bytes)) return;
      }
      if (ready[0].revents == 0) continue;
      const std::string bytes = client.Receive();
      if (bytes.empty()) return;
      asked += bytes;
      while (const auto length = FirstRequest(asked)) {
        open = asked.substr(0, *length);
        asked.erase(0, *length);
        if (!look_(*open, Moment::kAsked) || !server.Send(*open)) return;
      }
    }
  }

  const int port_;
  const Look look_;
  const Socket listener_;
  int own_port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::list<std::thread> connections_;  // The acceptor's.
  std::thread acceptor_;
};

RequestProxy::RequestProxy(int port, Look look)
    : state_(std::make_unique<State>(port, std::move(look))) {}
RequestProxy::~RequestProxy() = default;

int RequestProxy::port() const {
  return state_->port();
}

}  // namespace hpaplus::test
