#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/model/amount.h"

namespace hpaplus {

__extension__ using WideAmount = __int128;

/// As many as products of amounts leave room for: see kAmountMost.
inline constexpr std::size_t kClaimsMost = 16'384;

/// One who wants a share. Amounts are 0 .. kAmountMost.
struct Claim {
  std::string_view name;      // Decides between equals, so that every run gives the same shares.
  Amount held = 0;            // Cannot be taken back; granted whatever the capacity is.
  Amount floor = 0;           // Granted before anybody is given more than the floor.
  Amount ceiling = 0;         // Nothing is given beyond it, unless that much is held.
  std::int64_t weight = 1;    // 0 .. kAmountMost; with 0 there is nothing beyond the floor.
  std::int32_t priority = 0;  // When floors do not fit, the higher ones come first.
};

struct Filled {
  std::vector<Amount> shares;  // shares[i] is of claims[i].
  /// The floors did not fit, so that somebody got less than the own one; or more is held than
  /// there is.
  bool deficit = false;
};

/// Shares `capacity` out: weighted max-min, by water-filling, exact in integers.
///
///     x_i = clamp(floor_i + weight_i * level, held_i, ceiling_i)    with one level for all
///
/// where the level is such that all of the capacity is used, or every ceiling is reached. What the
/// fractions of units add up to goes to the largest remainders, then by name. When the floors do
/// not fit, the priorities get theirs from the highest on, and the first one that does not fit
/// shares what is left in proportion to its floors. What is held is never less than granted, so the
/// sum exceeds the capacity only when what is held does.
///
/// O(n log n). At most kClaimsMost claims.
[[nodiscard]] Filled Fill(Amount capacity, std::span<const Claim> claims);

}  // namespace hpaplus
