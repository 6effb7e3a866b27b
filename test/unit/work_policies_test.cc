#include <cmath>

#include <gtest/gtest.h>

#include "policies/alarm.h"
#include "policies/builtin.h"
#include "policies/queue_drain.h"
#include "test/support/workload_builder.h"

namespace hpaplus::policies {
namespace {

using testing::Answer;
using testing::AnswerNumber;
using testing::Bench;
using testing::Find;
using testing::kNoon;
using testing::Q;
using testing::seconds;

MetricSpec Source(std::string name, TargetType type, std::string_view target) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = std::move(name);
  metric.target.type = type;
  (type == TargetType::kValue ? metric.target.value : metric.target.average_value) = Q(target);
  return metric;
}

// Ten jobs a second are one replica's work; what waits is to be gone in a minute.
Bench QueueBench(Replicas size) {
  Bench bench(size);
  MetricSpec arrivals = Source("arrivals", TargetType::kAverageValue, "10");
  arrivals.queue = QueueSpec{"waiting", seconds(60)};
  bench.spec->metrics = {arrivals, Source("waiting", TargetType::kValue, "1")};
  bench.AddPods(size);
  return bench;
}

MetricOutcome Outcome(Bench& bench, std::vector<ReadingResult> readings, std::size_t index = 0) {
  bench.readings = std::move(readings);
  bench.policies = MakeBuiltinPolicies(*bench.spec);
  return bench.policies[index]->Propose(
      {bench.now, bench.config, bench.view, bench.readings[index], bench.readings});
}

TEST(QueueDrain, AddsTheBacklogOverItsTimeToWhatArrives) {
  Bench bench = QueueBench(5);
  const MetricOutcome outcome = Outcome(bench, {AnswerNumber(50), AnswerNumber(1200)});
  EXPECT_EQ(outcome.proposal, 7) << "(50 + 1200 / 60) / 10";
  EXPECT_DOUBLE_EQ(outcome.demand, 7);
  EXPECT_DOUBLE_EQ(outcome.ratio, 1.4);
  EXPECT_EQ(outcome.reason, Reason::kAboveTarget);
  EXPECT_EQ(Outcome(bench, {AnswerNumber(50), AnswerNumber(0)}).proposal, 5);
  EXPECT_EQ(Outcome(bench, {AnswerNumber(0), AnswerNumber(0)}).proposal, 0);
  EXPECT_EQ(Outcome(bench, {AnswerNumber(52), AnswerNumber(60)}).reason, Reason::kWithinTolerance);
}

TEST(QueueDrain, ReadsThousandthsOfTheHpasMetrics) {
  Bench bench = QueueBench(5);
  bench.spec->metrics[0].type = MetricType::kExternal;
  bench.spec->metrics[1].type = MetricType::kObject;
  EXPECT_EQ(Outcome(bench, {AnswerNumber(50), AnswerNumber(1200)}).proposal, 7);
}

TEST(QueueDrain, AbstainsWhenEitherNumberIsUnknown) {
  Bench bench = QueueBench(5);
  const ReadingResult down = Error{ErrorCode::kUnavailable, "down"};
  const ReadingResult good = AnswerNumber(50);
  const ReadingResult stale = AnswerNumber(50, kNoon - seconds(91));
  const ReadingResult empty = Answer({});
  EXPECT_EQ(Outcome(bench, {down, good}).reason, Reason::kSourceFailed);
  EXPECT_EQ(Outcome(bench, {good, down}).reason, Reason::kSourceFailed);
  EXPECT_EQ(Outcome(bench, {stale, good}).reason, Reason::kStaleData);
  EXPECT_EQ(Outcome(bench, {good, stale}).reason, Reason::kStaleData);
  EXPECT_EQ(Outcome(bench, {good, empty}).reason, Reason::kNoData);
  EXPECT_EQ(Outcome(bench, {good, AnswerNumber(-1)}).reason, Reason::kInvalidData);
  EXPECT_EQ(Outcome(bench, {good, AnswerNumber(std::nan(""))}).reason, Reason::kInvalidData);
  EXPECT_EQ(Outcome(bench, {good, down}).proposal, std::nullopt);
}

TEST(QueueDrain, KeepsToTheRangesOfBothNumbers) {
  Bench bench = QueueBench(5);
  bench.spec->metrics[1].validity.max = Q("1000");
  EXPECT_EQ(Outcome(bench, {AnswerNumber(50), AnswerNumber(1001)}).reason, Reason::kOutOfRange);
  bench.spec->metrics[0].validity.min = Q("1");
  EXPECT_EQ(Outcome(bench, {AnswerNumber(0), AnswerNumber(1)}).reason, Reason::kOutOfRange);
}

TEST(QueueDrain, NeedsABacklogThatIsANumber) {
  Bench bench = QueueBench(5);
  bench.spec->metrics[1].type = MetricType::kResource;
  EXPECT_EQ(Outcome(bench, {AnswerNumber(50), AnswerNumber(1)}).reason, Reason::kInvalidTarget);
  bench = QueueBench(5);
  bench.spec->metrics[0].target = {TargetType::kValue, Q("10"), std::nullopt, std::nullopt};
  EXPECT_EQ(Outcome(bench, {AnswerNumber(50), AnswerNumber(1)}).reason, Reason::kInvalidTarget);
}

// A tenth of all periods throttled is the bound.
Bench ThrottlingBench(Replicas size) {
  Bench bench(size);
  MetricSpec rps = Source("rps", TargetType::kAverageValue, "100");
  MetricSpec throttled = Source("throttled", TargetType::kValue, "100m");
  throttled.step = StepSpec{2, 30, seconds(60)};
  bench.spec->metrics = {rps, throttled};
  bench.spec->behavior = testing::Rules({{ScalingPolicyType::kPercent, 1000, 15}},
                                        {{ScalingPolicyType::kPercent, 100, 15}});
  bench.spec->behavior->scale_down.stabilization_window_seconds = 0;
  bench.AddPods(size);
  return bench;
}

TEST(Alarm, AsksForAStepAboveItsBoundAndForNothingBelow) {
  Bench bench = ThrottlingBench(5);
  const MetricOutcome over = Outcome(bench, {AnswerNumber(500), AnswerNumber(0.11)}, 1);
  EXPECT_EQ(over.proposal, 7) << "30 percent of five, rounded up";
  EXPECT_EQ(over.reason, Reason::kStepped);
  const MetricOutcome at = Outcome(bench, {AnswerNumber(500), AnswerNumber(0.1)}, 1);
  EXPECT_EQ(at.reason, Reason::kNoVote);
  EXPECT_EQ(at.proposal, 5);
  EXPECT_EQ(Outcome(bench, {AnswerNumber(1), Answer({})}, 1).reason, Reason::kNoData);
}

Decision At(Bench& bench, int second, double rps, double throttled) {
  bench.now = kNoon + seconds(second);
  bench.readings = {AnswerNumber(rps, bench.now), AnswerNumber(throttled, bench.now)};
  bench.policies = MakeBuiltinPolicies(*bench.spec);
  Decision decision = bench.Decide();
  bench.view.scale.spec_replicas = decision.desired;
  return decision;
}

TEST(Alarm, StepsOncePerCooldownAndShrinksNothingMeanwhile) {
  Bench bench = ThrottlingBench(5);
  EXPECT_EQ(At(bench, 0, 500, 0.2).desired, 7);
  const Decision pause = At(bench, 15, 300, 0.2);
  EXPECT_EQ(pause.desired, 7) << "while it rings nothing shrinks";
  EXPECT_EQ(pause.metrics[1].reason, Reason::kStepTaken);
  EXPECT_EQ(At(bench, 59, 300, 0.2).desired, 7);
  EXPECT_EQ(At(bench, 60, 300, 0.2).desired, 10);
  EXPECT_EQ(At(bench, 75, 300, 0.01).desired, 3) << "calm: the other metric decides alone";
  EXPECT_EQ(At(bench, 76, 300, 0.2).desired, 3) << "still within a minute of the last step";
}

TEST(Alarm, KeepsToTheRangeOfItsNumber) {
  Bench bench = ThrottlingBench(5);
  bench.spec->metrics[1].validity.max = Q("1");
  EXPECT_EQ(Outcome(bench, {AnswerNumber(1), AnswerNumber(1.5)}, 1).reason, Reason::kOutOfRange);
}

TEST(Alarm, UnknownForbidsShrinking) {
  Bench bench = ThrottlingBench(5);
  bench.readings = {AnswerNumber(300), Answer({})};
  bench.policies = MakeBuiltinPolicies(*bench.spec);
  EXPECT_EQ(bench.Decide().desired, 5);
}

TEST(Alarm, AloneKeepsTheSize) {
  Bench bench = ThrottlingBench(5);
  bench.spec->metrics.erase(bench.spec->metrics.begin());
  bench.readings = {AnswerNumber(0.01)};
  bench.policies = MakeBuiltinPolicies(*bench.spec);
  const Decision decision = bench.Decide();
  EXPECT_EQ(decision.desired, 5);
  EXPECT_TRUE(decision.known);
}

PodUsage Usage(const std::string& pod, std::int64_t milli, Timestamp at = kNoon) {
  return {"shop", pod, at, seconds(30), {{"app", {{"cpu", milli}}}}};
}

ReadingResult AnswerUsage(const std::vector<PodUsage>& items) {
  Reading reading;
  reading.pod_usage = PodUsageTable(items);
  return Answer(std::move(reading));
}

// Steps up when a pod uses more than 90 % of the CPU it asks for.
Bench HottestPodBench(Replicas size) {
  Bench bench(size);
  MetricSpec cpu;
  cpu.type = MetricType::kResource;
  cpu.name = "hottest";
  cpu.resource = "cpu";
  cpu.target.average_utilization = 90;
  cpu.step = StepSpec();
  bench.spec->metrics = {std::move(cpu)};
  return bench;
}

TEST(Alarm, LooksAtTheHottestPodThatAnAverageHides) {
  Bench bench = HottestPodBench(3);
  bench.AddPods(3);  // 100m each.
  std::vector<PodUsage> usage = {Usage("web-100", 10), Usage("web-101", 95), Usage("web-102", 10)};
  const MetricOutcome hot = Outcome(bench, {AnswerUsage(usage)});
  EXPECT_EQ(hot.reason, Reason::kStepped);
  EXPECT_EQ(hot.proposal, 4);
  EXPECT_DOUBLE_EQ(hot.ratio, 95.0 / 90);
  usage[1] = Usage("web-101", 90);
  EXPECT_EQ(Outcome(bench, {AnswerUsage(usage)}).reason, Reason::kNoVote);
  usage[1] = Usage("web-101", 95, kNoon - seconds(91));
  EXPECT_EQ(Outcome(bench, {AnswerUsage(usage)}).reason, Reason::kNoVote) << "stale";
  EXPECT_EQ(Outcome(bench, {AnswerUsage({})}).reason, Reason::kNoData);
  bench.spec->metrics[0].target = {TargetType::kAverageValue, std::nullopt, Q("50m"), std::nullopt};
  usage[1] = Usage("web-101", 60);
  EXPECT_EQ(Outcome(bench, {AnswerUsage(usage)}).reason, Reason::kStepped);
}

TEST(Alarm, TellsTheNumberThatItWentBy) {
  Bench bench = ThrottlingBench(5);
  const MetricOutcome source =
      Outcome(bench, {AnswerNumber(1), AnswerNumber(0.2, kNoon - seconds(7))}, 1);
  EXPECT_EQ(source.value, 0.2);
  EXPECT_EQ(source.oldest, kNoon - seconds(7));
  bench.spec->metrics[1].type = MetricType::kExternal;
  EXPECT_EQ(Outcome(bench, {AnswerNumber(1), AnswerNumber(0.2)}, 1).value_milli, 200);
}

TEST(Alarm, MeasuresAPodByItsRequestAndTellsTheOldestSample) {
  Bench bench = HottestPodBench(2);
  bench.view.pods = {std::make_shared<Pod>(testing::ReadyPod("a", "400m")),
                     std::make_shared<Pod>(testing::ReadyPod("b", "400m"))};
  const ReadingResult usage = AnswerUsage({Usage("a", 200, kNoon - seconds(9)), Usage("b", 300)});
  const MetricOutcome calm = Outcome(bench, {usage});
  EXPECT_EQ(calm.reason, Reason::kNoVote);
  EXPECT_DOUBLE_EQ(calm.ratio, 75.0 / 90);
  EXPECT_EQ(calm.oldest, kNoon - seconds(9));
  bench.view.pods[0] = std::make_shared<Pod>(testing::ReadyPod("a", "0"));
  EXPECT_EQ(Outcome(bench, {usage}).reason, Reason::kNoRequests);
}

TEST(PolicyRegistry, FindsWhatAMetricNamesAndSaysWhenThereIsNone) {
  Bench bench(5);
  bench.spec->metrics = {Source("rps", TargetType::kAverageValue, "100")};
  bench.spec->metrics[0].policy = "hpa";
  EXPECT_EQ(Outcome(bench, {AnswerNumber(900)}).proposal, 9);
  bench.spec->metrics[0].policy = "astrology";
  const MetricOutcome none = Outcome(bench, {AnswerNumber(900)});
  EXPECT_EQ(none.reason, Reason::kInvalidTarget);
  EXPECT_NE(none.problem.find("there is no policy \"astrology\""), std::string::npos);
}

TEST(PolicyRegistryDeathTest, TakesNoNameTwice) {
  PolicyRegistry registry;
  RegisterBuiltinPolicies(registry);
  EXPECT_GE(registry.names().size(), 3U);
  EXPECT_DEATH(RegisterBuiltinPolicies(registry), "check failed");
}

TEST(Alarm, RefusesABoundThatNothingCanBeMeasuredBy) {
  for (const double bound : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    Alarm::Config config;
    config.bound = bound;
    const auto made = Alarm::Create(config);
    ASSERT_FALSE(made) << bound;
    EXPECT_EQ(made.error().message, "alarm: the target must be > 0");
  }
}

TEST(Alarm, StepsByAShareOfTheSizeWhereThatIsMore) {
  Bench bench = ThrottlingBench(200);
  bench.spec->metrics[1].step = StepSpec{2, 100, seconds(60)};
  EXPECT_EQ(Outcome(bench, {AnswerNumber(1), AnswerNumber(1)}, 1).proposal, 400);
}

TEST(Alarm, LooksAtReadyPodsOnly) {
  Bench bench = HottestPodBench(2);
  ReadingResult usage = AnswerUsage({Usage("a", 10), Usage("b", 400)});
  const auto of = [&](const Pod& pod) {
    bench.view.pods = {std::make_shared<Pod>(testing::ReadyPod("a", "1m")),
                       std::make_shared<Pod>(pod)};
    return Outcome(bench, {usage});
  };
  const Pod hot = testing::ReadyPod("b", "400m");
  EXPECT_DOUBLE_EQ(of(hot).ratio, 1000.0 / 90) << "a request of a thousandth is one";
  usage = AnswerUsage({Usage("a", 0), Usage("b", 400)});
  EXPECT_EQ(of(hot).reason, Reason::kStepped);
  Pod leaving = hot;
  leaving.deleting = true;
  EXPECT_EQ(of(leaving).reason, Reason::kNoVote);
  Pod unready = hot;
  unready.ready->status = ConditionStatus::kFalse;
  EXPECT_EQ(of(unready).reason, Reason::kNoVote);
  Pod ended = hot;
  ended.phase = PodPhase::kSucceeded;
  EXPECT_EQ(of(ended).reason, Reason::kNoVote);
}

TEST(QueueDrain, RefusesWorkOrTimeThatIsNotPositive) {
  for (const double work : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    QueueDrain::Config config;
    config.work_per_second = work;
    config.drain_time = seconds(1);
    const auto made = QueueDrain::Create(config);
    ASSERT_FALSE(made) << work;
    EXPECT_EQ(made.error().message, "queue_drain: the target must be > 0");
  }
  QueueDrain::Config config;
  config.work_per_second = 1;
  const auto made = QueueDrain::Create(config);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "queue_drain: the drain time must be > 0");
}

}  // namespace
}  // namespace hpaplus::policies
