// What holds for whatever shapes a size, on random inputs: the unknown never shrinks anything, a
// burst never does, and a floor lies under its ceiling.

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/core/burst.h"
#include "engine/core/combine_strategy.h"
#include "engine/core/rollout.h"
#include "engine/core/schedule.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::kNoon;

constexpr int kRounds = 20'000;

int Below(Random& random, int most) {
  return static_cast<int>(random.Uniform() * most);
}

CombineSpec RandomStrategy(Random& random, const std::vector<std::string>& names) {
  static const char* const kFormulas[] = {"max(a, b)",   "a + b - c",     "a * 1.5",
                                          "a / (b - c)", "min(a, b) * c", "a > b ? c : a"};
  CombineSpec how;
  how.strategy = static_cast<CombineStrategy>(Below(random, 6));
  if (how.strategy == CombineStrategy::kFormula) {
    how.formula = *Formula::Compile(kFormulas[Below(random, 6)], names);
  }
  return how;
}

TEST(ShapingProperty, AnUnknownMetricShrinksNothingByAnyStrategy) {
  Random random(1);
  const std::vector<std::string> names = {"a", "b", "c"};
  std::vector<MetricSpec> specs(names.size());
  int grew = 0;
  for (int round = 0; round < kRounds; ++round) {
    const Replicas current = 1 + Below(random, 50);
    std::vector<MetricOutcome> outcomes(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      specs[i].name = names[i];
      specs[i].weight = Quantity::FromMilli(Below(random, 3000));
      outcomes[i].proposal = Below(random, 60);
      outcomes[i].reason = Reason::kBelowTarget;
    }
    const CombineSpec how = RandomStrategy(random, names);
    MetricOutcome& unknown = outcomes[static_cast<std::size_t>(Below(random, 3))];
    unknown.proposal.reset();
    unknown.reason = Reason::kStaleData;
    const Combined combined = CombineBy(how, specs, outcomes, current);
    const bool heard = combined.unknown > 0;
    if (heard) {
      ASSERT_GE(combined.replicas, current) << static_cast<int>(how.strategy);
    }
    if (!combined.known) {
      ASSERT_EQ(combined.replicas, current);
    }
    grew += combined.replicas > current ? 1 : 0;
  }
  EXPECT_GT(grew, kRounds / 20);
}

TEST(ShapingProperty, ABurstNeverShrinksBeforeItsEnd) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    BurstSpec spec;
    spec.stable_window = seconds(6 + Below(random, 120));
    spec.capacity = random.Chance(0.5) ? BurstCapacity::kReady : BurstCapacity::kStarting;
    BurstState state;
    Replicas floor = 0;
    for (int second = 0; second < 300; second += 1 + Below(random, 10)) {
      BurstInput in;
      in.now = in.at = kNoon + seconds(second);
      in.demand = random.Uniform() * (random.Chance(0.1) ? 500 : 10);
      in.ready = Below(random, 20);
      in.starting = Below(random, 20);
      const BurstSize size = StepBurst(spec, in, state);
      if (size.bursting) {
        ASSERT_GE(size.floor, floor);
      }
      ASSERT_GE(size.replicas, size.floor);
      floor = size.bursting ? size.floor : 0;
    }
  }
}

TEST(ShapingProperty, AFloorLiesUnderItsCeilingAndBothWithinTheObjects) {
  Random random(3);
  const auto zone = *TimeZone::Load("Europe/Berlin");
  for (int round = 0; round < 2000; ++round) {
    std::vector<ScheduleSpec> schedules(static_cast<std::size_t>(1 + Below(random, 4)));
    for (ScheduleSpec& schedule : schedules) {
      schedule.zone = zone;
      schedule.start = *ParseCron("0 */3 * * *");
      schedule.duration = minutes(1 + Below(random, 400));
      schedule.ramp_up = schedule.duration / 3;
      schedule.ramp_down = schedule.duration / 2;
      if (random.Chance(0.7)) schedule.min_replicas = 1 + Below(random, 120);
      if (random.Chance(0.7)) schedule.max_replicas = 1 + Below(random, 120);
    }
    const Replicas min = 1 + Below(random, 20);
    const Replicas max = min + Below(random, 100);
    const Timestamp now = kNoon + minutes(Below(random, 365 * 24 * 60));
    const ScheduleBounds bounds = BoundsBySchedules(schedules, min, max, now);
    if (bounds.floor) {
      ASSERT_GE(*bounds.floor, min);
    }
    if (bounds.ceiling && !bounds.conflict) {
      ASSERT_LE(*bounds.ceiling, max);
    }
    if (bounds.floor && bounds.ceiling) {
      ASSERT_LE(*bounds.floor, *bounds.ceiling);
    }
  }
}

TEST(ShapingProperty, ARolloutThatIsWaitedForShrinksNothingAndAddsAShareAtMost) {
  Random random(4);
  for (int round = 0; round < kRounds / 4; ++round) {
    WorkloadView view;
    view.scale.spec_replicas = 1 + Below(random, 30);
    for (int i = Below(random, 40); i > 0; --i) {
      Pod pod = testing::ReadyPod("p" + std::to_string(i));
      pod.labels = PodLabels{{"pod-template-hash", random.Chance(0.5) ? "a" : "b"}};
      if (random.Chance(0.3)) pod.ready->status = ConditionStatus::kFalse;
      view.pods.push_back(std::make_shared<const Pod>(pod));
    }
    RolloutSpec spec;
    spec.extra_percent_most = Below(random, 101);
    RolloutPast past;
    const Replicas desired = 1 + Below(random, 40);
    const bool rolling = CountRevisions(view).rolling;
    const StageResult out = HeedRollout(spec, view, desired, kNoon, past);
    const Replicas wanted = std::max(desired, view.scale.spec_replicas);
    ASSERT_GE(out.replicas, rolling ? wanted : desired);
    ASSERT_LE(out.replicas, wanted + (desired * spec.extra_percent_most + 99) / 100);
  }
}

}  // namespace
}  // namespace hpaplus
