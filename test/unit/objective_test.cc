#include "engine/rehearse/objective.h"

#include <gtest/gtest.h>

namespace hpaplus::rehearse {
namespace {

Scores Of(double cost, double under, std::int64_t changes = 0) {
  Scores scores;
  scores.seconds = 86'400;
  scores.replica_hours = cost;
  scores.under_provisioned_time_share = under;
  scores.changes = changes;
  return scores;
}

ScorePair Both(const Scores& scores) {
  return {scores, scores};
}

Objective Make(std::string_view text) {
  const auto objective = Objective::Parse(text);
  EXPECT_TRUE(objective) << text;
  return objective ? *objective : Objective();
}

TEST(Objective, ReadsAGoalAndItsLimits) {
  const Objective objective =
      Make(" cost subject to under<0.1%, changes <= 200/day, reversals<0.5hpa");
  EXPECT_EQ(objective.goal, Figure::kCost);
  ASSERT_EQ(objective.limits.size(), 3U);
  EXPECT_EQ(objective.limits[0], (Limit{Figure::kUnder, 0.1 / 100, Limit::Unit::kPlain}));
  EXPECT_EQ(objective.limits[1], (Limit{Figure::kChanges, 200, Limit::Unit::kPerDay}));
  EXPECT_EQ(objective.limits[2], (Limit{Figure::kReversals, 0.5, Limit::Unit::kOfHpa}));
  EXPECT_DOUBLE_EQ(Make("cost subject to under<1min/day").limits[0].most, 1.0 / 1440);
  EXPECT_EQ(Make(Objective::kDefault).goal, Figure::kBalance);
}

TEST(Objective, SaysWhatItDoesNotUnderstand) {
  for (const std::string_view text :
       {"", "speed", "cost subject to", "cost subject to under", "cost subject to under<",
        "cost subject to under<x", "cost subject to under<-1%", "cost subject to under<nan",
        "cost subject to under<inf", "cost subject to under<1/day", "cost subject to changes<1%",
        "cost subject to balance<1", "cost subject to under<1%,",
        "cost subject to under<1%,under<2%", "cost under<1%"}) {
    const auto objective = Objective::Parse(text);
    ASSERT_FALSE(objective) << text;
    EXPECT_EQ(objective.error().code, ErrorCode::kMalformedData);
    EXPECT_TRUE(objective.error().message.starts_with("objective: ")) << text;
  }
  EXPECT_FALSE(Objective::Parse(std::string(2000, ' ') + "cost"));
}

TEST(Objective, PutsItsLimitsBeforeItsGoal) {
  const Objective objective = Make("cost subject to under<1%,changes<10/day");
  const ScorePair hpa = Both(Of(100, 0.05));
  const Standing good = objective.Judge(Both(Of(90, 0.005, 5)), hpa);
  EXPECT_EQ(good.excess, 0);
  EXPECT_LT(good, objective.Judge(Both(Of(50, 0.02, 5)), hpa)) << "too short";
  EXPECT_LT(good, objective.Judge(Both(Of(50, 0.005, 20)), hpa)) << "too many changes";
  EXPECT_LT(objective.Judge(Both(Of(80, 0.005, 5)), hpa), good) << "cheaper";
}

TEST(Objective, LeavesAMarginBelowALimit) {
  const Objective objective = Make("cost subject to under<1%");
  const ScorePair hpa = Both(Of(100, 0.05));
  const Standing near = objective.Judge(Both(Of(80, 0.0099)), hpa);
  EXPECT_EQ(near.excess, 0);
  EXPECT_LT(objective.Judge(Both(Of(90, 0.007)), hpa), near);
}

TEST(Objective, TakesNothingThatIsWorseThanTheHpaWhereItNeedNot) {
  const ScorePair hpa = Both(Of(100, 0));
  const Objective cost = Make("cost subject to under<1%");
  EXPECT_LT(cost.Judge(Both(Of(90, 0)), hpa), cost.Judge(Both(Of(80, 0.005)), hpa));
  const Objective balance = Make("balance");
  const ScorePair fragile = {Of(80, 0), Of(80, 0.02)};
  EXPECT_LT(balance.Judge(Both(Of(90, 0)), hpa), balance.Judge(fragile, hpa)) << "under stress";
}

TEST(Objective, TakesWhatIsSurerOfItsGainBeforeWhatGainsMore) {
  const Objective balance = Make("balance");
  const ScorePair hpa = Both(Of(100, 0.05));
  ScorePair sure = Both(Of(95, 0.04));
  sure.chance = 0.9;
  ScorePair more = Both(Of(85, 0.02));
  more.chance = 0.6;
  EXPECT_LT(balance.Judge(sure, hpa), balance.Judge(more, hpa));
  sure.chance = more.chance = 1;
  EXPECT_LT(balance.Judge(more, hpa), balance.Judge(sure, hpa));
}

TEST(Objective, ComparesWithTheHpaWhereALimitSaysSo) {
  const Objective objective = Make("under subject to cost<=0.9hpa");
  const Scores hpa = Of(100, 0.05);
  EXPECT_EQ(objective.Excess(Of(90, 1), hpa), 0);
  EXPECT_NEAR(objective.Excess(Of(99, 0), hpa), 0.1, 1e-9);
}

}  // namespace
}  // namespace hpaplus::rehearse
