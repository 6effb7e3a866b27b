// The quota loop itself, twice, on one cluster: at each of its requests the other one may do a
// whole round, pods come and go, what it has read may be old, answers may be lost, and it may die.

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/loop/quota_loop.h"

namespace hpaplus::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kPods = "pods";
constexpr Timestamp kStart = Timestamp(seconds(1'767'268'800));

// What the API server has.
struct Store {
  std::map<std::string, QuotaObject> quotas;  // By namespace; each has one.
  std::vector<QuotaSubject> subjects;
  std::vector<PoolSubject> pools;
  std::uint64_t versions = 0;

  std::string NextVersion() { return std::to_string(++versions); }
};

// A pool of 40 with one below it of 25, four quotas, pods.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    AddPool("main", "", 40);
    AddPool("part", "main", 25);
    for (int i = 0; i < 4; ++i) {
      auto spec = std::make_shared<QuotaSpec>();
      spec->ns = std::string(1, static_cast<char>('a' + i));
      spec->name = "team";
      spec->quota = "compute";
      spec->pool = i < 2 ? "part" : "main";
      spec->period = seconds(1);
      spec->min_delta_percent = 0;
      spec->shrink_window = {};
      spec->shrink_percent_most = 100;
      QuotaResource pods{.name = kPods, .max = 40, .headroom_percent = 0};
      pods.min = static_cast<Amount>(random_.Next() % 8);
      pods.weight = 1 + static_cast<std::int64_t>(random_.Next() % 5);
      pods.lends_most = static_cast<Amount>(random_.Next()) % 2 == 0 ? 0 : pods.min;
      spec->resources = {pods};
      store_.subjects.push_back({spec, "", true});
      QuotaObject& quota = store_.quotas[spec->ns];
      quota.ns = spec->ns;
      quota.name = "compute";
      quota.version = store_.NextVersion();
      quota.hard[kPods] = 10;
      quota.used[kPods] = 0;
    }
  }

  // As admission does it.
  void ChangePods() {
    auto quota = std::next(store_.quotas.begin(), static_cast<std::ptrdiff_t>(random_.Next() % 4));
    Amount& used = quota->second.used[kPods];
    const double choice = random_.Uniform();
    if (choice < 0.5 && used + 1 <= quota->second.hard[kPods]) {
      ++used;
    } else if (choice < 0.8 && used > 0) {
      --used;
    } else if (choice < 0.85) {
      demand[quota->first] = static_cast<Amount>(random_.Next() % 40);
      return;
    } else {
      return;
    }
    quota->second.version = store_.NextVersion();
  }

  // What must hold at every instant; empty when it does.
  [[nodiscard]] std::string Broken() const {
    Amount sum = 0;
    Amount part = 0;
    for (const auto& [ns, quota] : store_.quotas) {
      const Amount hard = quota.hard.at(kPods);
      sum += hard;
      if (ns < "c") part += hard;
      if (hard < quota.used.at(kPods)) return ns + " has hard below used";
      const auto granted = store_.pools[0].ledger.Granted(ns + "/team", kPods);
      if (granted && hard > *granted) return ns + " has more than it was granted";
    }
    if (sum > 40) return "the sum of hard is " + std::to_string(sum);
    if (part > 25) return "the sum of the pool below is " + std::to_string(part);
    return {};
  }

  Store& store() { return store_; }
  Random& random() { return random_; }

  Timestamp now = kStart;
  std::map<std::string, Amount> demand;

 private:
  void AddPool(const std::string& name, const std::string& parent, Amount capacity) {
    auto spec = std::make_shared<PoolSpec>();
    spec->name = name;
    spec->parent = parent;
    spec->resources = {{.name = kPods, .capacity = capacity}};
    store_.pools.push_back({spec, "", store_.NextVersion(), {}});
  }

  Random random_;
  Store store_;
};

// One process with its cache and its connection.
class Engine final : public Clock, public QuotaCluster, public QuotaBook, public QuotaJournal {
 public:
  /// `around` is called before and after each of its writes.
  Engine(World& world, const std::string& name, std::function<void()> around)
      : world_(world),
        around_(std::move(around)),
        cache_(world.store()),
        loop_({.engine = name},
              {*this, *this, *this, *this, [this](const std::string& ns) { return WantsIn(ns); },
               [] { return std::set<std::string>(); }}) {}

  void Tick() { (void)loop_.Tick(); }
  /// From now on nothing that it sends arrives: it was killed, and what follows is the next one's.
  void Die() { dead_ = true; }
  [[nodiscard]] std::size_t writes() const { return writes_; }

  Timestamp Now() override { return world_.now; }
  bool WaitUntil(Timestamp /*deadline*/, std::stop_token /*stop*/) override { return false; }

  QuotaSnapshot Snapshot(Timestamp now) override {
    // Watches lag; but what it wrote itself it knows.
    if (sees_all_ || world_.random().Chance(0.7)) cache_ = world_.store();
    sees_all_ = false;
    return {true, now, "", cache_.subjects, cache_.pools};
  }
  std::vector<Result<std::string>> WriteAll(std::span<const QuotaPatch> patches) override {
    std::vector<Result<std::string>> out;
    for (const QuotaPatch& patch : patches)
      out.push_back(Write([&] { return WriteHard(patch); }));
    return out;
  }
  Result<std::string> WriteLedger(const std::string& pool, const std::string& version,
                                  const Ledger& ledger) override {
    return Write([&]() -> Result<std::string> {
      for (PoolSubject& one : world_.store().pools) {
        if (one.spec->name != pool) continue;
        if (one.version != version) return Error{ErrorCode::kConflict, "version"};
        one.ledger = ledger;
        return one.version = world_.store().NextVersion();
      }
      return Error{ErrorCode::kNotFound, "no pool"};
    });
  }
  std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(const std::string& ns) override {
    return {std::make_shared<const QuotaObject>(cache_.quotas.at(ns))};
  }
  std::optional<QuotaAmounts> RequestsIn(const std::string& /*ns*/) override {
    return std::nullopt;
  }
  void RecordQuota(const QuotaRecord& /*record*/) override {}
  void RecordPool(const PoolRecord& /*record*/) override {}
  void RecordQuotaGone(const std::string& /*ns*/, const std::string& /*name*/) override {}
  void RecordPoolGone(const std::string& /*name*/) override {}

 private:
  template <class Do>
  Result<std::string> Write(Do&& write) {
    around_();
    if (dead_) return Error{ErrorCode::kUnavailable, "nobody is there any more"};
    Result<std::string> done = write();
    ++writes_;
    sees_all_ = true;
    around_();
    if (world_.random().Chance(0.05)) return Error{ErrorCode::kUnavailable, "the answer was lost"};
    return done;
  }

  Result<std::string> WriteHard(const QuotaPatch& patch) {
    QuotaObject& quota = world_.store().quotas.at(patch.ns);
    if (quota.version != patch.version) return Error{ErrorCode::kConflict, "version"};
    for (const auto& [name, amount] : patch.hard)
      quota.hard[name] = amount;
    quota.original = patch.original;
    return quota.version = world_.store().NextVersion();
  }

  std::optional<QuotaWants> WantsIn(const std::string& ns) {
    QuotaWants out;
    out.desired[kPods] = world_.demand[ns];
    return out;
  }

  World& world_;
  const std::function<void()> around_;
  Store cache_;
  QuotaLoop loop_;
  bool dead_ = false;
  bool sees_all_ = true;
  std::size_t writes_ = 0;
};

int Seeds() {
  const char* const text = std::getenv("HPAPLUS_QUOTA_SEEDS");
  const int given = text == nullptr ? 0 : std::atoi(text);
  return given > 0 ? given : 10;
}

// Two engines of which one at most is inside the other's request.
class TwoEngines {
 public:
  explicit TwoEngines(std::uint64_t seed) : world_(seed) {
    for (std::size_t i = 0; i < 2; ++i)
      Begin(i);
  }

  void Step() {
    world_.now += milliseconds(100 + world_.random().Next() % 900);
    for (int i = 0; i < 4; ++i)
      world_.ChangePods();
    Round(world_.random().Next() % 2);
    // Only now: it was in the middle of its round.
    for (std::size_t i = 0; i < 2; ++i) {
      if (std::exchange(died_[i], false)) Begin(i);
    }
  }

  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] int deaths() const { return deaths_; }
  [[nodiscard]] std::size_t writes() const { return writes_; }

 private:
  void Begin(std::size_t which) {
    if (engines_[which]) writes_ += engines_[which]->writes();
    engines_[which] = std::make_unique<Engine>(
        world_, std::string(1, static_cast<char>('x' + which)) + std::to_string(++engines_made_),
        [this, which] { Between(which); });
  }

  void Round(std::size_t which) {
    busy_[which] = true;
    engines_[which]->Tick();
    busy_[which] = false;
  }

  // Before and after a request of this engine.
  void Between(std::size_t which) {
    Random& random = world_.random();
    Look();
    while (random.Chance(0.3)) {
      world_.ChangePods();
      Look();
    }
    if (random.Chance(0.02) && !died_[which]) {
      engines_[which]->Die();
      died_[which] = true;
      ++deaths_;
    }
    if (const std::size_t other = 1 - which; !busy_[other] && random.Chance(0.2)) {
      world_.now += seconds(1);  // It is due.
      Round(other);
    }
    Look();
  }

  void Look() {
    if (broken_.empty()) broken_ = world_.Broken();
  }

  World world_;
  std::unique_ptr<Engine> engines_[2];
  bool busy_[2] = {};
  bool died_[2] = {};
  int engines_made_ = 0;
  int deaths_ = 0;
  std::size_t writes_ = 0;
  std::string broken_;
};

TEST(QuotaLoopSim, Q4TwoLoopsOnOneTreeNeitherOverAllocateNorTakeWhatIsUsed) {
  constexpr int kSteps = 10'000;
  int deaths = 0;
  std::size_t writes = 0;
  for (int seed = 1; seed <= Seeds(); ++seed) {
    TwoEngines engines(static_cast<std::uint64_t>(seed));
    for (int step = 0; step < kSteps; ++step) {
      engines.Step();
      ASSERT_EQ(engines.broken(), "") << "seed " << seed << " step " << step;
    }
    deaths += engines.deaths();
    writes += engines.writes();
  }
  EXPECT_GT(deaths, 100 * Seeds());
  EXPECT_GT(writes, 2000 * static_cast<std::size_t>(Seeds()));
}

}  // namespace
}  // namespace hpaplus::testing
