// Decide() with stages of ours: that each is where docs/decision-pipeline.md has it, and what they
// do to each other. What each does alone is tested with its own file.

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/core/decide.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::AnswerNumber;
using testing::Bench;
using testing::Find;
using testing::kNoon;
using testing::Q;
using testing::seconds;

// One replica per unit of the reading; a failed reading is unknown.
class OneEach final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "one_each"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override {
    MetricOutcome out;
    if (!in.reading) {
      out.reason = Reason::kSourceFailed;
      return out;
    }
    if ((*in.reading)->values.empty()) {
      out.reason = Reason::kNoData;
      return out;
    }
    const ScalarSample& sample = (*in.reading)->values.front();
    out.total = sample.value;
    out.proposal = static_cast<Replicas>(sample.value);
    out.demand = sample.value;
    out.ratio = sample.value / std::max(in.view.scale.spec_replicas, 1);
    out.reason = Reason::kAboveTarget;
    out.oldest = sample.at;
    return out;
  }
};

class DecideStages : public ::testing::Test {
 protected:
  DecideStages() {
    AddMetric(MetricRole::kScale);
    bench_.spec->behavior = testing::Rules({{ScalingPolicyType::kPercent, 1000, 15}},
                                           {{ScalingPolicyType::kPercent, 100, 15}});
    bench_.spec->behavior->scale_down.stabilization_window_seconds = 0;
  }

  MetricSpec& AddMetric(MetricRole role) {
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.role = role;
    metric.target = {TargetType::kAverageValue, std::nullopt, Q("1"), std::nullopt};
    bench_.policies.push_back(std::make_unique<OneEach>());
    bench_.readings.emplace_back(AnswerNumber(0));
    bench_.spec->metrics.push_back(metric);
    return bench_.spec->metrics.back();
  }

  MetricSpec& metric() { return bench_.spec->metrics.front(); }

  Decision DecideOn(double value) {
    bench_.readings[0] = AnswerNumber(value, bench_.now);
    return bench_.Decide();
  }
  Decision DecideOnFailure() {
    bench_.readings[0] = Error{ErrorCode::kUnavailable, "down"};
    return bench_.Decide();
  }
  Decision DecideOnNothing() {
    bench_.readings[0] = testing::Answer({});
    return bench_.Decide();
  }

  Bench bench_{10};
};

TEST_F(DecideStages, EveryConfiguredStageHasAStepInTheOrderOfTheEnumeration) {
  metric().thresholds.scale_up = Q("1");
  AddMetric(MetricRole::kGuard);
  bench_.spec->behavior->scale_up.elasticity = Q("1");
  bench_.spec->behavior->scale_up.confirmations = 2;
  bench_.spec->fallback.emplace();
  bench_.spec->idle.emplace();
  bench_.spec->safety.max_replicas_per_minute = 50;
  const Decision decision = DecideOn(20);
  std::vector<Stage> stages;
  for (const DecisionStep& step : decision.steps)
    stages.push_back(step.stage);
  const std::vector<Stage> wanted = {
      Stage::kMetric,     Stage::kDeadBand, Stage::kMetric,    Stage::kCombine, Stage::kFallback,
      Stage::kElasticity, Stage::kConfirm,  Stage::kStabilize, Stage::kRate,    Stage::kActivation,
      Stage::kGuard,      Stage::kBudget,   Stage::kBounds,    Stage::kMode};
  EXPECT_EQ(stages, wanted);
  EXPECT_TRUE(std::is_sorted(stages.begin() + 3, stages.end()));
}

TEST_F(DecideStages, WithoutOursThereAreOnlyTheStagesOfTheHpa) {
  for (const DecisionStep& step : DecideOn(20).steps) {
    EXPECT_TRUE(step.stage == Stage::kMetric || step.stage == Stage::kCombine ||
                step.stage == Stage::kStabilize || step.stage == Stage::kRate ||
                step.stage == Stage::kBounds || step.stage == Stage::kMode)
        << StageName(step.stage);
  }
  EXPECT_EQ(bench_.history.metrics.size() + bench_.history.changes.size(), 0U);
  EXPECT_EQ(bench_.history.fallback, FallbackState());
  EXPECT_EQ(bench_.history.agreement, Agreement());
  EXPECT_EQ(bench_.history.activity, ActivityState());
}

TEST_F(DecideStages, M16_AStepInTheUnitGrowsByTheRatioAndIsNoEvidence) {
  metric().validity.max_step_ratio = Q("4");
  metric().smoothing = Smoothing{seconds(60), SmoothingFunction::kMax};
  bench_.spec->burst.emplace();
  bench_.AddPods(10);
  AddMetric(MetricRole::kScale);
  bench_.readings[1] = AnswerNumber(2);
  EXPECT_EQ(DecideOn(10).desired, 10);
  bench_.now += seconds(15);
  const Decision suspicious = DecideOn(10'000);
  EXPECT_EQ(suspicious.desired, 40);
  const DecisionStep* const step = Find(suspicious, Stage::kValidate);
  ASSERT_NE(step, nullptr);
  EXPECT_EQ(*step, (DecisionStep{Stage::kValidate, 10, 40, Reason::kSuspicious, 1000, 0}));
  EXPECT_TRUE(IsUnknown(suspicious.metrics[0]));
  EXPECT_EQ(Find(suspicious, Stage::kSmooth), nullptr) << "it enters no window";
  EXPECT_LT(Find(suspicious, Stage::kBurst)->evidence, 2) << "and is no load of a burst";
  bench_.view.scale.spec_replicas = 40;
  bench_.now += seconds(15);
  EXPECT_EQ(DecideOn(10'000).desired, 40);
  bench_.now += seconds(15);
  EXPECT_EQ(DecideOn(9).desired, 10) << "the largest of the window that was believed";
}

TEST_F(DecideStages, M16_AStepDownShrinksNothing) {
  metric().validity.max_step_ratio = Q("4");
  EXPECT_EQ(DecideOn(10).desired, 10);
  bench_.now += seconds(15);
  const Decision held = DecideOn(0.01);
  EXPECT_EQ(held.desired, 10);
  EXPECT_EQ(held.metrics[0].reason, Reason::kSuspicious);
  bench_.now += seconds(15);
  EXPECT_EQ(DecideOn(3).desired, 3) << "no more than to a fourth is no such step";
}

TEST_F(DecideStages, ADampedSizeIsWhatTheWindowsRemember) {
  bench_.spec->behavior->scale_up.elasticity = Q("0.5");
  EXPECT_EQ(DecideOn(20).recommended, 20);
  EXPECT_EQ(bench_.history.recommendations->back().replicas, 15);
}

TEST_F(DecideStages, AFallbackIsNeitherDampedNorConfirmed) {
  bench_.spec->behavior->scale_up.elasticity = Q("0.5");
  bench_.spec->behavior->scale_up.confirmations = 9;
  bench_.spec->fallback = FallbackSpec{1, {}, FallbackBehavior::kStatic, 40};
  const Decision decision = DecideOnFailure();
  EXPECT_EQ(decision.desired, 40);
  EXPECT_TRUE(decision.known);
  EXPECT_TRUE(decision.acts);
  EXPECT_EQ(decision.recommended, 40);
  EXPECT_EQ(Find(decision, Stage::kElasticity), nullptr);
  EXPECT_EQ(Find(decision, Stage::kConfirm), nullptr);
  EXPECT_EQ(Find(decision, ConditionType::kFallbackActive)->status, ConditionStatus::kTrue);
  EXPECT_EQ(Find(decision, ConditionType::kScalingActive)->status, ConditionStatus::kFalse);
}

TEST_F(DecideStages, AFallbackIsAFloorUnderWhatIsKnown) {
  AddMetric(MetricRole::kScale);
  bench_.spec->fallback = FallbackSpec{1, {}, FallbackBehavior::kStatic, 12};
  bench_.readings[1] = AnswerNumber(30);
  EXPECT_EQ(DecideOnFailure().desired, 30);
  bench_.readings[1] = AnswerNumber(11);
  EXPECT_EQ(DecideOnFailure().desired, 12);
}

TEST_F(DecideStages, TheFallbackConditionSaysWhenItIsNotActive) {
  bench_.spec->fallback.emplace();
  const Decision decision = DecideOn(12);
  EXPECT_EQ(Find(decision, ConditionType::kFallbackActive)->status, ConditionStatus::kFalse);
  EXPECT_EQ(Find(decision, ConditionType::kFallbackActive)->reason, Reason::kNoFallback);
}

TEST_F(DecideStages, TheLastGoodAnswerStandsInForItsTime) {
  metric().validity.on_missing = OnMissing::kLastGood;
  metric().validity.last_good_for = seconds(60);
  EXPECT_EQ(DecideOn(15).desired, 15);
  bench_.now += seconds(60);
  const Decision stands_in = DecideOnFailure();
  EXPECT_EQ(stands_in.desired, 15);
  EXPECT_TRUE(stands_in.metrics[0].stood_in);
  EXPECT_EQ(stands_in.metrics[0].reason, Reason::kSourceFailed);
  EXPECT_EQ(Find(stands_in, Stage::kValidate)->evidence, 60);
  bench_.now += seconds(1);
  EXPECT_FALSE(DecideOnFailure().known);
}

TEST_F(DecideStages, TheLastGoodAnswerShrinksNothingUnlessThatIsAllowed) {
  metric().validity.on_missing = OnMissing::kLastGood;
  (void)DecideOn(5);
  EXPECT_EQ(DecideOnFailure().desired, 10);
  bench_.spec->safety.require_fresh_for_scale_down = false;
  EXPECT_EQ(DecideOnFailure().desired, 5);
}

TEST_F(DecideStages, AnEmptyAnswerIsZeroWhereTheObjectSaysSoAndAFailureIsNot) {
  metric().validity.on_missing = OnMissing::kZero;
  EXPECT_FALSE(DecideOnFailure().known);
  const Decision zero = DecideOnNothing();
  EXPECT_EQ(zero.desired, 1);
  EXPECT_EQ(Find(zero, Stage::kValidate)->reason, Reason::kTakenForZero);
}

TEST_F(DecideStages, AnotherMetricInItsPlaceRemembersNothing) {
  metric().validity.on_missing = OnMissing::kLastGood;
  metric().name = "one";
  (void)DecideOn(15);
  metric().name = "another";
  EXPECT_FALSE(DecideOnFailure().known);
}

TEST_F(DecideStages, BoundsWinOverBudgetsAndVetoes) {
  AddMetric(MetricRole::kGuard);
  bench_.readings[1] = Error{ErrorCode::kUnavailable, "down"};
  bench_.spec->safety.max_replicas_per_minute = 1;
  bench_.spec->max_replicas = 4;
  EXPECT_EQ(DecideOn(10).desired, 4);
}

TEST_F(DecideStages, OneDirectionOnly) {
  bench_.spec->mode = Mode::kScaleUpOnly;
  const Decision down = DecideOn(5);
  EXPECT_EQ(down.desired, 10);
  EXPECT_FALSE(down.acts);
  EXPECT_EQ(Find(down, ConditionType::kScalingLimited)->reason, Reason::kScaleUpOnly);
  EXPECT_TRUE(DecideOn(15).acts);
  bench_.spec->mode = Mode::kScaleDownOnly;
  EXPECT_EQ(DecideOn(15).desired, 10);
  EXPECT_EQ(DecideOn(5).desired, 5);
}

TEST_F(DecideStages, FrozenDecidesAndDoesNotAct) {
  bench_.spec->frozen_until = kNoon + seconds(10);
  const Decision frozen = DecideOn(15);
  EXPECT_EQ(frozen.desired, 15);
  EXPECT_FALSE(frozen.acts);
  EXPECT_EQ(Find(frozen, Stage::kMode)->reason, Reason::kFrozen);
  bench_.now += seconds(10);
  EXPECT_TRUE(DecideOn(15).acts);
  bench_.view.freeze = "ConfigMap there";
  EXPECT_FALSE(DecideOn(15).acts);
}

TEST_F(DecideStages, RestsAndWakes) {
  bench_.spec->min_replicas = 3;
  bench_.spec->idle = IdleSpec{0, seconds(60), seconds(0)};
  EXPECT_EQ(DecideOn(0).desired, 3);
  bench_.now += seconds(61);
  const Decision rests = DecideOn(0);
  EXPECT_EQ(rests.desired, 0);
  EXPECT_TRUE(rests.acts);
  EXPECT_EQ(Find(rests, ConditionType::kScalingLimited)->status, ConditionStatus::kFalse);
  bench_.view.scale.spec_replicas = 0;
  const Decision asleep = DecideOn(0);
  EXPECT_EQ(asleep.desired, 0);
  EXPECT_TRUE(asleep.known);
  EXPECT_EQ(Find(asleep, ConditionType::kScalingActive)->reason, Reason::kIdle);
  EXPECT_FALSE(DecideOnFailure().known);
  const Decision wakes = DecideOn(0.5);
  EXPECT_EQ(wakes.desired, 3);
  EXPECT_EQ(Find(wakes, Stage::kActivation)->reason, Reason::kActivated);
}

TEST_F(DecideStages, AGuardKeepsAwake) {
  AddMetric(MetricRole::kGuard);
  bench_.readings[1] = AnswerNumber(50);
  bench_.spec->min_replicas = 3;
  bench_.spec->idle = IdleSpec{0, seconds(0), seconds(0)};
  (void)DecideOn(0);
  bench_.now += seconds(1);
  EXPECT_EQ(DecideOn(0).desired, 10);
}

TEST_F(DecideStages, TheBreakerIsAConditionWhereItIsConfigured) {
  EXPECT_EQ(Find(DecideOn(12), ConditionType::kFlapping), nullptr);
  bench_.spec->safety.max_reversals_per_hour = 1;
  EXPECT_EQ(Find(DecideOn(12), ConditionType::kFlapping)->status, ConditionStatus::kFalse);
  bench_.history.changes = {{kNoon - seconds(20), 8, 12}, {kNoon - seconds(10), 12, 10}};
  const Decision held = DecideOn(5);
  EXPECT_EQ(held.desired, 10);
  EXPECT_EQ(Find(held, ConditionType::kFlapping)->status, ConditionStatus::kTrue);
}

}  // namespace
}  // namespace hpaplus
