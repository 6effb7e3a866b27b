#include "engine/rehearse/simulate.h"

#include <gtest/gtest.h>

#include "engine/rehearse/simulate_report.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;
using testing::Q;

constexpr Timestamp kStart{std::chrono::days(20'458)};

Trace Make(const std::string& rows) {
  const auto trace = Trace::FromCsv("t_seconds,value\n" + rows);
  EXPECT_TRUE(trace) << trace.error().message;
  return *trace;
}

// 100 for two minutes, 400 for ten, 100 for twenty.
Trace Step() {
  return Make("0,100\n60,100\n120,400\n180,400\n720,100\n1860,100\n");
}

RunOptions OfTen() {
  RunOptions options;
  options.plant = {10, seconds(30), 10};
  return options;
}

WorkloadSpec Spec(MetricSpec metric) {
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.name = "web";
  spec.uid = "u";
  spec.generation = 1;
  spec.target = {"apps/v1", "Deployment", "web"};
  spec.max_replicas = 100;
  spec.period = seconds(1);
  spec.timeout = seconds(1);
  metric.name = "load";
  spec.metrics = {std::move(metric)};
  return spec;
}

WorkloadSpec DemandSpec() {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = Q("10");
  return Spec(metric);
}

WorkloadSpec CpuSpec() {
  MetricSpec metric;
  metric.type = MetricType::kResource;
  metric.resource = "cpu";
  metric.target.type = TargetType::kUtilization;
  metric.target.average_utilization = 80;
  return Spec(metric);
}

PolicyRun Rehearse(const WorkloadSpec& spec, const Trace& trace,
                   const RunOptions& options = OfTen()) {
  return RunEngine("it", spec, trace, options, policies::MakeBuiltinPolicies, kStart);
}

TEST(Plant, StartsSlowlyAndStopsAtOnce) {
  Plant plant({10, seconds(30), 4});
  Timestamp now{};
  plant.Resize(6, now);
  plant.Resize(9, now + seconds(10));
  EXPECT_EQ(plant.ready(), 4);
  EXPECT_EQ(plant.next(), now + seconds(30));
  EXPECT_FALSE(plant.Advance(now + seconds(29)));
  EXPECT_TRUE(plant.Advance(now + seconds(30)));
  EXPECT_EQ(plant.ready(), 6);
  plant.Resize(7, now + seconds(31));  // Two of the three that still start are not needed.
  EXPECT_EQ(plant.ready(), 6);
  EXPECT_TRUE(plant.Advance(now + seconds(40)));
  EXPECT_EQ(plant.ready(), 7);
  plant.Resize(2, now + seconds(41));
  EXPECT_EQ(plant.ready(), 2);
  EXPECT_EQ(plant.next(), Timestamp::max());
  EXPECT_EQ(plant.Needed(0), 0);
  EXPECT_EQ(plant.Needed(20), 2);
  EXPECT_EQ(plant.Needed(20.1), 3);
}

TEST(Scores, AddUpWhatWasMissingAndWhatWasTooMuch) {
  ScoreKeeper keeper(30);
  keeper.Add(4, 4, 4);    // 30 s each.
  keeper.Add(10, 4, 10);  // Six are missing,
  keeper.Add(10, 8, 10);  // then two.
  keeper.Add(10, 10, 10);
  keeper.Add(2, 10, 10);
  keeper.Add(3, 2, 2);
  keeper.AddChange(4, 10);
  keeper.AddChange(10, 11);
  keeper.AddChange(11, 2);
  const Scores scores = keeper.Total();
  EXPECT_EQ(scores.seconds, 180);
  EXPECT_DOUBLE_EQ(scores.replica_hours, 46.0 * 30 / 3600);
  EXPECT_DOUBLE_EQ(scores.under_provisioned_time_share, 0.5);
  EXPECT_EQ(scores.under_provisioned_area, (6 + 2 + 1) * 30);
  EXPECT_EQ(scores.over_provisioned_area, 8 * 30);
  EXPECT_EQ(scores.changes, 3);
  EXPECT_EQ(scores.reversals, 1);
  EXPECT_EQ(scores.reaction_p50_seconds, 30);
  EXPECT_EQ(scores.reaction_p99_seconds, 60);
  EXPECT_DOUBLE_EQ(scores.worst_minute, 6.0 / 14);  // The first minute; the next has 8 of 20.
}

TEST(RunEngine, ReactsWithinItsPeriod) {
  const PolicyRun run = Rehearse(DemandSpec(), Step());
  ASSERT_FALSE(run.changes.empty());
  EXPECT_NEAR(run.changes.front().seconds, 120, 2);
  EXPECT_EQ(run.changes.front().from, 10);
  EXPECT_GE(run.decisions, 1900U) << "one a second";
  EXPECT_GT(run.scores.under_provisioned_time_share, 0);
  EXPECT_LT(run.scores.reaction_p99_seconds, 60 + 45) << "rates, and then the start";
}

TEST(RunEngine, ReachesTheSizeThatTheDemandNeeds) {
  for (const WorkloadSpec& spec : {DemandSpec(), CpuSpec()}) {
    SCOPED_TRACE(MetricTypeName(spec.metrics[0].type));
    const bool cpu = spec.metrics[0].type == MetricType::kResource;
    const PolicyRun run = Rehearse(spec, Step());
    Replicas most = 0;
    for (const Change& change : run.changes)
      most = std::max(most, change.to);
    EXPECT_EQ(most, cpu ? 50 : 40) << "at 80 % of their capacity or at all of it";
    EXPECT_NEAR(run.changes.back().to, cpu ? 12.5 : 10, 1);
    EXPECT_GE(run.changes.back().seconds, 720 + 300) << "only when its window has passed";
    EXPECT_EQ(run.changes.back().reason, Reason::kBelowTarget);
  }
}

TEST(RunEngine, GivesTheSameRunTwice) {
  const PolicyRun a = Rehearse(CpuSpec(), Step());
  const PolicyRun b = Rehearse(CpuSpec(), Step());
  EXPECT_EQ(SimulateJson({"t", 0, 0, OfTen(), {a}}), SimulateJson({"t", 0, 0, OfTen(), {b}}));
}

TEST(RunEngine, DecidesWhateverTheObjectsModeIs) {
  WorkloadSpec spec = DemandSpec();
  spec.mode = Mode::kDryRun;
  EXPECT_EQ(Rehearse(spec, Step()).scores.changes, Rehearse(DemandSpec(), Step()).scores.changes);
}

TEST(RunEngine, OfPodsAndValuesMeasuresWhatOneReplicaHas) {
  MetricSpec pods;
  pods.type = MetricType::kPods;
  pods.metric = "rps";
  pods.target.type = TargetType::kAverageValue;
  pods.target.average_value = Q("8");
  MetricSpec value;
  value.type = MetricType::kSource;
  value.target.type = TargetType::kValue;
  value.target.value = Q("8");
  for (const MetricSpec& metric : {pods, value}) {
    SCOPED_TRACE(MetricTypeName(metric.type));
    const PolicyRun run = Rehearse(Spec(metric), Make("0,80\n600,160\n1200,160\n"));
    ASSERT_FALSE(run.changes.empty());
    EXPECT_NEAR(run.changes.back().to, 20, 1);
  }
}

TEST(RunStatic, NeverMissesAnything) {
  const PolicyRun run = RunStatic(Step(), OfTen());
  EXPECT_EQ(run.scores.under_provisioned_area, 0);
  EXPECT_NEAR(run.scores.replica_hours, 40 * run.scores.seconds / 3600, 1e-9);
  EXPECT_EQ(run.scores.changes, 0);
}

TEST(RunOracle, StartsJustInTimeAndStopsAtOnce) {
  const PolicyRun run = RunOracle(Step(), OfTen());
  EXPECT_EQ(run.scores.under_provisioned_area, 0);
  EXPECT_EQ(run.scores.over_provisioned_area, 0);
  ASSERT_EQ(run.changes.size(), 2U);
  EXPECT_EQ(run.changes[0].seconds, 90);
  EXPECT_EQ(run.changes[0].to, 40);
  EXPECT_EQ(run.changes[1].seconds, 720);
}

TEST(HpaDefault, KeepsTheTargetsAndNothingElse) {
  WorkloadSpec spec = DemandSpec();
  spec.metrics[0].smoothing = Smoothing{seconds(60), SmoothingFunction::kMax};
  spec.behavior.emplace();
  MetricSpec guard = spec.metrics[0];
  guard.role = MetricRole::kGuard;
  spec.metrics.push_back(guard);
  const WorkloadSpec hpa = HpaDefault(spec);
  ASSERT_EQ(hpa.metrics.size(), 1U);
  EXPECT_EQ(hpa.metrics[0].target, spec.metrics[0].target);
  EXPECT_FALSE(hpa.metrics[0].smoothing);
  EXPECT_FALSE(hpa.behavior);
  EXPECT_EQ(hpa.period, seconds(15));
  EXPECT_EQ(hpa.max_replicas, 100);
}

TEST(KpaDefault, AimsAtSeventyPercentOfTheCapacity) {
  const PolicyRun run = Rehearse(KpaDefault(DemandSpec(), 10), Make("0,70\n900,70\n1800,70\n"));
  ASSERT_TRUE(run.changes.empty()) << run.changes.front().to;
  const PolicyRun burst = Rehearse(KpaDefault(DemandSpec(), 10), Step());
  ASSERT_FALSE(burst.changes.empty());
  EXPECT_GE(burst.changes.front().to, 15);
}

}  // namespace
}  // namespace hpaplus::rehearse
