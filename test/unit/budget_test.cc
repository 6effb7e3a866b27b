#include "engine/core/budget.h"

#include <gtest/gtest.h>

#include "engine/core/history.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using testing::kNoon;
using testing::seconds;

SafetySpec PerMinute(std::int32_t replicas) {
  SafetySpec safety;
  safety.max_replicas_per_minute = replicas;
  return safety;
}

SafetySpec PerHour(std::int32_t percent) {
  SafetySpec safety;
  safety.max_scale_down_percent_per_hour = percent;
  return safety;
}

SafetySpec WithReversals(std::int32_t most) {
  SafetySpec safety;
  safety.max_reversals_per_hour = most;
  return safety;
}

TEST(Budget, PerMinuteHoldsInEachDirectionAlone) {
  const std::vector<SizeChange> changes = {{kNoon - seconds(30), 10, 14},
                                           {kNoon - seconds(20), 14, 11}};
  const StageResult up = KeepInBudget(PerMinute(5), changes, kNoon, 11, 20);
  EXPECT_EQ(up.replicas, 12);
  EXPECT_EQ(up.reason, Reason::kMinuteBudget);
  EXPECT_EQ(up.evidence, 1);
  EXPECT_EQ(KeepInBudget(PerMinute(5), changes, kNoon, 11, 2).replicas, 9);
  EXPECT_EQ(KeepInBudget(PerMinute(5), changes, kNoon, 11, 12).reason, Reason::kWithinBudget);
  EXPECT_EQ(KeepInBudget(PerMinute(3), changes, kNoon, 11, 20).replicas, 11);
}

TEST(Budget, AChangeAsOldAsThePeriodDoesNotCount) {
  const std::vector<SizeChange> changes = {{kNoon - seconds(60), 10, 15}};
  EXPECT_EQ(KeepInBudget(PerMinute(5), changes, kNoon, 15, 30).replicas, 20);
  EXPECT_EQ(KeepInBudget(PerMinute(5), changes, kNoon - seconds(1), 15, 30).replicas, 15);
}

TEST(Budget, PerHourIsAShareOfTheLargestSizeWithinTheHour) {
  const std::vector<SizeChange> changes = {{kNoon - minutes(50), 50, 100},
                                           {kNoon - minutes(10), 100, 80}};
  const StageResult out = KeepInBudget(PerHour(60), changes, kNoon, 80, 10);
  EXPECT_EQ(out.replicas, 40);
  EXPECT_EQ(out.reason, Reason::kHourBudget);
  EXPECT_EQ(out.evidence, 40);
  EXPECT_EQ(KeepInBudget(PerHour(60), changes, kNoon, 80, 200).replicas, 200);
  EXPECT_EQ(KeepInBudget(PerHour(60), {}, kNoon, 80, 10).replicas, 32);
  EXPECT_EQ(KeepInBudget(PerHour(1), {}, kNoon, 2, 0).replicas, 1);
}

TEST(Budget, TheTighterOneWins) {
  SafetySpec safety = PerHour(50);
  safety.max_replicas_per_minute = 3;
  EXPECT_EQ(KeepInBudget(safety, {}, kNoon, 10, 1).reason, Reason::kMinuteBudget);
  EXPECT_EQ(KeepInBudget(safety, {}, kNoon, 10, 1).replicas, 7);
  EXPECT_EQ(KeepInBudget(safety, {}, kNoon, 4, 1).reason, Reason::kHourBudget);
  EXPECT_EQ(KeepInBudget(safety, {}, kNoon, 4, 1).replicas, 2);
}

TEST(Budget, TooManyReversalsForbidShrinkingUntilTheOldestIsAnHourOld) {
  const std::vector<SizeChange> changes = {{kNoon - minutes(80), 5, 9},
                                           {kNoon - minutes(40), 9, 6},
                                           {kNoon - minutes(20), 6, 9},
                                           {kNoon - minutes(10), 9, 12}};
  EXPECT_EQ(Reversals(changes, kNoon), 2U);
  const StageResult out = KeepInBudget(WithReversals(2), changes, kNoon, 12, 8);
  EXPECT_EQ(out.replicas, 12);
  EXPECT_EQ(out.reason, Reason::kFlapping);
  EXPECT_EQ(out.evidence, 2);
  EXPECT_EQ(KeepInBudget(WithReversals(2), changes, kNoon, 12, 20).replicas, 20);
  EXPECT_EQ(KeepInBudget(WithReversals(3), changes, kNoon, 12, 8).replicas, 8);
  EXPECT_EQ(KeepInBudget(WithReversals(2), changes, kNoon + minutes(20), 12, 8).replicas, 8);
}

TEST(Budget, RemembersAnHourAndTheChangeBefore) {
  std::vector<SizeChange> changes;
  for (int i = 0; i < 10; ++i)
    RecordChange(changes, {kNoon + minutes(10 * i), 5 + i, 6 + i});
  ASSERT_EQ(changes.size(), 7U);
  EXPECT_EQ(changes.front().at, kNoon + minutes(30));
}

TEST(Budget, ChangesAreRecordedOnlyWhereABudgetNeedsThem) {
  WorkloadSpec spec;
  EXPECT_TRUE(Advance({}, spec, 5, 8, kNoon).changes.empty());
  spec.safety = PerMinute(1);
  const History history = Advance({}, spec, 5, 8, kNoon);
  ASSERT_EQ(history.changes.size(), 1U);
  EXPECT_EQ(history.changes[0], (SizeChange{kNoon, 5, 8}));
  EXPECT_FALSE(HasBudgets(SafetySpec()));
  EXPECT_TRUE(HasBudgets(PerHour(1)));
  EXPECT_TRUE(HasBudgets(WithReversals(1)));
}

TEST(Budget, CountsAChangeByOne) {
  const std::vector<SizeChange> changes = {{kNoon - seconds(30), 10, 11}};
  EXPECT_EQ(KeepInBudget(PerMinute(5), changes, kNoon, 11, 30).replicas, 15);
}

TEST(Budget, NamesTheFirstOfTwoThatAreEquallyTight) {
  SafetySpec safety = PerMinute(6);
  safety.max_scale_down_percent_per_hour = 60;
  EXPECT_EQ(KeepInBudget(safety, {}, kNoon, 10, 1).reason, Reason::kMinuteBudget);
}

}  // namespace
}  // namespace hpaplus
