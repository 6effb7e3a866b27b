#include "engine/loop/overload.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class OverloadTest : public ::testing::Test {
 protected:
  // A tick every 100 ms for that long, with 100 evaluations of those milliseconds together, where
  // 1,000 evaluations a second are asked for as long as nothing is stretched.
  double Observe(Duration length, Duration lateness, Duration took = milliseconds(10)) {
    for (const Timestamp until = now_ + length; now_ < until; now_ += milliseconds(100))
      overload_.Observe({now_, lateness, took, 100, 1000 / overload_.stretch()});
    return overload_.stretch();
  }

  Timestamp now_{std::chrono::hours(100)};
  Overload overload_{Overload::Config{}};
};

TEST_F(OverloadTest, DoesNothingWhileTicksAreOnTime) {
  EXPECT_EQ(Observe(std::chrono::minutes(10), milliseconds(40)), 1);
  EXPECT_EQ(Observe(std::chrono::minutes(10), milliseconds(240), milliseconds(100)), 1);
}

TEST_F(OverloadTest, StretchesByWhatIsAskedForTooMuch) {
  EXPECT_EQ(Observe(milliseconds(1900), seconds(1), milliseconds(225)), 1) << "too early";
  EXPECT_NEAR(Observe(milliseconds(300), seconds(1), milliseconds(225)), 2.5, 1e-9);
  EXPECT_NEAR(Observe(seconds(9), seconds(1), milliseconds(225)), 2.5, 1e-9)
      << "long periods follow slowly";
}

TEST_F(OverloadTest, TriesAStepWhereEvaluatingIsNotWhatMakesItLate) {
  EXPECT_EQ(Observe(milliseconds(2100), seconds(1)), 1.25);
  EXPECT_EQ(Observe(seconds(9), seconds(1)), 1.25);
  EXPECT_EQ(Observe(seconds(2), seconds(1)), 1.25 * 1.25);
  EXPECT_EQ(Observe(std::chrono::minutes(5), seconds(1)), 16);
}

TEST_F(OverloadTest, WaitsWhileItGetsBetter) {
  (void)Observe(seconds(3), seconds(40));
  const double stretched = overload_.stretch();
  EXPECT_EQ(stretched, 1.25);
  for (int late = 30; late > 1; --late)
    EXPECT_EQ(Observe(seconds(2), seconds(late)), stretched) << late;
}

TEST_F(OverloadTest, ComesBackOnlyAfterALongCalm) {
  (void)Observe(seconds(3), seconds(1));
  const double stretched = overload_.stretch();
  EXPECT_GT(stretched, 1);
  EXPECT_EQ(Observe(std::chrono::minutes(5), milliseconds(100)), stretched) << "late, not calm";
  EXPECT_EQ(Observe(seconds(9), milliseconds(10)), stretched);
  EXPECT_EQ(Observe(std::chrono::minutes(1), milliseconds(10)), 1);
}

TEST_F(OverloadTest, ComesBackOnlyWhenTheLoadHasGone) {
  (void)Observe(seconds(3), seconds(1), milliseconds(225));
  EXPECT_NEAR(Observe(std::chrono::minutes(5), milliseconds(10), milliseconds(225)), 2.5, 1e-9);
  EXPECT_EQ(Observe(std::chrono::minutes(5), milliseconds(10)), 1);
}

TEST_F(OverloadTest, APauseIsNotOverload) {
  overload_.Observe({now_, std::chrono::minutes(5), milliseconds(10), 100, 1000});
  now_ += std::chrono::minutes(5);
  overload_.Observe({now_, std::chrono::minutes(5), milliseconds(10), 100, 1000});
  EXPECT_EQ(overload_.stretch(), 1);
  EXPECT_EQ(Observe(seconds(10), milliseconds(1)), 1);
}

}  // namespace
}  // namespace hpaplus
