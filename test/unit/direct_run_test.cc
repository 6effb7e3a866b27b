// Decide alone, called when the engine would call it, has to give what the engine gives: on random
// demands, objects and plants the two ways' scores are compared to the last bit.
#include "engine/rehearse/direct_run.h"

#include <cmath>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/rehearse/simulate.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Q;

constexpr Timestamp kStart{std::chrono::days(20'458)};

Trace RandomTrace(Random& random) {
  std::string text = "t_seconds,value\n";
  const std::vector<double> steps = {7, 15, 15, 90, 301.5};
  const double step = steps[random.Next() % steps.size()];
  const double noise = random.Chance(0.3) ? 0 : 0.4;
  double level = 100;
  for (int i = 0; i < (step > 15 ? 40 : 300); ++i) {
    if (random.Chance(0.05)) level = random.Chance(0.2) ? 0 : random.Uniform() * 600;
    text += fmt::format("{},{}\n", i * step, level * (1 - noise / 2 + noise * random.Uniform()));
  }
  auto trace = Trace::FromCsv(text);
  EXPECT_TRUE(trace);
  return *trace;
}

MetricSpec RandomMetric(Random& random) {
  MetricSpec metric;
  metric.name = "load";
  switch (random.Next() % 5) {
    case 0:
      metric.type = MetricType::kResource;
      metric.resource = "cpu";
      metric.target.type = TargetType::kUtilization;
      metric.target.average_utilization = 60;
      break;
    case 1:
      metric.type = MetricType::kContainerResource;
      metric.resource = "memory";
      metric.container = "app";
      metric.target.type = TargetType::kAverageValue;
      metric.target.average_value = Q("600m");
      break;
    case 2:
      metric.type = MetricType::kPods;
      metric.metric = "rps";
      metric.target.type = TargetType::kAverageValue;
      metric.target.average_value = Q("7");
      break;
    case 3:
      metric.type = MetricType::kSource;
      metric.target.type = TargetType::kValue;
      metric.target.value = Q("8");
      break;
    default:
      metric.type = MetricType::kExternal;
      metric.metric = "queue";
      metric.target.type = TargetType::kAverageValue;
      metric.target.average_value = Q("8");
      break;
  }
  return metric;
}

WorkloadSpec RandomSpec(Random& random) {
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.name = "web";
  spec.uid = "u" + std::to_string(random.Next() % 1000);
  spec.target = {"apps/v1", "Deployment", "web"};
  spec.min_replicas = random.Chance(0.2) ? 0 : 1;
  spec.max_replicas = random.Chance(0.3) ? 20 : 100;
  spec.period = seconds(1 + static_cast<int>(random.Next() % 20));
  spec.timeout = seconds(1);
  spec.metrics = {RandomMetric(random)};
  if (random.Chance(0.3)) {
    spec.metrics.push_back(RandomMetric(random));
    spec.metrics.back().name = "other";
  }
  if (random.Chance(0.3)) spec.metrics[0].smoothing = Smoothing{seconds(30)};
  if (random.Chance(0.2)) spec.burst.emplace();
  if (random.Chance(0.7)) {
    Behavior behavior;
    behavior.scale_up.policies = {{ScalingPolicyType::kPercent, 100, 15}};
    behavior.scale_up.stabilization_window_seconds = random.Chance(0.5) ? 0 : 30;
    behavior.scale_down.policies = {{ScalingPolicyType::kPods, 3, 30}};
    behavior.scale_down.stabilization_window_seconds = static_cast<int>(random.Next() % 120);
    if (random.Chance(0.5)) behavior.scale_down.elasticity = Q("500m");
    if (random.Chance(0.5)) behavior.scale_down.confirmations = 3;
    spec.behavior = behavior;
  }
  return spec;
}

RunOptions RandomOptions(Random& random) {
  RunOptions options;
  const std::vector<Duration> startups = {milliseconds(1), seconds(1), seconds(15),
                                          milliseconds(29'997), seconds(40)};
  options.plant = {10, startups[random.Next() % startups.size()], 10};
  options.step = seconds(random.Chance(0.5) ? 1 : 13);
  options.scrape = seconds(random.Chance(0.5) ? 1 : 20);
  options.between = random.Chance(0.5) ? Between::kHold : Between::kLinear;
  return options;
}

TEST(RunDirect, GivesTheScoresOfTheEngine) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const WorkloadSpec spec = RandomSpec(random);
    Trace trace = RandomTrace(random);  // In this order with every compiler.
    const Situation situation(std::move(trace), RandomOptions(random));
    const Scores expected = RunEngine("it", spec, situation.trace(), situation.options(),
                                      policies::MakeBuiltinPolicies, kStart)
                                .scores;
    const DirectScores direct = RunDirect(spec, situation, policies::MakeBuiltinPolicies, kStart);
    EXPECT_EQ(direct.scores, expected);
    Block sum;
    for (const Block& block : direct.blocks) {
      sum.replica_seconds += block.replica_seconds;
      sum.short_seconds += block.short_seconds;
    }
    EXPECT_DOUBLE_EQ(sum.replica_seconds / 3600, expected.replica_hours);
    EXPECT_DOUBLE_EQ(sum.short_seconds / expected.seconds, expected.under_provisioned_time_share);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace hpaplus::rehearse
