#include <algorithm>
#include <set>

#include "engine/rehearse/quota_plan.h"

namespace hpaplus::rehearse {
namespace {

constexpr Duration kLongest = std::chrono::hours(6);
// Without a write for so long beyond every window nothing will be written any more.
constexpr Duration kRestsAfter = std::chrono::minutes(1);
constexpr Timestamp kStart{std::chrono::days(20'000)};

// A cluster that stands still but for what the quota loop writes.
class StillWorld final : public Clock, public QuotaCluster, public QuotaBook, public QuotaJournal {
 public:
  explicit StillWorld(const QuotaState& state) : state_(state) {
    for (const QuotaObject& quota : state.quotas) {
      QuotaObject& one = quotas_[quota.ns][quota.name];
      one = quota;
      one.version = NextVersion();
    }
    for (PoolSubject& pool : state_.pools)
      pool.version = NextVersion();
    for (QuotaSubject& subject : state_.subjects)
      subject.guarded = true;
  }

  // Clock
  Timestamp Now() override { return now_; }
  bool WaitUntil(Timestamp deadline, std::stop_token /*stop*/) override {
    now_ = std::max(now_, deadline);
    return true;
  }

  // QuotaCluster
  QuotaSnapshot Snapshot(Timestamp now) override {
    return {true, now, "", state_.subjects, state_.pools};
  }
  std::vector<Result<std::string>> WriteAll(std::span<const QuotaPatch> patches) override {
    std::vector<Result<std::string>> out;
    for (const QuotaPatch& patch : patches) {
      if (patch.kind == QuotaPatch::Kind::kHard) {
        QuotaObject& quota = quotas_[patch.ns][patch.name];
        for (const auto& [resource, amount] : patch.hard)
          quota.hard[resource] = amount;
        quota.original = patch.original;
        quota.version = NextVersion();
        out.emplace_back(quota.version);
      } else {
        out.emplace_back(NextVersion());
      }
    }
    return out;
  }
  Result<std::string> WriteLedger(const std::string& pool, const std::string& /*version*/,
                                  const Ledger& ledger) override {
    for (PoolSubject& one : state_.pools) {
      if (one.spec->name != pool) continue;
      one.ledger = ledger;
      return one.version = NextVersion();
    }
    return Error{ErrorCode::kNotFound, "no pool " + pool};
  }

  // QuotaBook
  std::vector<std::shared_ptr<const QuotaObject>> QuotasIn(const std::string& ns) override {
    std::vector<std::shared_ptr<const QuotaObject>> out;
    for (const auto& [name, quota] : quotas_[ns])
      out.push_back(std::make_shared<const QuotaObject>(quota));
    return out;
  }
  std::optional<QuotaAmounts> RequestsIn(const std::string& ns) override {
    const auto found = state_.requests.find(ns);
    if (found == state_.requests.end()) return std::nullopt;
    return found->second;
  }

  // QuotaJournal
  void RecordQuota(const QuotaRecord& record) override {
    const SettledQuotas::Key key{record.spec->ns, record.spec->name};
    out_.records[key] = record;
    if (record.written.empty()) return;
    out_.changed[key] = std::chrono::ceil<std::chrono::seconds>(now_ - kStart);
    written_at_ = now_;
  }
  void RecordPool(const PoolRecord& /*record*/) override {}
  void RecordQuotaGone(const std::string& /*ns*/, const std::string& /*name*/) override {}
  void RecordPoolGone(const std::string& /*name*/) override {}

  // What workloads of a namespace want beyond what is there.
  [[nodiscard]] std::optional<QuotaWants> WantsIn(const std::string& ns) {
    QuotaWants out;
    bool any = false;
    for (const QuotaClaimant& one : state_.claimants) {
      if (one.ns != ns) continue;
      if (!std::exchange(any, true)) out.desired = out.desired_most = InUse(ns);
      AddPods(one.per_pod, one.wants - one.pods, out.desired);
      AddPods(one.per_pod, one.most - one.pods, out.desired_most);
    }
    if (!any) return std::nullopt;
    return out;
  }

  [[nodiscard]] Timestamp written_at() const { return written_at_; }
  [[nodiscard]] SettledQuotas Take() {
    for (const auto& [ns, quotas] : quotas_) {
      for (const auto& [name, quota] : quotas)
        out_.hard[{ns, name}] = quota.hard;
    }
    return std::move(out_);
  }

 private:
  std::string NextVersion() { return std::to_string(++versions_); }

  // Where nobody has listed the pods, what the quotas count.
  QuotaAmounts InUse(const std::string& ns) {
    if (auto requests = RequestsIn(ns)) return *std::move(requests);
    QuotaAmounts used;
    for (const auto& [name, quota] : quotas_[ns]) {
      if (quota.scoped) continue;
      for (const auto& [resource, amount] : quota.used) {
        if (!IsCountedByPods(resource)) continue;
        Amount& total = used[CountedAs(resource)];
        total = std::max(total, amount);
      }
    }
    return used;
  }

  static void AddPods(const QuotaAmounts& per_pod, Replicas count, QuotaAmounts& sum) {
    for (const auto& [resource, amount] : per_pod) {
      Amount& total = sum[resource];
      const WideAmount all = WideAmount{amount} * count + total;
      total = static_cast<Amount>(std::clamp<WideAmount>(all, 0, kAmountMost));
    }
  }

  QuotaState state_;
  std::map<std::string, std::map<std::string, QuotaObject>> quotas_;  // By namespace and name.
  Timestamp now_ = kStart;
  Timestamp written_at_ = kStart;
  std::int64_t versions_ = 0;
  SettledQuotas out_;
};

// The longest time after which something may still be written without a write before it.
Duration LongestWait(const QuotaState& state) {
  Duration longest{};
  for (const QuotaSubject& subject : state.subjects) {
    const QuotaSpec& spec = *subject.spec;
    longest = std::max(
        {longest, spec.shrink_window + 2 * spec.period, spec.grow_cooldown + 2 * spec.period});
  }
  return longest + kRestsAfter;
}

}  // namespace

SettledQuotas SettleQuotas(const QuotaState& state) {
  StillWorld world(state);
  QuotaLoop loop({.engine = "plan"}, {world, world, world, world,
                                      [&world](const std::string& ns) { return world.WantsIn(ns); },
                                      [] { return std::set<std::string>(); }});
  const Duration wait = LongestWait(state);
  while (world.Now() < world.written_at() + wait && world.Now() < kStart + kLongest)
    (void)world.WaitUntil(loop.Tick(), {});
  const bool settled = world.Now() < kStart + kLongest;
  SettledQuotas out = world.Take();
  out.settled = settled;
  return out;
}

}  // namespace hpaplus::rehearse
