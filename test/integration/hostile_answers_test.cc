// N2, N3, M15: servers that answer with as much as they can. What is asked is the real client over
// real sockets, and what is looked at is the memory of this process: its high-water mark, which the
// kernel keeps. The servers send from one buffer, however much it is.

#include <atomic>
#include <fstream>
#include <functional>
#include <iostream>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "collectors/business_monitor.h"
#include "collectors/prometheus.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// The sanitizers' own memory is a multiple of the program's. GCC says that they are there by
// macros, Clang by features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasures = false;
#elif defined(__has_feature)
constexpr bool kMeasures = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kMeasures = true;
#endif

constexpr std::size_t kMiB = 1U << 20U;

/// Sends what it is given to whoever asks, and says how much of it was taken.
class RawServer {
 public:
  using Send = std::function<bool(std::string_view bytes)>;  // False: the client has gone.
  using Answer = std::function<void(const Send& send)>;

  explicit RawServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, any, length), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, any, &length), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }
  ~RawServer() {
    thread_.request_stop();
    thread_.join();
    close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::size_t sent() const { return sent_; }

 private:
  void Serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, 20) <= 0) continue;
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      std::string head;
      char byte = 0;
      while (!head.ends_with("\r\n\r\n") && recv(client, &byte, 1, 0) == 1)
        head += byte;
      answer_([&](std::string_view bytes) { return SendAll(client, bytes, stop); });
      close(client);
    }
  }
  bool SendAll(int client, std::string_view bytes, const std::stop_token& stop) {
    while (!bytes.empty()) {
      if (stop.stop_requested()) return false;
      const ssize_t count = send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent_ += static_cast<std::size_t>(count);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  const Answer answer_;
  int listener_ = -1;
  std::string url_;
  std::atomic<std::size_t> sent_ = 0;
  std::jthread thread_;
};

std::size_t StatusBytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stoul(line.substr(field.size() + 1)) * 1024;
  }
  ADD_FAILURE() << "no " << field;
  return 0;
}

std::string Head(const std::string& type, const std::string& more) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n" + more + "\r\n";
}

// `piece` over and over as a body of `bytes`, with its length said or in chunks.
RawServer::Answer Repeated(const std::string& type, std::string start, const std::string& piece,
                           std::size_t bytes, bool in_chunks) {
  std::string block;
  while (block.size() < 64U << 10U)
    block += piece;
  return [=](const RawServer::Send& send) {
    if (!send(Head(type, in_chunks ? "Transfer-Encoding: chunked\r\n"
                                   : "Content-Length: " + std::to_string(bytes) + "\r\n"))) {
      return;
    }
    const auto put = [&](const std::string& part) {
      if (!in_chunks) return send(part);
      char size[24];
      (void)snprintf(size, sizeof size, "%zx\r\n", part.size());
      return send(size) && send(part) && send("\r\n");
    };
    if (!start.empty() && !put(start)) return;
    for (std::size_t sent = start.size(); sent < bytes; sent += block.size()) {
      if (!put(block)) return;
    }
  };
}

std::string GzipOf(char c, std::size_t count) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  const std::string block(kMiB, c);
  std::string out;
  std::string buffer(64U << 10U, '\0');
  for (std::size_t done = 0; done < count; done += block.size()) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
    stream.avail_in = static_cast<uInt>(block.size());
    const int flush = done + block.size() >= count ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      (void)deflate(&stream, flush);
      out.append(buffer, 0, buffer.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  (void)deflateEnd(&stream);
  return out;
}

class HostileAnswers : public testing::Test {
 protected:
  // The error that a source of this type comes to; memory may grow by so much at most.
  Error Ask(const std::string& type, RawServer& server, std::size_t growth_most) {
    ResolvedSource source;
    source.spec.ns = "shop";
    source.spec.name = "hostile";
    source.spec.type = type;
    source.spec.endpoint = server.url();
    auto made = type == "HTTP"
                    ? collectors::BusinessMonitorCollector::Create(source, {http_, executor_})
                    : collectors::PrometheusCollector::Create(source, {http_, executor_});
    EXPECT_TRUE(made);
    const std::vector<MetricQuery> queries = {{.ns = "shop", .expression = "a"}};
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5 << std::flush;  // Forgets the high-water mark.
    const std::size_t before = StatusBytes("VmRSS");
    const Timestamp now = clock_.Now();
    const auto results = (*made)->Collect(queries, {now, now + seconds(20), {}});
    const std::size_t peak = StatusBytes("VmHWM");
    const std::size_t growth = peak > before ? peak - before : 0;
    std::cout << "memory grew by " << growth / 1024 << " KiB at most, " << server.sent() / 1024
              << " KiB were sent\n";
    RecordProperty("growth_kib", std::to_string(growth / 1024));
    EXPECT_LE(kMeasures ? growth : 0, growth_most);
    EXPECT_FALSE(results.at(0));
    return results.at(0) ? Error() : results.at(0).error();
  }

  void SetUp() override {
    // What a first request costs once and for all is not the hostile one's.
    RawServer plain([](const RawServer::Send& send) {
      send(Head("application/json", "Content-Length: 2\r\n") + "{}");
    });
    (void)Ask("HTTP", plain, std::size_t{1} << 30U);
  }

  SystemClock clock_;
  CurlClient http_{clock_};
  SerialExecutor executor_;
};

constexpr std::size_t kGigabyte = std::size_t{1} << 30U;

TEST_F(HostileAnswers, N2_AGigabyteIsNotTaken) {
  for (const bool in_chunks : {false, true}) {
    RawServer server(Repeated("application/json", "", " ", kGigabyte, in_chunks));
    const Error error = Ask("HTTP", server, 4 * kMiB);
    EXPECT_EQ(error.code, ErrorCode::kMalformedData) << error.message;
    EXPECT_THAT(error.message, HasSubstr("longer than 1048576 bytes"));
    EXPECT_LT(server.sent(), 16 * kMiB);
  }
}

TEST_F(HostileAnswers, N2_AnEndlessStreamEndsAtTheLimit) {
  RawServer server(
      Repeated("application/json", "[", "1,", std::numeric_limits<std::size_t>::max() / 2, true));
  EXPECT_THAT(Ask("HTTP", server, 4 * kMiB).message, HasSubstr("longer than 1048576 bytes"));
}

TEST_F(HostileAnswers, N2_AGzipBombIsInflatedUpToTheLimit) {
  const std::string bomb = GzipOf(' ', kGigabyte / 4);
  ASSERT_LT(bomb.size(), 2 * kMiB);
  RawServer server([&bomb](const RawServer::Send& send) {
    (void)(send(Head("application/json", "Content-Encoding: gzip\r\nContent-Length: " +
                                             std::to_string(bomb.size()) + "\r\n")) &&
           send(bomb));
  });
  EXPECT_THAT(Ask("HTTP", server, 4 * kMiB).message, HasSubstr("longer than 1048576 bytes"));
  EXPECT_THAT(Ask("Prometheus", server, 4 * kMiB).message, HasSubstr("longer than 1048576 bytes"));
}

TEST_F(HostileAnswers, N2_EndlessHeadersEnd) {
  RawServer server([](const RawServer::Send& send) {
    if (!send("HTTP/1.1 200 OK\r\n")) return;
    const std::string line = "X-More: " + std::string(1000, 'x') + "\r\n";
    while (send(line)) {
    }
  });
  EXPECT_FALSE(Ask("HTTP", server, 4 * kMiB).message.empty());
  EXPECT_LT(server.sent(), 64 * kMiB);
}

TEST_F(HostileAnswers, N3_DeepNestingOfAMegabyteIsRefused) {
  const std::pair<const char*, const char*> documents[] = {{"application/json", "["},
                                                           {"application/json", "{\"a\":"},
                                                           {"application/yaml", "["},
                                                           {"application/yaml", "{a: "},
                                                           {"application/xml", "<a>"}};
  for (const auto& [type, piece] : documents) {
    SCOPED_TRACE(std::string(type) + " " + piece);
    // As much as is let in: what the reader makes of it counts.
    RawServer server(Repeated(type, "", piece, (std::size_t{15} << 20U) / 16, false));
    EXPECT_EQ(Ask("HTTP", server, 8 * kMiB).code, ErrorCode::kMalformedData);
  }
}

TEST_F(HostileAnswers, M15_AMillionSeriesEndAtTheLimit) {
  const std::string start = R"({"status":"success","data":{"resultType":"vector","result":[)";
  const std::string series = R"({"metric":{"__name__":"a","i":"1"},"value":[1700000000,"1"]},)";
  RawServer prometheus(
      Repeated("application/json", start, series, series.size() * 1'000'000, true));
  const Error error = Ask("Prometheus", prometheus, 8 * kMiB);
  EXPECT_EQ(error.code, ErrorCode::kMalformedData) << error.message;

  const std::string line = "a{i=\"1\"} 1\n";
  RawServer exposition(
      Repeated("text/plain; version=0.0.4", "", line, line.size() * 1'000'000, true));
  EXPECT_THAT(Ask("HTTP", exposition, 8 * kMiB).message, HasSubstr("longer than"));
}

}  // namespace
}  // namespace hpaplus
