#include "engine/shell/connection_gate.h"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/shell/listening_socket.h"
#include "engine/shell/system_clock.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kFdsMost = 1024;
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class ConnectionGateTest : public ::testing::Test {
 protected:
  void TearDown() override {
    gate_.reset();
    for (const int fd : admitted_)
      close(fd);
  }

  void Open(const ConnectionGate::Config& config = {}) {
    auto gate = ConnectionGate::Open(config, [this](int fd) {
      const std::lock_guard lock(mutex_);
      admitted_.push_back(fd);
    });
    ASSERT_TRUE(gate) << gate.error().message;
    gate_ = std::move(*gate);
  }

  // From 127.0.0.`from`.
  [[nodiscard]] OwnedFd Connect(std::uint32_t from = 1) const {
    OwnedFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xFFU) + from);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    address.sin_port = htons(static_cast<std::uint16_t>(gate_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // The gate's own, out of all that this process has.
  [[nodiscard]] int ListeningFd() const {
    for (int fd = 0; fd < kFdsMost; ++fd) {
      int listens = 0;
      socklen_t size = sizeof listens;
      if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
      if (PortOf(fd) == gate_->port()) return fd;
    }
    return -1;
  }

  // It is not told of connections any more, by whichever epoll descriptor is the gate's.
  void MakeItDeaf() const {
    const int listening = ListeningFd();
    int forgotten = 0;
    for (int fd = 0; fd < kFdsMost; ++fd)
      forgotten += epoll_ctl(fd, EPOLL_CTL_DEL, listening, nullptr) == 0 ? 1 : 0;
    ASSERT_EQ(forgotten, 1);
  }

  bool ComesToAnswer() {
    return Comes([this] { return gate_->counts().reopened == 1 && gate_->problem().empty(); });
  }

  static void Send(const OwnedFd& fd, const std::string& bytes) {
    EXPECT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Whether the other side has closed it, or does within `most`.
  static bool IsClosed(const OwnedFd& fd, Duration most = seconds(5)) {
    pollfd poll_fd{fd.get(), POLLIN, 0};
    const auto wait = std::chrono::duration_cast<milliseconds>(most).count();
    if (poll(&poll_fd, 1, static_cast<int>(wait)) <= 0) return false;
    char byte = 0;
    return recv(fd.get(), &byte, 1, MSG_DONTWAIT) <= 0;
  }

  template <class Condition>
  bool Comes(const Condition& condition) {
    const Timestamp until = clock_.Now() + seconds(10);
    while (!condition()) {
      if (clock_.Now() > until) return false;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(5), {});
    }
    return true;
  }

  bool ComesToAdmit(std::size_t count) {
    return Comes([&] {
      const std::lock_guard lock(mutex_);
      return admitted_.size() == count;
    });
  }

  SystemClock clock_;
  std::mutex mutex_;
  std::vector<int> admitted_;
  std::unique_ptr<ConnectionGate> gate_;
};

TEST_F(ConnectionGateTest, HandsOverWhoSpeaksHttp2AndLeavesEverythingUnread) {
  Open();
  const OwnedFd client = Connect();
  Send(client, kPreface + "more");
  ASSERT_TRUE(ComesToAdmit(1));
  std::string read(64, '\0');
  read.resize(static_cast<std::size_t>(recv(admitted_[0], read.data(), read.size(), 0)));
  EXPECT_EQ(read, kPreface + "more");
}

TEST_F(ConnectionGateTest, WaitsForThePrefaceHoweverItIsCut) {
  Open();
  const OwnedFd client = Connect();
  for (const char byte : kPreface.substr(0, 23)) {
    Send(client, std::string(1, byte));
  }
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 1; }));
  EXPECT_EQ(gate_->counts().admitted, 0U);
  Send(client, kPreface.substr(23));
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, RefusesWhoSpeaksSomethingElse) {
  Open();
  const OwnedFd client = Connect();
  Send(client, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(IsClosed(client));
  EXPECT_TRUE(Comes([this] { return gate_->counts().refused == 1; }));
}

TEST_F(ConnectionGateTest, KnowsTlsByItsFirstBytes) {
  Open({.tls = true});
  const OwnedFd plain = Connect();
  Send(plain, kPreface);
  EXPECT_TRUE(IsClosed(plain));
  const OwnedFd tls = Connect();
  Send(tls, "\x16\x03\x01");
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, GivesUpWhoSaysNothing) {
  Open({.first_bytes_within = milliseconds(50)});
  const OwnedFd client = Connect();
  EXPECT_TRUE(IsClosed(client));
}

TEST_F(ConnectionGateTest, LetsTheOldestSilentOneMakeRoom) {
  Open({.waiting_most = 2});
  const OwnedFd first = Connect();
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 1; }));
  const OwnedFd second = Connect();
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 2; }));
  const OwnedFd third = Connect();
  EXPECT_TRUE(IsClosed(first));
  EXPECT_FALSE(IsClosed(second, milliseconds(20)));
  Send(third, kPreface);
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, AdmitsSoManyUntilOneIsClosed) {
  Open({.connections_most = 1});
  const OwnedFd first = Connect();
  Send(first, kPreface);
  ASSERT_TRUE(ComesToAdmit(1));
  const OwnedFd second = Connect();
  Send(second, kPreface);
  EXPECT_TRUE(IsClosed(second));
  {
    const std::lock_guard lock(mutex_);
    close(admitted_.back());
    admitted_.pop_back();
  }
  const OwnedFd third = Connect();
  Send(third, kPreface);
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, AdmitsSoManyOfOnePeer) {
  Open({.per_peer_most = 1});
  const OwnedFd first = Connect(1);
  Send(first, kPreface);
  ASSERT_TRUE(ComesToAdmit(1));
  const OwnedFd second = Connect(1);
  Send(second, kPreface);
  EXPECT_TRUE(IsClosed(second));
  const OwnedFd another = Connect(2);
  Send(another, kPreface);
  EXPECT_TRUE(ComesToAdmit(2));
}

TEST_F(ConnectionGateTest, APeersOwnSilentOnesMakeRoomForIt) {
  Open({.per_peer_most = 1});
  const OwnedFd oldest = Connect(1);
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 1; }));
  const OwnedFd silent = Connect(2);
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 2; }));
  const OwnedFd newest = Connect(2);
  EXPECT_TRUE(IsClosed(silent));
  EXPECT_FALSE(IsClosed(oldest, milliseconds(20)));
  Send(newest, kPreface);
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, N12ListensAnewWhenItsSocketDoesNotListenAnyMore) {
  Open();
  ASSERT_EQ(shutdown(ListeningFd(), SHUT_RDWR), 0);
  ASSERT_TRUE(ComesToAnswer());
  const OwnedFd client = Connect();
  Send(client, kPreface);
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, N12ListensAnewWhenConnectionsToItselfAreNotAccepted) {
  Open({.probe = {.every = milliseconds(1), .within = milliseconds(20)}});
  MakeItDeaf();
  ASSERT_TRUE(ComesToAnswer());
  const OwnedFd client = Connect();
  Send(client, kPreface);
  EXPECT_TRUE(ComesToAdmit(1));
}

TEST_F(ConnectionGateTest, N12ProbesAreNobodysConnectionsAndLeaveTheListenerAlone) {
  Open({.probe = {.every = milliseconds(1)}});
  const OwnedFd client = Connect();
  for (int i = 0; i < 5; ++i)
    (void)clock_.WaitUntil(clock_.Now() + milliseconds(100), {});
  EXPECT_EQ(gate_->counts().waiting, 1U);
  EXPECT_EQ(gate_->counts().refused, 0U);
  EXPECT_EQ(gate_->counts().reopened, 0U);
}

TEST_F(ConnectionGateTest, N12SaysThatItCannotListenAndTriesOn) {
  Open({.probe = {.every = milliseconds(1), .within = milliseconds(20)}});
  EXPECT_EQ(gate_->problem(), "");
  MakeItDeaf();
  ASSERT_EQ(shutdown(ListeningFd(), SHUT_RDWR), 0);
  auto usurper = ListenOn("127.0.0.1", gate_->port());
  ASSERT_TRUE(usurper) << usurper.error().message;
  EXPECT_TRUE(Comes([this] { return gate_->problem() == "the listener is closed"; }));
  usurper->Reset(-1);
  EXPECT_TRUE(ComesToAnswer());
}

TEST_F(ConnectionGateTest, ClosesWhoWaitsWhenItEnds) {
  Open();
  const OwnedFd client = Connect();
  ASSERT_TRUE(Comes([this] { return gate_->counts().waiting == 1; }));
  gate_.reset();
  EXPECT_TRUE(IsClosed(client));
}

TEST_F(ConnectionGateTest, SaysWhereItCannotListen) {
  Open();
  const auto second = ConnectionGate::Open({.port = gate_->port()}, [](int) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hpaplus
