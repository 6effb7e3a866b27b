#include "engine/core/rounding.h"

#include <gtest/gtest.h>

#include "engine/core/bounds.h"
#include "engine/core/tolerance.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

TEST(Rounding, WhatDoesNotFitKeepsItsSign) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(SaturateToReplicas(1e300), 2147483647);
  EXPECT_EQ(SaturateToReplicas(kInf), 2147483647);
  EXPECT_EQ(SaturateToReplicas(-kInf), -2147483647 - 1);
  EXPECT_EQ(SaturateToReplicas(2147483646.0), 2147483646);
  EXPECT_EQ(SaturateToReplicas(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(SaturateToReplicas(std::int64_t{1} << 40), 2147483647);
  EXPECT_EQ(SaturateToReplicas(-(std::int64_t{1} << 40)), -2147483647 - 1);
  EXPECT_EQ(SaturateToInt64(Int128{INT64_MAX} + 1), INT64_MAX);
  EXPECT_EQ(SaturateToInt64(Int128{INT64_MIN} - 1), INT64_MIN);
}

TEST(Rounding, NoiseIsNotAReplica) {
  EXPECT_EQ(CeilToReplicas(2.0000000001), 3);
  EXPECT_EQ(CeilToReplicasWithoutNoise(2.0000000001), 2);
  EXPECT_EQ(CeilToReplicasWithoutNoise(2.00001), 3);
  EXPECT_EQ(CeilToReplicasWithoutNoise(5e-324), 1);
  EXPECT_EQ(CeilToReplicasWithoutNoise(0), 0);
}

TEST(Tolerance, IncludesBothEndsAndNoNan) {
  const Tolerance tolerance{0.1, 0.2};
  EXPECT_TRUE(tolerance.Contains(0.9));
  EXPECT_TRUE(tolerance.Contains(1.2));
  EXPECT_FALSE(tolerance.Contains(0.8999999));
  EXPECT_FALSE(tolerance.Contains(1.2000001));
  EXPECT_FALSE(tolerance.Contains(std::numeric_limits<double>::quiet_NaN()));
}

TEST(Bounds, Clamp) {
  WorkloadSpec spec;
  spec.min_replicas = 2;
  spec.max_replicas = 4;
  EXPECT_EQ(KeepInBounds(1, 2, 4).replicas, 2);
  EXPECT_EQ(KeepInBounds(1, 2, 4).reason, Reason::kTooFewReplicas);
  EXPECT_EQ(KeepInBounds(5, 2, 4).replicas, 4);
  EXPECT_EQ(KeepInBounds(5, 2, 4).reason, Reason::kTooManyReplicas);
  EXPECT_EQ(KeepInBounds(3, 2, 4).replicas, 3);
  EXPECT_EQ(KeepInBounds(3, 2, 4).reason, Reason::kDesiredWithinRange);
}

}  // namespace
}  // namespace hpaplus
