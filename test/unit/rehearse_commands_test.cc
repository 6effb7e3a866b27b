// The commands around recordings and policy tests, with what they print and how they exit.

#include <atomic>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "engine/app/commands.h"
#include "engine/app/what_if.h"
#include "test/support/command_call.h"
#include "test/support/range_server.h"
#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus::app {
namespace {

namespace fs = std::filesystem;
using test::Call;
using test::Outcome;
using testing::CpuSpec;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RoundsOf;
using testing::SegmentOf;
using testing::Spec;

class Commands : public ::testing::Test {
 protected:
  std::string Recording(const WorkloadSpec& spec = Spec(), int length = 300) {
    return dir_.Write("it.hpar", SegmentOf(RoundsOf(spec, length)));
  }
  Outcome TryExplain(const std::string& what_if = "") {
    ExplainOptions options;
    options.object = "shop/web";
    options.recording = recording_;
    options.what_if = what_if;
    return Call(options, Explain);
  }

  test::TempDir dir_;
  std::string recording_ = Recording();
};

TEST_F(Commands, ReplayVerifies) {
  ReplayOptions options;
  options.recording = recording_;
  options.verify = true;
  const Outcome once = Call(options, Replay);
  EXPECT_EQ(once.code, 0) << once.err;
  EXPECT_THAT(once.out, HasSubstr("the same byte for byte, 0 different"));
  EXPECT_EQ(once.out, Call(options, Replay).out);
  options.output = "ndjson";
  EXPECT_THAT(Call(options, Replay).out, HasSubstr("\"same\":true"));
}

TEST_F(Commands, ReplayExitsWithTwoAtTheFirstDifference) {
  std::vector<Round> rounds = RoundsOf(Spec(), 60);
  rounds[10].decided.steps.back().after += 1;
  ReplayOptions options;
  options.recording = dir_.Write("other.hpar", SegmentOf(rounds));
  options.verify = true;
  options.output = "json";
  const Outcome outcome = Call(options, Replay);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(FormatRfc3339(rounds[10].at, true) + " shop/web: step "));
  EXPECT_THAT(outcome.out, HasSubstr("\"decisions\": 11"));
}

TEST_F(Commands, ReplaySaysWhatCannotBeRead) {
  ReplayOptions options;
  options.recording = dir_.path() + "/none.hpar";
  EXPECT_EQ(Call(options, Replay).code, 1);
  std::string bytes = SegmentOf(RoundsOf(Spec(), 60));
  options.recording = dir_.Write("cut.hpar", bytes.substr(0, bytes.size() - 9));
  const Outcome cut = Call(options, Replay);
  EXPECT_EQ(cut.code, 0);
  EXPECT_THAT(cut.err, HasSubstr("cut.hpar: the last "));
  bytes[bytes.size() / 2] ^= 4;
  options.recording = dir_.Write("bad.hpar", bytes);
  const Outcome bad = Call(options, Replay);
  EXPECT_EQ(bad.code, 65);
  EXPECT_THAT(bad.err, HasSubstr("bad.hpar: the frame at offset "));
  EXPECT_THAT(bad.out, HasSubstr("shop/web"));
  options.recording = recording_;
  options.object = "shop/other";
  EXPECT_EQ(Call(options, Replay).code, 1);
}

TEST_F(Commands, ReplayClosesTheLoop) {
  ReplayOptions options;
  options.recording = Recording(CpuSpec(), 1200);
  options.closed_loop = true;
  options.capacity_per_replica = 10;
  options.others = {"hpa-default", "oracle"};
  const Outcome table = Call(options, Replay);
  EXPECT_EQ(table.code, 0) << table.err;
  for (const char* text : {"closed loop", "fit: ", "recorded", "replayed", "hpa-default", "oracle"})
    EXPECT_THAT(table.out, HasSubstr(text));
  options.metric = "other";
  EXPECT_EQ(Call(options, Replay).code, 1);
}

TEST_F(Commands, ReplayDrawsEitherLoop) {
  ReplayOptions options;
  options.recording = Recording(CpuSpec(), 1200);
  options.output = "html";
  const Outcome open = Call(options, Replay);
  EXPECT_EQ(open.code, 0) << open.err;
  EXPECT_THAT(open.out, HasSubstr("\"text\":\"Open loop: all "));
  EXPECT_THAT(open.out, HasSubstr("\"why\":\"cpu asks for "));
  options.closed_loop = true;
  options.capacity_per_replica = 10;
  const Outcome closed = Call(options, Replay);
  EXPECT_EQ(closed.code, 0) << closed.err;
  EXPECT_THAT(closed.out, HasSubstr("\"text\":\"Closed loop: on the demand that is found in cpu"));
  EXPECT_THAT(closed.out, HasSubstr("% off those recorded"));
}

TEST_F(Commands, ADrawnReplaySaysWhatCameOutDifferently) {
  std::vector<Round> rounds = RoundsOf(Spec(), 60);
  rounds[10].decided.steps.back().after += 1;
  ReplayOptions options;
  options.recording = dir_.Write("other.hpar", SegmentOf(rounds));
  options.output = "html";
  const Outcome outcome = Call(options, Replay);
  EXPECT_THAT(outcome.out, HasSubstr(" and 1 differently. The first: "));
  EXPECT_THAT(outcome.out, HasSubstr("\"tone\":\"bad\""));
}

TEST_F(Commands, ExplainShowsEveryStage) {
  const Outcome outcome = TryExplain();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* text : {"Decision ", "shop/web", "asks for", "s old", " 1 ", "Smooth", "Combine",
                           "Stabilize", "Bounds", "What would change it:", "replicas if load"})
    EXPECT_THAT(outcome.out, HasSubstr(text));
}

TEST_F(Commands, ExplainDecidesAgainWithAChange) {
  const Outcome fixed = TryExplain("maxReplicas=3");
  ASSERT_EQ(fixed.code, 0) << fixed.err;
  EXPECT_THAT(fixed.out, HasSubstr("With maxReplicas=3: "));
  EXPECT_THAT(fixed.out, HasSubstr("-> 3\n"));
  const Outcome wrong = TryExplain("maxReplica=3");
  EXPECT_EQ(wrong.code, 64);
  EXPECT_THAT(wrong.err, HasSubstr("\"maxReplica\" cannot be changed; what can: "));
}

TEST_F(Commands, ExplainFindsADecisionByTimeAndById) {
  const std::vector<Round> rounds = RoundsOf(Spec(), 300);
  ExplainOptions options;
  options.object = "shop/web";
  options.recording = recording_;
  options.json = true;
  options.at = rounds[50].at + std::chrono::milliseconds(1);
  const Outcome by_time = Call(options, Explain);
  EXPECT_THAT(by_time.out, HasSubstr(FormatRfc3339(rounds[50].at, true)));
  const std::string key = "\"id\": \"";
  const std::size_t begin = by_time.out.find(key) + key.size();
  options.at.reset();
  options.decision = by_time.out.substr(begin, 16);
  EXPECT_EQ(Call(options, Explain).out, by_time.out);
  options.decision = "0000000000000000";
  EXPECT_EQ(Call(options, Explain).code, 1);
  options.object = "web";
  EXPECT_EQ(Call(options, Explain).code, 64);
}

TEST_F(Commands, WhatIfChangesOneSetting) {
  const auto value = [](const std::string& change) {
    const auto spec = WhatIf(Spec(), change);
    return spec ? "" : spec.error().message;
  };
  EXPECT_EQ(WhatIf(Spec(), "metrics[load].target=20")->metrics[0].target.average_value,
            testing::Q("20"));
  EXPECT_EQ(WhatIf(Spec(), "spec.safety.maxReplicasPerMinute=5")->safety.max_replicas_per_minute,
            5);
  EXPECT_EQ(WhatIf(CpuSpec(), "metrics[cpu].target=50")->metrics[0].target.average_utilization, 50);
  EXPECT_EQ(WhatIf(Spec(), "behavior.scaleDown.elasticity=0.5")->behavior->scale_down.elasticity,
            testing::Q("0.5"));
  EXPECT_EQ(value("minReplicas"), "what if wants path=value");
  EXPECT_EQ(value("minReplicas=x"), "\"x\" makes no sense for minReplicas");
  EXPECT_EQ(value("minReplicas=500"), "minReplicas would be above maxReplicas");
  EXPECT_EQ(value("metrics[cpu].target=5"), "there is no metric \"cpu\"");
  EXPECT_EQ(value("metrics[load].target=0"), "\"0\" makes no sense for metrics[load].target");
  EXPECT_THAT(value("metrics[load.target=0"), HasSubstr("cannot be changed"));
  EXPECT_THAT(value("metrics[load].query=x"), HasSubstr("metrics[NAME].target"));
}

TEST_F(Commands, TestRunsTheExamples) {
  std::size_t files = 0;
  for (const auto& file : fs::directory_iterator(HPAPLUS_SOURCE_DIR "/examples/test")) {
    if (!file.path().string().ends_with(".test.yaml")) continue;
    ++files;
    TestOptions options;
    options.files = {file.path().string()};
    const Outcome outcome = Call(options, app::Test);
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  }
  EXPECT_GT(files, 0U);
}

TEST_F(Commands, TestShowsWhatFailedAndWhy) {
  fs::copy_file(HPAPLUS_SOURCE_DIR "/examples/test/checkout.yaml", dir_.path() + "/checkout.yaml");
  TestOptions options;
  options.files = {dir_.Write("it.test.yaml",
                              "policies: [checkout.yaml]\ntests:\n"
                              "- name: a <b> & \"c\"\n  target: {replicas: 40}\n"
                              "  input: {rps: 9600x60, cpu: 60x60}\n"
                              "  expect: [{replicas: '<= 40'}]\n")};
  const Outcome table = Call(options, app::Test);
  EXPECT_EQ(table.code, 2);
  for (const char* text : {"FAIL", "not <= 40", "Decision ", "Combine", "1 tests, 1 failed"})
    EXPECT_THAT(table.out, HasSubstr(text));
  options.output = "junit";
  const Outcome junit = Call(options, app::Test);
  EXPECT_THAT(junit.out, HasSubstr("tests=\"1\" failures=\"1\""));
  EXPECT_THAT(junit.out, HasSubstr("name=\"a &lt;b&gt; &amp; &quot;c&quot;\""));
  EXPECT_THAT(junit.out, HasSubstr("<failure message=\"at "));
  options.output = "json";
  EXPECT_THAT(Call(options, app::Test).out, HasSubstr("\"failed\": 1"));
  options.files = {dir_.Write("bad.test.yaml", "policies: [checkout.yaml]\ntests: 5\n")};
  const Outcome bad = Call(options, app::Test);
  EXPECT_EQ(bad.code, 65);
  EXPECT_THAT(bad.err, HasSubstr("bad.test.yaml:2:"));
}

TEST_F(Commands, RecordMakesATrace) {
  RecordOptions options;
  options.csv_file = dir_.Write("in.csv", "0,1\n15,NaN\n30,3\n");
  const Outcome outcome = Call(options, Record);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "t_seconds,value\n0,1\n30,3\n");
  EXPECT_THAT(outcome.err, HasSubstr("1 that are no finite number were left out"));
  options.output_file = dir_.path() + "/out.csv";
  EXPECT_EQ(Call(options, Record).out, "");
  EXPECT_TRUE(fs::exists(options.output_file));
  options.output_file = dir_.path() + "/not/there.csv";
  EXPECT_EQ(Call(options, Record).code, 1);
  options.csv_file = dir_.Write("empty.csv", "");
  const Outcome empty = Call(options, Record);
  EXPECT_EQ(empty.code, 65);
  EXPECT_THAT(empty.err, HasSubstr("empty.csv: there is no line"));
}

// A day of seconds is more than one request may ask for.
TEST_F(Commands, RecordReadsAPrometheus) {
  std::atomic<int> requests = 0;
  const auto value = [](std::int64_t at) { return static_cast<double>(at % 100); };
  const auto look = [&requests](const test::ScriptedRequest& request) {
    ++requests;
    EXPECT_EQ(request.path, "/api/v1/query_range");
    EXPECT_EQ(request.headers.at("authorization"), "Bearer secret");
    test::ScriptedAnswer answer;
    if (request.query.at("query") == "bad(") {
      answer.status = 400;
      answer.body = R"({"status":"error","errorType":"bad_data","error":"parse error"})";
    }
    return answer;
  };
  test::ScriptedServer server(test::RangeScript(value, look));
  RecordOptions options;
  options.url = server.url();
  options.query = "up";
  options.step = std::chrono::seconds(1);
  options.end = testing::kNoon;
  options.token_file = dir_.Write("token", "secret\n");
  const Outcome day = Call(options, Record);
  EXPECT_EQ(day.code, 0) << day.err;
  EXPECT_EQ(requests, 9);
  EXPECT_THAT(day.err, HasSubstr("86401 points from 2025-12-31T12:00:00Z on\n"))
      << "each second once, also where two requests meet";
  options.over = std::chrono::minutes(1);
  options.query = "two";
  const Outcome two = Call(options, Record);
  EXPECT_EQ(two.code, 65);
  EXPECT_THAT(two.err, HasSubstr("the query wants to have one series as its answer"));
  options.query = "bad(";
  const Outcome bad = Call(options, Record);
  EXPECT_EQ(bad.code, 78);
  EXPECT_THAT(bad.err, HasSubstr("HTTP status 400: prometheus: bad_data: parse error"));
  options.over = std::chrono::days(365);
  requests = 0;
  const Outcome endless = Call(options, Record);
  EXPECT_EQ(endless.code, 65);
  EXPECT_THAT(endless.err, HasSubstr("are 31536000 points; a trace may have 10000000"));
  EXPECT_EQ(requests, 0);
}

}  // namespace
}  // namespace hpaplus::app
