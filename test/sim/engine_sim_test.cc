// Runs the real engine, with the real policies, in a simulated world. Safety: while faults of every
// kind are injected it never breaks an invariant. Liveness: once they stop it finds the right size
// and keeps it. Determinism: the same seed gives the same run, to the bit.

#include <cmath>
#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "engine/sim/invariants.h"
#include "engine/sim/sim_world.h"
#include "policies/builtin.h"

namespace hpaplus::sim {
namespace {

using std::chrono::seconds;

constexpr double kPerReplica = 100;  // What one replica is to carry.
constexpr Replicas kMost = 40;

// Load as a zigzag over the day, a fast ripple and now and then a jump: no libm, whose last digit
// may differ between machines.
double Demand(std::size_t target, Timestamp at) {
  const auto second = static_cast<std::uint64_t>(at.time_since_epoch() / seconds(1));
  const auto zigzag = [](std::uint64_t position, std::uint64_t length) {
    const auto phase = static_cast<double>(position % length) / static_cast<double>(length);
    return phase < 0.5 ? 2 * phase : 2 - 2 * phase;
  };
  const double day = zigzag(second + target * 7'000, 43'200);
  const double ripple = zigzag(second, 300 + 37 * target);
  const bool jumps = (second / 1800 + target) % 9 == 0;
  return 250 + 2'000 * day + 250 * ripple + (jumps ? 900 : 0);
}

MetricSpec LoadMetric(const std::string& name) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "load";
  metric.source.name = "sim";
  metric.query = name;
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = Quantity::FromMilli(static_cast<std::int64_t>(kPerReplica * 1000));
  return metric;
}

// The same load as CPU: a unit costs 7 thousandths of a core, and a pod asks for a whole one.
constexpr double kCpuMilliPerUnit = 7;

bool IsCpu(std::size_t target) {
  return target % 4 == 3;
}

double CostOfUnit(std::size_t target) {
  return IsCpu(target) ? kCpuMilliPerUnit : 1;
}

MetricSpec CpuMetric() {
  MetricSpec metric;
  metric.type = MetricType::kResource;
  metric.name = "cpu";
  metric.resource = "cpu";
  metric.target.type = TargetType::kUtilization;
  metric.target.average_utilization = 70;
  return metric;
}

Behavior PodsPerPeriod(std::int32_t up, std::int32_t down, std::int32_t window) {
  Behavior behavior;
  behavior.scale_up.stabilization_window_seconds = 0;
  behavior.scale_up.policies = {{ScalingPolicyType::kPods, up, 15}};
  behavior.scale_down.stabilization_window_seconds = window;
  behavior.scale_down.policies = {{ScalingPolicyType::kPods, down, 60}};
  return behavior;
}

std::vector<TargetOptions> Targets() {
  constexpr int kPeriods[] = {1, 1, 2, 5, 5, 10, 15, 15};
  std::vector<TargetOptions> targets;
  for (std::size_t i = 0; i < std::size(kPeriods); ++i) {
    TargetOptions target;
    target.spec.ns = "sim";
    target.spec.name = "w" + std::to_string(i);
    target.spec.min_replicas = 1;
    target.spec.max_replicas = kMost;
    target.spec.period = seconds(kPeriods[i]);
    target.spec.timeout = target.spec.period * 4 / 5;
    target.spec.metrics = {IsCpu(i) ? CpuMetric() : LoadMetric(target.spec.name)};
    if (i % 3 != 2) {
      target.spec.behavior = PodsPerPeriod(4, 2, i % 2 == 0 ? 60 : 300);
    }
    target.replicas = 3;
    target.demand = [i](Timestamp at) { return CostOfUnit(i) * Demand(i, at); };
    targets.push_back(std::move(target));
  }
  return targets;
}

Options OptionsFor(std::uint64_t seed, Duration length) {
  Options options;
  options.seed = seed;
  options.length = length;
  options.faults = Nasty();
  options.targets = Targets();
  return options;
}

// One world with its engine.
class Simulation {
 public:
  explicit Simulation(const Options& options)
      : world_(options),
        invariants_(world_),
        engine_({}, {world_, world_, world_, world_, invariants_, executor_},
                policies::MakeBuiltinPolicies) {}

  void ToTheEnd() { engine_.Run({}); }
  SimWorld& world() { return world_; }
  Invariants& invariants() { return invariants_; }

 private:
  SimWorld world_;
  SerialExecutor executor_;
  Invariants invariants_;
  Engine engine_;
};

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

// What a campaign must have met at least once, else it proves less than it seems to.
constexpr const char* kRare[] = {"outcome Done",
                                 "outcome Conflict",
                                 "outcome PermissionDenied",
                                 "outcome Unavailable",
                                 "outcome DeadlineExceeded",
                                 "outcome Gone",
                                 "outcome Done after all",
                                 "gone",
                                 "skipped",
                                 "reason Paused",
                                 "reason DryRun",
                                 "reason AboveMax",
                                 "reason BelowMin",
                                 "reason ScaleDownStabilized",
                                 "reason ScaleUpLimit",
                                 "reason ScaleDownLimit",
                                 "reason StaleData",
                                 "reason FutureData",
                                 "reason InvalidData",
                                 "reason NoData",
                                 "reason SourceFailed",
                                 "reason HeldUnknown",
                                 "reason ScalingDisabled"};

TEST(EngineSim, KeepsItsInvariantsThroughDaysOfFaults) {
  constexpr std::uint64_t kSeeds = 8;
  std::map<std::string, std::size_t> seen;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Simulation run(OptionsFor(seed, std::chrono::hours(24)));
    run.ToTheEnd();
    run.invariants().CheckAtEnd();
    EXPECT_TRUE(run.invariants().broken().empty()) << "seed " << seed << ":\n"
                                                   << Joined(run.invariants().broken());
    EXPECT_GT(run.invariants().decisions(), 150'000U) << "seed " << seed;
    for (const auto& [what, count] : run.invariants().seen())
      seen[what] += count;
  }
  for (const char* rare : kRare)
    EXPECT_GT(seen[rare], 0U) << "never met: " << rare;
}

class EngineSimSeed : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(EngineSimSeed, L8_FindsTheRightSizeOnceFaultsStopAndKeepsIt) {
  Simulation run(OptionsFor(GetParam(), std::chrono::hours(2)));
  run.ToTheEnd();
  SimWorld& world = run.world();
  world.Heal();
  for (std::uint32_t i = 0; i < Targets().size(); ++i) {
    world.SetDemand(WorkloadId{i}, [i](Timestamp) { return CostOfUnit(i) * (640.0 + 300.0 * i); });
    // Zero replicas mean "leave me alone"; only a person ends that.
    if (world.replicas(WorkloadId{i}) == 0) world.ScaleByHand(WorkloadId{i}, 1);
  }
  world.RunFor(std::chrono::minutes(45));
  run.ToTheEnd();
  const std::size_t writes = world.written().size();
  world.RunFor(std::chrono::minutes(30));
  run.ToTheEnd();
  EXPECT_EQ(world.written().size(), writes) << "it does not come to rest";
  for (std::uint32_t i = 0; i < Targets().size(); ++i) {
    const WorkloadSpec& spec = *world.told(WorkloadId{i})->spec;
    const double ideal = (640.0 + 300.0 * i) / kPerReplica;
    const Replicas size = world.replicas(WorkloadId{i});
    if (size == spec.max_replicas && ideal > size) continue;
    if (size == spec.min_replicas && ideal < size) continue;
    EXPECT_LE(std::abs(ideal / size - 1), 0.1) << "workload " << i << " has " << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineSimSeed, ::testing::Range<std::uint64_t>(1, 9));

TEST(EngineSim, TheSameSeedGivesTheSameRun) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Simulation one(OptionsFor(seed, std::chrono::hours(3)));
    Simulation two(OptionsFor(seed, std::chrono::hours(3)));
    one.ToTheEnd();
    two.ToTheEnd();
    EXPECT_EQ(one.invariants().digest(), two.invariants().digest()) << "seed " << seed;
    EXPECT_EQ(one.invariants().decisions(), two.invariants().decisions());
  }
}

// What three hours of four seeds come to. A change of behaviour shows here, on every machine and
// with every compiler: look at it, and when it is meant, put in the new numbers.
TEST(EngineSim, S14_BehavesAsRecorded) {
  constexpr std::uint64_t kDigests[] = {2072945185138447743U, 399562384564768931U,
                                        16218769884063954348U, 5221012552830291679U};
  for (std::size_t i = 0; i < std::size(kDigests); ++i) {
    Simulation run(OptionsFor(100 + i, std::chrono::hours(3)));
    run.ToTheEnd();
    EXPECT_EQ(run.invariants().digest(), kDigests[i]) << "seed " << 100 + i;
  }
}

}  // namespace
}  // namespace hpaplus::sim
