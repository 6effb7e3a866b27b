// The stages of a decision, each alone.

#include <gtest/gtest.h>

#include "engine/core/bounds.h"
#include "engine/core/combine.h"
#include "engine/core/history.h"
#include "engine/core/rate_limit.h"
#include "engine/core/rounding.h"
#include "engine/core/stabilize.h"
#include "engine/core/tolerance.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::seconds;

TEST(Rounding, WhatDoesNotFitKeepsItsSign) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(SaturateToReplicas(1e300), 2147483647);
  EXPECT_EQ(SaturateToReplicas(kInf), 2147483647);
  EXPECT_EQ(SaturateToReplicas(-kInf), -2147483647 - 1);
  EXPECT_EQ(SaturateToReplicas(2147483646.0), 2147483646);
  EXPECT_EQ(SaturateToReplicas(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(SaturateToReplicas(std::int64_t{1} << 40), 2147483647);
  EXPECT_EQ(SaturateToReplicas(-(std::int64_t{1} << 40)), -2147483647 - 1);
  EXPECT_EQ(SaturateToInt64(Int128{INT64_MAX} + 1), INT64_MAX);
  EXPECT_EQ(SaturateToInt64(Int128{INT64_MIN} - 1), INT64_MIN);
}

TEST(Rounding, NoiseIsNotAReplica) {
  EXPECT_EQ(CeilToReplicas(2.0000000001), 3);
  EXPECT_EQ(CeilToReplicasWithoutNoise(2.0000000001), 2);
  EXPECT_EQ(CeilToReplicasWithoutNoise(2.00001), 3);
  EXPECT_EQ(CeilToReplicasWithoutNoise(5e-324), 1);
  EXPECT_EQ(CeilToReplicasWithoutNoise(0), 0);
}

TEST(Tolerance, IncludesBothEndsAndNoNan) {
  const Tolerance tolerance{0.1, 0.2};
  EXPECT_TRUE(tolerance.Contains(0.9));
  EXPECT_TRUE(tolerance.Contains(1.2));
  EXPECT_FALSE(tolerance.Contains(0.8999999));
  EXPECT_FALSE(tolerance.Contains(1.2000001));
  EXPECT_FALSE(tolerance.Contains(std::numeric_limits<double>::quiet_NaN()));
}

MetricOutcome Saying(std::optional<Replicas> proposal) {
  MetricOutcome out;
  out.proposal = proposal;
  return out;
}

TEST(Combine, HighestWinsAndUnknownForbidsShrinking) {
  struct Case {
    const char* name;
    std::vector<std::optional<Replicas>> proposals;
    bool known;
    Replicas replicas;
    std::size_t winner;
  };
  const Case cases[] = {
      {"one", {7}, true, 7, 0},
      {"highest", {3, 9, 4}, true, 9, 1},
      {"first of equals", {9, 9}, true, 9, 0},
      {"zero gives way", {0, 2}, true, 2, 1},
      {"all zero", {0}, true, 0, 0},
      {"unknown and up", {std::nullopt, 9}, true, 9, 1},
      {"unknown and same", {5, std::nullopt}, true, 5, 0},
      {"unknown and down", {4, std::nullopt}, false, 5, 0},
      {"all unknown", {std::nullopt, std::nullopt}, false, 5, 0},
      {"none at all", {}, false, 5, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<MetricOutcome> outcomes;
    for (const auto& proposal : c.proposals)
      outcomes.push_back(Saying(proposal));
    const Combined out = Combine(outcomes, 5);
    EXPECT_EQ(out.known, c.known);
    EXPECT_EQ(out.replicas, c.replicas);
    if (c.known) {
      EXPECT_EQ(out.winner, c.winner);
    }
  }
}

Behavior Rules(std::vector<ScalingPolicy> up, std::vector<ScalingPolicy> down) {
  Behavior behavior;
  behavior.scale_up.stabilization_window_seconds = 0;
  behavior.scale_up.policies = std::move(up);
  behavior.scale_down.policies = std::move(down);
  return behavior;
}

TEST(StabilizeWithoutBehavior, TakesTheHighestOfTheWindowEvenAboveTheCurrentSize) {
  std::vector<Recommendation> past = {{9, kNoon - seconds(300)}, {20, kNoon - seconds(301)}};
  const Stabilized out = Stabilize(5, 3, nullptr, {}, kNoon, past);
  EXPECT_EQ(out.replicas, 9) << "an entry exactly at the cutoff still counts";
  EXPECT_EQ(out.reason, Reason::kScaleDownStabilized);
  EXPECT_EQ(past, (std::vector<Recommendation>{{9, kNoon - seconds(300)}, {3, kNoon}}));
}

TEST(StabilizeWithoutBehavior, ReusesTheLastOldEntryOnly) {
  std::vector<Recommendation> past = {
      {1, kNoon - seconds(500)}, {2, kNoon - seconds(400)}, {3, kNoon}};
  (void)Stabilize(5, 4, nullptr, {}, kNoon, past);
  EXPECT_EQ(past, (std::vector<Recommendation>{{1, kNoon - seconds(500)}, {4, kNoon}, {3, kNoon}}));
}

TEST(StabilizeWithBehavior, HoldsEachDirectionByItsOwnWindow) {
  struct Case {
    const char* name;
    Replicas desired;
    Recommendation past;
    Replicas expected;
    Reason reason;
  };
  const Case cases[] = {
      {"up is held by a lower one", 9, {6, kNoon - seconds(59)}, 6, Reason::kScaleUpStabilized},
      {"not at the cutoff", 9, {6, kNoon - seconds(60)}, 9, Reason::kReadyForNewScale},
      {"up never turns into down", 9, {2, kNoon}, 5, Reason::kScaleUpStabilized},
      {"down is held by a higher one",
       2,
       {4, kNoon - seconds(119)},
       4,
       Reason::kScaleDownStabilized},
      {"not at its cutoff", 2, {4, kNoon - seconds(120)}, 2, Reason::kReadyForNewScale},
      {"down never turns into up", 2, {9, kNoon}, 5, Reason::kScaleDownStabilized},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Behavior behavior = Rules({}, {});
    behavior.scale_up.stabilization_window_seconds = 60;
    behavior.scale_down.stabilization_window_seconds = 120;
    std::vector<Recommendation> past = {c.past};
    const Stabilized out = Stabilize(5, c.desired, &behavior, {}, kNoon, past);
    EXPECT_EQ(out.replicas, c.expected);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_EQ(past.back(), (Recommendation{c.desired, kNoon}));
  }
}

TEST(StabilizeWithBehavior, AnAbsentDownWindowIsTheControllersInWholeSeconds) {
  Behavior behavior = Rules({}, {});
  DecideConfig config;
  config.downscale_stabilization = std::chrono::milliseconds(10'900);
  std::vector<Recommendation> past = {{4, kNoon - seconds(10)}};
  EXPECT_EQ(Stabilize(5, 2, &behavior, config, kNoon, past).replicas, 2);
  past = {{4, kNoon - seconds(10) + Duration(1)}};
  EXPECT_EQ(Stabilize(5, 2, &behavior, config, kNoon, past).replicas, 4);
}

TEST(StabilizeWithBehavior, KeepsAnEntryThatOneOfTheWindowsStillNeeds) {
  Behavior behavior = Rules({}, {});
  behavior.scale_down.stabilization_window_seconds = 100;
  std::vector<Recommendation> past = {{4, kNoon - seconds(50)}};
  (void)Stabilize(5, 5, &behavior, {}, kNoon, past);
  EXPECT_EQ(past.size(), 2U);
  past = {{4, kNoon - seconds(101)}};
  (void)Stabilize(5, 5, &behavior, {}, kNoon, past);
  EXPECT_EQ(past.size(), 1U);
}

using enum ScalingPolicyType;

TEST(ScaleUpLimit, AddsPodsOrPercentInBinaryFloatingPoint) {
  struct Case {
    Replicas current;
    ScalingPolicy policy;
    Replicas limit;
  };
  const Case cases[] = {
      {10, {kPods, 4, 15}, 14},
      {100, {kPercent, 10, 15}, 111},
      {50, {kPercent, 10, 15}, 56},
      {200, {kPercent, 11, 15}, 223},
      {10, {kPercent, 100, 15}, 20},
      {1, {kPercent, 10, 15}, 2},
      {2147483647, {kPods, 9, 15}, 2147483647},
      {2147483647, {kPercent, 900, 15}, 2147483647},
  };
  for (const Case& c : cases) {
    ScalingRules rules;
    rules.policies = {c.policy};
    EXPECT_EQ(ScaleUpLimit(c.current, rules, {}, kNoon), c.limit) << c.current;
  }
}

TEST(ScaleDownLimit, TakesPodsOrPercentAway) {
  struct Case {
    Replicas current;
    ScalingPolicy policy;
    Replicas limit;
  };
  const Case cases[] = {
      {10, {kPods, 4, 15}, 6},
      {3, {kPods, 4, 15}, -1},
      {90, {kPercent, 30, 15}, 62},
      {10, {kPercent, 100, 15}, 0},
      {10, {kPods, 2147483647, 15}, 10 - 2147483647},
  };
  for (const Case& c : cases) {
    ScalingRules rules;
    rules.policies = {c.policy};
    EXPECT_EQ(ScaleDownLimit(c.current, rules, {}, kNoon), c.limit) << c.current;
  }
}

TEST(ScaleLimits, ChooseByTheSelectPolicy) {
  ScalingRules rules;
  rules.policies = {{kPods, 4, 15}, {kPercent, 10, 15}};
  EXPECT_EQ(ScaleUpLimit(100, rules, {}, kNoon), 111);
  EXPECT_EQ(ScaleDownLimit(100, rules, {}, kNoon), 90);
  rules.select_policy = SelectPolicy::kMin;
  EXPECT_EQ(ScaleUpLimit(100, rules, {}, kNoon), 104);
  EXPECT_EQ(ScaleDownLimit(100, rules, {}, kNoon), 96);
  rules.select_policy = SelectPolicy::kDisabled;
  EXPECT_EQ(ScaleUpLimit(100, rules, {}, kNoon), 100);
  EXPECT_EQ(ScaleDownLimit(100, rules, {}, kNoon), 100);
}

TEST(ScaleLimits, CountFromTheSizeAPeriodAgoInBothDirections) {
  History history;
  history.scale_ups = {{3, kNoon - seconds(14)}, {50, kNoon - seconds(15), true}};
  history.scale_downs = {{1, kNoon - seconds(5), true}};
  ScalingRules rules;
  rules.policies = {{kPods, 4, 15}};
  EXPECT_EQ(ScaleUpLimit(10, rules, history, kNoon), 10 - 3 + 1 + 4);
  EXPECT_EQ(ScaleDownLimit(10, rules, history, kNoon), 10 - 3 + 1 - 4);
}

TEST(ScaleLimits, NeverLieBehindTheCurrentSize) {
  History history;
  history.scale_ups = {{9, kNoon}};
  ScalingRules rules;
  rules.policies = {{kPods, 4, 15}};
  EXPECT_EQ(ScaleUpLimit(10, rules, history, kNoon), 10);
  history = {};
  history.scale_downs = {{9, kNoon}};
  EXPECT_EQ(ScaleDownLimit(10, rules, history, kNoon), 10);
}

TEST(LimitRate, NamesTheBoundWhereThatIsReachedFirst) {
  WorkloadSpec spec;
  spec.min_replicas = 5;
  spec.max_replicas = 14;
  spec.behavior = Rules({{kPods, 4, 15}}, {{kPods, 4, 15}});
  EXPECT_EQ(LimitRate(10, 30, spec, {}, {}, kNoon).reason, Reason::kDesiredWithinRange);
  EXPECT_EQ(LimitRate(9, 30, spec, {}, {}, kNoon).reason, Reason::kScaleUpLimit);
  EXPECT_EQ(LimitRate(9, 30, spec, {}, {}, kNoon).replicas, 13);
  EXPECT_EQ(LimitRate(9, 1, spec, {}, {}, kNoon).reason, Reason::kDesiredWithinRange);
  EXPECT_EQ(LimitRate(10, 1, spec, {}, {}, kNoon).reason, Reason::kScaleDownLimit);
  EXPECT_EQ(LimitRate(10, 1, spec, {}, {}, kNoon).replicas, 6);
  EXPECT_EQ(LimitRate(10, 10, spec, {}, {}, kNoon).replicas, 10);
}

TEST(Bounds, Clamp) {
  WorkloadSpec spec;
  spec.min_replicas = 2;
  spec.max_replicas = 4;
  EXPECT_EQ(KeepInBounds(1, spec).replicas, 2);
  EXPECT_EQ(KeepInBounds(1, spec).reason, Reason::kTooFewReplicas);
  EXPECT_EQ(KeepInBounds(5, spec).replicas, 4);
  EXPECT_EQ(KeepInBounds(5, spec).reason, Reason::kTooManyReplicas);
  EXPECT_EQ(KeepInBounds(3, spec).replicas, 3);
  EXPECT_EQ(KeepInBounds(3, spec).reason, Reason::kDesiredWithinRange);
}

TEST(Advance, RecordsAChangeInItsDirectionsList) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 15}}, {{kPods, 4, 15}});
  const History up = Advance({}, spec, 3, 8, kNoon);
  EXPECT_EQ(up.scale_ups, (std::vector<ScaleEvent>{{5, kNoon, false}}));
  EXPECT_TRUE(up.scale_downs.empty());
  const History down = Advance({}, spec, 8, 3, kNoon);
  EXPECT_EQ(down.scale_downs, (std::vector<ScaleEvent>{{5, kNoon, false}}));
  EXPECT_TRUE(down.scale_ups.empty());
}

TEST(Advance, OverwritesTheLastOutdatedEventAndMarksAllOfThem) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 15}, {kPods, 9, 60}}, {});
  History history;
  history.scale_ups = {
      {1, kNoon - seconds(90)}, {2, kNoon - seconds(61)}, {3, kNoon - seconds(60)}};
  history = Advance(history, spec, 3, 8, kNoon);
  EXPECT_EQ(history.scale_ups, (std::vector<ScaleEvent>{{1, kNoon - seconds(90), true},
                                                        {5, kNoon, false},
                                                        {3, kNoon - seconds(60), false}}));
}

TEST(Advance, AMarkStaysThoughALongerPeriodFollows) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 1800}}, {});
  History history;
  history.scale_ups = {{1, kNoon - seconds(1), true}};
  history = Advance(history, spec, 3, 8, kNoon);
  EXPECT_EQ(history.scale_ups, (std::vector<ScaleEvent>{{5, kNoon, false}}));
}

TEST(Advance, RecordsNothingWithoutBehavior) {
  History history;
  history.scale_ups = {{1, kNoon}};
  EXPECT_EQ(Advance(history, WorkloadSpec{}, 3, 8, kNoon), history);
}

}  // namespace
}  // namespace hpaplus
