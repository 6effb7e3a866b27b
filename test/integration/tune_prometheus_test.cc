// A search over what a real Prometheus has measured. Skipped, loudly, where there is no prometheus.

#include <atomic>
#include <string>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "engine/app/prometheus_import.h"
#include "engine/shell/system_clock.h"
#include "test/support/command_call.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"
#include "test/support/temp_dir.h"

namespace hpaplus::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PrometheusProcess;
using ::testing::HasSubstr;

constexpr const char* kObject = R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 100
  metrics:
  - type: Source
    source: {ref: {name: p}, query: 'sum(load{app="${target}"})',
             target: {type: AverageValue, averageValue: "7"}}
)";

TEST(TunePrometheus, SearchesOverWhatWasMeasured) {
  if (PrometheusProcess::Find().empty()) {
    GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
  }
  std::atomic<int> load = 100;
  test::ScriptedServer exporter([&load](const test::ScriptedRequest&) {
    test::ScriptedAnswer answer;
    answer.content_type = "text/plain; version=0.0.4";
    answer.body = "load{app=\"web\"} " + std::to_string(load += 10) + "\n";
    return answer;
  });
  PrometheusProcess::Options options;
  options.targets = {"127.0.0.1:" + std::to_string(exporter.port())};
  auto prometheus = PrometheusProcess::Start(options);
  ASSERT_TRUE(prometheus) << prometheus.error().message;

  test::TempDir dir;
  TuneOptions tune;
  tune.spec_file = dir.Write("web.yaml", kObject);
  tune.capacity_per_replica = 10;
  tune.candidates = 32;
  tune.progress = "none";
  tune.format = ReportFormat::kJson;
  tune.prometheus.url = (*prometheus)->url();
  tune.prometheus.over = std::chrono::minutes(1);
  tune.prometheus.step = seconds(1);

  constexpr std::size_t kEnough = 15;
  SystemClock clock;
  PrometheusRange range = tune.prometheus;
  range.query = "sum(load)";
  std::ostringstream talk;
  std::size_t seen = 0;
  for (const Timestamp give_up = clock.Now() + seconds(60); clock.Now() < give_up;) {
    const auto series = ReadPrometheus(range, clock, talk);
    seen = series ? series->size() : 0;
    if (seen >= kEnough) break;
    (void)clock.WaitUntil(clock.Now() + milliseconds(200), {});
  }
  ASSERT_GE(seen, kEnough);

  const test::Outcome outcome = test::Call(tune, Tune);
  const auto json = nlohmann::json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(json.is_object()) << outcome.err;
  EXPECT_EQ(json["trace"]["file"], "sum(load{app=\"web\"})");
  EXPECT_GE(json["trace"]["seconds"], 10);
  EXPECT_GE(json["trace"]["peak"], 200);
  EXPECT_EQ(json["policies"].size(), 3U);

  tune.prometheus.query = "nothing_of_the_kind";
  const test::Outcome nothing = test::Call(tune, Tune);
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("the query has no samples in this time"));
  tune.prometheus.query = "sum(";
  const test::Outcome bad = test::Call(tune, Tune);
  EXPECT_EQ(bad.code, 78);
  EXPECT_THAT(bad.err, HasSubstr("parse error"));
}

}  // namespace
}  // namespace hpaplus::app
