#include "engine/core/stabilize.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::Rules;
using testing::seconds;

TEST(StabilizeWithoutBehavior, TakesTheHighestOfTheWindowEvenAboveTheCurrentSize) {
  std::vector<Recommendation> past = {{9, kNoon - seconds(300)}, {20, kNoon - seconds(301)}};
  const Stabilized out = Stabilize(5, 3, nullptr, {}, kNoon, past);
  EXPECT_EQ(out.replicas, 9) << "an entry exactly at the cutoff still counts";
  EXPECT_EQ(out.reason, Reason::kScaleDownStabilized);
  EXPECT_EQ(past, (std::vector<Recommendation>{{9, kNoon - seconds(300)}, {3, kNoon}}));
}

TEST(StabilizeWithoutBehavior, ReusesTheLastOldEntryOnly) {
  std::vector<Recommendation> past = {
      {1, kNoon - seconds(500)}, {2, kNoon - seconds(400)}, {3, kNoon}};
  (void)Stabilize(5, 4, nullptr, {}, kNoon, past);
  EXPECT_EQ(past, (std::vector<Recommendation>{{1, kNoon - seconds(500)}, {4, kNoon}, {3, kNoon}}));
}

TEST(StabilizeWithBehavior, HoldsEachDirectionByItsOwnWindow) {
  struct Case {
    const char* name;
    Replicas desired;
    Recommendation past;
    Replicas expected;
    Reason reason;
  };
  const Case cases[] = {
      {"up is held by a lower one", 9, {6, kNoon - seconds(59)}, 6, Reason::kScaleUpStabilized},
      {"not at the cutoff", 9, {6, kNoon - seconds(60)}, 9, Reason::kReadyForNewScale},
      {"up never turns into down", 9, {2, kNoon}, 5, Reason::kScaleUpStabilized},
      {"down is held by a higher one",
       2,
       {4, kNoon - seconds(119)},
       4,
       Reason::kScaleDownStabilized},
      {"not at its cutoff", 2, {4, kNoon - seconds(120)}, 2, Reason::kReadyForNewScale},
      {"down never turns into up", 2, {9, kNoon}, 5, Reason::kScaleDownStabilized},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Behavior behavior = Rules({}, {});
    behavior.scale_up.stabilization_window_seconds = 60;
    behavior.scale_down.stabilization_window_seconds = 120;
    std::vector<Recommendation> past = {c.past};
    const Stabilized out = Stabilize(5, c.desired, &behavior, {}, kNoon, past);
    EXPECT_EQ(out.replicas, c.expected);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_EQ(past.back(), (Recommendation{c.desired, kNoon}));
  }
}

TEST(StabilizeWithBehavior, AnAbsentDownWindowIsTheControllersInWholeSeconds) {
  Behavior behavior = Rules({}, {});
  DecideConfig config;
  config.downscale_stabilization = std::chrono::milliseconds(10'900);
  std::vector<Recommendation> past = {{4, kNoon - seconds(10)}};
  EXPECT_EQ(Stabilize(5, 2, &behavior, config, kNoon, past).replicas, 2);
  past = {{4, kNoon - seconds(10) + Duration(1)}};
  EXPECT_EQ(Stabilize(5, 2, &behavior, config, kNoon, past).replicas, 4);
}

TEST(StabilizeWithBehavior, KeepsAnEntryThatOneOfTheWindowsStillNeeds) {
  Behavior behavior = Rules({}, {});
  behavior.scale_down.stabilization_window_seconds = 100;
  std::vector<Recommendation> past = {{4, kNoon - seconds(50)}};
  (void)Stabilize(5, 5, &behavior, {}, kNoon, past);
  EXPECT_EQ(past.size(), 2U);
  past = {{4, kNoon - seconds(101)}};
  (void)Stabilize(5, 5, &behavior, {}, kNoon, past);
  EXPECT_EQ(past.size(), 1U);
}

}  // namespace
}  // namespace hpaplus
