#include "engine/core/fallback.h"

#include <limits>

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::seconds;

FallbackSpec After(std::int32_t failures, Duration duration = {}) {
  FallbackSpec spec;
  spec.after_failures = failures;
  spec.after_duration = duration;
  return spec;
}

TEST(Fallback, BeginsAfterSoManyFailuresInARow) {
  FallbackState state;
  StepFallback(After(3), false, kNoon, state);
  StepFallback(After(3), false, kNoon, state);
  EXPECT_FALSE(state.active);
  StepFallback(After(3), true, kNoon, state);
  StepFallback(After(3), false, kNoon, state);
  StepFallback(After(3), false, kNoon, state);
  EXPECT_FALSE(state.active);
  StepFallback(After(3), false, kNoon, state);
  EXPECT_TRUE(state.active);
}

TEST(Fallback, BeginsNotBeforeTheDuration) {
  FallbackState state;
  for (int i = 0; i < 20; ++i)
    StepFallback(After(2, seconds(20)), false, kNoon + seconds(i), state);
  EXPECT_FALSE(state.active);
  StepFallback(After(2, seconds(20)), false, kNoon + seconds(20), state);
  EXPECT_TRUE(state.active);
}

TEST(Fallback, EndsAfterThreeCompleteEvaluationsInARow) {
  FallbackState state;
  StepFallback(After(1), false, kNoon, state);
  StepFallback(After(1), true, kNoon, state);
  StepFallback(After(1), true, kNoon, state);
  StepFallback(After(1), false, kNoon, state);
  StepFallback(After(1), true, kNoon, state);
  StepFallback(After(1), true, kNoon, state);
  EXPECT_TRUE(state.active);
  StepFallback(After(1), true, kNoon, state);
  EXPECT_FALSE(state.active);
  EXPECT_EQ(state, FallbackState());
}

TEST(Fallback, HasASizeForEveryBehavior) {
  struct Case {
    FallbackBehavior behavior;
    Replicas at_five, at_fifty;
    Reason reason;
  };
  const Case cases[] = {
      {FallbackBehavior::kHold, 5, 50, Reason::kFallbackHold},
      {FallbackBehavior::kStatic, 20, 20, Reason::kFallbackStatic},
      {FallbackBehavior::kCurrentIfHigher, 20, 50, Reason::kFallbackCurrentIfHigher},
      {FallbackBehavior::kCurrentIfLower, 5, 20, Reason::kFallbackCurrentIfLower},
  };
  for (const Case& c : cases) {
    FallbackSpec spec;
    spec.behavior = c.behavior;
    spec.replicas = 20;
    SCOPED_TRACE(ReasonName(c.reason));
    EXPECT_EQ(FallbackSize(spec, 5, std::nullopt).replicas, c.at_five);
    EXPECT_EQ(FallbackSize(spec, 50, std::nullopt).replicas, c.at_fifty);
    EXPECT_EQ(FallbackSize(spec, 5, std::nullopt).reason, c.reason);
  }
}

TEST(Fallback, BySchedulesIsTheirFloorOrTheCurrentSize) {
  FallbackSpec spec;
  spec.behavior = FallbackBehavior::kSchedule;
  EXPECT_EQ(FallbackSize(spec, 5, 30).replicas, 30);
  EXPECT_EQ(FallbackSize(spec, 5, std::nullopt).replicas, 5);
  EXPECT_EQ(FallbackSize(spec, 5, 30).reason, Reason::kFallbackSchedule);
}

TEST(Fallback, CountsForeverWithoutOverflow) {
  FallbackState state;
  state.failures = std::numeric_limits<std::int32_t>::max();
  StepFallback(After(3), false, kNoon, state);
  EXPECT_EQ(state.failures, std::numeric_limits<std::int32_t>::max());
}

TEST(Fallback, CountsGoodEvaluationsOnlyWhileItLasts) {
  FallbackState state;
  StepFallback(After(1), true, kNoon, state);
  EXPECT_EQ(state, FallbackState());
}

}  // namespace
}  // namespace hpaplus
