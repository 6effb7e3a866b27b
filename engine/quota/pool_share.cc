#include "engine/quota/pool_share.h"

#include <algorithm>
#include <set>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

// A leaf of one resource's tree.
struct Leaf {
  std::size_t member = 0;
  std::size_t resource = 0;  // Of the member's spec.
};

struct ResourceTree {
  Amount capacity = 0;
  std::vector<ShareNode> nodes;  // The pools below the root, then the leaves.
  std::vector<Leaf> leaves;
  std::size_t pools = 0;
};

std::optional<std::size_t> ParentNode(std::size_t pool) {
  if (pool == 0) return std::nullopt;  // The root is no node.
  return pool - 1;
}

// The tree of one resource, without what the leaves want. Null: the root does not limit it.
std::optional<ResourceTree> MakeTree(const PoolTree& tree, std::span<const PoolMember> members,
                                     const std::string& resource) {
  const PoolResource* const root = FindResource(tree.pools[0], resource);
  if (root == nullptr) return std::nullopt;
  ResourceTree out;
  out.capacity = root->capacity;
  for (std::size_t i = 1; i < tree.pools.size(); ++i) {
    ShareNode& node = out.nodes.emplace_back();
    node.name = tree.pools[i].name;
    node.parent = ParentNode(tree.parents[i]);
    node.priority = tree.pools[i].priority;
    const PoolResource* const own = FindResource(tree.pools[i], resource);
    if (own == nullptr) continue;
    node.min = own->min;
    node.max = own->capacity;
    node.weight = own->weight;
    node.lends_most = own->lends_most;
    node.borrows_most = own->borrows_most;
  }
  out.pools = out.nodes.size();
  for (std::size_t m = 0; m < members.size(); ++m) {
    const QuotaSpec& spec = *members[m].spec;
    const auto at = std::ranges::find(spec.resources, resource, &QuotaResource::name);
    if (at == spec.resources.end()) continue;
    ShareNode& node = out.nodes.emplace_back();
    node.name = spec.ns + "/" + spec.name;
    node.parent = ParentNode(members[m].pool);
    node.min = at->min;
    node.max = at->max;
    node.weight = at->weight;
    node.priority = spec.priority;
    node.lends_most = at->lends_most;
    node.borrows_most = at->borrows_most;
    out.leaves.push_back({m, static_cast<std::size_t>(at - spec.resources.begin())});
  }
  return out;
}

std::set<std::string> ResourcesOf(std::span<const PoolMember> members) {
  std::set<std::string> names;
  for (const PoolMember& member : members) {
    for (const QuotaResource& one : member.spec->resources)
      names.insert(one.name);
  }
  return names;
}

// What stays as it is holds all of what it has, and nothing more.
void Pin(Amount has, ShareNode& node) {
  node.min = 0;
  node.max = std::max(node.max, has);
  node.lends_most.reset();
  node.borrows_most.reset();
  node.demand = has;
  node.held = has;
}

void ShareResource(ResourceTree tree, std::span<const PoolMember> members, bool as_if_all_acted,
                   ByResource<NodeShare>& out) {
  for (std::size_t i = 0; i < tree.leaves.size(); ++i) {
    const auto [m, r] = tree.leaves[i];
    const PoolMember& member = members[m];
    const ResourceUse& use = member.observed->resources[r];
    ShareNode& node = tree.nodes[tree.pools + i];
    if (!as_if_all_acted && !member.acts) {
      Pin(use.hard.value_or(0), node);
      continue;
    }
    node.demand = QuotaDemand(member.spec->resources[r], member.spec->drivers, use);
    const Amount floor = QuotaFloor(*member.spec, member.spec->resources[r], use);
    node.held = std::min(floor, use.hard.value_or(use.in_use()));
  }
  const std::vector<NodeShare> shares = ShareTree(tree.capacity, tree.nodes);
  for (std::size_t i = 0; i < tree.leaves.size(); ++i) {
    const auto [m, r] = tree.leaves[i];
    if (members[m].acts != as_if_all_acted) out[m][r] = shares[tree.pools + i];
  }
}

}  // namespace

std::vector<NodeShare> ShareAlone(const QuotaSpec& spec, const QuotaObservation& observed) {
  std::vector<NodeShare> out;
  for (std::size_t r = 0; r < spec.resources.size(); ++r) {
    const Amount demand = QuotaDemand(spec.resources[r], spec.drivers, observed.resources[r]);
    out.push_back({demand, spec.resources[r].min, demand, demand, false});
  }
  return out;
}

ByResource<NodeShare> SharePool(const PoolTree& tree, std::span<const PoolMember> members) {
  ByResource<NodeShare> out;
  bool all_act = true;
  for (const PoolMember& member : members) {
    HPAPLUS_CHECK(member.observed->resources.size() == member.spec->resources.size());
    out.push_back(ShareAlone(*member.spec, *member.observed));
    all_act = all_act && member.acts;
  }
  if (tree.pools.empty()) return out;
  for (const std::string& resource : ResourcesOf(members)) {
    const std::optional<ResourceTree> one = MakeTree(tree, members, resource);
    if (!one) continue;
    ShareResource(*one, members, false, out);
    if (!all_act) ShareResource(*one, members, true, out);
  }
  return out;
}

ByResource<Amount> GrantPool(const PoolTree& tree, std::span<const PoolMember> members,
                             const ByResource<Holding>& holdings) {
  ByResource<Amount> out;
  for (const std::vector<Holding>& one : holdings) {
    std::vector<Amount>& granted = out.emplace_back();
    for (const Holding& holding : one)
      granted.push_back(std::max(holding.has, holding.target));
  }
  if (tree.pools.empty()) return out;
  for (const std::string& resource : ResourcesOf(members)) {
    std::optional<ResourceTree> one = MakeTree(tree, members, resource);
    if (!one) continue;
    for (std::size_t i = 0; i < one->leaves.size(); ++i) {
      const auto [m, r] = one->leaves[i];
      const Holding& holding = holdings[m][r];
      ShareNode& node = one->nodes[one->pools + i];
      if (!members[m].acts) {
        Pin(holding.has, node);
        continue;
      }
      // What it is guaranteed stays reserved for it, even if it does not grow to it now.
      node.demand = std::max(holding.has, holding.target);
      node.max = std::max(node.max, node.demand);
      node.held = holding.has;
    }
    const std::vector<NodeShare> shares = ShareTree(one->capacity, one->nodes);
    for (std::size_t i = 0; i < one->leaves.size(); ++i) {
      Amount& granted = out[one->leaves[i].member][one->leaves[i].resource];
      granted = std::min(granted, shares[one->pools + i].share);
    }
  }
  return out;
}

}  // namespace hpaplus
