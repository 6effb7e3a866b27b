// The protocol by which quotas are written, against a store of one pool: every interleaving of two
// engines that a small model has, and random ones with pods that come and go and engines that die
// between any two of their requests.

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/sim/quota_world.h"

namespace hpaplus::testing {
namespace {

constexpr Timestamp kStart = Timestamp(std::chrono::seconds(1'767'268'800));

// A state of the small model; copied where the ways part.
struct Model {
  QuotaStore store;
  std::vector<QuotaEngine> engines;
};

struct Explorer {
  const std::vector<QuotaSpec>& specs;
  std::vector<std::vector<std::vector<Amount>>> wishes;  // By engine, round and quota.
  bool dies = false;  // The first engine may die, once, between any two requests.
  std::size_t ways = 0;
  std::string broken;

  void Explore(const Model& model) {
    if (!broken.empty()) return;
    broken = model.store.Broken(specs);
    bool moved = false;
    for (std::size_t e = 0; e < model.engines.size() && broken.empty(); ++e) {
      const std::uint64_t round = model.engines[e].rounds();
      if (model.engines[e].idle() && round >= wishes[e].size()) continue;
      moved = true;
      Model next = model;
      next.engines[e].Step(next.store, kStart,
                           [&](std::size_t quota, const QuotaObservation& seen) {
                             return std::max(wishes[e][round][quota], seen.resources[0].used);
                           });
      Explore(next);
    }
    if (!moved) ++ways;
    if (dies && !model.engines[0].idle()) {
      Model next = model;
      next.engines[0].Die();
      Explorer after{specs, wishes, false, 0, {}};
      after.Explore(next);
      ways += after.ways;
      if (broken.empty()) broken = after.broken;
    }
  }
};

QuotaStore TwoQuotas(Amount hard_a, Amount hard_b, Amount granted_a, Amount granted_b) {
  QuotaStore store;
  store.capacity = 10;
  store.quotas = {{1, hard_a, 0}, {1, hard_b, 0}};
  store.ledger.plan = "before";
  store.ledger.entries["team/a"].granted[kPods] = granted_a;
  store.ledger.entries["team/b"].granted[kPods] = granted_b;
  return store;
}

std::string ExploreAll(const QuotaStore& store, const Explorer& what) {
  std::size_t ways = 0;
  for (const bool first : {false, true}) {
    for (const bool second : {false, true}) {
      Model model{store,
                  {QuotaEngine("x", what.specs, first), QuotaEngine("y", what.specs, second)}};
      Explorer explorer = what;
      explorer.Explore(model);
      if (!explorer.broken.empty()) return explorer.broken;
      ways += explorer.ways;
    }
  }
  return ways > 100 ? "" : "only " + std::to_string(ways) + " ways";
}

TEST(QuotaModel, Q4TwoEnginesThatMoveQuotaInOppositeDirectionsNeverOverAllocate) {
  const auto specs = QuotaSpecs(2);
  EXPECT_EQ(ExploreAll(TwoQuotas(5, 5, 5, 5), {specs, {{{8, 2}}, {{2, 8}}}}), "");
  EXPECT_EQ(ExploreAll(TwoQuotas(2, 8, 2, 8), {specs, {{{6, 4}}, {{1, 9}}}}), "");
}

TEST(QuotaModel, AGrantThatWasNotUsedIsUsedOrDroppedByWhoeverComesNext) {
  const auto specs = QuotaSpecs(2);
  EXPECT_EQ(ExploreAll(TwoQuotas(2, 2, 8, 2), {specs, {{{8, 2}}, {{2, 8}}}}), "");
  EXPECT_EQ(ExploreAll(TwoQuotas(2, 2, 8, 2), {specs, {{{8, 2}}, {{2, 2}}}}), "");
  EXPECT_EQ(ExploreAll(TwoQuotas(1, 2, 5, 5), {specs, {{{5, 5}}, {{1, 9}}}}), "");
}

TEST(QuotaModel, TwoRoundsOfOneAndOneOfTheOtherNeverOverAllocate) {
  const auto specs = QuotaSpecs(2);
  EXPECT_EQ(ExploreAll(TwoQuotas(5, 5, 5, 5), {specs, {{{8, 2}}, {{2, 8}, {6, 4}}}}), "");
  EXPECT_EQ(ExploreAll(TwoQuotas(2, 2, 8, 2), {specs, {{{8, 2}}, {{2, 2}, {2, 8}}}}), "");
}

TEST(QuotaModel, ADeathBetweenAnyTwoRequestsLeavesNothingThatIsUnsafe) {
  const auto specs = QuotaSpecs(2);
  EXPECT_EQ(ExploreAll(TwoQuotas(5, 5, 5, 5), {specs, {{{8, 2}, {3, 7}}, {{2, 8}}}, true}), "");
  EXPECT_EQ(ExploreAll(TwoQuotas(2, 2, 8, 2), {specs, {{{8, 2}, {2, 8}}, {{2, 6}}}, true}), "");
}

int Seeds() {
  const char* const text = std::getenv("HPAPLUS_QUOTA_SEEDS");
  const int given = text == nullptr ? 0 : std::atoi(text);
  return given > 0 ? given : 40;
}

// Random everything: two engines, pods, deaths, demands.
class RandomQuotas {
 public:
  explicit RandomQuotas(std::uint64_t seed)
      : random_(seed), specs_(QuotaSpecs(4)), demand_(specs_.size()) {
    store_.capacity = 40;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      store_.quotas.push_back({1, 10, 0});
      specs_[i].resources[0].min = static_cast<Amount>(random_.Next() % 8);
      specs_[i].resources[0].weight = 1 + static_cast<std::int64_t>(random_.Next() % 5);
    }
    engines_.emplace_back("x", specs_, random_.Chance(0.5));
    engines_.emplace_back("y", specs_, random_.Chance(0.5));
  }

  void Step() {
    now_ += std::chrono::milliseconds(100);
    const std::size_t quota = random_.Next() % specs_.size();
    const double choice = random_.Uniform();
    if (choice < 0.25) {
      refused_ += store_.CreatePod(quota) ? 0 : 1;
    } else if (choice < 0.45) {
      store_.DeletePod(quota);
    } else if (choice < 0.47) {
      demand_[quota] = static_cast<Amount>(random_.Next() % 40);
    } else if (choice < 0.5) {
      engines_[random_.Next() % 2].Die();
      ++deaths_;
    } else {
      StepEngine(random_.Next() % 2);
    }
  }

  // One engine alone, in peace, until it has nothing to do any more.
  void Heal() {
    engines_[0].Die();
    engines_[1].Die();
    for (int i = 0; i < 200; ++i)
      StepEngine(0);
  }

  [[nodiscard]] std::string Broken() const { return store_.Broken(specs_); }

  // Whether every quota has what a fresh share gives it.
  [[nodiscard]] std::string NotSettled() const {
    std::vector<QuotaObservation> observed;
    for (std::size_t i = 0; i < specs_.size(); ++i)
      observed.push_back(Observe(i, store_.quotas[i]));
    std::vector<PoolMember> members;
    for (std::size_t i = 0; i < specs_.size(); ++i)
      members.push_back({&specs_[i], &observed[i], 0, true});
    const auto shares = SharePool(OnePool(store_.capacity), members);
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (shares[i][0].share != store_.quotas[i].hard) {
        return specs_[i].name + " has " + std::to_string(*store_.quotas[i].hard) + " of " +
               std::to_string(shares[i][0].share);
      }
    }
    return {};
  }

  [[nodiscard]] int refused() const { return refused_; }
  [[nodiscard]] int deaths() const { return deaths_; }

 private:
  [[nodiscard]] QuotaObservation Observe(std::size_t i, const QuotaStore::Object& object) const {
    QuotaObservation out;
    out.resources = {{.hard = object.hard, .used = object.used, .desired = demand_[i]}};
    out.known_at = now_;
    return out;
  }

  // The whole of the core: demand, share, decision.
  void StepEngine(std::size_t engine) {
    engines_[engine].Step(
        store_, now_, [&](std::size_t quota, const QuotaObservation& seen) -> Amount {
          std::vector<QuotaObservation> observed;
          std::vector<PoolMember> members;
          for (std::size_t i = 0; i < specs_.size(); ++i)
            observed.push_back(Observe(i, store_.quotas[i]));
          observed[quota] = seen;
          observed[quota].resources[0].desired = demand_[quota];
          for (std::size_t i = 0; i < specs_.size(); ++i)
            members.push_back({&specs_[i], &observed[i], 0, true});
          const auto shares = SharePool(OnePool(store_.capacity), members);
          const DecidedQuota decided =
              DecideQuota({now_, specs_[quota], observed[quota], shares[quota]}, {});
          return decided.decision.resources[0].target;
        });
  }

  Random random_;
  Timestamp now_ = kStart;
  std::vector<QuotaSpec> specs_;
  std::vector<Amount> demand_;
  QuotaStore store_;
  std::vector<QuotaEngine> engines_;
  int refused_ = 0;
  int deaths_ = 0;
};

TEST(QuotaSim, Q3HardIsNeverBelowUsedNorTheSumAboveTheCapacity) {
  constexpr int kSteps = 10'000;
  int refused = 0;
  int deaths = 0;
  for (int seed = 1; seed <= Seeds(); ++seed) {
    RandomQuotas world(static_cast<std::uint64_t>(seed));
    for (int step = 0; step < kSteps; ++step) {
      world.Step();
      ASSERT_EQ(world.Broken(), "") << "seed " << seed << " step " << step;
    }
    refused += world.refused();
    deaths += world.deaths();
    world.Heal();
    ASSERT_EQ(world.Broken(), "") << "seed " << seed;
    ASSERT_EQ(world.NotSettled(), "") << "seed " << seed;
  }
  EXPECT_GT(refused, 100);  // Or the limits were never reached.
  EXPECT_GT(deaths, 1000);
}

}  // namespace
}  // namespace hpaplus::testing
