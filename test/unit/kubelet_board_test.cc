// Threads where the point is that somebody waits; the clock stands still, so that nothing but
// answers ends a wait.

#include "collectors/kubelet_board.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/fake_kubelets.h"
#include "test/support/kubelet_page.h"
#include "test/support/manual_clock.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeKubelets;
using test::KubeletPageText;
using testing::ElementsAre;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

std::string PageWith(const std::string& pod) {
  return KubeletPageText().Memory("shop", pod, 1, kNow).Resource();
}

class KubeletBoardTest : public testing::Test {
 protected:
  std::shared_ptr<KubeletBoard> Make(const KubeletBoard::Config& config) {
    return KubeletBoard::Create(config, kubelets_.AsFunction(), clock_, executor_);
  }

  std::vector<KubeletBoard::Pods> Read(KubeletBoard& board, const std::vector<std::string>& nodes,
                                       Duration budget = seconds(2)) {
    std::vector<KubeletRequest> wanted;
    for (const std::string& node : nodes)
      wanted.push_back({.node = node, .address = "10.0.0.1", .page = KubeletPage::kResource});
    const Timestamp now = clock_.Now();
    return board.Read(wanted, {now, now + budget, stop_.get_token()});
  }

  // A wait that only the deadline ends: somebody has to let the time pass.
  std::vector<KubeletBoard::Pods> ReadUntilDeadline(KubeletBoard& board,
                                                    const std::vector<std::string>& nodes) {
    std::atomic<bool> done = false;
    const Timestamp deadline = clock_.Now() + seconds(2);
    std::jthread time([&] {
      while (!done) {
        if (kubelets_.hanging() > 0 && clock_.Now() < deadline) clock_.Advance(milliseconds(100));
        std::this_thread::yield();
      }
    });
    auto shown = Read(board, nodes);
    done = true;
    return shown;
  }

  test::ManualClock clock_{kNow};
  SerialExecutor executor_;
  FakeKubelets kubelets_;
  std::stop_source stop_;
};

TEST_F(KubeletBoardTest, APageIsAskedForOncePerShareForWhoeverWantsIt) {
  const auto board = Make({.share_for = seconds(1)});
  kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
  for (int i = 0; i < 5; ++i) {
    const auto shown = Read(*board, {"n1"});
    ASSERT_TRUE(shown.at(0)) << shown.at(0).error().message;
    EXPECT_EQ((*shown[0])->at(0).pod, "web-1");
  }
  EXPECT_THAT(kubelets_.seen(), ElementsAre("n1/metrics/resource"));
  EXPECT_EQ(kubelets_.deadline(), kNow + seconds(2));
  clock_.Advance(seconds(1));
  (void)Read(*board, {"n1"});
  EXPECT_EQ(kubelets_.seen().size(), 2U);
}

TEST_F(KubeletBoardTest, AFailureIsSharedAsLongAsAnAnswer) {
  const auto board = Make({.share_for = seconds(1)});
  kubelets_.Show("n1/metrics/resource", Error{ErrorCode::kPermissionDenied, "not you"});
  for (int i = 0; i < 3; ++i) {
    const auto shown = Read(*board, {"n1"});
    ASSERT_FALSE(shown.at(0));
    EXPECT_EQ(shown[0].error().code, ErrorCode::kPermissionDenied);
    EXPECT_EQ(shown[0].error().message, "kubelet of n1: not you");
  }
  EXPECT_EQ(kubelets_.seen().size(), 1U);
  EXPECT_FALSE(board->SomebodyAnswers());
}

TEST_F(KubeletBoardTest, TwoWhoWantAPageAtOnceGetOneAnswer) {
  const auto board = Make({});
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto shown = Read(*board, {"n1"});
        if (shown.at(0) && (*shown[0])->at(0).pod == "web-1") ++right;
      });
    }
    while (kubelets_.hanging() == 0)
      std::this_thread::yield();
    kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
    kubelets_.AnswerLate(PageWith("web-1"));
  }
  EXPECT_EQ(right, 4);
  EXPECT_EQ(kubelets_.seen().size(), 1U);
}

TEST_F(KubeletBoardTest, ANodeThatHangsCostsOneWaitAndNobodyWaitsForItAgain) {
  const auto board = Make({.share_for = Duration(0)});
  kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
  auto shown = ReadUntilDeadline(*board, {"n1", "n2"});
  EXPECT_TRUE(shown.at(0));
  ASSERT_FALSE(shown.at(1));
  EXPECT_EQ(shown[1].error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(shown[1].error().message, "kubelet of n2: no answer in time");
  EXPECT_TRUE(board->SomebodyAnswers());

  // Nobody lets the time pass here, so this would never end.
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(Read(*board, {"n1", "n2"}).at(1));
  EXPECT_EQ(kubelets_.hanging(), 1U) << "and it is not asked on top of that";

  kubelets_.AnswerLate(Error{ErrorCode::kDeadlineExceeded, "no answer in time"});
  EXPECT_FALSE(Read(*board, {"n1", "n2"}).at(1)) << "asked again, in vain";
  EXPECT_EQ(kubelets_.hanging(), 1U);
  kubelets_.Show("n2/metrics/resource", PageWith("web-2"));
  kubelets_.AnswerLate(PageWith("web-2"));
  shown = Read(*board, {"n1", "n2"});
  ASSERT_TRUE(shown.at(1)) << shown.at(1).error().message;
  EXPECT_EQ((*shown[1])->at(0).pod, "web-2");
}

TEST_F(KubeletBoardTest, NoMoreThanTheLimitAreAskedAtOnceAndAllAreAsked) {
  const auto board = Make({.share_for = Duration(0), .concurrent_most = 2});
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    const auto shown = Read(*board, {"n1", "n2", "n3", "n4", "n5"});
    for (const auto& page : shown)
      EXPECT_TRUE(page);
    done = true;
  });
  while (!done) {
    EXPECT_LE(kubelets_.hanging(), 2U);
    kubelets_.AnswerLate(PageWith("web-1"));
    std::this_thread::yield();
  }
  reader.join();
  EXPECT_EQ(kubelets_.seen().size(), 5U);
}

TEST_F(KubeletBoardTest, ThoseWhoHangLeaveRoomForTheOthers) {
  const auto board = Make({.share_for = Duration(0), .concurrent_most = 4});
  const std::vector<std::string> bad = {"b1", "b2", "b3", "b4"};
  (void)ReadUntilDeadline(*board, bad);
  kubelets_.AnswerLate(Error{ErrorCode::kDeadlineExceeded, "no answer in time"});
  (void)Read(*board, bad);
  EXPECT_EQ(kubelets_.hanging(), 1U) << "a quarter of the room";
  kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
  EXPECT_TRUE(Read(*board, {"n1"}).at(0));
}

TEST_F(KubeletBoardTest, AStopEndsTheWait) {
  const auto board = Make({});
  std::jthread stopper([&] {
    while (kubelets_.hanging() == 0)
      std::this_thread::yield();
    stop_.request_stop();
  });
  const auto shown = Read(*board, {"n1"});
  ASSERT_FALSE(shown.at(0));
  EXPECT_EQ(shown[0].error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(KubeletBoardTest, AnAnswerToNobodyIsForTheNextWhoWantsThePage) {
  auto board = Make({.share_for = seconds(1)});
  EXPECT_FALSE(ReadUntilDeadline(*board, {"n1"}).at(0));
  kubelets_.AnswerLate(PageWith("late"));
  kubelets_.Show("n1/metrics/resource", PageWith("fresh"));
  const auto shown = Read(*board, {"n1"});
  ASSERT_TRUE(shown.at(0));
  EXPECT_EQ((*shown[0])->at(0).pod, "fresh") << "as it answers, it is waited for again";
}

TEST_F(KubeletBoardTest, AnAnswerAfterTheEndOfTheBoardIsHarmless) {
  auto board = Make({});
  stop_.request_stop();
  (void)Read(*board, {"n1"});
  board.reset();
  kubelets_.AnswerLate(PageWith("web-1"));
}

TEST_F(KubeletBoardTest, MorePagesThanTheLimitAreNotAskedFor) {
  const auto board = Make({.pages_most = 1});
  kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
  const auto shown = Read(*board, {"n1", "n2"});
  EXPECT_TRUE(shown.at(0));
  ASSERT_FALSE(shown.at(1));
  EXPECT_THAT(shown[1].error().message, HasSubstr("too many nodes"));
  EXPECT_EQ(kubelets_.seen().size(), 1U);
}

TEST_F(KubeletBoardTest, PagesThatNobodyWantsAreForgotten) {
  const auto board = Make({.pages_most = 1});
  kubelets_.Show("n1/metrics/resource", PageWith("web-1"));
  kubelets_.Show("n2/metrics/resource", PageWith("web-2"));
  (void)Read(*board, {"n1"});
  clock_.Advance(std::chrono::hours(2) + seconds(1));
  EXPECT_TRUE(Read(*board, {"n2"}).at(0));
}

TEST_F(KubeletBoardTest, WhatSaysNothingUsableIsAnErrorOfItsNode) {
  const auto board = Make({});
  kubelets_.Show("n1/metrics/resource", std::string("<html>\n"));
  const auto shown = Read(*board, {"n1"});
  ASSERT_FALSE(shown.at(0));
  EXPECT_EQ(shown[0].error().code, ErrorCode::kMalformedData);
  EXPECT_THAT(shown[0].error().message, HasSubstr("kubelet of n1: line 1"));
}

}  // namespace
}  // namespace hpaplus::collectors
