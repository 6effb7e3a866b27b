#include "engine/rehearse/chance.h"

#include <gtest/gtest.h>

namespace hpaplus::rehearse {
namespace {

std::vector<Block> Steady(double cost, double under, std::size_t count = 20) {
  return std::vector<Block>(count, Block{cost, under});
}

TEST(ChanceToBeat, IsNearlyOneWhereEveryBlockIsBetter) {
  const auto hpa = Steady(1000, 20);
  EXPECT_GT(ChanceToBeat(Steady(850, 15), hpa, 8), 0.99);
  EXPECT_GT(ChanceToBeat(Steady(980, 10), hpa, 8), 0.99);
}

TEST(ChanceToBeat, IsNearlyNothingForWhatIsBoughtWithTheOther) {
  const auto hpa = Steady(1000, 20);
  EXPECT_LT(ChanceToBeat(Steady(500, 30), hpa, 8), 0.01);
  EXPECT_LT(ChanceToBeat(Steady(1100, 0), hpa, 8), 0.01);
  EXPECT_LT(ChanceToBeat(hpa, hpa, 8), 0.05);
}

TEST(ChanceToBeat, IsHalfAtTheBar) {
  EXPECT_NEAR(ChanceToBeat(Steady(900, 0), Steady(1000, 0), 8), 0.5, 1e-9);
}

TEST(ChanceToBeat, IsLessWhereTheSameGainComesFromAFewBlocks) {
  const auto hpa = Steady(1000, 20);
  auto lucky = Steady(980, 20);
  for (std::size_t i = 0; i < 4; ++i)
    lucky[i].short_seconds = 0;
  const double even = ChanceToBeat(Steady(980, 16), hpa, 8);
  const double once = ChanceToBeat(lucky, hpa, 8);
  EXPECT_GT(even, 0.9);
  EXPECT_LT(once, 0.8);
  EXPECT_GT(once, 0.5);
  EXPECT_LT(ChanceToBeat(lucky, hpa, 1), once) << "a short future is surer to differ";
}

TEST(ChanceToBeat, AsksForCheaperWhereTheHpaIsNeverShort) {
  const auto hpa = Steady(1000, 0);
  EXPECT_LT(ChanceToBeat(Steady(990, 0), hpa, 8), 0.01);
  EXPECT_GT(ChanceToBeat(Steady(880, 0), hpa, 8), 0.99);
  auto once = Steady(880, 0);
  once[3].short_seconds = 5;
  EXPECT_LT(ChanceToBeat(once, hpa, 8), 0.75);
}

}  // namespace
}  // namespace hpaplus::rehearse
