#include "collectors/counter_growth.h"

#include <cmath>

#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;

constexpr Timestamp kStart{seconds(1'000)};

TEST(CounterGrowth, CountsFromTheFirstMeasurementThroughRestarts) {
  CounterGrowth growth;
  EXPECT_EQ(growth.Take(kStart, 70), 0);
  EXPECT_EQ(growth.Take(kStart + seconds(1), 100), 30);
  EXPECT_EQ(growth.Take(kStart + seconds(2), 5), 35) << "it began again at zero";
  EXPECT_EQ(growth.Take(kStart + seconds(3), 6), 36);
}

TEST(CounterGrowth, LateCopiesAndNonsenseChangeNothing) {
  CounterGrowth growth;
  EXPECT_EQ(growth.Take(kStart, std::nan("")), std::nullopt);
  EXPECT_EQ(growth.Take(kStart, 10), 0);
  EXPECT_EQ(growth.Take(kStart, 20), std::nullopt);
  EXPECT_EQ(growth.Take(kStart - seconds(1), 20), std::nullopt);
  EXPECT_EQ(growth.Take(kStart + seconds(1), std::nan("")), std::nullopt);
  EXPECT_EQ(growth.Take(kStart + seconds(1), 12), 2);
}

TEST(CounterGrowth, AKnownStartIsZeroOnceThereIsAMeasurementBeforeIt) {
  CounterGrowth growth;
  EXPECT_FALSE(growth.StartAt(kStart));
  EXPECT_EQ(growth.Take(kStart, 10), 0);
  EXPECT_FALSE(growth.StartAt(kStart));
  EXPECT_TRUE(growth.StartAt(kStart + seconds(5)));
  EXPECT_EQ(growth.Take(kStart + seconds(5), 3), std::nullopt);
  EXPECT_EQ(growth.Take(kStart + seconds(6), 3), 3);
}

}  // namespace
}  // namespace hpaplus::collectors
