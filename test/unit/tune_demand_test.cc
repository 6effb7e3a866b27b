// Where hpaplus tune takes a demand from, besides a trace: what it makes of it, what the report
// says of it, and what it says when there is none.

#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "test/support/command_call.h"
#include "test/support/range_server.h"
#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus::app {
namespace {

using test::Call;
using test::Outcome;
using testing::CpuSpec;
using ::testing::HasSubstr;
using testing::RoundsOf;
using testing::SegmentOf;

constexpr const char* kObject = R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 100
  metrics:
)";
constexpr const char* kCpu =
    "  - type: Resource\n"
    "    resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}\n";
constexpr const char* kSource =
    "  - type: Source\n"
    "    source: {ref: {name: p}, query: 'load{app=\"${target}\"}',"
    " target: {type: AverageValue, averageValue: \"7\"}}\n";

class TuneDemandTest : public ::testing::Test {
 protected:
  TuneDemandTest() {
    options_.capacity_per_replica = 10;
    options_.candidates = 32;
    options_.threads = 1;
    options_.progress = "none";
    options_.format = ReportFormat::kJson;
  }

  void TuneFor(const std::string& metrics) {
    options_.spec_file = dir_.Write("web.yaml", kObject + metrics);
  }

  nlohmann::json Tuned() {
    const Outcome outcome = Call(options_, Tune);
    EXPECT_THAT(outcome.code, ::testing::AnyOf(0, 2)) << outcome.err;
    auto json = nlohmann::json::parse(outcome.out, nullptr, false);
    EXPECT_TRUE(json.is_object()) << outcome.out;
    return json;
  }

  test::TempDir dir_;
  TuneOptions options_;
};

TEST_F(TuneDemandTest, FindsTheDemandOfARecording) {
  TuneFor(kCpu);
  options_.recording = dir_.Write("day.hpar", SegmentOf(RoundsOf(CpuSpec(), 3600)));
  const auto json = Tuned();
  EXPECT_EQ(json["trace"]["from"], "recording");
  EXPECT_EQ(json["trace"]["file"], options_.recording);
  EXPECT_NEAR(json["trace"]["seconds"], 3600, 20);
  EXPECT_NEAR(json["trace"]["peak"], 550, 20);
  EXPECT_EQ(json["demand"]["object"], "shop/web");
  EXPECT_EQ(json["demand"]["metric"], "cpu");
  EXPECT_THAT(std::string(json["demand"]["start"]), HasSubstr("2026-01-05T00:00:0"));
  EXPECT_LT(json["plant"]["fit_error"], 0.05);
  EXPECT_EQ(json["policies"].size(), 3U);
  options_.format = ReportFormat::kTable;
  const Outcome table = Call(options_, Tune);
  EXPECT_THAT(table.out, HasSubstr("the demand of shop/web found again in cpu"));
  EXPECT_THAT(table.out, HasSubstr("fit: modelled replicas are "));
  options_.startup = std::chrono::minutes(10);
  options_.format = ReportFormat::kHtml;
  EXPECT_THAT(Call(options_, Tune).out, HasSubstr("these figures are rough, look at --startup"));
}

TEST_F(TuneDemandTest, SaysWhatARecordingLacks) {
  TuneFor(kCpu);
  options_.recording = dir_.path() + "/none.hpar";
  EXPECT_EQ(Call(options_, Tune).code, 1);
  std::string bytes = SegmentOf(RoundsOf(CpuSpec(), 60));
  options_.recording = dir_.Write("day.hpar", bytes);
  options_.object = "shop/other";
  const Outcome other = Call(options_, Tune);
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("hpaplus tune: the recording has no decision of shop/other"));
  options_.object.clear();
  options_.metric = "load";
  const Outcome metric = Call(options_, Tune);
  EXPECT_EQ(metric.code, 1);
  EXPECT_THAT(metric.err, HasSubstr("the recording has no metric \"load\""));
  options_.metric.clear();
  bytes[bytes.size() / 2] ^= 4;
  options_.recording = dir_.Write("bad.hpar", bytes);
  const Outcome bad = Call(options_, Tune);
  EXPECT_EQ(bad.code, 65);
  EXPECT_THAT(bad.err, HasSubstr("bad.hpar: the frame at offset "));
}

TEST_F(TuneDemandTest, AsksAPrometheusWhatTheObjectAsks) {
  std::vector<std::string> asked;
  test::ScriptedServer server(test::RangeScript(
      [](std::int64_t at) {
        return at % 3600 == 0 ? -1 : 300 + 200 * std::sin(static_cast<double>(at) / 900);
      },
      [&asked](const test::ScriptedRequest& request) {
        asked.push_back(request.query.at("query"));
        return test::ScriptedAnswer();
      }));
  TuneFor(kSource);
  options_.prometheus.url = server.url();
  options_.prometheus.over = std::chrono::hours(8);
  options_.prometheus.end = testing::kNoon;
  const auto json = Tuned();
  EXPECT_EQ(asked, std::vector<std::string>{"load{app=\"web\"}"});
  EXPECT_EQ(json["trace"]["from"], "prometheus");
  EXPECT_EQ(json["trace"]["file"], "load{app=\"web\"}");
  EXPECT_NEAR(json["trace"]["seconds"], 8 * 3600, 30);
  EXPECT_THAT(json["notes"][0], HasSubstr(" points from 2026-01-01T04:00:15Z on"));
  EXPECT_THAT(json["notes"][1], HasSubstr("9 negative ones were left out"));
  EXPECT_FALSE(json.contains("demand"));
  options_.prometheus.query = "sum(other)";
  EXPECT_EQ(Tuned()["trace"]["file"], "sum(other)");
  EXPECT_EQ(asked.back(), "sum(other)");
  options_.prometheus.query = "two";
  const Outcome two = Call(options_, Tune);
  EXPECT_EQ(two.code, 65);
  EXPECT_THAT(two.err, HasSubstr("the query wants to have one series as its answer"));
}

TEST_F(TuneDemandTest, NeedsAQueryForWhatHasNone) {
  options_.prometheus.url = "http://127.0.0.1:1";
  TuneFor(kCpu);
  const Outcome cpu = Call(options_, Tune);
  EXPECT_EQ(cpu.code, 78);
  EXPECT_THAT(cpu.err, HasSubstr("the metric \"cpu\" has no query whose answer is all of the "
                                 "demand; --query says what to ask"));
  options_.metric = "other";
  const Outcome other = Call(options_, Tune);
  EXPECT_EQ(other.code, 78);
  EXPECT_THAT(other.err, HasSubstr("there is no metric \"other\""));
  options_.metric.clear();
  TuneFor(kSource);
  const Outcome nobody = Call(options_, Tune);
  EXPECT_EQ(nobody.code, 69);
  EXPECT_THAT(nobody.err, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace hpaplus::app
