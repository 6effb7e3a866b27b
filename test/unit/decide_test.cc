// Decide() with policies that say what the test wants: the order of the stages, what each leaves
// behind as explanation, and everything that holds the size.

#include "engine/core/decide.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Bench;
using testing::Find;
using testing::kNoon;
using testing::seconds;

// Says one thing, whatever is read.
class FixedPolicy final : public Policy {
 public:
  explicit FixedPolicy(MetricOutcome outcome) : outcome_(std::move(outcome)) {}
  [[nodiscard]] std::string_view name() const override { return "fixed"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& /*in*/) const override { return outcome_; }

 private:
  const MetricOutcome outcome_;
};

void AddMetric(Bench& bench, std::optional<Replicas> proposal,
               MetricType type = MetricType::kResource) {
  MetricSpec metric;
  metric.type = type;
  metric.target.type = TargetType::kAverageValue;
  bench.spec->metrics.push_back(metric);
  MetricOutcome outcome;
  outcome.proposal = proposal;
  outcome.reason = proposal ? Reason::kAboveTarget : Reason::kSourceFailed;
  outcome.ratio = 1.5;
  bench.policies.push_back(std::make_unique<FixedPolicy>(outcome));
  bench.readings.push_back(std::make_shared<const Reading>());
}

Bench Proposing(std::optional<Replicas> proposal, Replicas size = 5) {
  Bench bench(size);
  AddMetric(bench, proposal);
  return bench;
}

void ExpectCondition(const Decision& decision, ConditionType type, ConditionStatus status,
                     Reason reason) {
  const Condition* const condition = Find(decision, type);
  ASSERT_NE(condition, nullptr);
  EXPECT_EQ(condition->status, status);
  EXPECT_EQ(condition->reason, reason);
}

constexpr auto kAble = ConditionType::kAbleToScale;
constexpr auto kActive = ConditionType::kScalingActive;
constexpr auto kLimited = ConditionType::kScalingLimited;
constexpr auto kTrue = ConditionStatus::kTrue;
constexpr auto kFalse = ConditionStatus::kFalse;

TEST(Decide, FollowsTheMetric) {
  Bench bench = Proposing(8);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.current, 5);
  EXPECT_EQ(decision.recommended, 8);
  EXPECT_EQ(decision.desired, 8);
  EXPECT_TRUE(decision.known);
  EXPECT_TRUE(decision.acts);
  EXPECT_EQ(decision.metrics.size(), 1U);
  ExpectCondition(decision, kAble, kTrue, Reason::kReadyForNewScale);
  ExpectCondition(decision, kActive, kTrue, Reason::kValidMetricFound);
  ExpectCondition(decision, kLimited, kFalse, Reason::kDesiredWithinRange);
}

TEST(Decide, HasAStepForEveryStageInOrderAlsoWhereNothingChanged) {
  Bench bench = Proposing(5);
  const Decision decision = bench.Decide();
  const std::vector<Stage> order = {Stage::kMetric, Stage::kCombine, Stage::kStabilize,
                                    Stage::kRate,   Stage::kBounds,  Stage::kMode};
  ASSERT_EQ(decision.steps.size(), order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(decision.steps[i].stage, order[i]);
    EXPECT_EQ(decision.steps[i].before, 5);
    EXPECT_EQ(decision.steps[i].after, 5);
  }
  EXPECT_FALSE(decision.acts);
}

TEST(Decide, TakesTheHighestProposalAndSaysWhose) {
  Bench bench(5);
  AddMetric(bench, 3);
  AddMetric(bench, 9);
  AddMetric(bench, 6);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 9);
  EXPECT_EQ(Find(decision, Stage::kCombine)->index, 1U);
}

TEST(Decide, GrowsThoughAnotherMetricIsUnknown) {
  Bench bench(5);
  AddMetric(bench, std::nullopt);
  AddMetric(bench, 9);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 9);
  EXPECT_TRUE(decision.known);
  ExpectCondition(decision, kActive, kTrue, Reason::kValidMetricFound);
}

TEST(Decide, NeverShrinksWhileAMetricIsUnknown) {
  Bench bench(5);
  AddMetric(bench, 2);
  AddMetric(bench, std::nullopt, MetricType::kPods);
  AddMetric(bench, std::nullopt, MetricType::kExternal);
  const History before = bench.history;
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  EXPECT_FALSE(decision.known);
  EXPECT_FALSE(decision.acts);
  EXPECT_EQ(decision.metrics.size(), 3U);
  ExpectCondition(decision, kAble, kTrue, Reason::kSucceededGetScale);
  ExpectCondition(decision, kActive, kFalse, Reason::kFailedGetPodsMetric);
  EXPECT_EQ(Find(decision, kLimited), nullptr);
  EXPECT_EQ(Find(decision, Stage::kCombine)->reason, Reason::kHeldPartial);
  EXPECT_EQ(bench.history, before) << "a failed round leaves no recommendation";
}

TEST(Decide, HoldsWhenEverythingIsUnknown) {
  struct Case {
    MetricType type;
    Reason reason;
  };
  const Case cases[] = {
      {MetricType::kResource, Reason::kFailedGetResourceMetric},
      {MetricType::kContainerResource, Reason::kFailedGetContainerResourceMetric},
      {MetricType::kPods, Reason::kFailedGetPodsMetric},
      {MetricType::kObject, Reason::kFailedGetObjectMetric},
      {MetricType::kExternal, Reason::kFailedGetExternalMetric},
      {MetricType::kSource, Reason::kFailedGetSourceMetric},
      {MetricType::kUnknown, Reason::kInvalidMetricSourceType},
  };
  for (const Case& c : cases) {
    Bench bench(5);
    AddMetric(bench, std::nullopt, c.type);
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, 5);
    EXPECT_FALSE(decision.known);
    EXPECT_EQ(Find(decision, Stage::kCombine)->reason, Reason::kHeldUnknown);
    EXPECT_EQ(decision.recommended, decision.current);
    ExpectCondition(decision, kActive, kFalse, c.reason);
  }
}

TEST(Decide, HoldsWithoutAnyMetric) {
  Bench bench(5);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  EXPECT_FALSE(decision.known);
  ExpectCondition(decision, kActive, kFalse, Reason::kInvalidMetricSourceType);
}

TEST(Decide, DoesNotShrinkInTheFirstWindowAfterItFirstSeesAWorkload) {
  Bench bench = Proposing(1);
  bench.history = {};
  EXPECT_EQ(bench.Decide().desired, 5);
  bench.now += seconds(299);
  EXPECT_EQ(bench.Decide().desired, 5);
  bench.now += seconds(2);
  EXPECT_EQ(bench.Decide().desired, 1);
}

TEST(Decide, SeedsTheHistoryEvenWhenMetricsAreUnknown) {
  Bench bench = Proposing(std::nullopt);
  bench.history = {};
  (void)bench.Decide();
  ASSERT_TRUE(bench.history.recommendations);
  EXPECT_EQ(*bench.history.recommendations, (std::vector<Recommendation>{{5, kNoon}}));
}

TEST(Decide, ReturnsIntoBoundsAtOnceWithoutAskingMetrics) {
  struct Case {
    Replicas size;
    Replicas desired;
    Reason reason;
  };
  for (const Case& c : {Case{12, 10, Reason::kAboveMax}, Case{1, 2, Reason::kBelowMin}}) {
    Bench bench(c.size, 2, 10);
    AddMetric(bench, 5);
    bench.view.scale.selector.reset();  // Not even looked at.
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, c.desired);
    EXPECT_TRUE(decision.acts);
    EXPECT_TRUE(decision.known);
    EXPECT_TRUE(decision.metrics.empty());
    EXPECT_EQ(Find(decision, Stage::kBounds)->reason, c.reason);
    EXPECT_EQ(Find(decision, kActive), nullptr);
    EXPECT_EQ(Find(decision, kLimited), nullptr);
    EXPECT_TRUE(bench.history.recommendations->empty());
  }
}

TEST(Decide, LeavesATargetAtZeroAlone) {
  Bench bench = Proposing(8, 0);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 0);
  EXPECT_FALSE(decision.acts);
  ExpectCondition(decision, kActive, kFalse, Reason::kScalingDisabled);
  EXPECT_EQ(Find(decision, Stage::kTarget)->reason, Reason::kScalingDisabled);
}

TEST(Decide, WakesWhatItTookToZeroItself) {
  Bench bench = Proposing(3, 0);
  bench.spec->metrics[0].type = MetricType::kExternal;
  bench.spec->min_replicas = 0;
  bench.view.scaled_to_zero = true;
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 3);
  ExpectCondition(decision, kActive, kTrue, Reason::kValidMetricFound);
  EXPECT_EQ(Find(decision, Stage::kActivation), nullptr);
}

TEST(Decide, StaysAtZeroWithoutAMetricThatNeedsNoPods) {
  Bench bench = Proposing(3, 0);
  bench.spec->min_replicas = 0;
  bench.view.scaled_to_zero = true;
  ExpectCondition(bench.Decide(), kActive, kFalse, Reason::kScalingDisabled);
}

TEST(Decide, WakesToTheMinimumAtLeastWhateverTheRatesAllow) {
  for (const bool with_behavior : {false, true}) {
    Bench bench = Proposing(9, 0);
    bench.spec->min_replicas = 6;
    bench.view.scaled_to_zero = true;
    if (with_behavior) {
      bench.spec->behavior = testing::Rules({{ScalingPolicyType::kPods, 4, 15}}, {});
    }
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, 6);
    ExpectCondition(decision, kLimited, kTrue, Reason::kScaleUpLimit);
    ASSERT_NE(Find(decision, Stage::kActivation), nullptr);
    EXPECT_EQ(Find(decision, Stage::kActivation)->before, 4);
    EXPECT_EQ(Find(decision, Stage::kActivation)->reason, Reason::kBelowMin);
  }
}

TEST(Decide, FromZeroOnlyWithoutBehaviorAProposalBelowTheMinimumIsALimit) {
  for (const bool with_behavior : {false, true}) {
    Bench bench = Proposing(2, 0);
    bench.spec->min_replicas = 3;
    bench.view.scaled_to_zero = true;
    if (with_behavior) {
      bench.spec->behavior = testing::Rules({{ScalingPolicyType::kPods, 4, 15}}, {});
    }
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, 3);
    ExpectCondition(decision, kLimited, with_behavior ? kFalse : kTrue,
                    with_behavior ? Reason::kDesiredWithinRange : Reason::kTooFewReplicas);
  }
}

TEST(Decide, SaysWhyTheTargetCannotBeScaled) {
  struct Case {
    ScaleStatus scale;
    ConditionStatus status;
    Reason reason;
  };
  const Case cases[] = {
      {ScaleStatus::kUnknown, ConditionStatus::kUnknown, Reason::kFailedGetScale},
      {ScaleStatus::kNotFound, kFalse, Reason::kTargetNotFound},
      {ScaleStatus::kForbidden, kFalse, Reason::kFailedGetScale},
      {ScaleStatus::kFailed, kFalse, Reason::kFailedGetScale},
  };
  for (const Case& c : cases) {
    Bench bench = Proposing(8);
    bench.view.scale.status = c.scale;
    bench.history = {};
    const Decision decision = bench.Decide();
    EXPECT_FALSE(decision.known);
    EXPECT_FALSE(decision.acts);
    EXPECT_EQ(decision.desired, decision.current);
    ExpectCondition(decision, kAble, c.status, c.reason);
    EXPECT_FALSE(bench.history.recommendations) << "an unread size must not be remembered";
  }
}

TEST(Decide, HoldsWithoutASelectorUnlessNoMetricNeedsPods) {
  for (const std::optional<std::string>& selector :
       {std::optional<std::string>(), std::optional<std::string>("")}) {
    Bench bench = Proposing(8);
    bench.view.scale.selector = selector;
    const Decision held = bench.Decide();
    EXPECT_EQ(held.desired, 5);
    EXPECT_FALSE(held.known);
    ExpectCondition(held, kActive, kFalse, Reason::kInvalidSelector);

    Bench source(5);
    AddMetric(source, 8, MetricType::kSource);
    source.view.scale.selector = selector;
    EXPECT_EQ(source.Decide().desired, 8);

    source.spec->metrics[0].target.type = TargetType::kValue;  // Counts ready pods.
    EXPECT_EQ(source.Decide().desired, 5);
  }
}

TEST(Decide, HoldsWhenItsPodsBelongToAnotherAutoscalerToo) {
  Bench bench = Proposing(8);
  bench.view.ambiguous_selector = true;
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  ExpectCondition(decision, kActive, kFalse, Reason::kAmbiguousSelector);
}

TEST(Decide, RefusesATargetThatAnotherAutoscalerHasButExplainsInADryRun) {
  Bench bench = Proposing(8);
  bench.view.conflict = "HorizontalPodAutoscaler web";
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  EXPECT_FALSE(decision.acts);
  EXPECT_TRUE(decision.metrics.empty());
  ExpectCondition(decision, kActive, kFalse, Reason::kAmbiguousTarget);

  bench.spec->mode = Mode::kDryRun;
  const Decision dry = bench.Decide();
  EXPECT_EQ(dry.desired, 8);
  EXPECT_FALSE(dry.acts);
}

TEST(Decide, ADryRunDecidesInFullAndDoesNotAct) {
  Bench bench = Proposing(8);
  bench.spec->mode = Mode::kDryRun;
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 8);
  EXPECT_TRUE(decision.changes_scale());
  EXPECT_FALSE(decision.acts);
  EXPECT_EQ(Find(decision, Stage::kMode)->reason, Reason::kDryRun);

  bench.view.scale.spec_replicas = 200;  // Out of bounds: the short way.
  EXPECT_EQ(bench.Decide().desired, 100);
  EXPECT_FALSE(bench.Decide().acts);
}

TEST(Decide, APauseHoldsAsksNothingAndEndsLikeARestart) {
  Bench bench = Proposing(2);
  (void)bench.Decide();
  bench.spec->mode = Mode::kPaused;
  bench.readings.clear();  // The loop reads nothing for it.
  bench.now += seconds(1000);
  const Decision paused = bench.Decide();
  EXPECT_EQ(paused.desired, 5);
  EXPECT_FALSE(paused.known);
  ExpectCondition(paused, kActive, kFalse, Reason::kPaused);

  bench.spec->mode = Mode::kActive;
  bench.readings.push_back(std::make_shared<const Reading>());
  EXPECT_EQ(bench.Decide().desired, 5) << "shrinks right after the pause";
  bench.now += seconds(301);
  EXPECT_EQ(bench.Decide().desired, 2);
}

TEST(Decide, LimitsGrowthWithoutBehaviorToTwiceTheSizeOrFour) {
  struct Case {
    Replicas size;
    Replicas max;
    Replicas desired;
    Reason reason;
  };
  const Case cases[] = {
      {1, 100, 4, Reason::kScaleUpLimit},
      {5, 100, 10, Reason::kScaleUpLimit},
      {5, 10, 10, Reason::kTooManyReplicas},
      {5, 9, 9, Reason::kTooManyReplicas},
  };
  for (const Case& c : cases) {
    Bench bench(c.size, 1, c.max);
    AddMetric(bench, 50);
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, c.desired);
    EXPECT_EQ(decision.recommended, 50);
    ExpectCondition(decision, kLimited, kTrue, c.reason);
  }
}

TEST(Decide, NeverGoesBelowTheMinimum) {
  Bench bench(5, 3, 10);
  AddMetric(bench, 0);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.recommended, 0);
  EXPECT_EQ(decision.desired, 3);
  ExpectCondition(decision, kLimited, kTrue, Reason::kTooFewReplicas);
}

TEST(Decide, SaysTheSameTwice) {
  Bench first = Proposing(8);
  Bench second = Proposing(8);
  EXPECT_EQ(first.Decide(), second.Decide());
  EXPECT_EQ(first.history, second.history);
}

}  // namespace
}  // namespace hpaplus
