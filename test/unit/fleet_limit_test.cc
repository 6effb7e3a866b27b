#include "engine/loop/fleet_limit.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Find;
using testing::kNoon;
using testing::seconds;

WorkloadSpec Spec() {
  WorkloadSpec spec;
  spec.min_replicas = 1;
  spec.max_replicas = 100;
  return spec;
}

Decision Wanting(Replicas current, Replicas desired, Timestamp at = kNoon) {
  Decision decision;
  decision.at = at;
  decision.current = current;
  decision.desired = desired;
  decision.acts = current != desired;
  decision.known = true;
  return decision;
}

class FleetLimitTest : public ::testing::Test {
 protected:
  Decision Admit(Decision decision) {
    limit_.Admit(spec_, decision);
    return decision;
  }

  WorkloadSpec spec_ = Spec();
  FleetLimit limit_{{seconds(60), 10, 5}};
};

TEST_F(FleetLimitTest, LetsThroughWhatFits) {
  const Decision wanted = Wanting(10, 15);
  EXPECT_EQ(Admit(wanted), wanted);
  EXPECT_EQ(Admit(Wanting(20, 25)), Wanting(20, 25));
  EXPECT_EQ(Admit(Wanting(8, 3)), Wanting(8, 3));
}

TEST_F(FleetLimitTest, CutsWhatDoesNotFitAndSaysSo) {
  const Decision cut = Admit(Wanting(20, 8));
  EXPECT_EQ(cut.desired, 15);
  EXPECT_TRUE(cut.acts);
  ASSERT_NE(Find(cut, Stage::kFleet), nullptr);
  EXPECT_EQ(*Find(cut, Stage::kFleet),
            (DecisionStep{Stage::kFleet, 8, 15, Reason::kFleetLimit, 5, 0}));
  ASSERT_NE(Find(cut, ConditionType::kScalingLimited), nullptr);
  EXPECT_EQ(Find(cut, ConditionType::kScalingLimited)->reason, Reason::kFleetLimit);
}

TEST_F(FleetLimitTest, HoldsEverybodyOnceNothingIsLeftUntilTheWindowHasPassed) {
  (void)Admit(Wanting(20, 15));
  const Decision held = Admit(Wanting(30, 29));
  EXPECT_EQ(held.desired, 30);
  EXPECT_FALSE(held.acts);
  EXPECT_EQ(Admit(Wanting(30, 35)).desired, 35) << "growing has a limit of its own";
  EXPECT_EQ(Admit(Wanting(30, 29, kNoon + seconds(59))).desired, 30);
  EXPECT_EQ(Admit(Wanting(30, 29, kNoon + seconds(60))).desired, 29);
}

TEST_F(FleetLimitTest, AWayBackIntoTheBoundsIsNotCutButCounts) {
  EXPECT_EQ(Admit(Wanting(150, 100)).desired, 100);
  EXPECT_EQ(Admit(Wanting(150, 100)).desired, 150);
  EXPECT_FALSE(Admit(Wanting(20, 19)).acts);
}

TEST_F(FleetLimitTest, WhatDoesNotActIsNotCounted) {
  Decision dry = Wanting(90, 10);
  dry.acts = false;
  EXPECT_EQ(Admit(dry), dry);
  EXPECT_EQ(Admit(Wanting(8, 3)).desired, 3);
}

TEST(FleetLimit, IsNoStageWithoutLimits) {
  FleetLimit limit({});
  Decision decision = Wanting(100, 1);
  limit.Admit(Spec(), decision);
  EXPECT_EQ(decision, Wanting(100, 1));
}

TEST(FleetLimit, OneLimitLeavesTheOtherDirectionAlone) {
  FleetLimit limit({seconds(60), std::nullopt, 5});
  Decision up = Wanting(1, 90);
  limit.Admit(Spec(), up);
  EXPECT_EQ(up, Wanting(1, 90));
}

}  // namespace
}  // namespace hpaplus
