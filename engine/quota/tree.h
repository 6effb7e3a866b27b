#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/quota/fill.h"

namespace hpaplus {

/// A node of a pool: a pool below it, or a quota, which has no children. Siblings share what their
/// parent got.
struct ShareNode {
  std::string name;
  std::optional<std::size_t> parent;  // Of the nodes, before this one. Null: shares the capacity.
  Amount min = 0;                     // Its guarantee.
  Amount max = kAmountMost;
  Amount demand = 0;  // Leaves only; of a pool it is what its children ask for.
  Amount held = 0;    // Leaves only; what is not taken from it, see Claim.
  std::int64_t weight = 1;
  std::int32_t priority = 0;
  /// As much of an unused guarantee as others may use; null: all of it.
  std::optional<Amount> lends_most;
  /// As much as it may have beyond its guarantee; null: anything up to its max.
  std::optional<Amount> borrows_most;
  bool operator==(const ShareNode&) const = default;
};

struct NodeShare {
  Amount demand = 0;   // Within max.
  Amount floor = 0;    // What it gets before others borrow.
  Amount ceiling = 0;  // What it gets at most.
  Amount share = 0;
  bool deficit = false;  // Less than its floor.
  bool operator==(const NodeShare&) const = default;
};

/// Shares a capacity out over a tree:
///
///     up      demand = min(max, sum of the children's ceilings)      held = sum of the children's
///     floor   min, less what it lends: max(min(demand, min), min - lends_most)
///     ceiling max(floor, min(demand, max, min + borrows_most))
///     down    the children of a node fill its share, see Fill
///
/// A guarantee of a child reaches as far as its parent's share. What a pool gets and no child asks
/// for stays with the pool. Without held amounts above it, no node's children exceed its share.
[[nodiscard]] std::vector<NodeShare> ShareTree(Amount capacity, std::span<const ShareNode> nodes);

}  // namespace hpaplus
