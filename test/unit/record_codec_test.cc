// What is written is what is read: over all situations of examples/decide, which use every part of
// an object, and their memory after each step.

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "engine/model/json_fields.h"
#include "engine/model/reason.h"
#include "engine/record/codec.h"
#include "engine/record/crc32c.h"
#include "engine/record/delta.h"
#include "engine/replay/case_run.h"
#include "engine/replay/json_case.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::record {
namespace {

namespace fs = std::filesystem;

void ExpectSameReading(const ReadingResult& a, const ReadingResult& b, const WorkloadView& view) {
  EXPECT_EQ(PackReading(a, view), PackReading(b, view));
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) return;
  EXPECT_EQ((*a)->pod_usage.Pods(), (*b)->pod_usage.Pods());
}

void ExpectSame(const replay::StepResult& step) {
  const WorkloadView& view = step.view;
  const Result<WorkloadSpec> spec = UnpackSpec(PackSpec(*view.spec));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(*spec, *view.spec);
  WorkloadView scene;
  ASSERT_TRUE(UnpackScene(PackScene(view), scene));
  EXPECT_EQ(scene.scale, view.scale);
  EXPECT_EQ(scene.ambiguous_selector, view.ambiguous_selector);
  const auto pods = UnpackPods(PackPods(view.pods));
  ASSERT_TRUE(pods);
  ASSERT_EQ(pods->size(), view.pods.size());
  for (std::size_t i = 0; i < pods->size(); ++i)
    EXPECT_EQ(*(*pods)[i], *view.pods[i]);
  const auto history = UnpackHistory(PackHistory(step.history));
  ASSERT_TRUE(history);
  EXPECT_EQ(*history, step.history);
  Decision decision = step.round.decision;
  const auto read = UnpackDecision(PackDecision(decision));
  ASSERT_TRUE(read);
  EXPECT_EQ(PackDecision(*read), PackDecision(decision));
}

TEST(Codec, GivesBackEverySituationOfTheExamples) {
  std::size_t steps = 0;
  for (const auto& file : fs::directory_iterator(HPAPLUS_SOURCE_DIR "/examples/decide")) {
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      JsonDocument document;
      ASSERT_TRUE(document.Parse(line));
      std::string problem;
      replay::CaseRun run(replay::ReadCase(document.Root(problem)), policies::MakeBuiltinPolicies,
                          {});
      ASSERT_EQ(problem, "") << file.path();
      for (; !run.done(); ++steps) {
        SCOPED_TRACE(file.path().string() + ": " + run.name());
        const replay::StepResult step = run.Step();
        if (!step.deleted) ExpectSame(step);
      }
    }
  }
  EXPECT_GT(steps, 100U);
}

TEST(Codec, GivesBackSamplesOfEveryKind) {
  testing::Bench bench;
  bench.AddPods(2);
  Reading pods;
  pods.pod_values = {{"web-100", testing::kNoon, testing::seconds(30), 1500}};
  const ReadingResult readings[] = {
      testing::AnswerNumber(1.5), testing::Answer(pods),
      Error{ErrorCode::kUnavailable, "connection refused"},
      testing::AnswerNumber(std::numeric_limits<double>::quiet_NaN())};
  for (const ReadingResult& reading : readings) {
    const auto read = UnpackReading(PackReading(reading, bench.view));
    ASSERT_TRUE(read);
    ExpectSameReading(reading, *read, bench.view);
  }
}

TEST(Codec, KeepsOfAClustersUsageWhatTheDecisionLooksAt) {
  testing::Bench bench;
  bench.AddPods(1);
  Reading usage;
  std::vector<PodUsage> all;
  for (const char* ns : {"other", "shop"}) {
    for (const char* pod : {"web-100", "worker-1"})
      all.push_back({ns, pod, testing::kNoon, testing::seconds(15), {{"app", {{"cpu", 50}}}}});
  }
  usage.pod_usage = PodUsageTable(all);
  const auto read = UnpackReading(PackReading(testing::Answer(usage), bench.view));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((**read)->pod_usage.Pods(), std::vector<PodUsage>{all[2]});
  usage.selected = true;
  const auto whole = UnpackReading(PackReading(testing::Answer(usage), bench.view));
  EXPECT_EQ((**whole)->pod_usage.size(), 4U);
}

TEST(Codec, RefusesBytesThatAreNoSuchThing) {
  testing::Bench bench;
  const std::string spec = PackSpec(*bench.spec);
  for (std::size_t size = 0; size < spec.size(); ++size)
    EXPECT_FALSE(UnpackSpec(std::string_view(spec).substr(0, size))) << size;
  EXPECT_FALSE(UnpackSpec(spec + "x"));
  EXPECT_FALSE(UnpackHistory("\x02"));
  EXPECT_FALSE(UnpackDecision(std::string(200, '\xFF')));
  EXPECT_FALSE(UnpackPods("\x7F")) << "more elements than bytes";
  EXPECT_FALSE(UnpackReading("\x02"));
}

// Who appends an enumerator has to say so in the codec, too.
TEST(Codec, KnowsTheLastEnumerators) {
  Decision decision;
  decision.steps.push_back({Stage::kFleet, 1, 2, Reason::kSuspicious, 0.5, 0});
  EXPECT_TRUE(UnpackDecision(PackDecision(decision)));
  const auto after = static_cast<Reason>(static_cast<int>(Reason::kSuspicious) + 1);
  EXPECT_EQ(ReasonName(after), "Unknown");
}

TEST(Crc32c, IsTheOneOfCastagnoli) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(Crc32c(""), 0U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAU);
}

TEST(Delta, LeadsFromAnyTextToAnyOther) {
  const std::string texts[] = {"a",
                               "a",
                               "abcdefghijklmnop",
                               "abcdefgXijklmYop",
                               "abcdefgXijk",
                               "ijklmnopqr",
                               std::string(300, 'x'),
                               std::string(300, 'x') + "y",
                               "y" + std::string(300, 'x'),
                               "zz",
                               "a"};
  std::string written;
  std::string read;
  for (const std::string& text : texts) {
    Packer packer;
    const bool same = text == written;
    PutDelta(packer, text, written);
    EXPECT_LE(packer.bytes().size(), text.size() + 4);
    Unpacker unpacker(packer.bytes());
    EXPECT_EQ(TakeDelta(unpacker, 1000, read), !same);
    EXPECT_FALSE(unpacker.bad());
    EXPECT_EQ(unpacker.left(), 0U);
    EXPECT_EQ(read, text);
  }
}

TEST(Delta, RefusesWhatLeavesItsText) {
  for (const std::string& bytes :
       {std::string("\x02\x03\x05\x01x", 5), std::string("\x03\x09\x00\x00", 4),
        std::string("\x04", 1), std::string("\x01\x05zz", 4), std::string()}) {
    Unpacker unpacker(bytes);
    std::string text = "abc";
    (void)TakeDelta(unpacker, 1000, text);
    EXPECT_TRUE(unpacker.bad());
  }
  Unpacker large("\x01\x03xyz");
  std::string text;
  (void)TakeDelta(large, 2, text);
  EXPECT_TRUE(large.bad());
}

}  // namespace
}  // namespace hpaplus::record
