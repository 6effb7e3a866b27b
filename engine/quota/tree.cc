#include "engine/quota/tree.h"

#include <algorithm>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

Amount Sum(Amount a, Amount b) {
  return std::min(a + b, kAmountMost);
}

// Children by parent, in one array: those of `parent` are
// members[begins[parent]..begins[parent+1]). The last parent is the capacity itself.
struct Families {
  std::vector<std::size_t> begins;
  std::vector<std::size_t> members;

  [[nodiscard]] std::span<const std::size_t> Of(std::size_t parent) const {
    return std::span(members).subspan(begins[parent], begins[parent + 1] - begins[parent]);
  }
};

Families FamiliesOf(std::span<const ShareNode> nodes) {
  const std::size_t root = nodes.size();
  Families out;
  out.begins.resize(root + 2);
  for (const ShareNode& node : nodes)
    ++out.begins[node.parent.value_or(root) + 1];
  for (std::size_t i = 1; i < out.begins.size(); ++i)
    out.begins[i] += out.begins[i - 1];
  out.members.resize(root);
  std::vector<std::size_t> next(out.begins.begin(), out.begins.end() - 1);
  for (std::size_t i = 0; i < root; ++i)
    out.members[next[nodes[i].parent.value_or(root)]++] = i;
  return out;
}

Amount FloorOf(const ShareNode& node, Amount demand) {
  const Amount asked = std::min(demand, node.min);
  if (!node.lends_most) return asked;
  return std::max(asked, node.min - *node.lends_most);
}

Amount CeilingOf(const ShareNode& node, Amount demand, Amount floor) {
  Amount ceiling = demand;
  if (node.borrows_most) ceiling = std::min(ceiling, Sum(node.min, *node.borrows_most));
  return std::max(floor, ceiling);
}

}  // namespace

std::vector<NodeShare> ShareTree(Amount capacity, std::span<const ShareNode> nodes) {
  std::vector<NodeShare> out(nodes.size());
  std::vector<Amount> held(nodes.size());
  for (std::size_t i = nodes.size(); i-- > 0;) {
    const ShareNode& node = nodes[i];
    HPAPLUS_CHECK(!node.parent || *node.parent < i);
    NodeShare& one = out[i];
    held[i] = Sum(held[i], node.held);
    one.demand = std::min(node.max, Sum(one.demand, node.demand));
    one.floor = std::min(node.max, FloorOf(node, one.demand));
    one.ceiling = CeilingOf(node, one.demand, one.floor);
    if (node.parent) {
      held[*node.parent] = Sum(held[*node.parent], held[i]);
      // What a child keeps of its guarantee without needing it is asked of the parent, too.
      out[*node.parent].demand = Sum(out[*node.parent].demand, one.ceiling);
    }
  }

  const Families families = FamiliesOf(nodes);
  std::vector<Claim> claims;
  const auto pour = [&](Amount amount, std::span<const std::size_t> members) {
    claims.clear();
    for (const std::size_t i : members) {
      const ShareNode& node = nodes[i];
      claims.push_back(
          {node.name, held[i], out[i].floor, out[i].ceiling, node.weight, node.priority});
    }
    const Filled filled = Fill(amount, claims);
    for (std::size_t k = 0; k < members.size(); ++k) {
      NodeShare& one = out[members[k]];
      one.share = filled.shares[k];
      one.deficit = one.share < one.floor;
    }
  };
  pour(capacity, families.Of(nodes.size()));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto children = families.Of(i);
    if (!children.empty()) pour(out[i].share, children);
  }
  return out;
}

}  // namespace hpaplus
