#include "engine/quota/pool_round.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus {

PoolRound::PoolRound(Input input) : in_(std::move(input)), refused_(in_.members.size()) {
  for (std::size_t m = 0; m < in_.members.size(); ++m) {
    const RoundMember& one = in_.members[m];
    const std::vector<QuotaResource>& resources = one.member.spec->resources;
    HPAPLUS_CHECK(one.hard.size() == resources.size() && one.targets.size() == resources.size());
    std::vector<Amount>& granted = granted_.emplace_back();
    for (std::size_t r = 0; r < resources.size(); ++r) {
      const Amount entered = in_.ledger.Granted(NameOf(m), resources[r].name).value_or(0);
      granted.push_back(std::max(entered, one.hard[r].value_or(0)));
    }
  }
  PlanShrinks();
}

std::string PoolRound::NameOf(std::size_t member) const {
  const QuotaSpec& spec = *in_.members[member].member.spec;
  return spec.ns + "/" + spec.name;
}

// A quota is written, too, when only a grant is to be dropped: whoever was about to use it cannot
// any more.
void PoolRound::PlanShrinks() {
  for (std::size_t m = 0; m < in_.members.size(); ++m) {
    const RoundMember& one = in_.members[m];
    if (!one.member.acts) continue;
    QuotaWrite write{m, one.version, one.hard, false};
    bool gives_back = false;
    for (std::size_t r = 0; r < one.targets.size(); ++r) {
      gives_back = gives_back || one.targets[r] < granted_[m][r];
      if (write.hard[r]) write.hard[r] = std::min(*write.hard[r], one.targets[r]);
    }
    if (gives_back) writes_.push_back(std::move(write));
  }
  awaited_ = writes_.size();
  if (awaited_ == 0) PlanLedger();
}

std::vector<QuotaWrite> PoolRound::TakeWrites() {
  return std::exchange(writes_, {});
}

std::optional<LedgerWrite> PoolRound::TakeLedger() {
  return std::exchange(ledger_, std::nullopt);
}

void PoolRound::OnWritten(const QuotaWrite& write, const Result<std::string>& version) {
  HPAPLUS_CHECK(awaited_ > 0);
  RoundMember& one = in_.members[write.member];
  if (version) {
    one.version = *version;
    one.hard = write.hard;
    if (phase_ == Phase::kShrink) {
      for (std::size_t r = 0; r < one.hard.size(); ++r)
        granted_[write.member][r] = one.hard[r].value_or(0);
    }
  } else {
    refused_[write.member] = true;  // What it has is not known any more, so it keeps its grant.
  }
  if (--awaited_ > 0) return;
  if (phase_ == Phase::kShrink) {
    PlanLedger();
  } else {
    phase_ = Phase::kDone;
  }
}

void PoolRound::PlanLedger() {
  std::vector<PoolMember> members;
  ByResource<Holding> holdings;
  for (std::size_t m = 0; m < in_.members.size(); ++m) {
    const RoundMember& one = in_.members[m];
    members.push_back(one.member);
    std::vector<Holding>& of_member = holdings.emplace_back();
    for (std::size_t r = 0; r < one.targets.size(); ++r) {
      const Amount has = granted_[m][r];
      const bool grows = one.member.acts && !refused_[m];
      of_member.push_back({has, grows ? std::max(one.targets[r], has) : has});
    }
  }
  ByResource<Amount> granted = GrantPool(in_.tree, members, holdings);
  LimitGrowth(granted);
  granted_ = std::move(granted);

  Ledger next{in_.ledger.plan, {}};
  for (std::size_t m = 0; m < in_.members.size(); ++m) {
    const std::vector<QuotaResource>& resources = in_.members[m].member.spec->resources;
    Ledger::Entry& entry = next.entries[NameOf(m)];
    for (std::size_t r = 0; r < resources.size(); ++r)
      entry.granted[resources[r].name] = granted_[m][r];
  }
  // A grant that was entered before is entered again before it is used: see Ledger's first rule.
  std::vector<QuotaWrite> grows = GrowWrites();
  if (in_.tree.pools.empty() || (next == in_.ledger && grows.empty())) {
    return Grow(std::move(grows));
  }
  next.plan = in_.plan;
  phase_ = Phase::kLedger;
  ledger_ = LedgerWrite{in_.version, std::move(next)};
}

void PoolRound::LimitGrowth(ByResource<Amount>& granted) const {
  for (const auto& [resource, most] : in_.grow_most) {
    std::vector<Claim> claims;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    std::vector<std::string> names;
    names.reserve(in_.members.size());  // The claims look at them.
    for (std::size_t m = 0; m < in_.members.size(); ++m) {
      const QuotaSpec& spec = *in_.members[m].member.spec;
      const auto at = std::ranges::find(spec.resources, resource, &QuotaResource::name);
      if (at == spec.resources.end()) continue;
      const auto r = static_cast<std::size_t>(at - spec.resources.begin());
      names.push_back(NameOf(m));
      claims.push_back({.name = names.back(),
                        .ceiling = granted[m][r] - granted_[m][r],
                        .weight = at->weight,
                        .priority = spec.priority});
      places.emplace_back(m, r);
    }
    const std::vector<Amount> shares = Fill(most, claims).shares;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const auto [m, r] = places[i];
      granted[m][r] = granted_[m][r] + shares[i];
    }
  }
}

void PoolRound::OnLedger(const Result<std::string>& version) {
  HPAPLUS_CHECK(phase_ == Phase::kLedger);
  if (!version) {
    phase_ = Phase::kDone;  // Somebody else was faster: the next round looks again.
    return;
  }
  Grow(GrowWrites());
}

std::vector<QuotaWrite> PoolRound::GrowWrites() const {
  std::vector<QuotaWrite> out;
  for (std::size_t m = 0; m < in_.members.size(); ++m) {
    const RoundMember& one = in_.members[m];
    if (!one.member.acts || refused_[m]) continue;
    QuotaWrite write{m, one.version, one.hard, true};
    for (std::size_t r = 0; r < write.hard.size(); ++r) {
      const Amount most = std::min(granted_[m][r], one.targets[r]);
      // A first limit must not be below what is in use already.
      const Amount least =
          one.hard[r] ? *one.hard[r] + 1 : one.member.observed->resources[r].in_use();
      if (most >= least) write.hard[r] = most;
    }
    if (write.hard != one.hard) out.push_back(std::move(write));
  }
  return out;
}

void PoolRound::Grow(std::vector<QuotaWrite> writes) {
  writes_ = std::move(writes);
  awaited_ = writes_.size();
  phase_ = awaited_ == 0 ? Phase::kDone : Phase::kGrow;
}

}  // namespace hpaplus
