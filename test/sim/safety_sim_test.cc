// The limits of engine/model/safety.h through the real engine in a simulated world whose load jumps
// up and down all the time: what was written obeys them, whatever was asked.

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "engine/ports/executor.h"
#include "engine/ports/journal.h"
#include "engine/sim/sim_world.h"
#include "policies/builtin.h"

namespace hpaplus::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Between a write and the engine's hearing of it, by which its own windows are behind.
constexpr Duration kUnheard = seconds(2);

class Reasons final : public Journal {
 public:
  void RecordDecision(const Decision& decision, const WorkloadView& /*view*/) override {
    for (const DecisionStep& step : decision.steps)
      ++seen[step.reason];
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}

  std::map<Reason, std::size_t> seen;
};

// Jumps between two loads every few minutes; `quiet` long nights without any in between.
double Demand(std::size_t target, Timestamp at, bool nights) {
  const auto second = static_cast<std::uint64_t>(at.time_since_epoch() / seconds(1));
  if (nights && (second / 3600 + target) % 3 == 0) return 0;
  return (second / (120 + 30 * target)) % 2 == 0 ? 400 : 3000;
}

TargetOptions Target(std::size_t index, bool nights) {
  TargetOptions target;
  WorkloadSpec& spec = target.spec;
  spec.ns = "sim";
  spec.name = "w" + std::to_string(index);
  spec.min_replicas = 2;
  spec.max_replicas = 60;
  spec.period = seconds(5);
  spec.timeout = seconds(4);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "load";
  metric.source.name = "sim";
  metric.query = spec.name;
  metric.target = {TargetType::kAverageValue, std::nullopt, *Quantity::Parse("100"), std::nullopt};
  spec.metrics = {metric};
  spec.behavior.emplace();
  spec.behavior->scale_up.stabilization_window_seconds = 0;
  spec.behavior->scale_up.policies = {{ScalingPolicyType::kPercent, 900, 15}};
  spec.behavior->scale_down.stabilization_window_seconds = 0;
  spec.behavior->scale_down.policies = {{ScalingPolicyType::kPercent, 100, 15}};
  target.replicas = 4;
  target.demand = [index, nights](Timestamp at) { return Demand(index, at, nights); };
  return target;
}

class SafetySim : public ::testing::Test {
 protected:
  void Run(const std::vector<TargetOptions>& targets, const Engine::Config& config = {}) {
    Options options;
    options.seed = 4711;
    options.length = hours(8);
    options.targets = targets;
    world_ = std::make_unique<SimWorld>(options);
    Engine engine(config, {*world_, *world_, *world_, *world_, journal_, executor_},
                  policies::MakeBuiltinPolicies);
    engine.Run({});
    ASSERT_GT(world_->written().size(), 20U);
  }

  // The most replicas that went one way within any window, by one workload or by all.
  [[nodiscard]] Replicas MostMoved(bool up, Duration window, bool together) const {
    Replicas most = 0;
    const std::vector<Written>& written = world_->written();
    for (std::size_t last = 0; last < written.size(); ++last) {
      Replicas moved = 0;
      for (std::size_t i = last + 1; i-- > 0;) {
        if (written[i].at <= written[last].at - window + kUnheard) break;
        const bool counts = together || written[i].workload == written[last].workload;
        if (counts && (written[i].to > written[i].from) == up) {
          moved += std::abs(written[i].to - written[i].from);
        }
      }
      most = std::max(most, moved);
    }
    return most;
  }

  SerialExecutor executor_;
  Reasons journal_;
  std::unique_ptr<SimWorld> world_;
};

TEST_F(SafetySim, S5MinuteBudgetsHold) {
  std::vector<TargetOptions> targets;
  for (std::size_t i = 0; i < 4; ++i) {
    targets.push_back(Target(i, false));
    targets.back().spec.safety.max_replicas_per_minute = 5;
  }
  Run(targets);
  EXPECT_EQ(MostMoved(true, minutes(1), false), 5);
  EXPECT_EQ(MostMoved(false, minutes(1), false), 5);
  EXPECT_GT(journal_.seen[Reason::kMinuteBudget], 0U);
}

TEST_F(SafetySim, S5HourlyBudgetsHold) {
  std::vector<TargetOptions> targets = {Target(0, false), Target(1, false)};
  for (TargetOptions& target : targets)
    target.spec.safety.max_scale_down_percent_per_hour = 50;
  Run(targets);
  EXPECT_LE(MostMoved(false, hours(1), false), 15) << "half of 30, the largest size";
  EXPECT_GT(journal_.seen[Reason::kHourBudget], 0U);
}

TEST_F(SafetySim, DL1TheBreakerEndsTheFlapping) {
  std::vector<TargetOptions> targets = {Target(0, false)};
  targets[0].spec.safety.max_reversals_per_hour = 4;
  Run(targets);
  const std::vector<Written>& written = world_->written();
  for (std::size_t last = 2; last < written.size(); ++last) {
    std::size_t reversals = 0;
    for (std::size_t i = 1; i <= last; ++i) {
      if (written[i].at <= written[last].at - hours(1) + kUnheard) continue;
      const bool up = written[i].to > written[i].from;
      if (up != (written[i - 1].to > written[i - 1].from)) ++reversals;
    }
    EXPECT_LE(reversals, 5U) << "the last one may be a growth";
  }
  EXPECT_GT(journal_.seen[Reason::kFlapping], 0U);
}

TEST_F(SafetySim, AllTogetherStayWithinTheLimitOfTheFleet) {
  std::vector<TargetOptions> targets;
  for (std::size_t i = 0; i < 8; ++i)
    targets.push_back(Target(i, false));
  Engine::Config config;
  config.fleet.max_added = 30;
  config.fleet.max_removed = 12;
  Run(targets, config);
  EXPECT_LE(MostMoved(true, minutes(1), true), 30);
  EXPECT_LE(MostMoved(false, minutes(1), true), 12);
  EXPECT_GT(journal_.seen[Reason::kFleetLimit], 0U);
}

TEST_F(SafetySim, S6RestsThroughTheNightsAndWakes) {
  std::vector<TargetOptions> targets = {Target(0, true), Target(1, true)};
  for (TargetOptions& target : targets)
    target.spec.idle = IdleSpec{0, minutes(5), {}};
  Run(targets);
  std::size_t slept = 0;
  for (const Written& written : world_->written()) {
    if (written.to == 0) {
      ++slept;
      for (Duration ago{}; ago < minutes(5); ago += minutes(1))
        EXPECT_EQ(Demand(written.workload.index, written.at - ago - seconds(5), true), 0);
    } else if (written.from == 0) {
      EXPECT_EQ(written.to, 2);
    } else {
      EXPECT_GE(written.to, 2);
    }
  }
  EXPECT_GE(slept, 4U);
  EXPECT_GT(journal_.seen[Reason::kActivated], 0U);
  EXPECT_GT(journal_.seen[Reason::kCoolingDown], 0U);
}

}  // namespace
}  // namespace hpaplus::sim
