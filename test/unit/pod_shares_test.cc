#include "engine/quota/pod_shares.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/quota/fill.h"

namespace hpaplus {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PodShares, GivesAllThatFits) {
  EXPECT_THAT(SharePods(0, {}), IsEmpty());
  const PodClaim claims[] = {{"a", 3, 1000, {}}, {"b", 2, 500, {}}};
  EXPECT_THAT(SharePods(4000, claims), ElementsAre(3, 2));
}

TEST(PodShares, GivesByPriorityThenByWeight) {
  const PodClaim claims[] = {
      {"low", 19, 1000, {100, 100}}, {"high", 5, 1000, {200, 1}}, {"heavy", 19, 1000, {100, 300}}};
  EXPECT_THAT(SharePods(9000, claims), ElementsAre(1, 5, 3));
}

TEST(PodShares, WhatWholePodsLeaveOverMakesOneMoreEach) {
  const PodClaim equals[] = {{"a", 9, 3, {}}, {"b", 9, 3, {}}, {"c", 9, 3, {}}};
  EXPECT_THAT(SharePods(15, equals), ElementsAre(2, 2, 1));
}

TEST(PodShares, WhatWholePodsLeaveOverIsNotWasted) {
  const PodClaim unlike[] = {{"large", 9, 1000, {}}, {"small", 5000, 1, {}}};
  EXPECT_THAT(SharePods(1998, unlike), ElementsAre(0, 1998));
  EXPECT_THAT(SharePods(2000, unlike), ElementsAre(1, 1000));
  EXPECT_THAT(SharePods(999, unlike), ElementsAre(0, 999));
}

TEST(PodShares, PodsThatNeedNothingAreNotLimited) {
  const PodClaim claims[] = {{"a", 7, 0, {}}, {"b", 7, 1, {}}};
  EXPECT_THAT(SharePods(0, claims), ElementsAre(7, 0));
}

TEST(PodShares, StandsTheLargestAmounts) {
  const PodClaim claims[] = {{"a", 2'000'000'000, kAmountMost, {}}, {"b", 1, kAmountMost, {}}};
  EXPECT_THAT(SharePods(kAmountMost, claims), ElementsAre(1, 0));
}

TEST(PodFits, NobodyKeepsWhatAnotherResourceDoesNotLetItUse) {
  const std::vector<QuotaRoom> rooms = {{"compute", "requests.cpu", 10},
                                        {"compute", "requests.memory", 100}};
  const QuotaAmounts large = {{"requests.cpu", 1}, {"requests.memory", 200}};
  const QuotaAmounts small = {{"requests.cpu", 1}, {"requests.memory", 1}};
  const std::vector<PodWish> wishes = {{"large", 10, &large, {}}, {"small", 10, &small, {}}};
  const auto fits = FitPods(rooms, wishes);
  EXPECT_EQ(fits[0].fits, 0);
  EXPECT_EQ(fits[0].lacks->resource, "requests.memory");
  EXPECT_EQ(fits[1].fits, 10);
  EXPECT_EQ(fits[1].lacks, nullptr);
}

TEST(PodFits, WhatIsNotLimitedOrNotKnownFits) {
  const QuotaAmounts unknown;
  const std::vector<PodWish> wishes = {{"a", 10, &unknown, {}}};
  EXPECT_EQ(FitPods({}, wishes)[0].fits, 10);
  const std::vector<QuotaRoom> none = {{"compute", "pods", 0}};
  EXPECT_EQ(FitPods(none, wishes)[0].fits, 10);
}

TEST(PodFits, WhatAThirdResourceSetsFreeIsUsed) {
  const std::vector<QuotaRoom> rooms = {
      {"q", "pods", 10}, {"q", "requests.cpu", 10}, {"q", "requests.memory", 10}};
  const QuotaAmounts a = {{"pods", 1}, {"requests.cpu", 2}};
  const QuotaAmounts b = {{"pods", 1}, {"requests.cpu", 2}, {"requests.memory", 20}};
  const std::vector<PodWish> wishes = {{"a", 10, &a, {}}, {"b", 10, &b, {}}};
  const auto fits = FitPods(rooms, wishes);
  EXPECT_EQ(fits[0].fits, 5) << "all of requests.cpu, as the other one can use none of it";
  EXPECT_EQ(fits[0].lacks->resource, "requests.cpu");
  EXPECT_EQ(fits[1].fits, 0);
}

TEST(PodFits, ArePreciselyWhatIsLeft) {
  Random random(20261123);
  const auto below = [&random](std::uint64_t limit) {
    return static_cast<std::int64_t>(random.Next() % limit);
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::vector<QuotaRoom> rooms = {
        {"q", "pods", below(20)}, {"q", "requests.cpu", below(60)}, {"p", "requests.x", below(60)}};
    std::vector<QuotaAmounts> needs(1 + static_cast<std::size_t>(below(5)));
    std::vector<PodWish> wishes;
    for (QuotaAmounts& one : needs) {
      one = {{"pods", 1}, {"requests.cpu", below(9)}, {"requests.x", below(9)}};
      const QuotaShareSpec share{static_cast<std::int32_t>(below(3)), 1 + below(4)};
      wishes.push_back({"w", static_cast<Replicas>(below(9)), &one, share});
    }
    const auto fits = FitPods(rooms, wishes);
    std::map<std::string, Amount> left;
    for (const QuotaRoom& room : rooms) {
      Amount& one = left[room.resource] = room.left;
      for (std::size_t i = 0; i < wishes.size(); ++i)
        one -= fits[i].fits * needs[i].at(room.resource);
      ASSERT_GE(one, 0) << "round " << round;
    }
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      ASSERT_LE(fits[i].fits, wishes[i].wants);
      ASSERT_EQ(fits[i].lacks != nullptr, fits[i].fits < wishes[i].wants) << "round " << round;
      if (fits[i].lacks == nullptr) continue;
      const std::string& lacks = fits[i].lacks->resource;
      ASSERT_LT(left[lacks], needs[i].at(lacks)) << "round " << round;
    }
  }
}

TEST(PodShares, WhoLacksSomethingCouldNotHaveHadOneMore) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<PodClaim> claims(1 + random.Next() % 5);
    for (PodClaim& one : claims) {
      one.wants = static_cast<Replicas>(random.Next() % 9);
      one.per_pod = static_cast<Amount>(random.Next() % 9);
      one.share.priority = static_cast<std::int32_t>(random.Next() % 3);
    }
    auto left = static_cast<Amount>(random.Next() % 60);
    const auto fits = SharePods(left, claims);
    for (std::size_t i = 0; i < claims.size(); ++i)
      left -= fits[i] * claims[i].per_pod;
    ASSERT_GE(left, 0) << "round " << round;
    for (std::size_t i = 0; i < claims.size(); ++i)
      ASSERT_TRUE(fits[i] == claims[i].wants || left < claims[i].per_pod) << "round " << round;
  }
}

TEST(PodShares, TakesAnyNumberOfClaims) {
  const std::vector<PodClaim> claims(kClaimsMost + 10, PodClaim{"a", 1, 1, {}});
  EXPECT_THAT(SharePods(static_cast<Amount>(claims.size()), claims), Each(1));
}

}  // namespace
}  // namespace hpaplus
