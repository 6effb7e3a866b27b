// What is pushed is decided upon: a real Prometheus scrapes a program and writes to `hpaplus run`.

#include <atomic>

#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"
#include "test/support/child_process.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;

class KubePush : public KubeTest {};

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
  ApplyDeployment(1);
  Apply({{"apiVersion", "v1"},
         {"kind", "Secret"},
         {"metadata", {{"name", "orders-push"}, {"namespace", ns()}}},
         {"stringData", {{"token", "t0ken\n"}}}});
  Apply(
      {{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
       {"kind", "MetricSource"},
       {"metadata", {{"name", "orders"}, {"namespace", ns()}}},
       {"spec",
        {{"type", "Push"}, {"auth", {{"bearer", {{"name", "orders-push"}, {"key", "token"}}}}}}}});
  const Json metric = {{"type", "Source"},
                       {"name", "depth"},
                       {"source",
                        {{"ref", {{"name", "orders"}}},
                         {"query", "queue_depth{queue=\"orders\"}"},
                         {"target", {{"type", "AverageValue"}, {"averageValue", "10"}}}}}};
  ApplyObject({{"metrics", Json::array({metric})}});
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

}  // namespace
}  // namespace hpaplus::test
