#include "engine/quota/fill.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using ::testing::ElementsAre;

Claim Wants(std::string_view name, Amount floor, Amount ceiling, std::int64_t weight = 1) {
  return {.name = name, .floor = floor, .ceiling = ceiling, .weight = weight};
}

TEST(Fill, SharesByWeightAsKoordinatorsExampleDoes) {
  // 45 are left; B needs 5 more, C and D more than there is.
  const std::vector<Claim> claims = {Wants("B", 0, 5, 60), Wants("C", 0, 100, 50),
                                     Wants("D", 0, 100, 80)};
  EXPECT_THAT(Fill(45, claims).shares, ElementsAre(5, 15, 25));
}

TEST(Fill, GivesEverybodyTheCeilingWhenThatFits) {
  const std::vector<Claim> claims = {Wants("a", 1, 4), Wants("b", 2, 6)};
  EXPECT_THAT(Fill(10, claims).shares, ElementsAre(4, 6));
  EXPECT_THAT(Fill(1000, claims).shares, ElementsAre(4, 6));
}

TEST(Fill, SharesOnTopOfFloors) {
  const std::vector<Claim> claims = {Wants("a", 10, 100, 1), Wants("b", 0, 100, 3)};
  EXPECT_THAT(Fill(50, claims).shares, ElementsAre(20, 30));
}

TEST(Fill, SplitsUnitsThatAreLeftByRemainderAndThenByName) {
  const std::vector<Claim> claims = {Wants("c", 0, 9), Wants("a", 0, 9), Wants("b", 0, 9)};
  EXPECT_THAT(Fill(10, claims).shares, ElementsAre(3, 4, 3));
  EXPECT_THAT(Fill(11, claims).shares, ElementsAre(3, 4, 4));
}

TEST(Fill, LetsWhatIsHeldStandStillUntilTheOthersHaveAsMuch) {
  std::vector<Claim> claims = {Wants("a", 0, 100), Wants("b", 0, 100)};
  claims[0].held = 30;
  EXPECT_THAT(Fill(40, claims).shares, ElementsAre(30, 10));
  EXPECT_THAT(Fill(80, claims).shares, ElementsAre(40, 40));
}

TEST(Fill, GrantsWhatIsHeldBeyondCeilingAndCapacity) {
  std::vector<Claim> claims = {Wants("a", 0, 5), Wants("b", 3, 9)};
  claims[0].held = 30;
  const Filled filled = Fill(20, claims);
  EXPECT_THAT(filled.shares, ElementsAre(30, 0));
  EXPECT_TRUE(filled.deficit);
}

TEST(Fill, ServesFloorsByPriorityAndSharesTheFirstThatDoesNotFit) {
  std::vector<Claim> claims = {Wants("a", 40, 90), Wants("b", 40, 90), Wants("c", 20, 90),
                               Wants("d", 30, 90)};
  claims[0].priority = 9;
  claims[3].priority = 1;
  claims[1].priority = claims[2].priority = 5;
  const Filled filled = Fill(70, claims);
  EXPECT_THAT(filled.shares, ElementsAre(40, 20, 10, 0));
  EXPECT_TRUE(filled.deficit);
}

TEST(Fill, FloorsAreCutByProportionNotByWeight) {
  std::vector<Claim> claims = {Wants("a", 30, 90, 100), Wants("b", 10, 90, 1)};
  EXPECT_THAT(Fill(20, claims).shares, ElementsAre(15, 5));
}

TEST(Fill, GivesNothingBeyondTheFloorToAWeightOfZero) {
  const std::vector<Claim> claims = {Wants("a", 5, 90, 0), Wants("b", 5, 20, 1)};
  EXPECT_THAT(Fill(100, claims).shares, ElementsAre(5, 20));
}

TEST(Fill, IsExactWhereProductsPassSixtyFourBits) {
  const std::vector<Claim> claims = {Wants("a", 0, kAmountMost, kAmountMost),
                                     Wants("b", 0, kAmountMost, kAmountMost - 1),
                                     Wants("c", 0, kAmountMost, 1)};
  const Filled filled = Fill(kAmountMost, claims);
  EXPECT_EQ(filled.shares[0] + filled.shares[1] + filled.shares[2], kAmountMost);
  EXPECT_EQ(filled.shares[2], 0);
  EXPECT_EQ(filled.shares[0], (kAmountMost + 1) / 2);
}

TEST(Fill, HasNothingToShareAmongNobody) {
  EXPECT_TRUE(Fill(10, {}).shares.empty());
  EXPECT_FALSE(Fill(10, {}).deficit);
}

}  // namespace
}  // namespace hpaplus
