#include "engine/quota/pod_shares.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(PodShares, TakesAnyNumberOfClaims) {
  const std::vector<PodClaim> claims(kClaimsMost + 10, PodClaim{"a", 1, 1, {}});
  EXPECT_THAT(SharePods(static_cast<Amount>(claims.size()), claims), Each(1));
}

}  // namespace
}  // namespace hpaplus
