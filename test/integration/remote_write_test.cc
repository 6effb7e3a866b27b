// A real Prometheus that scrapes a server in this process and writes to our listener; a query of
// the Push collector sees what it sends. Skipped, loudly, where there is no prometheus.

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "collectors/push.h"
#include "engine/push/push_service.h"
#include "engine/push/push_sources.h"
#include "engine/shell/http_listener.h"
#include "engine/shell/system_clock.h"
#include "test/support/fake_http_client.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PrometheusProcess;

class RemoteWriteIntegration : public testing::Test {
 protected:
  std::atomic<int> depth_{7};
  std::atomic<bool> shows_{true};
  SystemClock clock_;
  push::PushSources sources_{{}, clock_};
  push::PushCounts counts_;
  push::PushService service_{{}, sources_, counts_, clock_};
  std::unique_ptr<HttpListener> listener_;
  std::unique_ptr<test::ScriptedServer> exporter_;
  std::unique_ptr<PrometheusProcess> prometheus_;
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  std::unique_ptr<Collector> collector_;

  void SetUp() override {
    if (PrometheusProcess::Find().empty()) {
      GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
    }
    auto listener = HttpListener::Start({.host = "127.0.0.1", .port = 0}, service_);
    ASSERT_TRUE(listener);
    listener_ = std::move(*listener);
    ResolvedSource source;
    source.spec.ns = "shop";
    source.spec.name = "orders";
    source.spec.type = "Push";
    source.spec.push = PushSource();
    source.auth.bearer_token = "t0ken";
    sources_.Set(source);
    CollectorDeps deps{http_, executor_};
    deps.pushed = &sources_;
    collector_ = *collectors::PushCollector::Create(source, deps);
    exporter_ = std::make_unique<test::ScriptedServer>([this](const test::ScriptedRequest&) {
      test::ScriptedAnswer answer;
      answer.content_type = "text/plain; version=0.0.4";
      answer.body = shows_ ? "queue_depth{queue=\"orders\"} " + std::to_string(depth_) + "\n" : "";
      answer.body += "orders_total " + std::to_string(100 * depth_) + "\n";
      return answer;
    });
  }

  void StartPrometheus(const std::string& token) {
    PrometheusProcess::Options options;
    options.targets = {"127.0.0.1:" + std::to_string(exporter_->port())};
    options.config = "remote_write:\n- url: http://127.0.0.1:" + std::to_string(listener_->port()) +
                     "/api/v1/write/shop/orders\n  authorization: {credentials: " + token +
                     "}\n  queue_config: {batch_send_deadline: 100ms}\n";
    auto started = PrometheusProcess::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    prometheus_ = std::move(*started);
  }

  std::vector<ScalarSample> Ask(const std::string& expression) {
    const MetricQuery query{.ns = "shop", .expression = expression};
    const Timestamp now = clock_.Now();
    const auto results = collector_->Collect({&query, 1}, {now, now + seconds(1), {}});
    EXPECT_TRUE(results[0]) << results[0].error().message;
    return results[0] ? (*results[0])->values : std::vector<ScalarSample>();
  }

  template <class F>
  bool Eventually(F holds) {
    const Timestamp end = clock_.Now() + seconds(40);
    while (!holds()) {
      if (clock_.Now() > end) return false;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(20), {});
    }
    return true;
  }
};

TEST_F(RemoteWriteIntegration, SeesWhatPrometheusSends) {
  StartPrometheus("t0ken");
  ASSERT_TRUE(Eventually([&] { return Ask("queue_depth{queue=\"orders\"}").size() == 1; }));
  const auto first = Ask("queue_depth{job=\"test\"}");
  EXPECT_EQ(first[0].value, 7);
  EXPECT_LT(clock_.Now() - first[0].at, seconds(30));

  depth_ = 11;
  EXPECT_TRUE(Eventually([&] { return Ask("queue_depth")[0].value == 11; }));
  // 100 * (11 - 7) within a scrape interval or more.
  EXPECT_TRUE(Eventually([&] {
    const auto rate = Ask("sum(rate(orders_total[30s]))");
    return rate.size() == 1 && rate[0].value > 0;
  }));

  shows_ = false;  // Prometheus marks the series' end, and we have none then rather than the last.
  EXPECT_TRUE(Eventually([&] { return Ask("queue_depth").empty(); }));
  EXPECT_EQ(counts_.refused_samples, 0U);
  EXPECT_EQ(counts_.refused_requests, 0U);
}

TEST_F(RemoteWriteIntegration, RefusesAPrometheusWithAnotherToken) {
  StartPrometheus("guess");
  EXPECT_TRUE(Eventually([&] { return counts_.refused_requests > 0; }));
  EXPECT_EQ(counts_.written_samples, 0U);
  EXPECT_TRUE(Ask("queue_depth").empty());
}

}  // namespace
}  // namespace hpaplus
