#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/model/workload.h"

namespace hpaplus {

/// Wide enough for any sum of 64-bit thousandths and for a hundred times that: sums of samples are
/// exact here, where the HPA's wrap around.
__extension__ using Int128 = __int128;

/// The one conversion from a computed size to a size. What does not fit becomes the largest or the
/// smallest number, never something of the opposite sign; NaN becomes 0, which no stage proposes.
[[nodiscard]] inline Replicas SaturateToReplicas(double whole) {
  constexpr double kMost = std::numeric_limits<Replicas>::max();
  constexpr double kLeast = std::numeric_limits<Replicas>::min();
  if (whole >= kMost) return std::numeric_limits<Replicas>::max();
  if (whole <= kLeast) return std::numeric_limits<Replicas>::min();
  return std::isnan(whole) ? 0 : static_cast<Replicas>(whole);
}

[[nodiscard]] constexpr Replicas SaturateToReplicas(std::int64_t whole) {
  constexpr std::int64_t kMost = std::numeric_limits<Replicas>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<Replicas>::min();
  return static_cast<Replicas>(whole > kMost ? kMost : whole < kLeast ? kLeast : whole);
}

/// For numbers that are exact thousandths by nature: the HPA's rounding.
[[nodiscard]] inline Replicas CeilToReplicas(double exact) {
  return SaturateToReplicas(std::ceil(exact));
}

/// For doubles from outside: 2.0000000001 is 2 and noise, not a third replica.
[[nodiscard]] inline Replicas CeilToReplicasWithoutNoise(double exact) {
  constexpr double kRelativeNoise = 1e-9;
  return SaturateToReplicas(std::ceil(exact * (1.0 - kRelativeNoise)));
}

[[nodiscard]] constexpr std::int64_t SaturateToInt64(Int128 wide) {
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  constexpr Int128 kLeast = std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(wide > kMost ? kMost : wide < kLeast ? kLeast : wide);
}

}  // namespace hpaplus
