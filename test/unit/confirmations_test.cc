#include "engine/core/confirmations.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::seconds;

Behavior Needing(std::int32_t up, std::int32_t down) {
  Behavior behavior;
  behavior.scale_up.confirmations = up;
  behavior.scale_down.confirmations = down;
  return behavior;
}

TEST(Confirmations, ThirtyEvaluationsOnOneSampleAreOneConfirmation) {
  Agreement agreement;
  for (int i = 0; i < 30; ++i) {
    const StageResult out = AwaitConfirmations(10, 5, Needing(1, 2), kNoon, agreement);
    EXPECT_EQ(out.replicas, 10);
    EXPECT_EQ(out.reason, Reason::kAwaitingConfirmations);
    EXPECT_EQ(out.evidence, 1);
  }
  const StageResult out = AwaitConfirmations(10, 5, Needing(1, 2), kNoon + seconds(1), agreement);
  EXPECT_EQ(out.replicas, 5);
  EXPECT_EQ(out.reason, Reason::kConfirmed);
  EXPECT_EQ(out.evidence, 2);
}

TEST(Confirmations, AnOlderSampleOrNoneDoesNotCountNorBreakTheRow) {
  Agreement agreement;
  const Behavior behavior = Needing(3, 3);
  (void)AwaitConfirmations(10, 5, behavior, kNoon, agreement);
  (void)AwaitConfirmations(10, 5, behavior, kNoon - seconds(5), agreement);
  (void)AwaitConfirmations(10, 5, behavior, std::nullopt, agreement);
  EXPECT_EQ(agreement.samples, 1);
  (void)AwaitConfirmations(10, 5, behavior, kNoon + seconds(1), agreement);
  EXPECT_EQ(AwaitConfirmations(10, 5, behavior, kNoon + seconds(2), agreement).replicas, 5);
}

TEST(Confirmations, AnotherDirectionBeginsAnew) {
  Agreement agreement;
  const Behavior behavior = Needing(2, 2);
  (void)AwaitConfirmations(10, 5, behavior, kNoon, agreement);
  EXPECT_EQ(AwaitConfirmations(10, 12, behavior, kNoon + seconds(1), agreement).replicas, 10);
  EXPECT_EQ(AwaitConfirmations(10, 5, behavior, kNoon + seconds(2), agreement).replicas, 10);
  EXPECT_EQ(AwaitConfirmations(10, 10, behavior, kNoon + seconds(3), agreement).replicas, 10);
  EXPECT_EQ(AwaitConfirmations(10, 5, behavior, kNoon + seconds(4), agreement).replicas, 10);
  EXPECT_EQ(AwaitConfirmations(10, 4, behavior, kNoon + seconds(5), agreement).replicas, 4);
}

TEST(Confirmations, OnceThereTheyHoldUntilTheDirectionChanges) {
  Agreement agreement;
  const Behavior behavior = Needing(1, 2);
  (void)AwaitConfirmations(10, 5, behavior, kNoon, agreement);
  EXPECT_EQ(AwaitConfirmations(10, 5, behavior, kNoon + seconds(1), agreement).replicas, 5);
  EXPECT_EQ(AwaitConfirmations(8, 5, behavior, kNoon + seconds(1), agreement).replicas, 5);
}

TEST(Confirmations, OneIsTheSampleItself) {
  Agreement agreement;
  EXPECT_EQ(AwaitConfirmations(10, 15, Needing(1, 9), kNoon, agreement).replicas, 15);
  EXPECT_EQ(AwaitConfirmations(10, 15, Needing(1, 9), std::nullopt, agreement).replicas, 15);
  EXPECT_FALSE(HasConfirmations(Needing(1, 1)));
  EXPECT_TRUE(HasConfirmations(Needing(1, 2)));
  EXPECT_TRUE(HasConfirmations(Needing(2, 1)));
}

}  // namespace
}  // namespace hpaplus
