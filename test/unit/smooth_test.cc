#include "engine/core/smooth.h"

#include <gtest/gtest.h>

#include "engine/core/pod_count.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::AnswerNumber;
using testing::Bench;
using testing::Find;
using testing::kNoon;
using testing::Q;
using testing::seconds;

MetricOutcome Asked(double demand, double ratio, Timestamp at) {
  MetricOutcome outcome;
  outcome.proposal = static_cast<Replicas>(demand);
  outcome.reason = Reason::kAboveTarget;
  outcome.demand = demand;
  outcome.ratio = ratio;
  outcome.oldest = at;
  return outcome;
}

const Smoothing kMinute{seconds(60), SmoothingFunction::kAverage};

TEST(Smooth, PutsTheMeanDemandInThePlaceOfTheNewest) {
  DemandWindow window;
  window.Add(kNoon - seconds(15), 6, kMinute);
  MetricOutcome outcome = Asked(12, 3, kNoon);  // Measured over four pods.
  const StageResult step = Smooth(kMinute, {}, 4, window, outcome);
  EXPECT_EQ(outcome.proposal, 9);
  EXPECT_DOUBLE_EQ(outcome.ratio, 9.0 / 4);
  EXPECT_DOUBLE_EQ(outcome.demand, 9);
  EXPECT_EQ(outcome.reason, Reason::kAboveTarget);
  EXPECT_EQ(step.replicas, 9);
  EXPECT_EQ(step.reason, Reason::kSmoothed);
  EXPECT_DOUBLE_EQ(step.evidence, 12);
}

TEST(Smooth, AppliesTheToleranceToTheSmoothedRatio) {
  DemandWindow window;
  window.Add(kNoon - seconds(15), 2.2, kMinute);
  MetricOutcome outcome = Asked(6, 1.5, kNoon);
  (void)Smooth(kMinute, {0.1, 0.1}, 4, window, outcome);
  EXPECT_EQ(outcome.proposal, 4) << "4.1 is 1.025 of four pods";
  EXPECT_EQ(outcome.reason, Reason::kWithinTolerance);
}

TEST(Smooth, LeavesWhatIsUnknownUnknownAndTheWindowAlone) {
  DemandWindow window;
  window.Add(kNoon - seconds(15), 6, kMinute);
  const DemandWindow before = window;
  MetricOutcome unknown;
  unknown.reason = Reason::kStaleData;
  EXPECT_EQ(Smooth(kMinute, {}, 4, window, unknown).evidence, 0);
  EXPECT_EQ(unknown.proposal, std::nullopt);
  EXPECT_EQ(unknown.reason, Reason::kStaleData);
  MetricOutcome incomplete = Asked(4, 2, kNoon);
  incomplete.reason = Reason::kHeldIncomplete;
  (void)Smooth(kMinute, {}, 4, window, incomplete);
  EXPECT_EQ(incomplete.proposal, 4);
  EXPECT_EQ(window, before);
}

TEST(Smooth, TakesTheCurrentSizeWhereZeroDemandDoesNotTellThePods) {
  DemandWindow window;
  window.Add(kNoon - seconds(15), 8, kMinute);
  MetricOutcome outcome = Asked(0, 0, kNoon);
  (void)Smooth(kMinute, {}, 10, window, outcome);
  EXPECT_DOUBLE_EQ(outcome.ratio, 0.4);
  EXPECT_EQ(outcome.proposal, 4);
  EXPECT_EQ(outcome.reason, Reason::kBelowTarget);
}

TEST(CountPods, TellsServingStartingAndLostOnes) {
  const auto pod = [](PodPhase phase, bool ready, std::optional<Timestamp> start, bool deleting) {
    Pod made;
    made.phase = phase;
    made.start_time = start;
    made.deleting = deleting;
    if (ready) made.ready = ReadyCondition{ConditionStatus::kTrue, kNoon};
    return std::make_shared<const Pod>(made);
  };
  const std::vector<std::shared_ptr<const Pod>> pods = {
      pod(PodPhase::kRunning, true, kNoon, false),
      pod(PodPhase::kRunning, true, kNoon, true),
      pod(PodPhase::kRunning, false, kNoon - seconds(300), false),
      pod(PodPhase::kPending, false, std::nullopt, false),
      pod(PodPhase::kRunning, false, kNoon - seconds(301), false),
      pod(PodPhase::kRunning, false, kNoon, true),
      pod(PodPhase::kFailed, false, kNoon, false),
      pod(PodPhase::kSucceeded, true, kNoon, false),
  };
  const PodCount count = CountPods(pods, kNoon, seconds(300));
  EXPECT_EQ(count.ready, 2);
  EXPECT_EQ(count.starting, 2);
}

// A Source of which a replica should have 100.
Bench RpsBench(Replicas size) {
  Bench bench(size);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "rps";
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("100"), std::nullopt};
  bench.spec->metrics = {metric};
  bench.spec->behavior = testing::Rules({{ScalingPolicyType::kPercent, 1000, 15}},
                                        {{ScalingPolicyType::kPercent, 100, 15}});
  bench.spec->behavior->scale_down.stabilization_window_seconds = 0;
  bench.AddPods(size);
  return bench;
}

Decision Step(Bench& bench, int second, double rps) {
  bench.now = kNoon + seconds(second);
  bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
  bench.readings = {AnswerNumber(rps, bench.now)};
  return bench.Decide();
}

TEST(DecideSmoothed, ExplainsTheWindowBeforeTheMetric) {
  Bench bench = RpsBench(5);
  bench.spec->metrics[0].smoothing = kMinute;
  EXPECT_EQ(Step(bench, 0, 1000).desired, 10);
  const Decision decision = Step(bench, 15, 600);
  EXPECT_EQ(decision.desired, 8);
  const DecisionStep* smooth = Find(decision, Stage::kSmooth);
  ASSERT_NE(smooth, nullptr);
  EXPECT_EQ(smooth->after, 8);
  EXPECT_DOUBLE_EQ(smooth->evidence, 6);
  EXPECT_EQ(decision.steps[0].stage, Stage::kSmooth);
  EXPECT_EQ(decision.steps[1].stage, Stage::kMetric);
  EXPECT_EQ(decision.steps[1].after, 8);
}

TEST(DecideSmoothed, ForgetsAMetricWhoseNameIsGone) {
  Bench bench = RpsBench(5);
  bench.spec->metrics[0].smoothing = kMinute;
  (void)Step(bench, 0, 1000);
  bench.spec->metrics[0].name = "other";
  EXPECT_EQ(Step(bench, 15, 600).desired, 6);
}

TEST(DecideBurst, HoldsTheSizeOfABurstAgainstWindowsAndMetrics) {
  Bench bench = RpsBench(5);
  bench.spec->burst = BurstSpec();
  bench.spec->behavior->scale_up.stabilization_window_seconds = 300;
  bench.history.burst.begun = true;
  EXPECT_EQ(Step(bench, 0, 500).desired, 5);
  const Decision burst = Step(bench, 15, 1200);
  EXPECT_EQ(burst.desired, 12) << "the scale-up window would have held it at 5";
  const DecisionStep* step = Find(burst, Stage::kBurst);
  ASSERT_NE(step, nullptr);
  EXPECT_EQ(step->before, 5);
  EXPECT_EQ(step->reason, Reason::kBursting);
  EXPECT_DOUBLE_EQ(step->evidence, 12.0 / 5);
  EXPECT_EQ(Step(bench, 30, 100).desired, 12);
  EXPECT_EQ(Step(bench, 75, 100).desired, 12);
  EXPECT_EQ(Step(bench, 76, 100).desired, 1);
}

TEST(DecideBurst, HoldsWhenTheMetricIsUnknown) {
  Bench bench = RpsBench(5);
  bench.spec->burst = BurstSpec();
  bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
  bench.readings = {Error{ErrorCode::kUnavailable, "down"}};
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  EXPECT_EQ(Find(decision, Stage::kBurst), nullptr);
  EXPECT_FALSE(bench.history.burst.begun);
}

ScheduleSpec AllDay(std::optional<Replicas> floor, std::optional<Replicas> ceiling) {
  ScheduleSpec schedule;
  schedule.zone = *TimeZone::Load("UTC");
  schedule.start = *ParseCron("0 0 * * *");
  schedule.duration = std::chrono::hours(24);
  schedule.min_replicas = floor;
  schedule.max_replicas = ceiling;
  return schedule;
}

TEST(DecideSchedule, RaisesLowersOrLeavesTheSizeAndSaysWhy) {
  struct Case {
    const char* name;
    std::vector<ScheduleSpec> schedules;
    double rps;
    Replicas desired;
    Reason reason;
    double evidence;
  };
  const Case cases[] = {
      {"floor", {AllDay(20, {})}, 500, 20, Reason::kScheduleFloor, 20},
      {"at the floor", {AllDay(5, {})}, 500, 5, Reason::kNoSchedule, 0},
      {"ceiling", {AllDay({}, 4)}, 500, 4, Reason::kScheduleCeiling, 4},
      {"at the ceiling", {AllDay({}, 5)}, 500, 5, Reason::kNoSchedule, 0},
      {"between", {AllDay(2, 9)}, 500, 5, Reason::kNoSchedule, 0},
      {"conflict", {AllDay(8, {}), AllDay({}, 4)}, 500, 8, Reason::kScheduleConflict, 8},
      {"conflict that does not matter",
       {AllDay(5, {}), AllDay({}, 4)},
       500,
       5,
       Reason::kNoSchedule,
       0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Bench bench = RpsBench(5);
    bench.spec->schedules = c.schedules;
    const Decision decision = Step(bench, 0, c.rps);
    EXPECT_EQ(decision.desired, c.desired);
    const DecisionStep* step = Find(decision, Stage::kSchedule);
    ASSERT_NE(step, nullptr);
    EXPECT_EQ(step->reason, c.reason);
    EXPECT_EQ(step->evidence, c.evidence);
  }
}

TEST(DecideSchedule, RaisesButNeverLowersWhatIsUnknown) {
  for (const bool floor : {false, true}) {
    Bench bench = RpsBench(5);
    bench.spec->schedules = {floor ? AllDay(20, {}) : AllDay({}, 3)};
    bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
    bench.readings = {Error{ErrorCode::kUnavailable, "down"}};
    const Decision decision = bench.Decide();
    EXPECT_EQ(decision.desired, floor ? 20 : 5);
    EXPECT_EQ(decision.acts, floor);
  }
}

TEST(DecideSmoothed, SaysWhichMetricItSmoothed) {
  Bench bench = RpsBench(5);
  bench.spec->metrics.push_back(bench.spec->metrics[0]);
  bench.spec->metrics[1].name = "other";
  bench.spec->metrics[1].smoothing = kMinute;
  bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
  bench.readings = {AnswerNumber(500), AnswerNumber(600)};
  const Decision decision = bench.Decide();
  const DecisionStep* smooth = Find(decision, Stage::kSmooth);
  ASSERT_NE(smooth, nullptr);
  EXPECT_EQ(smooth->index, 1U);
}

TEST(DecideBurst, SaysThatThereIsNone) {
  Bench bench = RpsBench(5);
  bench.spec->burst = BurstSpec();
  bench.history.burst.begun = true;
  EXPECT_EQ(Find(Step(bench, 0, 500), Stage::kBurst)->reason, Reason::kNoBurst);
}

TEST(DecideBurst, LeavesNoStepWhereNobodyAskedForIt) {
  Bench bench = RpsBench(5);
  const Decision decision = Step(bench, 0, 1200);
  EXPECT_EQ(Find(decision, Stage::kBurst), nullptr);
  EXPECT_EQ(Find(decision, Stage::kSmooth), nullptr);
}

TEST(DecideSmoothed, HasNoToleranceWhereThresholdsTellTheBand) {
  Bench bench = RpsBench(20);
  bench.spec->metrics[0].smoothing = kMinute;
  bench.spec->metrics[0].thresholds = {Q("104"), std::nullopt};
  EXPECT_EQ(Step(bench, 0, 2'100).desired, 21);
  bench.history = History();
  EXPECT_EQ(Step(bench, 0, 1'900).desired, 20) << "downwards the tolerance still holds";
  bench.history = History();
  bench.spec->metrics[0].thresholds = {std::nullopt, Q("96")};
  EXPECT_EQ(Step(bench, 0, 1'900).desired, 19);
  bench.history = History();
  EXPECT_EQ(Step(bench, 0, 2'100).desired, 20) << "upwards the tolerance still holds";
}

TEST(DecideBurst, FadesTheSizeAndSaysSo) {
  Bench bench = RpsBench(5);
  bench.spec->burst = BurstSpec();
  bench.spec->burst->capacity = BurstCapacity::kStarting;
  bench.history.burst.begun = true;
  bench.history.burst.most = 60;
  bench.history.burst.ended = kNoon;
  const Decision fading = Step(bench, 30, 500);
  EXPECT_EQ(Find(fading, Stage::kBurst)->reason, Reason::kBurstFading);
  EXPECT_EQ(fading.desired, 30);
  EXPECT_EQ(Find(Step(bench, 59, 500), Stage::kBurst)->reason, Reason::kBurstFading);
}

TEST(DecideBurst, CountsStartingPodsWhereTheyAreCapacity) {
  Bench bench = RpsBench(2);
  bench.spec->burst = BurstSpec();
  bench.spec->burst->capacity = BurstCapacity::kStarting;
  bench.history.burst.begun = true;
  for (int i = 0; i < 8; ++i) {
    Pod pod;
    pod.phase = PodPhase::kPending;
    bench.view.pods.push_back(std::make_shared<const Pod>(pod));
  }
  const Decision decision = Step(bench, 0, 1000);
  EXPECT_EQ(Find(decision, Stage::kBurst)->reason, Reason::kNoBurst) << "ten pods for ten";
}

TEST(Smooth, TellsTheMeasuredPodsByDemandAndRatio) {
  const auto ratio = [](double demand, double seen) {
    DemandWindow window;
    window.Add(kNoon - seconds(15), 8, kMinute);
    MetricOutcome outcome = Asked(demand, seen, kNoon);
    (void)Smooth(kMinute, {}, 4, window, outcome);
    return outcome.ratio;
  };
  EXPECT_DOUBLE_EQ(ratio(6, 2), 7 / 3.0) << "three pods";
  EXPECT_DOUBLE_EQ(ratio(0.5, 0.25), 4.25 / 2) << "two pods";
  EXPECT_DOUBLE_EQ(ratio(3, 0), 5.5 / 4) << "not told";
  EXPECT_DOUBLE_EQ(ratio(0, 2), 4.0 / 4) << "not told";
}

}  // namespace
}  // namespace hpaplus
