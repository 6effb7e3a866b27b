#include "engine/core/demand_window.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::kNoon;

DemandWindow Filled(std::initializer_list<double> demands, const Smoothing& smoothing) {
  DemandWindow window;
  Timestamp at = kNoon;
  for (const double demand : demands) {
    window.Add(at, demand, smoothing);
    at += seconds(1);
  }
  return window;
}

TEST(DemandWindow, KnowsItsFunctions) {
  struct Case {
    SmoothingFunction function;
    double expected;
  };
  const Case cases[] = {
      {SmoothingFunction::kAverage, 5.5}, {SmoothingFunction::kMax, 10},
      {SmoothingFunction::kMin, 1},       {SmoothingFunction::kP50, 5},
      {SmoothingFunction::kP90, 9},       {SmoothingFunction::kP99, 10},
  };
  for (const Case& c : cases) {
    const Smoothing smoothing{seconds(60), c.function};
    const DemandWindow window = Filled({7, 3, 10, 1, 9, 2, 8, 5, 4, 6}, smoothing);
    EXPECT_DOUBLE_EQ(window.Over(smoothing.window, c.function), c.expected)
        << static_cast<int>(c.function);
  }
}

TEST(DemandWindow, WeighsTheNewestOfAnEwmaByTheTimeItStandsFor) {
  const Smoothing smoothing{seconds(9), SmoothingFunction::kEwma};
  DemandWindow window;
  window.Add(kNoon, 10, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 10);
  window.Add(kNoon + seconds(1), 20, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 11);
  window.Add(kNoon + seconds(10), 31, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 21);
}

TEST(DemandWindow, ForgetsWhatIsAsOldAsTheWindow) {
  const Smoothing smoothing{seconds(3), SmoothingFunction::kAverage};
  const DemandWindow window = Filled({100, 1, 2, 3}, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 2);
  EXPECT_EQ(window.size(), 3U);
}

TEST(DemandWindow, AnswersForAShorterWindowToo) {
  const Smoothing smoothing{seconds(60), SmoothingFunction::kAverage};
  const DemandWindow window = Filled({1, 1, 1, 5, 7}, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(seconds(2), SmoothingFunction::kAverage), 6);
  EXPECT_DOUBLE_EQ(window.Over(seconds(60), SmoothingFunction::kAverage), 3);
}

TEST(DemandWindow, TakesNoSampleTwiceAndNoneOutOfOrder) {
  const Smoothing smoothing{seconds(60), SmoothingFunction::kAverage};
  DemandWindow window = Filled({1, 3}, smoothing);
  const DemandWindow before = window;
  window.Add(kNoon + seconds(1), 100, smoothing);
  window.Add(kNoon, 100, smoothing);
  EXPECT_EQ(window, before);
}

TEST(DemandWindow, DoesNotTakeAGapForZero) {
  const Smoothing smoothing{seconds(60), SmoothingFunction::kAverage};
  DemandWindow window;
  window.Add(kNoon, 4, smoothing);
  window.Add(kNoon + seconds(45), 6, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 5);
}

TEST(DemandWindow, IsZeroWithoutSamples) {
  EXPECT_EQ(DemandWindow().Over(seconds(60), SmoothingFunction::kAverage), 0);
  EXPECT_EQ(DemandWindow().Over(seconds(60), SmoothingFunction::kEwma), 0);
  EXPECT_TRUE(DemandWindow().empty());
}

TEST(DemandWindow, StaysSmallHoweverManySamplesComeAndMergesThemByItsFunction) {
  struct Case {
    SmoothingFunction function;
    double least;
    double most;
  };
  const Case cases[] = {
      {SmoothingFunction::kAverage, 49, 51},
      {SmoothingFunction::kMax, 100, 100},
      {SmoothingFunction::kMin, 0, 0},
  };
  for (const Case& c : cases) {
    const Smoothing smoothing{minutes(60), c.function};
    DemandWindow window;
    for (int i = 0; i < 40'000; ++i) {
      window.Add(kNoon + i * milliseconds(500), i % 101, smoothing);
      ASSERT_LE(window.size(), DemandWindow::kSlots);
    }
    const double value = window.Over(smoothing.window, c.function);
    EXPECT_GE(value, c.least);
    EXPECT_LE(value, c.most);
  }
}

TEST(DemandWindow, SurvivesTimesAtTheEndsOfTheirRange) {
  const Smoothing smoothing{minutes(60), SmoothingFunction::kAverage};
  DemandWindow window;
  window.Add(Timestamp::min(), 1, smoothing);
  window.Add(Timestamp::min() + seconds(1), 3, smoothing);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), 2);
}

TEST(DemandWindow, KeepsAsManySlotsAsItSaysAndRanksAmongThem) {
  constexpr int kMost = static_cast<int>(DemandWindow::kSlots);
  const Smoothing smoothing{seconds(kMost), SmoothingFunction::kP99};
  DemandWindow window;
  for (int i = 1; i <= 2 * kMost; ++i) {
    window.Add(kNoon + seconds(i), i, smoothing);
    EXPECT_EQ(window.size(), std::min<std::size_t>(static_cast<std::size_t>(i), kMost));
  }
  EXPECT_EQ(window.Over(smoothing.window, smoothing.function), kMost + 127) << "ceil(128 * 0.99)";
}

TEST(DemandWindow, TakesTheMeanOfWhatSharesASlot) {
  const Smoothing smoothing{seconds(128), SmoothingFunction::kAverage};
  DemandWindow window;
  for (const int i : {0, 250, 1250, 1500})
    window.Add(kNoon + milliseconds(i), i, smoothing);
  EXPECT_EQ(window.size(), 2U);
  EXPECT_DOUBLE_EQ(window.Over(smoothing.window, smoothing.function), (125 + 1375) / 2.0);
}

}  // namespace
}  // namespace hpaplus
