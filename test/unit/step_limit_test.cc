#include "engine/core/step_limit.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::kNoon;

MetricOutcome Asks(double demand, Replicas current = 5) {
  MetricOutcome outcome;
  outcome.demand = demand;
  outcome.ratio = demand / current;
  outcome.proposal = static_cast<Replicas>(demand);
  outcome.reason = Reason::kAboveTarget;
  outcome.oldest = kNoon;
  return outcome;
}

class StepLimitTest : public ::testing::Test {
 protected:
  // Null: it is believed.
  std::optional<Replicas> Limited(double demand, Duration after, Replicas current = 5) {
    outcome_ = Asks(demand, current);
    const auto limited = LimitStep(10, kNoon + after, current, believed_, outcome_);
    if (!limited) {
      EXPECT_FALSE(outcome_.stood_in);
      return std::nullopt;
    }
    EXPECT_EQ(limited->reason, Reason::kSuspicious);
    EXPECT_EQ(outcome_.reason, Reason::kSuspicious);
    EXPECT_TRUE(outcome_.stood_in);
    EXPECT_EQ(outcome_.proposal, limited->replicas);
    evidence_ = limited->evidence;
    return limited->replicas;
  }

  std::optional<BelievedDemand> believed_;
  MetricOutcome outcome_;
  double evidence_ = 0;
};

TEST_F(StepLimitTest, M16_SecondsThatBecomeMillisecondsGrowByTheRatioAlone) {
  EXPECT_EQ(Limited(5, seconds(0)), std::nullopt) << "the first is believed";
  EXPECT_EQ(Limited(5000, seconds(15)), 50);
  EXPECT_EQ(evidence_, 1000);
  EXPECT_EQ(outcome_.demand, 50);
  EXPECT_EQ(outcome_.ratio, 10);
  EXPECT_EQ(Limited(5000, seconds(30), 50), 50) << "once, however often it is read";
  EXPECT_EQ(Limited(5000, minutes(10) - seconds(1), 50), 50);
}

TEST_F(StepLimitTest, M16_MillisecondsThatBecomeSecondsShrinkNothing) {
  EXPECT_EQ(Limited(5000, seconds(0)), std::nullopt);
  EXPECT_EQ(Limited(5, seconds(15), 5000), 5000);
  EXPECT_EQ(evidence_, 0.001);
  EXPECT_EQ(Limited(5, hours(2) - seconds(1), 5000), 5000);
  EXPECT_EQ(Limited(5, hours(2), 5000), std::nullopt) << "after two hours it is believed";
  EXPECT_EQ(Limited(4, hours(2) + seconds(15), 5000), std::nullopt);
}

TEST_F(StepLimitTest, BelievesWhatIsWithinTheRatioAndGoesOnFromThere) {
  double demand = 1;
  for (int i = 0; i < 6; ++i, demand *= 10)
    EXPECT_EQ(Limited(demand, i * seconds(15)), std::nullopt) << demand;
  for (int i = 6; i < 12; ++i, demand /= 10)
    EXPECT_EQ(Limited(demand, i * seconds(15)), std::nullopt) << demand;
}

TEST_F(StepLimitTest, TakesALoadThatLastsForTenTimesAsMuchEveryTenMinutes) {
  EXPECT_EQ(Limited(5, seconds(0)), std::nullopt);
  EXPECT_EQ(Limited(3000, seconds(15)), 50);
  EXPECT_EQ(Limited(3000, minutes(10), 50), 500);
  EXPECT_EQ(Limited(3000, minutes(20) - seconds(1), 500), 500);
  EXPECT_EQ(Limited(3000, minutes(20), 500), std::nullopt);
}

TEST_F(StepLimitTest, EndsWhenTheNumbersAreBack) {
  EXPECT_EQ(Limited(5, seconds(0)), std::nullopt);
  EXPECT_EQ(Limited(5000, seconds(15)), 50);
  EXPECT_EQ(Limited(6, seconds(30), 50), std::nullopt);
  EXPECT_EQ(outcome_.proposal, 6);
}

TEST_F(StepLimitTest, TakesTheFirstLoadOfAnIdleOneForNoStep) {
  EXPECT_EQ(Limited(0, seconds(0)), std::nullopt);
  EXPECT_EQ(Limited(0.001, seconds(15)), std::nullopt);
  EXPECT_EQ(Limited(10, seconds(30)), std::nullopt) << "ten times one replica";
  EXPECT_EQ(Limited(0, seconds(45)), std::nullopt);
  EXPECT_EQ(Limited(11, seconds(60)), 10);
}

TEST_F(StepLimitTest, NeverAsksForLessThanThereIs) {
  EXPECT_EQ(Limited(5, seconds(0)), std::nullopt);
  EXPECT_EQ(Limited(5000, seconds(15), 80), 80);
}

TEST_F(StepLimitTest, JudgesNothingButWhatAMetricSaysOfItself) {
  believed_ = BelievedDemand{5, kNoon};
  for (const Reason reason : {Reason::kHeldIncomplete, Reason::kNoVote}) {
    MetricOutcome outcome = Asks(5000);
    outcome.reason = reason;
    EXPECT_EQ(LimitStep(10, kNoon, 5, believed_, outcome), std::nullopt);
  }
  MetricOutcome stood_in = Asks(5000);
  stood_in.stood_in = true;
  EXPECT_EQ(LimitStep(10, kNoon, 5, believed_, stood_in), std::nullopt);
  MetricOutcome unknown = Asks(5000);
  unknown.proposal.reset();
  EXPECT_EQ(LimitStep(10, kNoon, 5, believed_, unknown), std::nullopt);
  EXPECT_EQ(believed_, (BelievedDemand{5, kNoon}));
}

}  // namespace
}  // namespace hpaplus
