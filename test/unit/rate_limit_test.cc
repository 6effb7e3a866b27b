#include "engine/core/rate_limit.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::Rules;
using testing::seconds;
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

}  // namespace
}  // namespace hpaplus
