#include "engine/shell/http_listener.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/support/temp_dir.h"
#include "test/support/test_ca.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

// Answers with the size of the body; refuses /refused.
class EchoService final : public HttpService {
 public:
  [[nodiscard]] std::optional<HttpReply> Refuse(const HttpHead& head) override {
    if (head.path == "/refused") return HttpReply{401, "go away\n", {{"A", "b"}}};
    return std::nullopt;
  }
  [[nodiscard]] HttpReply Serve(const HttpHead& head, std::string_view body) override {
    const std::lock_guard lock(mutex);
    served.push_back(std::string(head.path) + " " + std::to_string(body.size()));
    return {200, std::to_string(body.size()), {}};
  }

  std::mutex mutex;
  std::vector<std::string> served;
};

// A client that sends what no client library would.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  bool Send(std::string_view bytes) const {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // What arrives until `wanted` is in it, the other side closes, or the time is over.
  std::string ReadUntil(std::string_view wanted, milliseconds most = seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + most;
    std::string text;
    while (wanted.empty() || text.find(wanted) == std::string::npos) {
      const auto left =
          std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
      pollfd ready{fd_, POLLIN, 0};
      if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
      char chunk[4096];
      const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
      if (got <= 0) {
        closed_ = true;
        break;
      }
      text.append(chunk, static_cast<std::size_t>(got));
    }
    return text;
  }

  std::string ReadAll(milliseconds most = seconds(10)) { return ReadUntil("", most); }
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  int fd_;
  bool connected_ = false;
  bool closed_ = false;
};

class HttpListenerTest : public testing::Test {
 protected:
  EchoService service_;
  HttpListener::Config config_;
  std::unique_ptr<HttpListener> listener_;

  bool Holds(std::size_t least, std::size_t most) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    for (; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(milliseconds(1))) {
      if (const std::size_t held = listener_->bodies_bytes(); held >= least && held <= most) {
        return true;
      }
    }
    return false;
  }

  void Start() {
    config_.host = "127.0.0.1";
    config_.port = 0;
    auto started = HttpListener::Start(config_, service_);
    ASSERT_TRUE(started) << started.error().message;
    listener_ = std::move(*started);
  }

  void WaitForConnections(std::size_t wanted) const {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    while (listener_->connections() != wanted && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    EXPECT_EQ(listener_->connections(), wanted);
  }
};

TEST_F(HttpListenerTest, ServesRequestsOneAfterTheOther) {
  Start();
  RawClient client(listener_->port());
  client.Send("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n3"), StartsWith("HTTP/1.1 200 OK\r\n"));
  client.Send("POST /b HTTP/1.1\r\nContent-");
  client.Send("Length: 2\r\n\r\nx");
  client.Send("y");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n2"), HasSubstr("200 OK"));
  client.Send("GET /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), HasSubstr("Connection: close"));
  EXPECT_TRUE(client.closed());
  EXPECT_THAT(service_.served, testing::ElementsAre("/a 3", "/b 2", "/c 0", "/d 0"));
}

TEST_F(HttpListenerTest, TakesALargeBody) {
  Start();
  httplib::Client client("127.0.0.1", listener_->port());
  const auto answer = client.Post("/large", std::string(8U << 20U, 'x'), "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "8388608");
}

TEST_F(HttpListenerTest, RefusesBeforeTheBody) {
  Start();
  RawClient client(listener_->port());
  client.Send("POST /refused HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n");
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 Unauthorized\r\nA: b\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\ngo away\n"));
  EXPECT_TRUE(service_.served.empty());
}

TEST_F(HttpListenerTest, TellsEvenThoseWhoKeepSending) {
  Start();
  httplib::Client client("127.0.0.1", listener_->port());
  const auto answer = client.Post("/refused", std::string(8U << 20U, 'x'), "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
}

TEST_F(HttpListenerTest, KeepsToItsLimits) {
  config_.body_bytes_most = 1000;
  config_.head_bytes_most = 500;
  Start();
  const std::pair<std::string, const char*> cases[] = {
      {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nA: " + std::string(600, 'a'), "431"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", "411"},
      {"nonsense\r\n\r\n", "400"},
      {std::string("\x16\x03\x01\x02", 4) + std::string(600, 'a'), "431"},  // TLS.
  };
  for (const auto& [bytes, status] : cases) {
    RawClient client(listener_->port());
    client.Send(bytes);
    EXPECT_THAT(client.ReadAll(), StartsWith(std::string("HTTP/1.1 ") + status)) << bytes;
  }
  EXPECT_TRUE(service_.served.empty());
}

TEST_F(HttpListenerTest, HoldsOnlySoMuchForAllTogether) {
  config_.bodies_bytes_most = 100'000;
  Start();
  RawClient holder(listener_->port());
  holder.Send("POST /h HTTP/1.1\r\nContent-Length: 90000\r\n\r\n" + std::string(89'000, 'x'));
  ASSERT_TRUE(Holds(89'000, 90'000));
  {
    RawClient other(listener_->port());
    other.Send("POST /o HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
    EXPECT_THAT(other.ReadAll(),
                StartsWith("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"));
  }
  ASSERT_TRUE(Holds(89'000, 90'000));
  holder.Send(std::string(1000, 'x'));
  EXPECT_THAT(holder.ReadUntil("90000"), HasSubstr("200 OK"));
  RawClient after(listener_->port());
  after.Send("POST /o HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + std::string(20'000, 'x'));
  EXPECT_THAT(after.ReadUntil("20000"), HasSubstr("200 OK"));
}

TEST_F(HttpListenerTest, SaysThatItWaitsForTheBody) {
  Start();
  RawClient client(listener_->port());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n2"), HasSubstr("200 OK"));
}

TEST_F(HttpListenerTest, CutsWhoTakesTooLong) {
  config_.head_within = milliseconds(200);
  config_.body_within = milliseconds(200);
  config_.idle_most = milliseconds(200);
  Start();
  RawClient silent(listener_->port());
  RawClient head(listener_->port());
  RawClient body(listener_->port());
  RawClient idle(listener_->port());
  idle.Send("GET / HTTP/1.1\r\n\r\n");
  body.Send("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
  // A byte now and then does not help.
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (listener_->connections() > 0 && std::chrono::steady_clock::now() < end) {
    (void)head.Send("G");
    (void)body.Send("x");
    (void)silent.ReadUntil("never", milliseconds(20));
  }
  EXPECT_EQ(listener_->connections(), 0U);
  EXPECT_THAT(idle.ReadAll(), HasSubstr("200 OK"));
  EXPECT_TRUE(idle.closed());
}

TEST_F(HttpListenerTest, ServesNewcomersBesideAThousandIdlers) {
  config_.connections_most = 64;
  config_.head_within = seconds(60);
  Start();
  std::vector<std::unique_ptr<RawClient>> idlers;
  for (int i = 0; i < 900; ++i) {
    idlers.push_back(std::make_unique<RawClient>(listener_->port()));
    idlers.back()->Send("POST / HT");
  }
  EXPECT_LE(listener_->connections(), 64U);
  httplib::Client client("127.0.0.1", listener_->port());
  const auto answer = client.Post("/new", "abc", "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "3");
}

TEST_F(HttpListenerTest, ServesAgainAfterFileDescriptorsRanOut) {
  Start();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  std::vector<std::unique_ptr<RawClient>> idlers;
  idlers.push_back(std::make_unique<RawClient>(listener_->port()));
  WaitForConnections(1);
  {
    // The clients have theirs already, the listener gets three more.
    std::vector<int> clients;
    for (int i = 0; i < 20; ++i)
      clients.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const rlimit tight{static_cast<rlim_t>(clients.back() + 4), before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
    for (const int fd : clients) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(listener_->port()));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    // Some are turned away.
    std::vector<pollfd> ends;
    for (const int fd : clients)
      ends.push_back({fd, POLLIN, 0});
    EXPECT_GE(poll(ends.data(), ends.size(), 10'000), 1);
    for (const int fd : clients)
      close(fd);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  httplib::Client client("127.0.0.1", listener_->port());
  const auto answer = client.Post("/new", "abc", "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "3");
}

TEST_F(HttpListenerTest, SpeaksTlsAndFollowsANewCertificate) {
  test::TempDir directory;
  test::TestCa old_ca;
  test::TestCa new_ca;
  const auto write = [&](const test::TestCa& ca) {
    const test::CertificatePair pair = ca.Issue({});
    config_.certificate_file = directory.Write("tls.crt", pair.certificate_pem);
    config_.key_file = directory.Write("tls.key", pair.key_pem);
  };
  const auto post_trusting = [&](const test::TestCa& ca) {
    httplib::SSLClient client("127.0.0.1", listener_->port());
    const std::string file = directory.Write("ca.crt", ca.pem());
    client.set_ca_cert_path(file.c_str());
    const auto answer = client.Post("/tls", std::string(300'000, 'x'), "text/plain");
    return answer ? answer->body : "none";
  };
  write(old_ca);
  Start();
  EXPECT_EQ(post_trusting(old_ca), "300000");
  EXPECT_EQ(post_trusting(new_ca), "none");
  const std::string kept = config_.certificate_file;
  directory.Write("tls.crt", "nonsense");
  listener_->FollowTlsFiles();
  EXPECT_EQ(post_trusting(old_ca), "300000");  // The one before stays.
  write(new_ca);
  listener_->FollowTlsFiles();
  EXPECT_EQ(post_trusting(new_ca), "300000");
  EXPECT_EQ(post_trusting(old_ca), "none");
}

TEST_F(HttpListenerTest, WantsACertificateWhereItIsToldTo) {
  test::TempDir directory;
  test::TestCa ca;
  const test::CertificatePair server = ca.Issue({});
  const test::CertificatePair sender = ca.Issue({.common_name = "sender"});
  config_.certificate_file = directory.Write("tls.crt", server.certificate_pem);
  config_.key_file = directory.Write("tls.key", server.key_pem);
  config_.client_ca_file = directory.Write("ca.crt", ca.pem());
  const std::string sender_certificate = directory.Write("s.crt", sender.certificate_pem);
  const std::string sender_key = directory.Write("s.key", sender.key_pem);
  Start();
  httplib::SSLClient stranger("127.0.0.1", listener_->port());
  stranger.set_ca_cert_path(config_.client_ca_file.c_str());
  EXPECT_FALSE(stranger.Post("/tls", "abc", "text/plain"));
  httplib::SSLClient known("127.0.0.1", listener_->port(), sender_certificate, sender_key);
  known.set_ca_cert_path(config_.client_ca_file.c_str());
  const auto answer = known.Post("/tls", "abc", "text/plain");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "3");
}

TEST_F(HttpListenerTest, SaysWhyItCannotStart) {
  Start();
  HttpListener::Config taken = config_;
  taken.port = listener_->port();
  EXPECT_EQ(HttpListener::Start(taken, service_).error().code, ErrorCode::kUnavailable);
  HttpListener::Config no_host = config_;
  no_host.host = "no.such.host.invalid";
  EXPECT_EQ(HttpListener::Start(no_host, service_).error().code, ErrorCode::kUnavailable);
  HttpListener::Config no_file = config_;
  no_file.certificate_file = no_file.key_file = "/nowhere.pem";
  const auto failed = HttpListener::Start(no_file, service_);
  EXPECT_EQ(failed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(failed.error().message, HasSubstr("/nowhere.pem"));
}

TEST_F(HttpListenerTest, EndsWithConnectionsOpen) {
  Start();
  RawClient client(listener_->port());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
  WaitForConnections(1);
  listener_.reset();
  EXPECT_EQ(client.ReadAll(), "");
  EXPECT_TRUE(client.closed());
}

}  // namespace
}  // namespace hpaplus
