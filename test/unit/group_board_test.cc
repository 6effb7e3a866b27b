#include "collectors/group_board.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = GroupBoard::Place::Kind;

const Timestamp kNow{seconds(1'700'000'000)};

GroupAnswer Answer(double value) {
  auto samples = std::make_shared<GroupedSamples>(kNow, 1);
  samples->Add("a", {kNow, value, 0});
  return std::shared_ptr<const GroupedSamples>(std::move(samples));
}

double ValueOf(const GroupAnswer& answer) {
  return (*answer)->Find("a")->values.at(0).value;
}

TEST(GroupBoard, OneAsksAndTheOthersWait) {
  GroupBoard board({milliseconds(250)}, seconds(2));
  std::atomic<int> asked = 0;
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto place = board.Look(0, kNow, kNow + seconds(1));
        if (place.kind == Kind::kAsk) {
          ++asked;
          board.Post(0, kNow, Answer(5));
          ++right;
        } else if (place.kind == Kind::kAnswer) {
          if (ValueOf(place.answer) == 5) ++right;
        } else {
          const GroupAnswer answer = board.Await(0, place.ticket, minutes(1), {});
          if (answer && ValueOf(answer) == 5) ++right;
        }
      });
    }
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(right, 8);
}

TEST(GroupBoard, GivesAnOldAnswerOnlyWhileAnotherIsAskedFor) {
  GroupBoard board({milliseconds(250)}, seconds(2));
  EXPECT_EQ(board.Look(0, kNow, kNow + seconds(1)).kind, Kind::kAsk);
  EXPECT_EQ(board.Look(0, kNow, kNow + seconds(1)).kind, Kind::kWait);
  board.Post(0, kNow, Answer(5));
  EXPECT_EQ(board.Look(0, kNow + milliseconds(249), kNow).kind, Kind::kAnswer);
  const Timestamp later = kNow + milliseconds(250);
  EXPECT_EQ(board.Look(0, later, later + minutes(1)).kind, Kind::kAsk);
  EXPECT_EQ(board.Look(0, later, later).kind, Kind::kAnswer);
  EXPECT_EQ(board.Look(0, kNow + milliseconds(2249), later).kind, Kind::kAnswer);
  EXPECT_EQ(board.Look(0, kNow + milliseconds(2250), later).kind, Kind::kWait) << "too old";
}

TEST(GroupBoard, WhoNeverPostsLosesTheRightTo) {
  GroupBoard board({milliseconds(250)}, seconds(2));
  EXPECT_EQ(board.Look(0, kNow, kNow + seconds(1)).kind, Kind::kAsk);
  EXPECT_EQ(board.Look(0, kNow + milliseconds(999), kNow + seconds(5)).kind, Kind::kWait);
  EXPECT_EQ(board.Look(0, kNow + seconds(1), kNow + seconds(5)).kind, Kind::kAsk);
  board.Post(0, kNow + seconds(1), Answer(6));
  board.Post(0, kNow, Answer(5));
  EXPECT_EQ(ValueOf(board.Look(0, kNow + seconds(1), kNow).answer), 6) << "the late one is dropped";
}

TEST(GroupBoard, ASourceThatDidNotAnswerIsAskedAgain) {
  GroupBoard board({milliseconds(250)}, seconds(2));
  (void)board.Look(0, kNow, kNow + seconds(1));
  const auto waiting = board.Look(0, kNow, kNow + seconds(1));
  board.Post(0, kNow, Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_EQ(board.Await(0, waiting.ticket, minutes(1), {}).error().message, "refused");
  EXPECT_EQ(board.Look(0, kNow, kNow + seconds(1)).kind, Kind::kAsk);
  board.Post(0, kNow, Error{ErrorCode::kInvalidArgument, "parse error"});
  EXPECT_EQ(board.Look(0, kNow, kNow + seconds(1)).answer.error().message, "parse error");
}

TEST(GroupBoard, WaitingEndsWithTheTimeOrAStop) {
  GroupBoard board({milliseconds(250)}, seconds(2));
  (void)board.Look(0, kNow, kNow + seconds(1));
  const auto place = board.Look(0, kNow, kNow + seconds(1));
  EXPECT_EQ(board.Await(0, place.ticket, milliseconds(1), {}).error().code,
            ErrorCode::kDeadlineExceeded);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(board.Await(0, place.ticket, minutes(10), stop.get_token()).error().code,
            ErrorCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace hpaplus::collectors
