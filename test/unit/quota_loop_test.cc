#include "engine/loop/quota_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/manual_clock.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kPods = "pods";

// A cluster in memory: versions, preconditions, and what was written.
class FakeQuotas final : public QuotaCluster, public QuotaBook, public QuotaJournal {
 public:
  QuotaSnapshot Snapshot(Timestamp now) override {
    QuotaSnapshot out;
    out.complete = complete;
    out.known_at = now - age;
    out.freeze = freeze;
    for (const auto& [key, subject] : subjects)
      out.subjects.push_back(subject);
    for (const auto& [name, pool] : pools)
      out.pools.push_back(pool);
    return out;
  }

  std::vector<Result<std::string>> WriteAll(std::span<const QuotaPatch> patches) override {
    std::vector<Result<std::string>> out;
    for (const QuotaPatch& patch : patches)
      out.push_back(Write(patch));
    return out;
  }

  Result<std::string> WriteLedger(const std::string& pool, const std::string& version,
                                  const Ledger& ledger) override {
    PoolSubject& one = pools.at(pool);
    if (one.version != version) return Error{ErrorCode::kConflict, "version"};
    one.ledger = ledger;
    one.version = std::to_string(++versions);
    return one.version;
  }

  std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(const std::string& ns) override {
    std::vector<std::shared_ptr<const QuotaObject>> out;
    for (const auto& [name, quota] : quotas) {
      if (quota.ns == ns) out.push_back(std::make_shared<const QuotaObject>(quota));
    }
    return out;
  }
  std::optional<QuotaAmounts> RequestsIn(const std::string& /*ns*/) override { return requests; }

  void RecordQuota(const QuotaRecord& record) override {
    records[record.spec->name] = record;
    for (const auto& [resource, amount] : record.written)
      written.push_back(record.spec->name + "=" + std::to_string(amount));
  }
  void RecordPool(const PoolRecord& record) override { pool_records[record.spec->name] = record; }
  void RecordQuotaGone(const std::string& /*ns*/, const std::string& name) override {
    gone.push_back(name);
  }
  void RecordPoolGone(const std::string& name) override { gone.push_back(name); }

  QuotaSpec& Add(const std::string& name, Amount hard, Amount used, const std::string& pool = "") {
    QuotaObject& quota = quotas[name];
    quota.ns = "team";
    quota.name = name;
    quota.version = std::to_string(++versions);
    quota.hard[kPods] = hard;
    quota.used[kPods] = used;
    auto spec = std::make_shared<QuotaSpec>();
    spec->ns = "team";
    spec->name = name;
    spec->quota = name;
    spec->pool = pool;
    spec->period = seconds(1);
    spec->shrink_window = {};
    spec->shrink_percent_most = 100;
    spec->resources = {{.name = kPods, .max = 1000, .headroom_percent = 0}};
    subjects[name] = {spec, "", true};
    return *spec;
  }

  PoolSpec& AddPool(const std::string& name, Amount capacity, const std::string& parent = "") {
    auto spec = std::make_shared<PoolSpec>();
    spec->name = name;
    spec->parent = parent;
    spec->resources = {{.name = kPods, .capacity = capacity}};
    pools[name] = {spec, "", std::to_string(++versions), {}};
    return *spec;
  }

  [[nodiscard]] Amount Hard(const std::string& name) { return quotas.at(name).hard.at(kPods); }

  bool complete = true;
  Duration age{};
  std::string freeze;
  std::map<std::string, QuotaSubject> subjects;
  std::map<std::string, PoolSubject> pools;
  std::map<std::string, QuotaObject> quotas;
  std::optional<QuotaAmounts> requests;
  std::map<std::string, QuotaRecord> records;
  std::map<std::string, PoolRecord> pool_records;
  std::vector<std::string> written;
  std::vector<std::string> gone;
  std::string refuse;  // Writes to this quota fail.
  int versions = 0;

 private:
  Result<std::string> Write(const QuotaPatch& patch) {
    if (patch.kind == QuotaPatch::Kind::kGuard || patch.kind == QuotaPatch::Kind::kUnguard) {
      subjects.at(patch.name).guarded = patch.kind == QuotaPatch::Kind::kGuard;
      return std::string("1");
    }
    QuotaObject& quota = quotas.at(patch.name);
    if (patch.name == refuse || quota.version != patch.version) {
      return Error{ErrorCode::kConflict, "version"};
    }
    quota.version = std::to_string(++versions);
    if (patch.kind == QuotaPatch::Kind::kRestore) {
      restored = patch.original;
      quota.original.clear();
      return quota.version;
    }
    for (const auto& [name, amount] : patch.hard)
      quota.hard[name] = amount;
    quota.original = patch.original;
    return quota.version;
  }

 public:
  std::string restored;
};

class QuotaLoopTest : public ::testing::Test {
 protected:
  void Tick(Duration after = seconds(1)) {
    clock_.Advance(after);
    (void)loop_.Tick();
  }

  test::ManualClock clock_{Timestamp(seconds(1'767'268'800))};
  FakeQuotas fake_;
  std::map<std::string, QuotaWants> wants_;
  std::set<std::string> urgent_;
  QuotaLoop loop_{{.engine = "test"},
                  {clock_, fake_, fake_, fake_,
                   [this](const std::string& ns) -> std::optional<QuotaWants> {
                     const auto found = wants_.find(ns);
                     if (found == wants_.end()) return std::nullopt;
                     return found->second;
                   },
                   [this] { return std::exchange(urgent_, {}); }}};
};

TEST_F(QuotaLoopTest, MovesAQuotaToItsDemandAndRecordsWhatItWas) {
  fake_.Add("a", 10, 25);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 25);
  EXPECT_EQ(fake_.quotas["a"].original, "pods=10");
  fake_.quotas["a"].used[kPods] = 4;
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 4);
  EXPECT_EQ(fake_.quotas["a"].original, "pods=10");
  EXPECT_THAT(fake_.written, ElementsAre("a=25", "a=4"));
}

TEST_F(QuotaLoopTest, SharesAPoolAndEntersWhatItGives) {
  fake_.AddPool("main", 30);
  fake_.Add("a", 10, 2, "main");
  fake_.Add("b", 10, 2, "main");
  fake_.requests = QuotaAmounts{};
  wants_["team"].desired = {{kPods, 40}};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 15);
  EXPECT_EQ(fake_.Hard("b"), 15);
  EXPECT_EQ(fake_.pools["main"].ledger.Granted("team/a", kPods), 15);
  EXPECT_EQ(fake_.pool_records["main"].resources[kPods].granted, 30);
  EXPECT_EQ(fake_.pool_records["main"].resources[kPods].demand, 80);
}

TEST_F(QuotaLoopTest, KeepsWithinEveryPoolAboveIt) {
  fake_.AddPool("top", 100);
  fake_.AddPool("low", 12, "top");
  fake_.Add("a", 5, 50, "low");
  fake_.Add("b", 5, 50, "top");
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 12);
  EXPECT_EQ(fake_.Hard("b"), 50);
}

TEST_F(QuotaLoopTest, Q9SaysWhyItCannotDecide) {
  fake_.Add("missing", 1, 1);
  fake_.quotas.erase("missing");
  fake_.Add("scoped", 1, 5);
  fake_.quotas["scoped"].scoped = true;
  fake_.Add("stray", 1, 5, "nowhere");
  fake_.Add("foreign", 1, 5);
  fake_.quotas["foreign"].foreign = {kPods};
  fake_.Add("broken", 1, 5);
  fake_.subjects["broken"].problem = "spec.resources is missing";
  fake_.AddPool("closed", 100).namespaces = {"others"};
  fake_.Add("shut", 1, 5, "closed");
  fake_.AddPool("orphan", 100, "gone");
  Tick();
  EXPECT_EQ(fake_.records["missing"].reason, "QuotaNotFound");
  EXPECT_EQ(fake_.records["missing"].decision.at, clock_.Now());
  EXPECT_EQ(fake_.records["scoped"].reason, "ScopedQuota");
  EXPECT_EQ(fake_.records["stray"].reason, "PoolNotFound");
  EXPECT_EQ(fake_.records["foreign"].reason, "Conflict");
  EXPECT_EQ(fake_.records["broken"].reason, "InvalidSpec");
  EXPECT_EQ(fake_.records["shut"].reason, "PoolForbidden");
  EXPECT_EQ(fake_.pool_records["orphan"].reason, "ParentNotFound");
  EXPECT_THAT(fake_.written, IsEmpty());
  EXPECT_EQ(fake_.Hard("foreign"), 1);
}

TEST_F(QuotaLoopTest, Q2WhatPodsRequestCountsWhenTheStatusLags) {
  fake_.Add("a", 20, 2);
  fake_.requests = QuotaAmounts{{kPods, 15}};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 15);
}

TEST_F(QuotaLoopTest, TakesKeysOfOthersOnceWhenToldTo) {
  fake_.Add("a", 1, 5).take_over = true;
  fake_.quotas["a"].foreign = {kPods};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
  fake_.quotas["a"].used[kPods] = 9;
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
  EXPECT_EQ(fake_.records["a"].reason, "Conflict");
}

TEST_F(QuotaLoopTest, TheOldestOfSeveralHasAQuota) {
  fake_.Add("a", 1, 5);
  QuotaSpec& young = fake_.Add("b", 1, 5);
  young.quota = "a";
  young.created = Timestamp(seconds(100));
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
  EXPECT_EQ(fake_.records["b"].reason, "Conflict");
}

TEST_F(QuotaLoopTest, WritesNothingWhileFrozenIncompleteOrNotAuto) {
  QuotaSpec& spec = fake_.Add("a", 1, 5);
  fake_.freeze = "somebody";
  Tick();
  fake_.freeze.clear();
  fake_.complete = false;
  Tick();
  fake_.complete = true;
  spec.mode = QuotaMode::kRecommend;
  Tick();
  EXPECT_EQ(fake_.records["a"].decision.resources[0].target, 5);
  EXPECT_EQ(fake_.Hard("a"), 1);
}

TEST_F(QuotaLoopTest, GuardsAnObjectBeforeItWrites) {
  fake_.Add("a", 1, 5);
  fake_.subjects["a"].guarded = false;
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 1);
  EXPECT_TRUE(fake_.subjects["a"].guarded);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
}

TEST_F(QuotaLoopTest, RestoresWhatWasThereWhenItIsDeleted) {
  fake_.AddPool("main", 30);
  QuotaSpec& spec = fake_.Add("a", 3, 9, "main");
  Tick();
  ASSERT_EQ(fake_.Hard("a"), 9);
  spec.deleting = true;
  Tick();  // It leaves its pool first.
  EXPECT_TRUE(fake_.pools["main"].ledger.entries.empty());
  EXPECT_TRUE(fake_.subjects["a"].guarded);
  Tick();
  EXPECT_EQ(fake_.restored, "pods=3");
  EXPECT_FALSE(fake_.subjects["a"].guarded);
  EXPECT_THAT(fake_.gone, IsEmpty());
  fake_.subjects.erase("a");
  fake_.pools.clear();
  Tick();
  EXPECT_THAT(fake_.gone, ElementsAre("a", "main"));
  Tick();
  EXPECT_EQ(fake_.gone.size(), 2U) << "once";
}

TEST_F(QuotaLoopTest, WhoIsNotInAnIncompleteSnapshotIsNotGone) {
  fake_.Add("a", 10, 25);
  Tick();
  const auto known = std::exchange(fake_.subjects, {});
  fake_.complete = false;
  Tick();
  fake_.subjects = known;
  fake_.complete = true;
  Tick();
  EXPECT_THAT(fake_.gone, IsEmpty());
}

TEST_F(QuotaLoopTest, RecordsWhatEveryPoolOfATreeGives) {
  fake_.AddPool("top", 100);
  fake_.AddPool("low", 12, "top");
  fake_.Add("a", 5, 50, "low");
  fake_.Add("b", 5, 50, "top");
  fake_.Add("broken", 1, 5, "top");
  fake_.subjects["broken"].problem = "broken";
  fake_.pools["top"].ledger.entries["team/broken"].granted[kPods] = 7;
  Tick();
  using Line = PoolRecord::Line;
  EXPECT_EQ(fake_.pool_records["low"].resources[kPods], (Line{12, 12, 50}));
  EXPECT_EQ(fake_.pool_records["top"].resources[kPods], (Line{100, 69, 100}));
  EXPECT_EQ(fake_.pool_records["top"].at, clock_.Now());
}

TEST_F(QuotaLoopTest, LeavesEntriesOfWhatItCannotDecideOn) {
  fake_.AddPool("main", 30);
  fake_.Add("a", 10, 20, "main");
  fake_.Add("b", 10, 20, "main");
  fake_.subjects["b"].problem = "broken";
  fake_.pools["main"].ledger.entries["team/b"].granted[kPods] = 25;
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 10);  // 25 are somebody's, whoever that is.
  EXPECT_EQ(fake_.pools["main"].ledger.Granted("team/b", kPods), 25);
  fake_.subjects.erase("b");
  Tick();
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 20);
}

TEST_F(QuotaLoopTest, LooksAtOnceWhereQuotaIsLacking) {
  fake_.Add("a", 10, 2).period = seconds(3600);
  fake_.requests = QuotaAmounts{};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 2);
  wants_["team"].desired = {{kPods, 12}};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 2);
  urgent_ = {"team"};
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 12);
}

TEST_F(QuotaLoopTest, MovesNoMoreThanTheBudgetInAMinute) {
  fake_.AddPool("main", 100).move_percent_per_minute = 20;
  fake_.Add("a", 5, 90, "main");
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 25);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 25);
  Tick(seconds(60));
  EXPECT_EQ(fake_.Hard("a"), 45);
}

// Else every restart would be another budget.
TEST_F(QuotaLoopTest, SpendsNoBudgetWhileItDoesNotKnowWhatWasSpent) {
  fake_.AddPool("main", 100).move_percent_per_minute = 20;
  fake_.Add("a", 5, 90, "main");
  fake_.Add("b", 40, 4, "main");
  Ledger& ledger = fake_.pools.at("main").ledger;
  ledger.plan = PlanId("before", clock_.Now() - seconds(20), 7);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
  EXPECT_EQ(fake_.Hard("b"), 4) << "what is given back is not limited";
  EXPECT_NE(ledger.plan.find("test-"), std::string::npos) << "by now it is its own";
  Tick(seconds(38));
  EXPECT_EQ(fake_.Hard("a"), 5) << "59 s";
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 25) << "60 s";
}

TEST_F(QuotaLoopTest, AClockThatIsAheadHoldsTheBudgetForAMinuteAtMost) {
  fake_.AddPool("main", 100).move_percent_per_minute = 20;
  fake_.Add("a", 5, 90, "main");
  fake_.pools.at("main").ledger.plan = PlanId("before", clock_.Now() + seconds(7200), 7);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 5);
  Tick(seconds(60));
  EXPECT_EQ(fake_.Hard("a"), 25);
}

TEST(PlanId, IsReadAgainWhateverTheEngineIsCalled) {
  const Timestamp at(seconds(1'767'268'800));
  EXPECT_EQ(PlannedAt(PlanId("a-1-b", at, 12)), at);
  for (const char* other : {"", "-", "--", "plan-1", "a-b-c", "a-1x-2", "12", "a--1"})
    EXPECT_EQ(PlannedAt(other), std::nullopt) << other;
}

TEST_F(QuotaLoopTest, GivesNothingThatWasNotGivenBack) {
  fake_.AddPool("main", 20);
  fake_.Add("a", 15, 2, "main");
  fake_.Add("b", 5, 18, "main");
  fake_.refuse = "a";
  Tick();
  EXPECT_EQ(fake_.Hard("b"), 5);
  EXPECT_EQ(fake_.records["b"].decision.resources[0].steps.back().reason,
            QuotaReason::kAwaitingSlack);
  EXPECT_EQ(fake_.records["a"].failure, "version");
  fake_.refuse.clear();
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 2);
  EXPECT_EQ(fake_.Hard("b"), 18);
}

TEST_F(QuotaLoopTest, DoesNotTakeWhatNobodySaysForNothing) {
  fake_.Add("a", 10, 0);
  fake_.quotas["a"].used.clear();
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 10);
}

TEST_F(QuotaLoopTest, FallsBackToMinWhenItHasKnownNothingForLong) {
  QuotaSpec& spec = fake_.Add("a", 50, 4);
  spec.resources[0].min = 7;
  fake_.age = seconds(4);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 50);
  fake_.age = spec.stale_after + seconds(1);
  Tick();
  EXPECT_EQ(fake_.Hard("a"), 7);
}

}  // namespace
}  // namespace hpaplus
