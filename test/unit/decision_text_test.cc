#include "engine/kube/decision_text.h"

#include <limits>

#include <gtest/gtest.h>

#include "engine/kube/metric_text.h"
#include "test/support/kube_workload.h"

namespace hpaplus::kube {
namespace {

using test::DecisionOf;
using test::RpsSpec;
using test::UnknownDecision;
using test::ViewOf;

TEST(DecisionText, NumbersHaveThreeDigitsAndSeparators) {
  EXPECT_EQ(NumberText(1431), "1,431");
  EXPECT_EQ(NumberText(1'234'567.8), "1,234,568");
  EXPECT_EQ(NumberText(-1431), "-1,431");
  EXPECT_EQ(NumberText(-123), "-123");
  EXPECT_EQ(NumberText(11.925), "11.9");
  EXPECT_EQ(NumberText(1.5), "1.5");
  EXPECT_EQ(NumberText(0.04), "0.04");
  EXPECT_EQ(NumberText(120), "120");
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(1e300), "1e+300");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::infinity()), "inf");
}

TEST(DecisionText, AChangeNamesItsCause) {
  EXPECT_EQ(DecisionText(DecisionOf(7, 12, 12), ViewOf(RpsSpec(), 7)),
            "7 -> 12: rps 1,431 over 120 each (needs 11.9)");
}

TEST(DecisionText, ALimitIsNamedWithItsPolicy) {
  EXPECT_EQ(DecisionText(DecisionOf(5, 12, 10), ViewOf(RpsSpec(), 5)),
            "5 -> 10: rps 1,431 over 120 each (needs 11.9); limited by scaleUp policy 100%/15s");
  auto spec = RpsSpec();
  spec->behavior->scale_up.policies.push_back({ScalingPolicyType::kPods, 4, 60});
  EXPECT_TRUE(DecisionText(DecisionOf(5, 12, 10), ViewOf(spec, 5))
                  .ends_with("scaleUp policy 100%/15s or 4 pods/60s"));
  spec->behavior.reset();
  EXPECT_TRUE(
      DecisionText(DecisionOf(5, 12, 10), ViewOf(spec, 5)).ends_with("; limited to 10 at once"));
}

TEST(DecisionText, AWindowAndABoundAreNamed) {
  Decision down = DecisionOf(12, 4, 12, test::kMorning, 480);
  down.steps[2] = {Stage::kStabilize, 4, 12, Reason::kScaleDownStabilized, 300, 0};
  down.steps[3] = {Stage::kRate, 12, 12, Reason::kDesiredWithinRange, 0, 0};
  EXPECT_EQ(DecisionText(down, ViewOf(RpsSpec(), 12)),
            "12 -> 12: rps 480 under 120 each (needs 4); held by scaleDown stabilization 300s");
  Decision up = DecisionOf(40, 70, 70, test::kMorning, 8400);
  up.desired = 50;
  up.steps[4] = {Stage::kBounds, 70, 50, Reason::kTooManyReplicas, 50, 0};
  EXPECT_EQ(DecisionText(up, ViewOf(RpsSpec(), 40)),
            "40 -> 50: rps 8,400 over 120 each (needs 70); limited by maxReplicas 50");
}

TEST(DecisionText, AWayBackIntoTheBoundsNeedsNoMetric) {
  Decision decision;
  decision.current = 60;
  decision.desired = 50;
  decision.known = true;
  decision.steps = {{Stage::kBounds, 60, 50, Reason::kAboveMax, 50, 0}};
  EXPECT_EQ(DecisionText(decision, ViewOf(RpsSpec(), 60)), "60 -> 50: above maxReplicas 50");
}

TEST(DecisionText, TargetsShowCurrentOverTarget) {
  auto spec = RpsSpec();
  MetricSpec cpu;
  cpu.type = MetricType::kResource;
  cpu.name = "cpu";
  cpu.resource = "cpu";
  cpu.target.type = TargetType::kUtilization;
  cpu.target.average_utilization = 65;
  spec->metrics.insert(spec->metrics.begin(), cpu);
  Decision decision = DecisionOf(10, 8, 8, test::kMorning, 880);
  MetricOutcome used;
  used.proposal = 11;
  used.average_utilization = 71;
  decision.metrics.insert(decision.metrics.begin(), used);
  EXPECT_EQ(TargetsText(decision, *spec), "cpu: 71%/65%, rps: 88/120");
  decision.metrics[0].proposal.reset();
  EXPECT_EQ(TargetsText(decision, *spec), "cpu: <unknown>/65%, rps: 88/120");
  decision.metrics.clear();
  EXPECT_EQ(TargetsText(decision, *spec), "cpu: <unknown>/65%, rps: <unknown>/120");
}

// (queue + 2 * in_flight) / capacity, whose winner is metrics[0].
Decision ComputedDecision(WorkloadSpec& spec) {
  MetricSpec input;
  input.type = MetricType::kSource;
  input.role = MetricRole::kInput;
  for (const char* name : {"queue", "in-flight"}) {
    input.name = name;
    spec.metrics.push_back(input);
  }
  spec.metrics[0].type = MetricType::kFormula;
  spec.metrics[0].name = "pressure";
  const std::vector<std::string> names = {"pressure", "queue", "in-flight"};
  spec.metrics[0].formula = *Formula::Compile("queue + 2 * in_flight", names);
  Decision decision = DecisionOf(5, 12, 12, test::kMorning, 1430);
  MetricOutcome number;
  number.reason = Reason::kNoVote;
  number.value = 1020;
  number.total = number.value;
  number.oldest = decision.at - std::chrono::milliseconds(3500);
  decision.metrics.push_back(number);
  number.value = 205;
  number.total = number.value;
  number.oldest = decision.at;
  decision.metrics.push_back(number);
  return decision;
}

TEST(DecisionText, AFormulaIsShownWithItsInputsAndTheirAges) {
  auto spec = RpsSpec();
  Decision decision = ComputedDecision(*spec);
  EXPECT_EQ(DecisionText(decision, ViewOf(spec, 5)),
            "5 -> 12: pressure 1,430 over 120 each (needs 11.9), queue + 2 * in_flight of queue "
            "1,020 (3.5 s old), in-flight 205 (0 s old)");
  EXPECT_EQ(TargetsText(decision, *spec), "pressure: 286/120, queue: 1,020, in-flight: 205");
  EXPECT_EQ(MetricText(decision.metrics[1], spec->metrics[1]), "queue 1,020");
  decision.metrics[2] = MetricOutcome();
  decision.metrics[2].reason = Reason::kNoData;
  EXPECT_EQ(FormulaText(decision, *spec, 0),
            ", queue + 2 * in_flight of queue 1,020 (3.5 s old), in-flight NoData");
  EXPECT_EQ(TargetsText(decision, *spec), "pressure: 286/120, queue: 1,020, in-flight: <unknown>");
  EXPECT_EQ(FormulaText(decision, *spec, 1), "") << "an input is no formula";
}

TEST(DecisionText, ASuspiciousMetricIsShownWithItsFactor) {
  Decision decision = DecisionOf(5, 12, 12);
  decision.metrics[0].stood_in = true;
  decision.metrics[0].reason = Reason::kSuspicious;
  decision.steps.insert(decision.steps.begin(),
                        {Stage::kValidate, 5, 12, Reason::kSuspicious, 1000});
  EXPECT_EQ(DecisionText(decision, ViewOf(RpsSpec(), 5)),
            "5 -> 12: rps is unknown (Suspicious), 1,000 times what it was, so it asks for 12 at "
            "most");
}

TEST(DecisionText, MemoryIsShownInBinaryUnits) {
  auto spec = RpsSpec();
  spec->metrics[0].type = MetricType::kResource;
  spec->metrics[0].name = "memory";
  spec->metrics[0].resource = "memory";
  spec->metrics[0].target.average_value = *Quantity::Parse("64Mi");
  Decision decision = DecisionOf(1, 2, 2);
  decision.metrics[0].value.reset();
  decision.metrics[0].average_value_milli = (std::int64_t{100} << 20) * 1000;
  EXPECT_EQ(TargetsText(decision, *spec), "memory: 100Mi/64Mi");
}

TEST(DecisionText, M11AnUnknownMetricIsSaidWithItsReason) {
  const Decision decision = UnknownDecision(7);
  const WorkloadView view = ViewOf(RpsSpec(), 7);
  EXPECT_EQ(ConditionText(decision.conditions[1], decision, view),
            "1 of 1 metrics unknown, first rps is unknown (SourceFailed: connection refused)");
}

TEST(DecisionText, ConditionsSayWhyInWords) {
  const Decision decision = DecisionOf(5, 12, 10);
  WorkloadView view = ViewOf(RpsSpec(), 5);
  view.conflict = "HPAPlus other";
  const auto text = [&](ConditionType type, ConditionStatus status, Reason reason) {
    return ConditionText({type, status, reason}, decision, view);
  };
  constexpr auto kActive = ConditionType::kScalingActive;
  constexpr auto kFalse = ConditionStatus::kFalse;
  EXPECT_EQ(text(kActive, kFalse, Reason::kPaused), "mode is Paused");
  EXPECT_EQ(text(kActive, kFalse, Reason::kAmbiguousTarget),
            "the target is also scaled by HPAPlus other");
  EXPECT_EQ(text(kActive, kFalse, Reason::kScalingDisabled), "the target is at zero replicas");
  EXPECT_NE(text(kActive, kFalse, Reason::kInvalidSelector), "");
  EXPECT_NE(text(kActive, kFalse, Reason::kAmbiguousSelector), "");
  EXPECT_EQ(text(kActive, ConditionStatus::kTrue, Reason::kValidMetricFound),
            "a size follows from metric rps");
  EXPECT_EQ(text(ConditionType::kScalingLimited, ConditionStatus::kTrue, Reason::kScaleUpLimit),
            "the metrics ask for 12; limited by scaleUp policy 100%/15s");
  view.scale.problem = "deployments.apps \"web\" not found";
  EXPECT_EQ(text(ConditionType::kAbleToScale, kFalse, Reason::kTargetNotFound),
            "deployments.apps \"web\" not found");
}

TEST(DecisionText, SaysWhatStandsInForWhatIsUnknown) {
  Decision decision = DecisionOf(12, 15, 15);
  decision.metrics[0].stood_in = true;
  decision.metrics[0].reason = Reason::kStaleData;
  decision.steps.insert(decision.steps.begin(), {Stage::kValidate, 12, 15, Reason::kLastGood, 20});
  EXPECT_EQ(DecisionText(decision, ViewOf(RpsSpec(), 12)),
            "12 -> 15: rps is unknown (StaleData), asked for 15 20 s ago");
  decision.steps[0].reason = Reason::kTakenForZero;
  EXPECT_EQ(DecisionText(decision, ViewOf(RpsSpec(), 12)),
            "12 -> 15: rps is unknown (StaleData), taken for zero");
}

TEST(DecisionText, SaysWhatOneSizeWasMadeOf) {
  auto spec = RpsSpec();
  spec->metrics.push_back(spec->metrics[0]);
  spec->metrics[1].name = "cpu";
  spec->combine.strategy = CombineStrategy::kAverage;
  Decision decision = DecisionOf(5, 12, 12);
  decision.metrics.push_back(decision.metrics[0]);
  decision.metrics[1].proposal = 10;
  decision.steps[1].reason = Reason::kCombined;
  EXPECT_EQ(DecisionText(decision, ViewOf(spec, 5)), "5 -> 12: average of rps 12, cpu 10");
  spec->combine.strategy = CombineStrategy::kWeighted;
  EXPECT_EQ(DecisionText(decision, ViewOf(spec, 5)), "5 -> 12: weighted average of rps 12, cpu 10");
  const std::vector<std::string> names = {"rps", "cpu"};
  spec->combine = {CombineStrategy::kFormula, *Formula::Compile("rps * 1", names)};
  EXPECT_EQ(DecisionText(decision, ViewOf(spec, 5)), "5 -> 12: rps * 1 with rps 12");
}

TEST(DecisionText, SaysWhyNothingIsWritten) {
  Decision decision = DecisionOf(7, 12, 12);
  decision.steps.back().reason = Reason::kDryRun;
  EXPECT_TRUE(
      DecisionText(decision, ViewOf(RpsSpec(), 7)).ends_with("; no size is written: dry run"));
  decision.steps.back().reason = Reason::kFrozen;
  EXPECT_TRUE(DecisionText(decision, ViewOf(RpsSpec(), 7))
                  .ends_with("; no size is written: frozen by its annotation"));
  decision.current = decision.desired;
  EXPECT_FALSE(DecisionText(decision, ViewOf(RpsSpec(), 12)).ends_with("annotation"))
      << "there was nothing to write";
}

}  // namespace
}  // namespace hpaplus::kube
