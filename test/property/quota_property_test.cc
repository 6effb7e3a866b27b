// Shares against a solver that tries everything: every way in which claims can be at their least,
// at their most or in between is looked at until one fits. Slow, short and obviously right.

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/quota/fill.h"
#include "engine/quota/tree.h"

namespace hpaplus::testing {
namespace {

constexpr std::uint64_t kSeed = 20261123;

int Rounds() {
  const char* const text = std::getenv("HPAPLUS_PROPERTY_ROUNDS");
  const int given = text == nullptr ? 0 : std::atoi(text);
  return given > 0 ? given : 20'000;
}

Amount Below(Random& random, Amount limit) {
  return static_cast<Amount>(random.Next() % static_cast<std::uint64_t>(limit));
}

// What follows start + weight * level between least and most.
struct Line {
  std::size_t claim = 0;
  Amount start = 0, least = 0, most = 0, weight = 0;
};

// The shares of `amount` for one assignment of states, or nothing when it contradicts itself.
std::optional<std::vector<Amount>> Try(Amount amount, const std::vector<Line>& lines, int code,
                                       const std::vector<Claim>& claims) {
  Amount left = amount;
  Amount weights = 0;
  std::vector<int> state(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i, code /= 3) {
    state[i] = code % 3;
    if (state[i] == 2) weights += lines[i].weight;
    left -= state[i] == 0 ? lines[i].least : state[i] == 1 ? lines[i].most : lines[i].start;
  }
  if (weights == 0 || left < 0) return std::nullopt;
  // The level is left / weights.
  std::vector<Amount> out(lines.size());
  std::vector<std::size_t> filling;
  Amount given = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const Amount at = line.weight * left;  // Above the start, times the weights.
    if (state[i] == 0) {
      if (at > (line.least - line.start) * weights) return std::nullopt;
      out[i] = line.least;
    } else if (state[i] == 1) {
      if (at < (line.most - line.start) * weights) return std::nullopt;
      out[i] = line.most;
    } else {
      if (at < (line.least - line.start) * weights || at > (line.most - line.start) * weights) {
        return std::nullopt;
      }
      out[i] = line.start + at / weights;
      given += at / weights;
      filling.push_back(i);
    }
  }
  std::ranges::sort(filling, [&](std::size_t a, std::size_t b) {
    const Amount ra = lines[a].weight * left % weights;
    const Amount rb = lines[b].weight * left % weights;
    return ra != rb ? ra > rb : claims[lines[a].claim].name < claims[lines[b].claim].name;
  });
  for (Amount i = 0; i < left - given; ++i)
    ++out[filling[static_cast<std::size_t>(i)]];
  return out;
}

std::vector<Amount> SolveLines(Amount amount, const std::vector<Line>& lines,
                               const std::vector<Claim>& claims) {
  std::vector<Amount> most;
  Amount sum = 0;
  for (const Line& line : lines) {
    most.push_back(line.weight == 0 ? line.least : line.most);
    sum += most.back();
  }
  if (sum <= amount) return most;
  int codes = 1;
  for (std::size_t i = 0; i < lines.size(); ++i)
    codes *= 3;
  for (int code = 0; code < codes; ++code) {
    if (auto shares = Try(amount, lines, code, claims)) return *shares;
  }
  // No level is needed when all are at their least.
  std::vector<Amount> least;
  for (const Line& line : lines)
    least.push_back(line.least);
  return least;
}

std::vector<Amount> Solve(Amount capacity, const std::vector<Claim>& claims) {
  std::vector<Line> lines;
  Amount least = 0;
  Amount held = 0;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const Claim& one = claims[i];
    const Amount floor = std::min(one.floor, one.ceiling);
    lines.push_back(
        {i, floor, std::max(one.held, floor), std::max(one.ceiling, one.held), one.weight});
    least += lines.back().least;
    held += one.held;
  }
  if (least <= capacity) return SolveLines(capacity, lines, claims);
  std::vector<Amount> out(claims.size());
  Amount left = std::max<Amount>(capacity - held, 0);
  for (int priority = 9; priority >= 0; --priority) {
    std::vector<Line> tier;
    Amount tier_held = 0;
    Amount wanted = 0;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (claims[i].priority != priority) continue;
      tier.push_back({i, 0, claims[i].held, lines[i].least, lines[i].start});
      tier_held += claims[i].held;
      wanted += lines[i].least - claims[i].held;
    }
    const Amount granted = std::min(left, wanted);
    const std::vector<Amount> shares = SolveLines(tier_held + granted, tier, claims);
    for (std::size_t i = 0; i < tier.size(); ++i)
      out[tier[i].claim] = shares[i];
    left -= granted;
  }
  return out;
}

std::vector<Claim> RandomClaims(Random& random, const std::vector<std::string>& names) {
  const Amount scale = Amount{1} << (1 + random.Next() % 12);
  std::vector<Claim> claims(1 + random.Next() % names.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    Claim& one = claims[i];
    one.name = names[i];
    one.floor = Below(random, scale);
    one.ceiling = random.Chance(0.9) ? one.floor + Below(random, scale) : Below(random, scale);
    one.held = random.Chance(0.5) ? 0 : Below(random, 2 * scale);
    one.weight = random.Chance(0.05) ? 0 : 1 + Below(random, random.Chance(0.3) ? 3 : 1000);
    one.priority = static_cast<std::int32_t>(Below(random, random.Chance(0.5) ? 1 : 10));
  }
  return claims;
}

std::string Text(Amount capacity, const std::vector<Claim>& claims) {
  std::string out = "capacity " + std::to_string(capacity);
  for (const Claim& one : claims) {
    out += "\n" + std::string(one.name) + ": held " + std::to_string(one.held) + " floor " +
           std::to_string(one.floor) + " ceiling " + std::to_string(one.ceiling) + " weight " +
           std::to_string(one.weight) + " priority " + std::to_string(one.priority);
  }
  return out;
}

TEST(QuotaProperty, SharesAreThoseOfASolverThatTriesEverything) {
  Random random(kSeed);
  const std::vector<std::string> names = {"e", "b", "d", "a", "c"};
  for (int round = 0; round < Rounds(); ++round) {
    const std::vector<Claim> claims = RandomClaims(random, names);
    const Amount capacity = Below(random, Amount{1} << (1 + random.Next() % 15));
    ASSERT_EQ(Fill(capacity, claims).shares, Solve(capacity, claims))
        << "round " << round << ", " << Text(capacity, claims);
  }
}

TEST(QuotaProperty, SharesKeepTheirRangeAndUseTheCapacityExactly) {
  Random random(kSeed + 1);
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i)
    names.push_back("n" + std::to_string(100 + i));
  for (int round = 0; round < Rounds(); ++round) {
    std::vector<Claim> claims = RandomClaims(random, names);
    Amount held = 0;
    Amount most = 0;
    for (Claim& one : claims) {
      one.weight = std::max<Amount>(one.weight, 1);
      held += one.held;
      most += std::max(one.ceiling, one.held);
    }
    const Amount capacity = Below(random, Amount{1} << (1 + random.Next() % 18));
    const Filled filled = Fill(capacity, claims);
    Amount sum = 0;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      const Amount share = filled.shares[i];
      sum += share;
      ASSERT_GE(share, claims[i].held) << Text(capacity, claims);
      ASSERT_LE(share, std::max(claims[i].ceiling, claims[i].held)) << Text(capacity, claims);
      if (!filled.deficit) {
        ASSERT_GE(share, std::min(claims[i].floor, claims[i].ceiling)) << Text(capacity, claims);
      }
    }
    ASSERT_EQ(sum, std::max(held, std::min(capacity, most))) << Text(capacity, claims);
  }
}

// Nobody could be given more without taking it from one who has less beyond its floor, by weight.
TEST(QuotaProperty, SharesAreMaxMinFairWithinOneUnit) {
  Random random(kSeed + 2);
  const std::vector<std::string> names = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (int round = 0; round < Rounds(); ++round) {
    const std::vector<Claim> claims = RandomClaims(random, names);
    const Amount capacity = Below(random, Amount{1} << (1 + random.Next() % 16));
    const Filled filled = Fill(capacity, claims);
    if (filled.deficit) continue;
    for (std::size_t poor = 0; poor < claims.size(); ++poor) {
      if (filled.shares[poor] >= claims[poor].ceiling || claims[poor].weight == 0) continue;
      for (std::size_t rich = 0; rich < claims.size(); ++rich) {
        const Claim& claim = claims[rich];
        const Amount floor = std::min(claim.floor, claim.ceiling);
        if (filled.shares[rich] <= std::max(claim.held, floor)) continue;
        const Amount less = filled.shares[rich] - floor - 1;
        const Amount more =
            filled.shares[poor] - std::min(claims[poor].floor, claims[poor].ceiling) + 1;
        ASSERT_LE(less * claims[poor].weight, more * claim.weight) << Text(capacity, claims);
      }
    }
  }
}

std::vector<ShareNode> RandomTree(Random& random, std::size_t most) {
  std::vector<ShareNode> nodes(1 + random.Next() % most);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ShareNode& one = nodes[i];
    one.name = "n" + std::to_string(i);
    if (i > 0 && random.Chance(0.8)) one.parent = random.Next() % i;
    one.min = Below(random, 100);
    one.max = one.min + Below(random, 200);
    one.weight = 1 + Below(random, 9);
    if (random.Chance(0.3)) one.lends_most = Below(random, 50);
    if (random.Chance(0.3)) one.borrows_most = Below(random, 50);
    one.priority = static_cast<std::int32_t>(Below(random, 3));
  }
  std::vector<bool> inner(nodes.size());
  for (const ShareNode& one : nodes) {
    if (one.parent) inner[*one.parent] = true;
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (inner[i]) continue;
    nodes[i].demand = Below(random, 300);
    if (random.Chance(0.3)) nodes[i].held = Below(random, 60);
  }
  return nodes;
}

TEST(QuotaProperty, NoPoolOfATreeGivesMoreThanItHas) {
  Random random(kSeed + 3);
  for (int round = 0; round < Rounds(); ++round) {
    const std::vector<ShareNode> nodes = RandomTree(random, 30);
    const Amount capacity = Below(random, 1500);
    const std::vector<NodeShare> shares = ShareTree(capacity, nodes);
    std::vector<Amount> held(nodes.size() + 1);
    std::vector<Amount> given(nodes.size() + 1);
    for (std::size_t i = nodes.size(); i-- > 0;) {
      held[i] += nodes[i].held;
      const std::size_t parent = nodes[i].parent.value_or(nodes.size());
      held[parent] += held[i];
      given[parent] += shares[i].share;
      ASSERT_GE(shares[i].share, held[i]) << round;
      ASSERT_LE(shares[i].share, std::max(nodes[i].max, held[i])) << round;
    }
    for (std::size_t i = 0; i <= nodes.size(); ++i) {
      const Amount has = i == nodes.size() ? capacity : shares[i].share;
      ASSERT_LE(given[i], std::max(has, held[i])) << round << " at " << i;
    }
  }
}

// The tree as its contract has it, by recursion, every family shared out by the slow solver.
class SlowTree {
 public:
  explicit SlowTree(const std::vector<ShareNode>& nodes) : nodes_(nodes), out_(nodes.size()) {}

  std::vector<Amount> Shares(Amount capacity) {
    for (const std::size_t root : ChildrenOf(std::nullopt))
      Ask(root);
    Pour(capacity, std::nullopt);
    std::vector<Amount> shares;
    for (const Node& one : out_)
      shares.push_back(one.share);
    return shares;
  }

 private:
  struct Node {
    Amount demand = 0, floor = 0, ceiling = 0, held = 0, share = 0;
  };

  [[nodiscard]] std::vector<std::size_t> ChildrenOf(std::optional<std::size_t> parent) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].parent == parent) out.push_back(i);
    }
    return out;
  }

  void Ask(std::size_t i) {
    const ShareNode& node = nodes_[i];
    Node& own = out_[i];
    own.demand = node.demand;
    own.held = node.held;
    for (const std::size_t child : ChildrenOf(i)) {
      Ask(child);
      own.demand += out_[child].ceiling;
      own.held += out_[child].held;
    }
    own.demand = std::min(own.demand, node.max);
    const Amount lends = node.lends_most.value_or(node.min);
    own.floor = std::max(std::min(own.demand, node.min), node.min - lends);
    const Amount borrows = node.borrows_most.value_or(node.max);
    own.ceiling = std::max(own.floor, std::min(own.demand, node.min + borrows));
  }

  void Pour(Amount amount, std::optional<std::size_t> parent) {
    const std::vector<std::size_t> children = ChildrenOf(parent);
    std::vector<Claim> claims;
    for (const std::size_t i : children) {
      claims.push_back({nodes_[i].name, out_[i].held, out_[i].floor, out_[i].ceiling,
                        nodes_[i].weight, nodes_[i].priority});
    }
    const std::vector<Amount> shares = Solve(amount, claims);
    for (std::size_t k = 0; k < children.size(); ++k) {
      out_[children[k]].share = shares[k];
      Pour(shares[k], children[k]);
    }
  }

  const std::vector<ShareNode>& nodes_;
  std::vector<Node> out_;
};

TEST(QuotaProperty, TreesAreSharedAsTheSlowSolverSharesEveryFamily) {
  Random random(kSeed + 4);
  for (int round = 0; round < Rounds(); ++round) {
    const std::vector<ShareNode> nodes = RandomTree(random, 7);
    const Amount capacity = Below(random, 600);
    std::vector<Amount> shares;
    for (const NodeShare& one : ShareTree(capacity, nodes))
      shares.push_back(one.share);
    ASSERT_EQ(shares, SlowTree(nodes).Shares(capacity)) << "round " << round;
  }
}

}  // namespace
}  // namespace hpaplus::testing
