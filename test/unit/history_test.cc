#include "engine/core/history.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::Rules;
using testing::seconds;
using enum ScalingPolicyType;

TEST(Advance, RecordsAChangeInItsDirectionsList) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 15}}, {{kPods, 4, 15}});
  const History up = Advance({}, spec, 3, 8, kNoon);
  EXPECT_EQ(up.scale_ups, (std::vector<ScaleEvent>{{5, kNoon, false}}));
  EXPECT_TRUE(up.scale_downs.empty());
  const History down = Advance({}, spec, 8, 3, kNoon);
  EXPECT_EQ(down.scale_downs, (std::vector<ScaleEvent>{{5, kNoon, false}}));
  EXPECT_TRUE(down.scale_ups.empty());
}

TEST(Advance, OverwritesTheLastOutdatedEventAndMarksAllOfThem) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 15}, {kPods, 9, 60}}, {});
  History history;
  history.scale_ups = {
      {1, kNoon - seconds(90)}, {2, kNoon - seconds(61)}, {3, kNoon - seconds(60)}};
  history = Advance(history, spec, 3, 8, kNoon);
  EXPECT_EQ(history.scale_ups, (std::vector<ScaleEvent>{{1, kNoon - seconds(90), true},
                                                        {5, kNoon, false},
                                                        {3, kNoon - seconds(60), false}}));
}

TEST(Advance, AMarkStaysThoughALongerPeriodFollows) {
  WorkloadSpec spec;
  spec.behavior = Rules({{kPods, 4, 1800}}, {});
  History history;
  history.scale_ups = {{1, kNoon - seconds(1), true}};
  history = Advance(history, spec, 3, 8, kNoon);
  EXPECT_EQ(history.scale_ups, (std::vector<ScaleEvent>{{5, kNoon, false}}));
}

TEST(Advance, RecordsNothingWithoutBehavior) {
  History history;
  history.scale_ups = {{1, kNoon}};
  EXPECT_EQ(Advance(history, WorkloadSpec{}, 3, 8, kNoon), history);
}

}  // namespace
}  // namespace hpaplus
