// The breaker by itself, on a clock that is moved by hand.

#include "engine/loop/breaker.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class BreakerTest : public testing::Test {
 protected:
  static Breaker Make(double jitter = 0, std::uint64_t seed = 1) {
    Breaker::Config config;
    config.probes.most = seconds(10);
    config.probes.jitter = jitter;
    return {config, Random(seed)};
  }
  static void Fail(Breaker& breaker, Timestamp now, int times = 1) {
    for (int i = 0; i < times; ++i)
      breaker.Failed(now);
  }
  // Asks every 100 ms and fails: when it was let through.
  static std::vector<Timestamp> Probes(Breaker& breaker, Timestamp from, Duration during) {
    std::vector<Timestamp> probes;
    for (Timestamp now = from; now < from + during; now += milliseconds(100)) {
      if (!breaker.Admits(now)) continue;
      probes.push_back(now);
      breaker.Failed(now);
    }
    return probes;
  }
  const Timestamp start_{hours(1000)};
};

TEST_F(BreakerTest, OpensAfterFailuresInARowOnly) {
  Breaker breaker = Make();
  Fail(breaker, start_, 2);
  breaker.Succeeded();
  EXPECT_EQ(breaker.failed(), 0);
  Fail(breaker, start_, 2);
  EXPECT_FALSE(breaker.open());
  EXPECT_TRUE(breaker.Admits(start_));
  Fail(breaker, start_);
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.failed(), 3);
  EXPECT_FALSE(breaker.Admits(start_));
}

TEST_F(BreakerTest, N8_WaitsTwiceAsLongAfterEachProbeUpToALimit) {
  Breaker breaker = Make();
  Fail(breaker, start_, 3);
  const std::vector<Timestamp> probes = Probes(breaker, start_, minutes(1));
  std::vector<Duration> waits;
  for (std::size_t i = 0; i < probes.size(); ++i)
    waits.push_back(probes[i] - (i == 0 ? start_ : probes[i - 1]));
  EXPECT_EQ(waits, (std::vector<Duration>{seconds(1), seconds(2), seconds(4), seconds(8),
                                          seconds(10), seconds(10), seconds(10), seconds(10)}));
}

TEST_F(BreakerTest, BeginsAnewAfterAnAnswer) {
  Breaker breaker = Make();
  Fail(breaker, start_, 3);
  (void)Probes(breaker, start_, minutes(5));
  const Timestamp later = start_ + minutes(6);
  ASSERT_TRUE(breaker.Admits(later));
  breaker.Succeeded();
  EXPECT_FALSE(breaker.open());
  Fail(breaker, later, 3);
  EXPECT_FALSE(breaker.Admits(later + milliseconds(999)));
  EXPECT_TRUE(breaker.Admits(later + seconds(1)));
}

TEST_F(BreakerTest, LetsOneRoundThroughAtATime) {
  Breaker breaker = Make();
  Fail(breaker, start_, 3);
  const Timestamp probe = start_ + seconds(1);
  EXPECT_TRUE(breaker.Admits(probe));
  EXPECT_TRUE(breaker.Admits(probe)) << "the same instant is the same round";
  EXPECT_FALSE(breaker.Admits(probe + seconds(30))) << "it is still out";
  breaker.Abandon();
  EXPECT_TRUE(breaker.Admits(probe + seconds(30))) << "it never went out";
}

TEST_F(BreakerTest, WhatWasUnderWayWhenItOpenedDoesNotLengthenTheWait) {
  Breaker breaker = Make();
  Fail(breaker, start_, 3);
  Fail(breaker, start_ + milliseconds(500), 5);
  EXPECT_FALSE(breaker.Admits(start_ + milliseconds(999)));
  EXPECT_TRUE(breaker.Admits(start_ + seconds(1)));
}

TEST_F(BreakerTest, JitterOnlyLengthensAndSourcesDoNotMarch) {
  std::set<Timestamp> last;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Breaker breaker = Make(0.2, seed);
    Fail(breaker, start_, 3);
    const std::vector<Timestamp> probes = Probes(breaker, start_, hours(1));
    // Ten seconds and up to two more, and the 100 ms of asking.
    EXPECT_LE(probes.size(), 3600U / 10 + 5);
    EXPECT_GE(probes.size(), 3600U * 10 / 121);
    last.insert(probes.back());
  }
  EXPECT_GT(last.size(), 10U);
}

}  // namespace
}  // namespace hpaplus
