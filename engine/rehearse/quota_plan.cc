#include "engine/rehearse/quota_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/quota/pod_shares.h"

namespace hpaplus::rehearse {
namespace {

Amount Get(const QuotaAmounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : found->second;
}

std::optional<Amount> Find(const QuotaAmounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? std::nullopt : std::optional(found->second);
}

// Why a resource has less than is asked for; empty: it has all of it.
std::string WhyOf(const QuotaRecord& record, const ResourceDecision& one,
                  std::optional<Amount> hard) {
  if (!record.reason.empty()) return record.reason;
  if (!record.decision.acts && !one.steps.empty()) {
    return std::string(QuotaReasonName(one.steps.back().reason));
  }
  if (!hard || *hard >= one.demand) return "";
  for (const QuotaStep& step : one.steps) {
    const bool limits = step.stage != QuotaStage::kDemand && step.after < step.before;
    if (limits) return std::string(QuotaReasonName(step.reason));
  }
  return "";
}

// The ResourceQuota's amounts at rest.
QuotaAmounts HardOf(const SettledQuotas& settled, const QuotaSpec& spec) {
  const auto found = settled.hard.find({spec.ns, spec.quota});
  return found == settled.hard.end() ? QuotaAmounts{} : found->second;
}

class Comparison {
 public:
  Comparison(const QuotaState& before, const QuotaState& after, QuotaPlan& plan)
      : before_(before),
        after_(after),
        settled_before_(SettleQuotas(before)),
        settled_after_(SettleQuotas(after)),
        plan_(plan) {}

  void Make() {
    for (const auto& [key, record] : settled_after_.records)
      AddChanges(key, record);
    AddWaiting();
    if (!settled_before_.settled || !settled_after_.settled) {
      plan_.notes.emplace_back("after six hours it had not come to rest");
    }
    Warn();
  }

 private:
  void AddChanges(const SettledQuotas::Key& key, const QuotaRecord& record) {
    const QuotaSpec& spec = *record.spec;
    const QuotaAmounts now = NowOf(spec);
    const QuotaAmounts before = HardOf(settled_before_, spec);
    const QuotaAmounts after = HardOf(settled_after_, spec);
    const auto changed = settled_after_.changed.find(key);
    for (const QuotaResource& resource : spec.resources) {
      QuotaChange& one = plan_.changes.emplace_back();
      one.quota = key.first + "/" + key.second;
      one.resource = resource.name;
      one.now = Find(now, resource.name);
      one.before = Find(before, resource.name);
      one.after = Find(after, resource.name);
      if (changed != settled_after_.changed.end()) one.takes = changed->second;
      one.why = record.reason;
      const auto& decided = record.decision.resources;
      const auto decision = std::ranges::find(decided, resource.name, &ResourceDecision::name);
      if (decision == decided.end()) continue;
      one.wanted = decision->demand;
      one.why = WhyOf(record, *decision, one.after);
    }
  }

  [[nodiscard]] QuotaAmounts NowOf(const QuotaSpec& spec) const {
    for (const QuotaObject& quota : before_.quotas) {
      if (quota.ns == spec.ns && quota.name == spec.quota) return quota.hard;
    }
    return {};
  }

  // What is left of each resource of a namespace's quotas.
  static std::vector<QuotaRoom> RoomsIn(const QuotaState& state, const SettledQuotas& settled,
                                        const std::string& ns) {
    std::vector<QuotaRoom> rooms;
    const auto requests = state.requests.find(ns);
    for (const QuotaObject& quota : state.quotas) {
      if (quota.ns != ns || quota.scoped) continue;
      for (const auto& [resource, hard] : settled.hard.at({ns, quota.name})) {
        if (!IsCountedByPods(resource)) continue;
        const Amount requested =
            requests == state.requests.end() ? 0 : Get(requests->second, CountedAs(resource));
        const Amount used = std::max(Get(quota.used, resource), requested);
        rooms.push_back({quota.name, resource, std::max<Amount>(hard - used, 0)});
      }
    }
    return rooms;
  }

  void AddWaiting() {
    std::map<std::string, std::vector<const QuotaClaimant*>> claimants;
    for (const QuotaClaimant& one : after_.claimants)
      claimants[one.ns].push_back(&one);
    for (const auto& [ns, those] : claimants) {
      std::vector<PodWish> wishes;
      for (const QuotaClaimant* const one : those) {
        const Replicas more = std::max(one->wants - one->pods, 0);
        wishes.push_back({one->name, more, &one->per_pod, one->share});
      }
      const std::vector<QuotaRoom> rooms_before = RoomsIn(before_, settled_before_, ns);
      const std::vector<QuotaRoom> rooms_after = RoomsIn(after_, settled_after_, ns);
      const std::vector<PodFit> before = FitPods(rooms_before, wishes);
      const std::vector<PodFit> after = FitPods(rooms_after, wishes);
      for (std::size_t i = 0; i < those.size(); ++i) {
        const QuotaRoom* const lacks = after[i].lacks ? after[i].lacks : before[i].lacks;
        if (lacks == nullptr) continue;
        const Replicas more = wishes[i].wants;
        plan_.waiting.push_back({ns + "/" + those[i]->name, those[i]->pods, those[i]->wants,
                                 more - before[i].fits, more - after[i].fits, lacks->quota,
                                 lacks->resource});
      }
    }
  }

  void Warn() {
    for (const QuotaChange& one : plan_.changes) {
      if (one.changes() && one.gain() < 0 && one.after && *one.after < one.wanted) {
        plan_.warnings.push_back(fmt::format("{} gets {} of {}, wants {}", one.quota,
                                             QuantityOf(one.resource, *one.after).ToString(),
                                             one.resource,
                                             QuantityOf(one.resource, one.wanted).ToString()));
      }
    }
    for (const WaitingPods& one : plan_.waiting) {
      if (one.after > one.before) {
        plan_.warnings.push_back(fmt::format("{} more pods of {} wait for {} of {}",
                                             one.after - one.before, one.workload, one.resource,
                                             one.quota));
      }
    }
  }

  const QuotaState& before_;
  const QuotaState& after_;
  const SettledQuotas settled_before_;
  const SettledQuotas settled_after_;
  QuotaPlan& plan_;
};

}  // namespace

void CompareQuotas(const QuotaState& before, const QuotaState& after, QuotaPlan& plan) {
  Comparison(before, after, plan).Make();
}

}  // namespace hpaplus::rehearse
