// Recordings decided again, open loop and closed loop.

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "engine/record/open_loop.h"
#include "engine/rehearse/closed_loop.h"
#include "engine/rehearse/open_loop_page.h"
#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using testing::CpuSpec;
using ::testing::HasSubstr;
using testing::RoundsOf;
using testing::SegmentOf;
using testing::Spec;

class ReplayLoop : public ::testing::Test {
 protected:
  std::string Write(const std::vector<Round>& rounds) {
    return dir_.Write("it.hpar", SegmentOf(rounds));
  }
  static record::OpenLoop Open(const std::string& file, const std::string& object = "") {
    record::OpenLoopOptions options;
    options.object = object;
    const auto result = record::ReplayOpen(file, policies::MakeBuiltinPolicies, options);
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : record::OpenLoop();
  }
  static Result<rehearse::ClosedLoop> Closed(const std::string& file,
                                             rehearse::ClosedLoopOptions options = {}) {
    options.plant = {10, seconds(30), 1};
    return rehearse::ReadClosedLoop(file, options);
  }

  test::TempDir dir_;
};

TEST_F(ReplayLoop, OpenGivesTheSameBytesTwice) {
  const std::string file = Write(RoundsOf(Spec(), 600));
  const std::string once = record::OpenLoopJson(Open(file), "it");
  EXPECT_EQ(once, record::OpenLoopJson(Open(file), "it"));
  EXPECT_THAT(once, HasSubstr("\"verified\": true"));
  EXPECT_THAT(once, HasSubstr("\"writer\": \"a test\""));
  EXPECT_THAT(once, HasSubstr("\"object\": \"shop/web\""));
  EXPECT_EQ(Open(file, "shop/other").decisions, 0U);
}

TEST_F(ReplayLoop, OpenNamesTheFirstDifference) {
  std::vector<Round> rounds = RoundsOf(Spec(), 60);
  for (std::size_t i : {10U, 20U})
    rounds[i].decided.steps.back().after += 1;
  const record::OpenLoop result = Open(Write(rounds));
  EXPECT_EQ(result.different(), 2U);
  EXPECT_FALSE(result.verified());
  ASSERT_TRUE(result.first_difference);
  EXPECT_EQ(result.first_difference->at, rounds[10].at);
  EXPECT_EQ(result.first_difference->object, "shop/web");
  EXPECT_THAT(record::OpenLoopTable(result, "it"), HasSubstr("first difference: 2026-"));
}

TEST_F(ReplayLoop, OpenSaysWhatIsDamaged) {
  std::string bytes = SegmentOf(RoundsOf(Spec(), 60));
  bytes[bytes.size() / 2] ^= 1;
  const record::OpenLoop result = Open(dir_.Write("bad.hpar", bytes));
  EXPECT_GT(result.same, 5U);
  EXPECT_FALSE(result.verified());
  ASSERT_EQ(result.damage.size(), 1U);
  EXPECT_THAT(result.damage[0], HasSubstr("bad.hpar: the frame at offset "));
}

TEST_F(ReplayLoop, ClosedFindsTheDemandAgain) {
  for (const WorkloadSpec& spec : {Spec(), CpuSpec()}) {
    SCOPED_TRACE(spec.metrics[0].name);
    const auto loop = Closed(Write(RoundsOf(spec, 3600)));
    ASSERT_TRUE(loop) << loop.error().message;
    EXPECT_EQ(loop->demand.metric, spec.metrics[0].name);
    const rehearse::Trace real = testing::Waves(3600);
    rehearse::TraceReader expected(real, rehearse::Between::kHold);
    rehearse::TraceReader found(loop->demand.trace, rehearse::Between::kHold);
    const double offset = ToSeconds(loop->demand.start - testing::kStart);
    double worst = 0;
    for (double t = 60; t < 3500; t += 10)  // Away from the steps of the demand.
      worst = std::max(worst, std::abs(found.At(t - offset + 5) / expected.At(t) - 1));
    EXPECT_LT(worst, 0.02);
    const bool has_pods = spec.metrics[0].type == MetricType::kResource;
    EXPECT_EQ(loop->demand.fit_error.has_value(), has_pods);
    if (has_pods) {
      EXPECT_LT(*loop->demand.fit_error, 0.02);
    }
  }
}

TEST_F(ReplayLoop, ClosedTellsAWrongPlantByItsFit) {
  const std::string file = Write(RoundsOf(CpuSpec(), 3600));
  rehearse::ClosedLoopOptions wrong;
  wrong.plant = {10, seconds(600), 1};
  const auto loop = rehearse::ReadClosedLoop(file, wrong);
  ASSERT_TRUE(loop);
  EXPECT_GT(*loop->demand.fit_error, 0.05);
}

TEST_F(ReplayLoop, ClosedComparesWithWhatWasRecorded) {
  const auto loop = Closed(Write(RoundsOf(Spec(), 1800)));
  ASSERT_TRUE(loop);
  const auto run = rehearse::RunEngine("replayed", loop->spec, loop->demand.trace, loop->options,
                                       policies::MakeBuiltinPolicies, loop->demand.start);
  EXPECT_NEAR(run.scores.replica_hours, loop->demand.recorded.replica_hours,
              run.scores.replica_hours * 0.05);
  const std::string json = rehearse::ClosedLoopJson(*loop, "it", {run});
  EXPECT_THAT(json, HasSubstr("\"loop\": \"closed\""));
  EXPECT_THAT(json, HasSubstr("\"fit_error\": null"));
  EXPECT_THAT(json, HasSubstr("\"name\": \"recorded\""));
  EXPECT_THAT(rehearse::ClosedLoopTable(*loop, "it", {run}), HasSubstr("closed loop: the demand"));
}

TEST_F(ReplayLoop, ClosedKnowsEachRecordedChangeAndWhyWhereItWasTheObjects) {
  std::vector<Round> rounds = RoundsOf(Spec(), 900);
  const auto loop = Closed(Write(rounds));
  ASSERT_TRUE(loop);
  const std::vector<rehearse::Change>& changes = loop->demand.changes;
  ASSERT_GT(changes.size(), 3U);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_NE(changes[i].from, changes[i].to);
    EXPECT_THAT(changes[i].why, HasSubstr("load asks for "));
    if (i > 0) {
      EXPECT_EQ(changes[i].from, changes[i - 1].to);
    }
  }
  for (Round& round : rounds)
    round.decided.acts = false;
  const auto others = Closed(Write(rounds));
  ASSERT_TRUE(others);
  ASSERT_EQ(others->demand.changes.size(), changes.size());
  EXPECT_EQ(others->demand.changes[0].reason, Reason::kNone);
  EXPECT_EQ(others->demand.changes[0].why, "");
}

TEST_F(ReplayLoop, APageOfADayHasABoundedNumberOfPoints) {
  rehearse::OpenLoopPage page;
  std::vector<Round> rounds = RoundsOf(Spec(), 60);
  record::Redecision again;
  for (int i = 0; i < 86'400; ++i) {
    Round round = rounds.front();
    round.at = testing::kStart + seconds(i);
    round.decided.current = 5;
    round.decided.desired = i >= 43'200 ? 7 : 5;
    page.Take(round, again);
  }
  const nlohmann::json json = nlohmann::json::parse(page.Page({}, "it"));
  const auto& decided = json["runs"]["policies"][1]["ready"];
  const double step = json["runs"]["step"];
  EXPECT_LE(decided.size(), rehearse::OpenLoopPage::kPointsMost);
  EXPECT_GT(decided.size(), rehearse::OpenLoopPage::kPointsMost / 3);
  EXPECT_EQ(decided[0], 5);
  EXPECT_EQ(decided[static_cast<std::size_t>(43'100 / step)], 5);
  EXPECT_EQ(decided[static_cast<std::size_t>(43'400 / step)], 7);
  EXPECT_EQ(json["log"].size(), rehearse::OpenLoopPage::kLogMost);
  EXPECT_EQ(json["facts"]["Log"], "the first 2000 of 43200 decisions for another size");
}

TEST_F(ReplayLoop, ClosedRefusesWhatHasNoDemand) {
  const std::vector<Round> rounds = RoundsOf(Spec(), 60);
  const std::string file = Write(rounds);
  const auto problem = [&](rehearse::ClosedLoopOptions options) {
    const auto loop = Closed(file, std::move(options));
    return loop ? "" : loop.error().message;
  };
  EXPECT_EQ(problem({.object = "shop/other"}), "the recording has no decision of shop/other");
  EXPECT_EQ(problem({.metric = "cpu"}), "the recording has no metric \"cpu\"");
  std::vector<Round> unknown = rounds;
  for (Round& round : unknown)
    round.decided.metrics[0].proposal.reset();
  const auto never = Closed(Write(unknown));
  EXPECT_EQ(never.error().message, "the metric \"load\" was never known");
  std::vector<Round> two = rounds;
  for (Round round : rounds) {
    auto view = std::make_shared<WorkloadView>(*round.view);
    auto spec = std::make_shared<WorkloadSpec>(*view->spec);
    spec->name = "other";
    view->spec = spec;
    round.view = view;
    round.id = WorkloadId{1};
    two.push_back(round);
  }
  EXPECT_THAT(Closed(Write(two)).error().message, HasSubstr("has 2 objects; name one, like shop/"));
}

}  // namespace
}  // namespace hpaplus
