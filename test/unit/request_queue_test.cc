// Who may send when. Times are given, so nothing here waits.

#include "engine/kube/request_queue.h"

#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp kStart = Timestamp(seconds(1000));

class RequestQueueTest : public testing::Test {
 protected:
  void Push(Priority priority, int count = 1) {
    for (int i = 0; i < count; ++i) {
      auto request = std::make_shared<PendingRequest>();
      request->request.priority = priority;
      EXPECT_TRUE(queue_.Push(std::move(request)));
    }
  }

  // How many may be sent at once.
  int PopAll(Timestamp now) {
    int count = 0;
    while (queue_.Pop(now) != nullptr)
      ++count;
    return count;
  }

  KubeClient::Config config_{.qps = 10, .burst = 100, .max_in_flight = 1'000'000};
  RequestQueue queue_{config_};
};

TEST_F(RequestQueueTest, EventsAndStatusesLeaveMostOfTheBurstToSizes) {
  Push(Priority::kEvent, 1000);
  EXPECT_EQ(PopAll(kStart), 20);
  Push(Priority::kStatus, 1000);
  EXPECT_EQ(PopAll(kStart), 20);
  Push(Priority::kRead, 1000);
  EXPECT_EQ(PopAll(kStart), 50);
  Push(Priority::kScaleUp, 1000);
  EXPECT_EQ(PopAll(kStart), 10);
}

TEST_F(RequestQueueTest, SizesMayHaveAllOfIt) {
  Push(Priority::kScaleUp, 1000);
  EXPECT_EQ(PopAll(kStart), 100);
  EXPECT_EQ(PopAll(kStart + seconds(2)), 20);
}

TEST_F(RequestQueueTest, WhatGrowsGoesBeforeWhatShrinksAndIsLeftSomeOfTheBurst) {
  Push(Priority::kScaleDown, 1000);
  Push(Priority::kScaleUp);
  EXPECT_EQ(queue_.Pop(kStart)->request.priority, Priority::kScaleUp);
  EXPECT_EQ(PopAll(kStart), 89);
  Push(Priority::kScaleUp, 1000);
  EXPECT_EQ(PopAll(kStart), 10);
}

TEST_F(RequestQueueTest, SaysWhenWhatWaitsMayGo) {
  Push(Priority::kEvent, 21);
  EXPECT_EQ(PopAll(kStart), 20);
  EXPECT_EQ(queue_.NextPop(kStart), kStart + milliseconds(100));
  EXPECT_EQ(PopAll(kStart + milliseconds(99)), 0);
  EXPECT_EQ(PopAll(kStart + milliseconds(100)), 1);
}

TEST_F(RequestQueueTest, WhatIsUrgentDoesNotWaitForWhatIsNot) {
  Push(Priority::kEvent, 21);
  EXPECT_EQ(PopAll(kStart), 20);
  Push(Priority::kScaleUp);
  EXPECT_EQ(queue_.NextPop(kStart), kStart);
  EXPECT_EQ(PopAll(kStart), 1);
}

TEST_F(RequestQueueTest, EventsAndStatusesWaitWhileManyRequestsAreUnderWay) {
  RequestQueue queue(KubeClient::Config{.qps = 1000, .burst = 1000, .max_in_flight = 32});
  const auto push = [&queue](Priority priority) {
    auto request = std::make_shared<PendingRequest>();
    request->request.priority = priority;
    EXPECT_TRUE(queue.Push(std::move(request)));
  };
  const auto pop = [&queue](Timestamp now = kStart) -> std::optional<Priority> {
    const auto request = queue.Pop(now);
    if (request == nullptr) return std::nullopt;
    return request->request.priority;
  };
  push(Priority::kEvent);
  push(Priority::kEvent);
  push(Priority::kStatus);
  push(Priority::kStatus);
  EXPECT_EQ(pop(), Priority::kStatus);
  EXPECT_EQ(pop(), Priority::kStatus);
  EXPECT_EQ(pop(), std::nullopt) << "an event beside two requests";
  EXPECT_EQ(queue.NextPop(kStart), std::nullopt);
  push(Priority::kScaleUp);
  EXPECT_EQ(pop(), Priority::kScaleUp);
  queue.Finished();
  queue.Finished();
  EXPECT_EQ(pop(), std::nullopt);
  queue.Finished();
  EXPECT_EQ(pop(kStart + seconds(1)), Priority::kEvent);
}

TEST_F(RequestQueueTest, InformersGoBeforeSizes) {
  Push(Priority::kScaleUp, 1000);
  Push(Priority::kInformer);
  EXPECT_EQ(queue_.Pop(kStart)->request.priority, Priority::kInformer);
  EXPECT_EQ(PopAll(kStart), 99);
}

TEST_F(RequestQueueTest, WhatARefusedInformerWaitsForIsNotWaitedForBySizes) {
  queue_.Hold(Priority::kInformer, kStart + seconds(5));
  for (const Priority priority : {Priority::kInformer, Priority::kScaleUp, Priority::kScaleDown,
                                  Priority::kRead, Priority::kStatus, Priority::kEvent})
    Push(priority);
  EXPECT_EQ(queue_.Pop(kStart)->request.priority, Priority::kScaleUp);
  EXPECT_EQ(queue_.Pop(kStart)->request.priority, Priority::kScaleDown);
  EXPECT_EQ(queue_.Pop(kStart), nullptr);
  EXPECT_EQ(PopAll(kStart + seconds(5)), 4);
}

TEST_F(RequestQueueTest, WhatIsNotSentCostsNothing) {
  Push(Priority::kScaleUp, 1000);
  for (int i = 0; i < 500; ++i) {
    ASSERT_NE(queue_.Pop(kStart), nullptr);
    queue_.NotSent();
  }
  EXPECT_EQ(PopAll(kStart), 100);
}

TEST_F(RequestQueueTest, StatusesAndEventsWaitUntilSizesAreThrough) {
  Push(Priority::kScaleDown);
  Push(Priority::kStatus);
  Push(Priority::kEvent);
  EXPECT_EQ(PopAll(kStart), 1);
  EXPECT_EQ(queue_.NextPop(kStart), kStart + milliseconds(300));
  Push(Priority::kScaleDown);
  EXPECT_EQ(PopAll(kStart + milliseconds(299)), 1);
  EXPECT_EQ(PopAll(kStart + milliseconds(598)), 0);
  EXPECT_EQ(PopAll(kStart + milliseconds(599)), 2);
}

TEST_F(RequestQueueTest, StatusesWaitForSizesNoLongerThanThreeSeconds) {
  int statuses = 0;
  Timestamp first{};
  for (Timestamp now = kStart; now < kStart + seconds(5); now += milliseconds(200)) {
    Push(Priority::kScaleUp);
    Push(Priority::kStatus);
    while (const auto request = queue_.Pop(now)) {
      if (request->request.priority != Priority::kStatus) continue;
      if (statuses++ == 0) first = now;
    }
  }
  EXPECT_EQ(first, kStart + seconds(3));
  EXPECT_EQ(statuses, 16) << "all that have waited";
}

TEST_F(RequestQueueTest, ASilentServerIsTriedTenTimesASecondAndThenAskedForAll) {
  Push(Priority::kScaleUp, 1000);
  queue_.SetAnswering(false, kStart);
  EXPECT_EQ(queue_.NextPop(kStart), kStart + milliseconds(100));
  int tries = 0;
  for (Timestamp now = kStart; now < kStart + seconds(1); now += milliseconds(1)) {
    tries += PopAll(now);
    queue_.SetAnswering(false, now);
  }
  EXPECT_EQ(tries, 9);
  queue_.SetAnswering(true, kStart + seconds(1));
  EXPECT_EQ(PopAll(kStart + seconds(1)), 100) << "the budget was not used up by trying";
}

TEST_F(RequestQueueTest, ASmallBurstIsForEverybody) {
  for (const double burst : {1.0, 1.5, 2.0, 3.9, 5.0}) {
    RequestQueue queue(KubeClient::Config{.qps = 1, .burst = burst});
    auto request = std::make_shared<PendingRequest>();
    request->request.priority = Priority::kEvent;
    EXPECT_TRUE(queue.Push(request));
    EXPECT_NE(queue.Pop(kStart), nullptr) << "a burst of " << burst;
  }
}

}  // namespace
}  // namespace hpaplus::kube
