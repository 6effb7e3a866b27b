#include "engine/quota/pool_share.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/quota/pool_round.h"

namespace hpaplus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kPods = "pods";

// Some quotas of pods in pools.
struct Bench {
  PoolTree tree;
  std::deque<QuotaSpec> specs;
  std::deque<QuotaObservation> observed;
  std::vector<PoolMember> members;

  explicit Bench(Amount capacity) { AddPool("root", 0, capacity); }

  PoolResource& AddPool(const char* name, std::size_t parent, Amount capacity) {
    PoolSpec pool;
    pool.name = name;
    pool.resources = {{.name = kPods, .capacity = capacity}};
    tree.pools.push_back(pool);
    tree.parents.push_back(parent);
    return tree.pools.back().resources[0];
  }

  PoolMember& Add(const char* name, std::size_t pool, Amount hard, Amount wants) {
    QuotaSpec& spec = specs.emplace_back();
    spec.ns = "team";
    spec.name = name;
    spec.resources = {{.name = kPods, .max = 1000, .headroom_percent = 0}};
    observed.emplace_back().resources = {{.hard = hard, .desired = wants}};
    members.push_back({&spec, &observed.back(), pool, true});
    return members.back();
  }

  std::vector<Amount> Shares() const {
    std::vector<Amount> out;
    for (const auto& one : SharePool(tree, members))
      out.push_back(one[0].share);
    return out;
  }

  std::vector<Amount> Grants(const std::vector<Holding>& holdings) const {
    ByResource<Holding> all;
    for (const Holding& one : holdings)
      all.push_back({one});
    std::vector<Amount> out;
    for (const auto& one : GrantPool(tree, members, all))
      out.push_back(one[0]);
    return out;
  }

  PoolRound Round(const std::vector<Amount>& targets, Ledger ledger = {}) const {
    PoolRound::Input input;
    input.tree = tree;
    input.ledger = std::move(ledger);
    input.version = "7";
    input.plan = "plan-1";
    for (std::size_t i = 0; i < members.size(); ++i) {
      input.members.push_back({members[i], "1", {observed[i].resources[0].hard}, {targets[i]}});
    }
    return PoolRound(std::move(input));
  }
};

Amount Weigh(Bench& bench, std::size_t i, std::int64_t weight) {
  return bench.specs[i].resources[0].weight = weight;
}

TEST(SharePool, IsKoordinatorsWorkedExample) {
  Bench bench(45);
  bench.Add("b", 0, 0, 5);
  bench.Add("c", 0, 0, 100);
  bench.Add("d", 0, 0, 100);
  Weigh(bench, 0, 60);
  Weigh(bench, 1, 50);
  Weigh(bench, 2, 80);
  EXPECT_THAT(bench.Shares(), ElementsAre(5, 15, 25));
}

TEST(SharePool, LeavesWhoDoesNotActWhatItHas) {
  Bench bench(100);
  bench.Add("a", 0, 40, 100);
  bench.Add("b", 0, 0, 100).acts = false;
  EXPECT_THAT(bench.Shares(), ElementsAre(100, 50));  // b: if it acted.
  bench.observed[1].resources[0].hard = 30;
  EXPECT_THAT(bench.Shares(), ElementsAre(70, 50));
}

TEST(SharePool, DoesNotLimitWhatTheRootDoesNotName) {
  Bench bench(10);
  bench.Add("a", 0, 0, 400);
  bench.specs[0].resources[0].name = "services";
  EXPECT_THAT(bench.Shares(), ElementsAre(400));
}

TEST(SharePool, LeavesHeadroomThatIsKept) {
  Bench bench(100);
  bench.Add("a", 0, 80, 100);
  bench.Add("b", 0, 20, 100);
  bench.observed[0].resources[0].used = 50;
  bench.specs[0].resources[0].headroom = 20;
  EXPECT_THAT(bench.Shares(), ElementsAre(50, 50));
  bench.specs[0].keeps_headroom = true;
  EXPECT_THAT(bench.Shares(), ElementsAre(70, 30));
}

TEST(SharePool, KeepsWithinAPoolBelow) {
  Bench bench(100);
  bench.AddPool("left", 0, 30);
  bench.Add("a", 1, 0, 90);
  bench.Add("b", 0, 0, 90);
  EXPECT_THAT(bench.Shares(), ElementsAre(30, 70));
}

TEST(GrantPool, GivesWhatIsFreeAndTakesNothing) {
  Bench bench(100);
  bench.Add("a", 0, 0, 0);
  bench.Add("b", 0, 0, 0);
  EXPECT_THAT(bench.Grants({{60, 20}, {20, 90}}), ElementsAre(60, 40));
  EXPECT_THAT(bench.Grants({{80, 80}, {40, 90}}), ElementsAre(80, 40));
  EXPECT_THAT(bench.Grants({{10, 90}, {10, 30}}), ElementsAre(70, 30));
}

TEST(GrantPool, ReservesAGuaranteeThatIsNotUsedYet) {
  Bench bench(100);
  bench.Add("a", 0, 0, 0);
  bench.Add("b", 0, 0, 0);
  bench.specs[0].resources[0].min = 50;
  EXPECT_THAT(bench.Grants({{20, 20}, {20, 90}}), ElementsAre(20, 50));
  bench.members[0].acts = false;
  EXPECT_THAT(bench.Grants({{20, 20}, {20, 90}}), ElementsAre(20, 80));
}

TEST(PoolRound, ShrinksThenEntersThenGrows) {
  Bench bench(10);
  bench.Add("a", 0, 7, 0);
  bench.Add("b", 0, 3, 0);
  PoolRound round = bench.Round({2, 8});
  const std::vector<QuotaWrite> shrinks = round.TakeWrites();
  ASSERT_THAT(shrinks, SizeIs(1));
  EXPECT_EQ(shrinks[0].member, 0U);
  EXPECT_EQ(shrinks[0].hard[0], 2);
  EXPECT_EQ(round.TakeLedger(), std::nullopt);
  round.OnWritten(shrinks[0], std::string("2"));
  const auto ledger = round.TakeLedger();
  ASSERT_TRUE(ledger.has_value());
  EXPECT_EQ(ledger->version, "7");
  EXPECT_EQ(ledger->ledger.plan, "plan-1");
  EXPECT_EQ(ledger->ledger.Granted("team/a", kPods), 2);
  EXPECT_EQ(ledger->ledger.Granted("team/b", kPods), 8);
  EXPECT_THAT(round.TakeWrites(), IsEmpty());
  round.OnLedger(std::string("8"));
  const std::vector<QuotaWrite> grows = round.TakeWrites();
  ASSERT_THAT(grows, SizeIs(1));
  EXPECT_EQ(grows[0].hard[0], 8);
  EXPECT_TRUE(grows[0].grows);
  round.OnWritten(grows[0], std::string("2"));
  EXPECT_TRUE(round.done());
}

TEST(PoolRound, GivesNobodyWhatWasNotGivenBack) {
  Bench bench(10);
  bench.Add("a", 0, 7, 0);
  bench.Add("b", 0, 3, 0);
  PoolRound round = bench.Round({2, 8});
  round.OnWritten(round.TakeWrites()[0], Error{ErrorCode::kConflict, "changed"});
  const auto ledger = round.TakeLedger();
  ASSERT_TRUE(ledger.has_value());
  EXPECT_EQ(ledger->ledger.Granted("team/a", kPods), 7);
  EXPECT_EQ(ledger->ledger.Granted("team/b", kPods), 3);
  round.OnLedger(std::string("8"));
  EXPECT_TRUE(round.done());
}

TEST(PoolRound, GrowsNothingWhenSomebodyElseEnteredFirst) {
  Bench bench(10);
  bench.Add("a", 0, 2, 0);
  PoolRound round = bench.Round({8});
  ASSERT_TRUE(round.TakeLedger().has_value());
  round.OnLedger(Error{ErrorCode::kConflict, "changed"});
  EXPECT_TRUE(round.done());
  EXPECT_THAT(round.TakeWrites(), IsEmpty());
}

TEST(PoolRound, DropsAGrantByWritingTheQuota) {
  Bench bench(10);
  bench.Add("a", 0, 2, 0);
  Ledger ledger;
  ledger.entries["team/a"].granted[kPods] = 9;
  PoolRound round = bench.Round({2}, ledger);
  const std::vector<QuotaWrite> writes = round.TakeWrites();
  ASSERT_THAT(writes, SizeIs(1));
  EXPECT_EQ(writes[0].hard[0], 2);
  round.OnWritten(writes[0], std::string("2"));
  EXPECT_EQ(round.TakeLedger()->ledger.Granted("team/a", kPods), 2);
}

TEST(PoolRound, WritesNothingOfWhoDoesNotAct) {
  Bench bench(10);
  bench.Add("a", 0, 7, 0).acts = false;
  Ledger ledger;
  ledger.entries["team/a"].granted[kPods] = 9;
  PoolRound round = bench.Round({2}, ledger);
  EXPECT_THAT(round.TakeWrites(), IsEmpty());
  EXPECT_TRUE(round.done());
}

TEST(PoolRound, SetsAFirstLimitOnlyAboveWhatIsInUse) {
  Bench bench(10);
  bench.Add("a", 0, 0, 0);
  bench.observed[0].resources[0] = {.used = 12};
  PoolRound round = bench.Round({12});
  round.OnLedger(std::string("8"));
  EXPECT_THAT(round.TakeWrites(), IsEmpty());
  EXPECT_TRUE(round.done());
}

TEST(PoolRound, MovesNoMoreThanTheBudget) {
  Bench bench(100);
  bench.Add("a", 0, 10, 0);
  bench.Add("b", 0, 10, 0);
  PoolRound::Input input;
  input.tree = bench.tree;
  input.grow_most = {{kPods, 6}};
  input.members = {{bench.members[0], "1", {10}, {50}}, {bench.members[1], "1", {10}, {50}}};
  PoolRound round(std::move(input));
  EXPECT_EQ(round.TakeLedger()->ledger.Granted("team/a", kPods), 13);
}

TEST(PoolRound, NeedsNoLedgerWithoutAPool) {
  Bench bench(0);
  bench.tree = {};
  bench.Add("a", 0, 3, 0);
  PoolRound round = bench.Round({8});
  EXPECT_EQ(round.TakeLedger(), std::nullopt);
  EXPECT_EQ(round.TakeWrites()[0].hard[0], 8);
}

}  // namespace
}  // namespace hpaplus
