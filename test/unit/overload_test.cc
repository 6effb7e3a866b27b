#include "engine/loop/overload.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class OverloadTest : public ::testing::Test {
 protected:
  // A tick every 100 ms for that long.
  double Observe(Duration length, Duration lateness) {
    for (const Timestamp until = now_ + length; now_ < until; now_ += milliseconds(100))
      overload_.Observe(now_, lateness);
    return overload_.stretch();
  }

  Timestamp now_{std::chrono::hours(100)};
  Overload overload_{Overload::Config{}};
};

TEST_F(OverloadTest, DoesNothingWhileTicksAreOnTime) {
  EXPECT_EQ(Observe(std::chrono::minutes(10), milliseconds(40)), 1);
  EXPECT_EQ(Observe(std::chrono::minutes(10), milliseconds(240)), 1);
}

TEST_F(OverloadTest, StretchesStepByStepUpToALimit) {
  EXPECT_EQ(Observe(milliseconds(1900), seconds(1)), 1) << "too early";
  EXPECT_EQ(Observe(milliseconds(300), seconds(1)), 1.25);
  EXPECT_GT(Observe(seconds(2), seconds(1)), 1.5);
  EXPECT_EQ(Observe(std::chrono::minutes(5), seconds(1)), 16);
}

TEST_F(OverloadTest, ComesBackOnlyAfterALongCalm) {
  (void)Observe(seconds(3), seconds(1));
  const double stretched = overload_.stretch();
  EXPECT_GT(stretched, 1);
  EXPECT_EQ(Observe(std::chrono::minutes(5), milliseconds(100)), stretched) << "late, not calm";
  EXPECT_EQ(Observe(seconds(9), milliseconds(10)), stretched);
  EXPECT_EQ(Observe(std::chrono::minutes(1), milliseconds(10)), 1);
}

TEST_F(OverloadTest, APauseIsNotOverload) {
  overload_.Observe(now_, std::chrono::minutes(5));
  now_ += std::chrono::minutes(5);
  overload_.Observe(now_, std::chrono::minutes(5));
  EXPECT_EQ(overload_.stretch(), 1);
  EXPECT_EQ(Observe(seconds(10), milliseconds(1)), 1);
}

}  // namespace
}  // namespace hpaplus
