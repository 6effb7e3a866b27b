// What shapes a size, in a simulated world with the real engine and without faults.

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "engine/sim/invariants.h"
#include "engine/sim/sim_world.h"
#include "policies/builtin.h"

namespace hpaplus::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TargetOptions Target(Replicas size, double load) {
  TargetOptions target;
  target.spec.ns = "sim";
  target.spec.name = "web";
  target.spec.max_replicas = 40;
  target.spec.period = seconds(5);
  target.spec.timeout = seconds(4);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "load";
  metric.source.name = "sim";
  metric.query = "web";
  metric.target = {TargetType::kAverageValue, std::nullopt, *Quantity::Parse("100"), std::nullopt};
  target.spec.metrics = {metric};
  target.spec.behavior.emplace();
  target.spec.behavior->scale_up = {
      0, SelectPolicy::kMax, {{ScalingPolicyType::kPods, 40, 15}}, {}};
  target.spec.behavior->scale_down = target.spec.behavior->scale_up;
  target.replicas = size;
  target.demand = [load](Timestamp) { return load; };
  return target;
}

class Simulation {
 public:
  explicit Simulation(TargetOptions target)
      : world_(OptionsFor(std::move(target))),
        invariants_(world_),
        engine_({}, {world_, world_, world_, world_, invariants_, executor_},
                policies::MakeBuiltinPolicies) {}

  void RunFor(Duration length) {
    world_.RunFor(length);
    engine_.Run({});
  }
  SimWorld& world() { return world_; }
  [[nodiscard]] Replicas size() const { return world_.replicas(kWeb); }
  static constexpr WorkloadId kWeb{0};

 private:
  static Options OptionsFor(TargetOptions target) {
    Options options;
    options.seed = 1;
    options.length = minutes(1);
    options.targets = {std::move(target)};
    return options;
  }

  SimWorld world_;
  SerialExecutor executor_;
  Invariants invariants_;
  Engine engine_;
};

TEST(ShapingSim, WaitsWithShrinkingUntilARolloutIsOver) {
  for (const bool waits : {false, true}) {
    SCOPED_TRACE(waits);
    TargetOptions target = Target(12, 1200);
    if (waits) target.spec.rollout = RolloutSpec();
    Simulation run(target);
    run.RunFor(minutes(2));
    ASSERT_EQ(run.size(), 12);
    run.world().BeginRollout(Simulation::kWeb, 2, minutes(1));  // Six batches: done in six minutes.
    run.world().SetDemand(Simulation::kWeb, [](Timestamp) { return 300.0; });
    run.RunFor(minutes(4));
    EXPECT_EQ(run.size(), waits ? 12 : 3);
    run.RunFor(minutes(4));
    EXPECT_EQ(run.size(), 3);
  }
}

TEST(ShapingSim, GrowsDuringARollout) {
  TargetOptions target = Target(12, 1200);
  target.spec.rollout = RolloutSpec();
  Simulation run(target);
  run.RunFor(minutes(2));
  run.world().BeginRollout(Simulation::kWeb, 2, minutes(1));
  run.world().SetDemand(Simulation::kWeb, [](Timestamp) { return 2000.0; });
  run.RunFor(minutes(1));
  EXPECT_EQ(run.size(), 20);
}

TEST(ShapingSim, HoldsABurstThatLastsSecondsForAMinute) {
  TargetOptions target = Target(4, 400);
  target.spec.burst = BurstSpec();
  Simulation run(target);
  run.RunFor(minutes(3));
  ASSERT_EQ(run.size(), 4);
  run.world().SetDemand(Simulation::kWeb, [](Timestamp) { return 2000.0; });
  run.RunFor(seconds(15));
  run.world().SetDemand(Simulation::kWeb, [](Timestamp) { return 400.0; });
  run.RunFor(seconds(40));
  EXPECT_EQ(run.size(), 20);
  run.RunFor(minutes(2));
  EXPECT_EQ(run.size(), 4);
}

}  // namespace
}  // namespace hpaplus::sim
