// An engine that has just started, with a real Prometheus that has been there for longer. Skipped,
// loudly, where there is no prometheus.

#include "engine/loop/backfill.h"

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "collectors/prometheus.h"
#include "engine/loop/collector_runner.h"
#include "engine/loop/engine.h"
#include "engine/ports/telemetry.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"
#include "test/support/fake_world.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::PrometheusProcess;

class BackfillIntegration : public ::testing::Test {
 protected:
  void SetUp() override {
    if (PrometheusProcess::Find().empty()) {
      GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
    }
    PrometheusProcess::Options options;
    options.targets = {"127.0.0.1:" + std::to_string(exporter_.port())};
    auto started = PrometheusProcess::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    prometheus_ = std::move(*started);
    source_.spec.type = "Prometheus";
    source_.spec.endpoint = prometheus_->url();
    source_.spec.timeout = seconds(20);
  }

  // Shows this load until Prometheus has seen it.
  void ShowLoad(int load) {
    load_ = load;
    auto collector = collectors::PrometheusCollector::Create(source_, {http_, executor_});
    ASSERT_TRUE(collector);
    MetricQuery query;
    query.expression = "sum(load)";
    const Timestamp give_up = clock_.Now() + seconds(30);
    while (clock_.Now() < give_up) {
      const Timestamp now = clock_.Now();
      const auto results = (*collector)->Collect({&query, 1}, {now, now + seconds(5), {}});
      const bool answered = results[0] && !(*results[0])->values.empty();
      if (answered && (*results[0])->values[0].value == load) return;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(50), {});
    }
    FAIL() << "Prometheus has not seen a load of " << load;
  }

  // What an engine decides first of all about an object whose metric asks for this.
  Decision FirstDecision(const std::string& query) {
    CollectorRunner runner({}, clock_, telemetry_, [] {});
    CollectorRegistry registry;
    registry.Add("Prometheus", collectors::PrometheusCollector::Factory());
    const CollectorDeps deps{http_, executor_};
    EXPECT_TRUE(
        runner.SetSource("MetricSource/shop/prom", MakeRunnable(source_, registry, deps, nullptr)));
    testing::FakeWorld fake;
    Engine::Config config;
    config.past_of = [&runner](const SourceName& source) { return runner.PastOf(source); };
    Engine engine(config, {clock_, fake, runner, fake, fake, executor_},
                  policies::MakeBuiltinPolicies);
    WorkloadSpec spec = testing::SpecWith("shop", {query});
    spec.timeout = seconds(5);
    spec.period = seconds(5);
    spec.metrics[0].target.average_value = Quantity::FromMilli(10'000);
    spec.metrics[0].smoothing = Smoothing{minutes(5), SmoothingFunction::kMax};
    fake.changes.push_back({WorkloadId{0}, testing::ViewOf(std::move(spec), 2)});
    const Timestamp give_up = clock_.Now() + seconds(60);
    while (fake.decisions.empty() && clock_.Now() < give_up) {
      engine.Tick();
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(20), {});
    }
    return fake.decisions.empty() ? Decision() : fake.decisions.front();
  }

  std::atomic<int> load_ = 0;
  test::ScriptedServer exporter_{[this](const test::ScriptedRequest&) {
    test::ScriptedAnswer answer;
    answer.content_type = "text/plain; version=0.0.4";
    answer.body = "load{pod=\"a\"} " + std::to_string(load_.load()) + "\n";
    return answer;
  }};
  std::unique_ptr<PrometheusProcess> prometheus_;
  SystemClock clock_;
  NullTelemetry telemetry_;
  CurlClient http_{clock_};
  SerialExecutor executor_;
  ResolvedSource source_;
};

TEST_F(BackfillIntegration, ARestartedEngineRemembersThePeakOfItsWindow) {
  ShowLoad(70);
  // The newest step of the grid is left to the present, so the peak has to last for some of them.
  (void)clock_.WaitUntil(clock_.Now() + seconds(12), {});
  ShowLoad(20);
  for (const std::string query : {"sum(load)", "load", "load_of{pod=\"a\"}"}) {
    source_.spec.prometheus = PrometheusSource{
        .groups = {{.name = "load_of", .query = "sum by (pod) (load)", .by = {"pod"}}}};
    const Decision decision = FirstDecision(query);
    ASSERT_EQ(decision.metrics.size(), 1U) << query;
    EXPECT_EQ(decision.metrics[0].value, 20) << query << ": the present is what it is";
    EXPECT_EQ(decision.recommended, 7) << query << ": the largest of five minutes, 70 / 10";
  }
}

TEST_F(BackfillIntegration, WithoutAnAnswerAboutThePastItStartsWithThePresent) {
  ShowLoad(20);
  const Decision decision = FirstDecision("scalar(sum(load))");
  ASSERT_EQ(decision.metrics.size(), 1U);
  EXPECT_EQ(decision.recommended, 2) << "a scalar has a past, too";
  prometheus_.reset();
  EXPECT_FALSE(FirstDecision("sum(load)").known);
}

}  // namespace
}  // namespace hpaplus
