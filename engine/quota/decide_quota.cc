#include "engine/quota/decide_quota.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

constexpr Amount kPercent = 100;
constexpr Duration kDampWithin = std::chrono::minutes(10);
constexpr std::ptrdiff_t kTurnsMost = 3;  // Changes of direction within that time.
constexpr int kPeriodsFresh = 3;          // What is older than so many periods is not fresh.

Amount Fit(WideAmount amount) {
  return static_cast<Amount>(std::clamp<WideAmount>(amount, 0, kAmountMost));
}

// So many percent of it, rounded up.
Amount PercentOf(Amount amount, Amount percent) {
  return Fit((WideAmount{amount} * percent + kPercent - 1) / kPercent);
}

Amount RoundUpTo(Amount amount, Amount step) {
  if (step <= 1) return amount;
  return Fit((WideAmount{amount} + step - 1) / step * step);
}

Amount LargestDriver(const QuotaDrivers& drivers, const ResourceUse& use) {
  Amount out = 0;
  if (drivers.used) out = std::max(out, use.used);
  if (drivers.requested) out = std::max(out, use.requested.value_or(0));
  if (drivers.desired) out = std::max(out, use.desired.value_or(0));
  if (drivers.largest) out = std::max(out, use.desired_most.value_or(0));
  return out;
}

// One resource on its way through the stages.
class ResourceTrail {
 public:
  ResourceTrail(ResourceDecision& decision, Amount start) : decision_(decision), now_(start) {}

  [[nodiscard]] Amount now() const { return now_; }

  void Move(QuotaStage stage, Amount to, QuotaReason reason, Amount evidence) {
    decision_.steps.push_back({stage, now_, to, reason, evidence});
    now_ = to;
  }

  void MoveIf(bool moves, QuotaStage stage, Amount to, QuotaReason reason, Amount evidence) {
    if (moves) Move(stage, to, reason, evidence);
  }

 private:
  ResourceDecision& decision_;
  Amount now_;
};

std::ptrdiff_t TurnsOf(const std::vector<ResourceHistory::Change>& changes, Timestamp now) {
  std::ptrdiff_t turns = 0;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    if (changes[i].at > now - kDampWithin && changes[i].grew != changes[i - 1].grew) ++turns;
  }
  return turns;
}

// The largest wish of the window, this one included.
Amount RememberWish(Amount wish, Duration window, Timestamp now,
                    std::vector<ResourceHistory::Wish>& wishes) {
  std::erase_if(wishes, [&](const ResourceHistory::Wish& past) {
    return past.at <= now - window || past.amount <= wish;
  });
  wishes.push_back({now, wish});
  return wishes.front().amount;
}

enum class Freshness { kFresh, kHold, kFallBack };

Freshness FreshnessOf(const DecideQuotaInput& in) {
  if (!in.observed.known_at) return Freshness::kHold;  // Nobody knows what is in use.
  const Duration age = in.now - *in.observed.known_at;
  if (age > std::max(in.spec.stale_after, kPeriodsFresh * in.spec.period)) {
    return Freshness::kFallBack;
  }
  return age > kPeriodsFresh * in.spec.period ? Freshness::kHold : Freshness::kFresh;
}

void SayDemand(const QuotaResource& resource, const ResourceUse& use, const NodeShare& share,
               ResourceTrail& trail) {
  QuotaReason reason = QuotaReason::kDemand;
  if (share.demand >= resource.max) reason = QuotaReason::kAboveMax;
  if (share.demand <= resource.min) reason = QuotaReason::kBelowMin;
  trail.Move(QuotaStage::kDemand, share.demand, reason, use.in_use());
  if (share.share == share.demand) return;
  const QuotaReason why = share.deficit ? QuotaReason::kDeficit : QuotaReason::kPoolShare;
  trail.Move(QuotaStage::kShare, share.share, why, share.ceiling);
}

void ApplyHysteresis(const QuotaSpec& spec, Amount hard, bool damped, ResourceTrail& trail) {
  const Amount percent = Amount{spec.min_delta_percent} * (damped ? 2 : 1);
  const WideAmount delta = WideAmount{std::max(trail.now(), hard)} - std::min(trail.now(), hard);
  if (delta == 0 || delta * kPercent >= WideAmount{hard} * percent) return;
  trail.Move(QuotaStage::kHysteresis, hard,
             damped ? QuotaReason::kDamped : QuotaReason::kWithinBand, percent);
}

void ApplyCooldown(const QuotaSpec& spec, Amount hard, Amount largest_wish, Timestamp now,
                   const ResourceHistory& history, ResourceTrail& trail) {
  if (trail.now() < hard) {
    const Amount kept = std::min(hard, largest_wish);
    trail.MoveIf(kept > trail.now(), QuotaStage::kCooldown, kept, QuotaReason::kShrinkWindow,
                 std::chrono::duration_cast<std::chrono::seconds>(spec.shrink_window).count());
  } else if (trail.now() > hard) {
    const auto grown = std::find_if(history.changes.rbegin(), history.changes.rend(),
                                    [](const ResourceHistory::Change& one) { return one.grew; });
    const bool waits = grown != history.changes.rend() && now < grown->at + spec.grow_cooldown;
    trail.MoveIf(waits, QuotaStage::kCooldown, hard, QuotaReason::kGrowCooldown,
                 std::chrono::duration_cast<std::chrono::seconds>(spec.grow_cooldown).count());
  }
}

void ApplyStep(const QuotaSpec& spec, Amount hard, ResourceTrail& trail) {
  if (trail.now() < hard) {
    const Amount most = std::max<Amount>(PercentOf(hard, spec.shrink_percent_most), 1);
    trail.MoveIf(trail.now() < hard - most, QuotaStage::kStep, hard - most, QuotaReason::kStepLimit,
                 most);
  } else if (spec.grow_percent_most && hard > 0) {
    const Amount most = std::max<Amount>(PercentOf(hard, *spec.grow_percent_most), 1);
    trail.MoveIf(trail.now() - hard > most, QuotaStage::kStep, hard + most, QuotaReason::kStepLimit,
                 most);
  }
}

void KeepInUse(Amount floor, const ResourceUse& use, ResourceTrail& trail) {
  const Amount least = use.hard ? std::min(floor, *use.hard) : floor;
  trail.MoveIf(trail.now() < least, QuotaStage::kInUse, least, QuotaReason::kInUse, floor);
}

void DecideResource(const DecideQuotaInput& in, Freshness freshness, const ResourceUse& use,
                    const QuotaResource& resource, const NodeShare& share, ResourceHistory& history,
                    ResourceDecision& out) {
  const Amount hard = use.hard.value_or(share.share);
  const Amount floor = QuotaFloor(in.spec, resource, use);
  ResourceTrail trail(out, hard);
  if (freshness == Freshness::kHold) {
    trail.Move(QuotaStage::kFreshness, hard, QuotaReason::kHeldStale, 0);
    out.target = trail.now();
    return;
  }
  if (freshness == Freshness::kFallBack) {
    // Down at once, never up: what is not known is no demand.
    trail.Move(QuotaStage::kFreshness, std::min(hard, resource.min), QuotaReason::kFellBackToMin,
               resource.min);
    KeepInUse(floor, use, trail);
    out.target = trail.now();
    return;
  }
  SayDemand(resource, use, share, trail);
  if (!use.hard) {
    trail.Move(QuotaStage::kHysteresis, trail.now(), QuotaReason::kNoLimit, 0);
    KeepInUse(floor, use, trail);
    out.target = trail.now();
    return;
  }
  const Amount largest = RememberWish(trail.now(), in.spec.shrink_window, in.now, history.wishes);
  const bool lacks = hard < std::min(share.floor, trail.now()) || hard < use.in_use();
  const bool damped = TurnsOf(history.changes, in.now) >= kTurnsMost;
  if (!lacks) ApplyHysteresis(in.spec, hard, damped, trail);
  ApplyCooldown(in.spec, hard, largest, in.now, history, trail);
  if (!lacks) ApplyStep(in.spec, hard, trail);
  KeepInUse(floor, use, trail);
  out.target = trail.now();
}

// The first evaluation enters what there is.
void BeginHistory(const DecideQuotaInput& in, QuotaHistory& history) {
  const std::size_t known = history.resources.size();
  if (known == in.spec.resources.size()) return;
  history.resources.assign(in.spec.resources.size(), {});
  for (std::size_t i = 0; i < history.resources.size(); ++i) {
    if (const auto hard = in.observed.resources[i].hard) {
      history.resources[i].wishes.push_back({in.now, *hard});
    }
  }
}

QuotaReason ReasonOf(QuotaMode mode) {
  switch (mode) {
    case QuotaMode::kOff:
      return QuotaReason::kOff;
    case QuotaMode::kDryRun:
      return QuotaReason::kDryRun;
    case QuotaMode::kRecommend:
      return QuotaReason::kRecommended;
    case QuotaMode::kAuto:
      return QuotaReason::kNone;
  }
  HPAPLUS_CHECK(false);
}

}  // namespace

Amount QuotaDemand(const QuotaResource& resource, const QuotaDrivers& drivers,
                   const ResourceUse& use) {
  const Amount needed = LargestDriver(drivers, use);
  const WideAmount with_headroom =
      WideAmount{needed} + PercentOf(needed, resource.headroom_percent) + resource.headroom;
  const Amount rounded = RoundUpTo(Fit(with_headroom), resource.step);
  return std::clamp(rounded, resource.min, resource.max);
}

Amount QuotaFloor(const QuotaSpec& spec, const QuotaResource& resource, const ResourceUse& use) {
  const Amount in_use = Fit(use.in_use());
  if (!spec.keeps_headroom) return in_use;
  const WideAmount with_headroom =
      WideAmount{in_use} + PercentOf(in_use, resource.headroom_percent) + resource.headroom;
  return std::max(in_use, std::min(Fit(with_headroom), resource.max));
}

DecidedQuota DecideQuota(const DecideQuotaInput& in, QuotaHistory history) {
  HPAPLUS_CHECK(in.shares.size() == in.spec.resources.size());
  HPAPLUS_CHECK(in.observed.resources.size() == in.spec.resources.size());
  QuotaDecision decision;
  decision.at = in.now;
  const Freshness freshness = FreshnessOf(in);
  decision.stale = freshness != Freshness::kFresh;
  BeginHistory(in, history);
  const bool frozen =
      in.observed.frozen || (in.spec.frozen_until && in.now < *in.spec.frozen_until);
  decision.acts = in.spec.mode == QuotaMode::kAuto && !frozen;
  for (std::size_t i = 0; i < in.spec.resources.size(); ++i) {
    const ResourceUse& use = in.observed.resources[i];
    ResourceDecision& out = decision.resources.emplace_back();
    out.name = in.spec.resources[i].name;
    out.hard = use.hard;
    out.in_use = use.in_use();
    out.demand = in.shares[i].demand;
    out.share = in.shares[i].share;
    out.deficit = in.shares[i].deficit;
    DecideResource(in, freshness, use, in.spec.resources[i], in.shares[i], history.resources[i],
                   out);
    ResourceTrail trail(out, out.target);
    trail.MoveIf(frozen, QuotaStage::kFreeze, out.target, QuotaReason::kFrozen, 0);
    const QuotaReason mode = ReasonOf(in.spec.mode);
    trail.MoveIf(mode != QuotaReason::kNone, QuotaStage::kMode, out.target, mode, 0);
  }
  return {std::move(decision), std::move(history)};
}

ResourceHistory AdvanceQuota(ResourceHistory history, Amount from, Amount to, Timestamp now) {
  if (from == to) return history;
  auto& changes = history.changes;
  std::erase_if(changes, [now](const ResourceHistory::Change& one) {
    return one.at <= now - 2 * kDampWithin;
  });
  // Of changes in one direction the last one tells as much as all.
  const bool grew = to > from;
  if (!changes.empty() && changes.back().grew == grew) changes.pop_back();
  changes.push_back({now, grew});
  return history;
}

}  // namespace hpaplus
