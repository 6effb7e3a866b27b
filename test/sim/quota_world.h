#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/quota/decide_quota.h"
#include "engine/quota/pool_round.h"

namespace hpaplus::testing {

inline constexpr const char* kPods = "pods";

/// An API server with one QuotaPool and some ResourceQuotas, and pods that come and go. Every write
/// has a precondition, every change another version.
struct QuotaStore {
  struct Object {
    std::uint64_t version = 1;
    std::optional<Amount> hard;
    Amount used = 0;
  };
  Amount capacity = 0;
  std::vector<Object> quotas;
  Ledger ledger;
  std::uint64_t ledger_version = 1;

  Result<std::string> Write(std::size_t quota, const std::string& version,
                            std::optional<Amount> hard) {
    Object& object = quotas[quota];
    if (std::to_string(object.version) != version) return Error{ErrorCode::kConflict, "version"};
    object.hard = hard;
    return std::to_string(++object.version);  // The plan's id makes every write a change.
  }

  Result<std::string> WriteLedger(const LedgerWrite& write) {
    if (std::to_string(ledger_version) != write.version) {
      return Error{ErrorCode::kConflict, "version"};
    }
    ledger = write.ledger;
    return std::to_string(++ledger_version);
  }

  // As admission does it: within hard, and entered into the object.
  bool CreatePod(std::size_t quota) {
    Object& object = quotas[quota];
    if (object.hard && object.used + 1 > *object.hard) return false;
    ++object.used;
    ++object.version;
    return true;
  }

  void DeletePod(std::size_t quota) {
    if (quotas[quota].used == 0) return;
    --quotas[quota].used;
    ++quotas[quota].version;
  }

  [[nodiscard]] Amount Sum() const {
    Amount sum = 0;
    for (const Object& one : quotas)
      sum += one.hard.value_or(0);
    return sum;
  }

  // What must hold at every instant; empty when it does.
  [[nodiscard]] std::string Broken(const std::vector<QuotaSpec>& specs) const {
    if (Sum() > capacity) return "the sum of hard is " + std::to_string(Sum());
    for (std::size_t i = 0; i < quotas.size(); ++i) {
      if (quotas[i].hard && *quotas[i].hard < quotas[i].used) {
        return specs[i].name + " has hard below used";
      }
      const auto granted = ledger.Granted(specs[i].ns + "/" + specs[i].name, kPods);
      if (granted && quotas[i].hard && *quotas[i].hard > *granted) {
        return specs[i].name + " has more than it was granted";
      }
    }
    return {};
  }
};

[[nodiscard]] inline std::vector<QuotaSpec> QuotaSpecs(std::size_t count) {
  std::vector<QuotaSpec> specs(count);
  for (std::size_t i = 0; i < count; ++i) {
    specs[i].ns = "team";
    specs[i].name = std::string(1, static_cast<char>('a' + i));
    specs[i].shrink_window = {};
    specs[i].shrink_percent_most = 100;
    specs[i].min_delta_percent = 0;
    specs[i].pool = "pool";
    QuotaResource pods;
    pods.name = kPods;
    pods.max = 1000;
    pods.headroom_percent = 0;
    specs[i].resources = {pods};
  }
  return specs;
}

[[nodiscard]] inline PoolTree OnePool(Amount capacity) {
  PoolSpec pool;
  pool.name = "pool";
  pool.resources = {{.name = kPods, .capacity = capacity}};
  return {{pool}, {0}};
}

/// One engine that takes part. It reads the pool and the quotas in one of the two orders, works on
/// what it has read, and may stop or die between any two of its requests.
class QuotaEngine {
 public:
  QuotaEngine(std::string name, const std::vector<QuotaSpec>& specs, bool pool_first)
      : name_(std::move(name)), specs_(&specs), pool_first_(pool_first) {}

  /// What it wants the quotas to be in its next rounds, one element for each.
  using Wishes = std::vector<std::vector<Amount>>;

  [[nodiscard]] bool idle() const { return !round_ && reads_ == 0; }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }

  void Die() {
    round_.reset();
    writes_.clear();
    reads_ = 0;
  }

  /// One request: a read, or a write. `wish(i)` is what a quota is decided to be.
  template <class Wish>
  void Step(QuotaStore& store, Timestamp now, Wish&& wish) {
    if (!round_) return Read(store, now, std::forward<Wish>(wish));
    if (!writes_.empty()) {
      const QuotaWrite write = writes_.back();
      writes_.pop_back();
      round_->OnWritten(write, store.Write(write.member, write.version, write.hard[0]));
    } else if (const std::optional<LedgerWrite> ledger = std::exchange(ledger_, std::nullopt)) {
      round_->OnLedger(store.WriteLedger(*ledger));
    }
    TakeWork();
  }

 private:
  template <class Wish>
  void Read(const QuotaStore& store, Timestamp now, Wish&& wish) {
    const bool reads_pool = (reads_ == 0) == pool_first_;
    if (reads_pool) {
      ledger_seen_ = store.ledger;
      ledger_version_ = std::to_string(store.ledger_version);
    } else {
      seen_ = store.quotas;
    }
    if (++reads_ < 2) return;
    reads_ = 0;
    PoolRound::Input input;
    input.tree = OnePool(store.capacity);
    input.ledger = ledger_seen_;
    input.version = ledger_version_;
    input.plan = name_ + "-" + std::to_string(++rounds_);
    observed_.clear();
    observed_.reserve(seen_.size());
    for (const QuotaStore::Object& one : seen_) {
      QuotaObservation& observed = observed_.emplace_back();
      observed.resources = {{.hard = one.hard, .used = one.used}};
      observed.known_at = now;
    }
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      input.members.push_back({{&(*specs_)[i], nullptr, 0, true},
                               std::to_string(seen_[i].version),
                               {seen_[i].hard},
                               {wish(i, observed_[i])}});
      input.members.back().member.observed = &observed_[i];
    }
    round_.emplace(std::move(input));
    TakeWork();
  }

  void TakeWork() {
    if (writes_.empty()) writes_ = round_->TakeWrites();
    if (auto ledger = round_->TakeLedger()) ledger_ = std::move(ledger);
    if (round_->done()) round_.reset();
  }

  std::string name_;
  const std::vector<QuotaSpec>* specs_ = nullptr;
  bool pool_first_ = true;
  int reads_ = 0;
  std::uint64_t rounds_ = 0;
  std::vector<QuotaStore::Object> seen_;
  std::vector<QuotaObservation> observed_;
  Ledger ledger_seen_;
  std::string ledger_version_;
  std::optional<PoolRound> round_;
  std::vector<QuotaWrite> writes_;
  std::optional<LedgerWrite> ledger_;
};

}  // namespace hpaplus::testing
