#include "engine/model/amount.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

constexpr AmountRounding kDown = AmountRounding::kDown;
constexpr AmountRounding kUp = AmountRounding::kUp;

Amount Of(std::string_view resource, std::string_view text, AmountRounding rounding) {
  return AmountOf(resource, *Quantity::Parse(text), rounding);
}

TEST(Amount, Q8CoresAreThousandthsAndTheRestIsWhole) {
  EXPECT_EQ(Of("requests.cpu", "1.5", kUp), 1500);
  EXPECT_EQ(Of("cpu", "250m", kDown), 250);
  EXPECT_EQ(Of("requests.memory", "1Gi", kUp), Amount{1} << 30);
  EXPECT_EQ(Of("pods", "12", kUp), 12);
  EXPECT_EQ(Of("requests.nvidia.com/gpu", "3e1", kUp), 30);
}

TEST(Amount, WhatDoesNotFitIsRoundedAsAsked) {
  EXPECT_EQ(Of("cpu", "1u", kUp), 1);
  EXPECT_EQ(Of("cpu", "1u", kDown), 0);
  EXPECT_EQ(Of("memory", "1500m", kUp), 2);
  EXPECT_EQ(Of("memory", "1500m", kDown), 1);
  EXPECT_EQ(Of("memory", "2", kDown), 2);
}

TEST(Amount, StaysWithinItsRange) {
  EXPECT_EQ(Of("memory", "-1", kUp), 0);
  EXPECT_EQ(Of("memory", "100000P", kDown), kAmountMost);
  EXPECT_EQ(Of("cpu", "1e30", kUp), kAmountMost);
  EXPECT_EQ(Of("memory", "0", kUp), 0);
}

TEST(Amount, IsWrittenInUnitsThatPeopleRead) {
  EXPECT_EQ(QuantityOf("requests.cpu", 1500).ToString(), "1500m");
  EXPECT_EQ(QuantityOf("requests.cpu", 4000).ToString(), "4");
  EXPECT_EQ(QuantityOf("limits.memory", Amount{3} << 30).ToString(), "3Gi");
  EXPECT_EQ(QuantityOf("requests.storage", 5000).ToString(), "5000");
  EXPECT_EQ(QuantityOf("pods", 12).ToString(), "12");
  EXPECT_EQ(Of("memory", QuantityOf("memory", kAmountMost).ToString(), kDown), kAmountMost);
}

}  // namespace
}  // namespace hpaplus
