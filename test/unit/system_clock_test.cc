#include "engine/shell/system_clock.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLong = hours(1);

TEST(SystemClock, TellsTheWallTime) {
  SystemClock clock;
  const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  EXPECT_LT(std::chrono::abs(clock.Now() - wall), seconds(5));
}

TEST(SystemClock, NeverGoesBackAcrossInstancesAndThreads) {
  SystemClock first;
  const Timestamp before = first.Now();
  Timestamp there{};
  std::jthread([&there] { there = SystemClock().Now(); }).join();
  const Timestamp after = first.Now();
  EXPECT_LE(before, there);
  EXPECT_LE(there, after);
}

TEST(SystemClock, WaitsUntilTheDeadlineAndNotMuchLonger) {
  SystemClock clock;
  const Timestamp deadline = clock.Now() + milliseconds(20);
  EXPECT_TRUE(clock.WaitUntil(deadline, {}));
  EXPECT_GE(clock.Now(), deadline);
  EXPECT_LT(clock.Now(), deadline + seconds(10));
}

TEST(SystemClock, DoesNotWaitForADeadlineThatHasPassed) {
  SystemClock clock;
  EXPECT_TRUE(clock.WaitUntil(clock.Now() - seconds(1), {}));
}

TEST(SystemClock, RemembersOneWakeForTheNextWait) {
  SystemClock clock;
  clock.Wake();
  clock.Wake();
  const Timestamp start = clock.Now();
  EXPECT_TRUE(clock.WaitUntil(start + kLong, {}));
  EXPECT_LT(clock.Now(), start + seconds(10));
  EXPECT_TRUE(clock.WaitUntil(clock.Now() + milliseconds(10), {}));
  EXPECT_GE(clock.Now(), start + milliseconds(10)) << "two wakes are one";
}

TEST(SystemClock, WakesAThreadThatWaits) {
  SystemClock clock;
  const Timestamp start = clock.Now();
  bool news = false;
  std::jthread waiter([&] { news = clock.WaitUntil(start + kLong, {}); });
  clock.Wake();
  waiter.join();
  EXPECT_TRUE(news);
  EXPECT_LT(clock.Now(), start + seconds(10));
}

TEST(SystemClock, AStopEndsTheWaitAtOnceEvenWithAWakePending) {
  SystemClock clock;
  const Timestamp start = clock.Now();
  std::stop_source stop;
  bool news = true;
  std::jthread waiter([&] { news = clock.WaitUntil(start + kLong, stop.get_token()); });
  stop.request_stop();
  waiter.join();
  EXPECT_FALSE(news);
  clock.Wake();
  EXPECT_FALSE(clock.WaitUntil(start + kLong, stop.get_token()));
  EXPECT_LT(clock.Now(), start + seconds(10));
}

}  // namespace
}  // namespace hpaplus
