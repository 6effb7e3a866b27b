#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/quota.h"
#include "engine/quota/decide_quota.h"
#include "engine/quota/tree.h"

namespace hpaplus {

/// A root and the pools below it; empty for a quota without a pool.
struct PoolTree {
  std::vector<PoolSpec> pools;       // The root is the first; parents come before their children.
  std::vector<std::size_t> parents;  // Of each of them; the root's own is 0.
};

/// A DynamicQuota in a pool, as it is now. What is pointed to outlives the call.
struct PoolMember {
  const QuotaSpec* spec = nullptr;
  const QuotaObservation* observed = nullptr;
  std::size_t pool = 0;  // Of the tree's.
  bool acts = true;      // False: it stays as it is; what it has is nobody else's.
};

/// By member, then by its spec's resources.
template <class T>
using ByResource = std::vector<std::vector<T>>;

/// What each member is to have, when everything that is not in use could be moved at once. For one
/// that does not act it is what it would have if all acted. A resource that the root does not name
/// is not limited by the pool.
[[nodiscard]] ByResource<NodeShare> SharePool(const PoolTree& tree,
                                              std::span<const PoolMember> members);

/// The same for a quota without a pool.
[[nodiscard]] std::vector<NodeShare> ShareAlone(const QuotaSpec& spec,
                                                const QuotaObservation& observed);

/// What a member has of a resource, and what it is to have.
struct Holding {
  Amount has = 0;
  Amount target = 0;  // No more than `has`: it stays where it is.
  bool operator==(const Holding&) const = default;
};

/// What members may have now, of what the others have not: growth up to the targets, fairly, within
/// every pool of the tree. Nobody gets less than it has. So the sum exceeds a pool's capacity only
/// as far as what they have does.
[[nodiscard]] ByResource<Amount> GrantPool(const PoolTree& tree,
                                           std::span<const PoolMember> members,
                                           const ByResource<Holding>& holdings);

}  // namespace hpaplus
