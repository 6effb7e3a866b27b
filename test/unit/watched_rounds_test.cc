// What is kept of the objects that somebody looks at, and for how long.

#include "engine/record/watched_rounds.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace hpaplus::record {
namespace {

constexpr WorkloadId kWeb{0};
constexpr WorkloadId kMail{1};

Timestamp At(int second) {
  return Timestamp(std::chrono::seconds(second));
}

Round RoundAt(int second, WorkloadId id, std::size_t pods = 0) {
  auto view = std::make_shared<WorkloadView>();
  view->spec = std::make_shared<const WorkloadSpec>();
  view->pods.resize(pods);
  return {At(second), id, std::move(view), {}, History(), {}, std::nullopt};
}

std::vector<Timestamp> TimesOf(const WatchedRounds::Rounds& rounds) {
  std::vector<Timestamp> times;
  for (const auto& round : rounds)
    times.push_back(round->at);
  return times;
}

// Wants every round, and sometimes its history.
class Tap final : public RoundTap {
 public:
  [[nodiscard]] bool WantsHistory(WorkloadId /*id*/) override { return ++asked_ == 1; }
  void Take(Round /*round*/) override { ++taken; }

  int taken = 0;

 private:
  int asked_ = 0;
};

TEST(WatchedRounds, KeepsTheLastOnesOfWhatIsLookedAt) {
  WatchedRounds watched({.rounds = 2}, nullptr);
  const Round first = RoundAt(1, kWeb);
  EXPECT_FALSE(watched.Wants(kWeb, *first.view));
  watched.Take(first);
  watched.Watch(kWeb, At(1));
  EXPECT_TRUE(watched.Wants(kWeb, *first.view));
  EXPECT_TRUE(watched.WantsHistory(kWeb));
  EXPECT_FALSE(watched.Wants(kMail, *first.view));
  for (int second = 2; second <= 4; ++second) {
    watched.Take(RoundAt(second, kWeb));
    watched.Take(RoundAt(second, kMail));
  }
  EXPECT_EQ(TimesOf(watched.Of(kWeb)), (std::vector{At(3), At(4)}));
  EXPECT_TRUE(watched.Of(kMail).empty());
  Round blind = RoundAt(5, kWeb);
  blind.history.reset();
  watched.Take(blind);
  EXPECT_EQ(TimesOf(watched.Of(kWeb)), (std::vector{At(3), At(4)}))
      << "what it was decided from is not known";
}

TEST(WatchedRounds, ForgetsWhatNobodyAsksForAndWhatIsGone) {
  WatchedRounds watched({.patience = std::chrono::seconds(10)}, nullptr);
  watched.Watch(kWeb, At(0));
  watched.Watch(kMail, At(0));
  watched.Take(RoundAt(10, kWeb));
  watched.Take(RoundAt(10, kMail));
  watched.Watch(kMail, At(10));
  watched.Take(RoundAt(11, kWeb));
  watched.Take(RoundAt(11, kMail));
  EXPECT_TRUE(watched.Of(kWeb).empty());
  EXPECT_FALSE(watched.WantsHistory(kWeb));
  EXPECT_EQ(TimesOf(watched.Of(kMail)), (std::vector{At(10), At(11)}));
  watched.RecordGone(kWeb);
  watched.RecordGone(kMail);
  EXPECT_TRUE(watched.Of(kMail).empty());
  EXPECT_FALSE(watched.WantsHistory(kMail));
}

TEST(WatchedRounds, HasLimits) {
  WatchedRounds watched({.objects = 1, .weight = 10}, nullptr);
  watched.Watch(kWeb, At(0));
  watched.Watch(kMail, At(1));
  EXPECT_FALSE(watched.WantsHistory(kWeb)) << "asked for longer ago";
  watched.Take(RoundAt(2, kMail, 3));
  watched.Take(RoundAt(3, kMail, 3));
  EXPECT_EQ(watched.Of(kMail).size(), 2U);
  watched.Take(RoundAt(4, kMail, 6));
  EXPECT_EQ(TimesOf(watched.Of(kMail)), (std::vector{At(4)}));
  watched.Take(RoundAt(5, kMail, 100));
  EXPECT_TRUE(watched.Of(kMail).empty()) << "larger than all may be together";
}

TEST(WatchedRounds, HandsEverythingOn) {
  Tap next;
  WatchedRounds watched({}, &next);
  const Round round = RoundAt(1, kWeb);
  EXPECT_TRUE(watched.Wants(kWeb, *round.view));
  EXPECT_TRUE(watched.WantsHistory(kWeb));
  EXPECT_FALSE(watched.WantsHistory(kWeb));
  watched.Watch(kWeb, At(1));
  EXPECT_TRUE(watched.WantsHistory(kWeb));
  watched.Take(round);
  EXPECT_EQ(next.taken, 1);
  EXPECT_EQ(watched.Of(kWeb).size(), 1U);
}

TEST(WatchedRounds, MayBeReadWhileTheTickWrites) {
  WatchedRounds watched({.rounds = 3}, nullptr);
  std::jthread reader([&watched](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      watched.Watch(kWeb, At(0));
      (void)watched.Of(kWeb);
    }
  });
  for (int second = 0; second < 500; ++second) {
    watched.Take(RoundAt(second, kWeb));
    if (second % 50 == 0) watched.RecordGone(kWeb);
  }
  reader.request_stop();
  reader.join();
  EXPECT_LE(watched.Of(kWeb).size(), 3U);
}

}  // namespace
}  // namespace hpaplus::record
