// What is pushed is decided upon: a real Prometheus scrapes a program and writes to `hpaplus run`.

#include <algorithm>
#include <atomic>
#include <iostream>

#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/kube/kube_fixture.h"
#include "test/support/child_process.h"
#include "test/support/prometheus_process.h"
#include "test/support/remote_write_bytes.h"
#include "test/support/scripted_server.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;

class KubePush : public KubeTest {
 protected:
  static constexpr const char* kToken = "t0ken";

  // The deployment, a source of type Push, and an object that wants one replica per 10 of
  // queue_depth.
  void ApplyAll(const Json& evaluation) {
    ApplyDeployment(1);
    Apply({{"apiVersion", "v1"},
           {"kind", "Secret"},
           {"metadata", {{"name", "orders-push"}, {"namespace", ns()}}},
           {"stringData", {{"token", std::string(kToken) + "\n"}}}});
    Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
           {"kind", "MetricSource"},
           {"metadata", {{"name", "orders"}, {"namespace", ns()}}},
           {"spec",
            {{"type", "Push"},
             {"auth", {{"bearer", {{"name", "orders-push"}, {"key", "token"}}}}}}}});
    const Json metric = {{"type", "Source"},
                         {"name", "depth"},
                         {"source",
                          {{"ref", {{"name", "orders"}}},
                           {"query", "queue_depth{queue=\"orders\"}"},
                           {"target", {{"type", "AverageValue"}, {"averageValue", "10"}}}}}};
    ApplyObject({{"metrics", Json::array({metric})}, {"evaluation", evaluation}});
  }
  // What a sender gets for one sample of now.
  int Push(int port, double depth) {
    HttpAuth auth;
    auth.bearer_token = kToken;
    HttpRequest request;
    request.method = "POST";
    request.url = "http://127.0.0.1:" + std::to_string(port) + "/api/v1/write/" + ns() + "/orders";
    request.headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}};
    const auto now = std::chrono::floor<std::chrono::milliseconds>(Now()).time_since_epoch();
    request.body =
        Snappy(WriteRequest({{{{"__name__", "queue_depth"}, {"queue", "orders"}},
                              {{depth, std::int64_t{now / std::chrono::milliseconds(1)}}}}}));
    request.auth = std::make_shared<const HttpAuth>(auth);
    const auto answer = http_.SendAll({&request, 1}, Now() + seconds(5)).front();
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? answer->status : 0;
  }

 private:
  SystemClock clock_;
  CurlClient http_{clock_};
};

TEST_F(KubePush, DecidesOnWhatPrometheusPushes) {
  if (PrometheusProcess::Find().empty()) {
    GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
  }
  std::atomic<int> depth{150};
  ScriptedServer exporter([&depth](const ScriptedRequest&) {
    ScriptedAnswer answer;
    answer.content_type = "text/plain; version=0.0.4";
    answer.body = "queue_depth{queue=\"orders\"} " + std::to_string(depth) + "\n";
    return answer;
  });
  ApplyAll({{"period", "1s"}});
  const int port = support::FreePort();
  StartEngine({.flags = {"--push-listen", "127.0.0.1:" + std::to_string(port)}});

  PrometheusProcess::Options options;
  options.targets = {"127.0.0.1:" + std::to_string(exporter.port())};
  options.config = "remote_write:\n- url: http://127.0.0.1:" + std::to_string(port) +
                   "/api/v1/write/" + ns() +
                   "/orders\n  authorization: {credentials: t0ken}\n"
                   "  queue_config: {batch_send_deadline: 100ms}\n";
  auto prometheus = PrometheusProcess::Start(options);
  ASSERT_TRUE(prometheus) << prometheus.error().message;
  EXPECT_TRUE(Reaches(15)) << StatusOf().dump(2) << engine().Log();
  depth = 40;
  EXPECT_TRUE(Reaches(4)) << StatusOf().dump(2);

  // Who falls silent is not taken for zero.
  prometheus->reset();
  EXPECT_TRUE(Throughout(seconds(5), [&] { return Replicas() == 4; })) << Replicas();
  const auto metrics = engine().Metrics();
  ASSERT_TRUE(metrics);
  EXPECT_GT(Sum(*metrics, "hpaplus_push_samples_total", {"result=\"written\""}), 0);
  EXPECT_EQ(Sum(*metrics, "hpaplus_push_samples_total", {"result=\"refused\""}), 0);
}

TEST_F(KubePush, L1_DecidesTheMomentThatASampleArrives) {
  ApplyAll({{"period", "1h"}});
  const int port = support::FreePort();
  StartEngine({.flags = {"--push-listen", "127.0.0.1:" + std::to_string(port)}});
  // The object has been looked at when it was new, and would be looked at again in an hour.
  ASSERT_TRUE(Eventually([&] { return Condition("MetricsFresh").starts_with("False"); }))
      << StatusOf().dump(2);
  Duration slowest{};
  for (const auto& [depth, replicas] : {std::pair(150, 15), std::pair(40, 4), std::pair(90, 9)}) {
    const Timestamp sent = Now();
    ASSERT_EQ(Push(port, depth), 204);
    ASSERT_TRUE(Reaches(replicas)) << StatusOf().dump(2) << engine().Log();
    slowest = std::max(slowest, Now() - sent);
  }
  const auto ms = slowest / std::chrono::milliseconds(1);
  RecordProperty("slowest_reaction_ms", std::to_string(ms));
  std::cout << "from the sample to the size, the slowest of three: " << ms << " ms\n";
  EXPECT_LT(slowest, seconds(2));
}

}  // namespace
}  // namespace hpaplus::test
