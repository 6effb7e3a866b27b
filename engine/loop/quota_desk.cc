#include "engine/loop/quota_desk.h"

#include <algorithm>
#include <utility>

#include "engine/quota/fill.h"

namespace hpaplus {
namespace {

bool IsThere(const Pod& pod) {
  return pod.phase != PodPhase::kSucceeded && pod.phase != PodPhase::kFailed;
}

Amount Times(Amount amount, std::int64_t count) {
  const WideAmount product = WideAmount{amount} * count;
  return static_cast<Amount>(std::clamp<WideAmount>(product, -kAmountMost, kAmountMost));
}

Amount Get(const QuotaAmounts& amounts, const std::string& name) {
  const auto found = amounts.find(name);
  return found == amounts.end() ? 0 : found->second;
}

// What the pods that there are not would add to the sum; less than nothing for those too many.
void AddPods(const QuotaAmounts& per_pod, std::int64_t count, QuotaAmounts& sum) {
  for (const auto& [name, amount] : per_pod) {
    Amount& total = sum[name];
    total = std::clamp<Amount>(total + Times(amount, count), 0, kAmountMost);
  }
}

}  // namespace

QuotaDesk::Workload& QuotaDesk::Note(const QuotaAsk& ask) {
  const WorkloadSpec& spec = *ask.view->spec;
  Workload& one = workloads_[ask.workload];
  if (one.ns != spec.ns) {
    members_[one.ns].erase(ask.workload);
    members_[spec.ns].insert(ask.workload);
  }
  one.ns = spec.ns;
  one.name = spec.name;
  one.taken = ask.current;
  one.desired = ask.desired;
  one.most = spec.max_replicas;
  if (config_.share_of) one.share = config_.share_of(spec);
  one.refused = false;
  one.pods = 0;
  one.staying = 0;
  for (const auto& pod : ask.view->pods) {
    if (!IsThere(*pod)) continue;
    ++one.pods;
    if (pod->deleting) continue;
    ++one.staying;
    one.per_pod = PodAmounts(*pod);
  }
  return one;
}

std::vector<QuotaAnswer> QuotaDesk::Ask(std::span<const QuotaAsk> asks, Timestamp /*now*/) {
  std::vector<QuotaAnswer> answers(asks.size());
  bool lacks = false;
  {
    const MutexLock lock(mutex_);
    std::map<std::string, std::vector<Growth>> growths;
    for (std::size_t i = 0; i < asks.size(); ++i) {
      answers[i].allowed = asks[i].desired;
      if (book_.QuotasIn(asks[i].view->spec->ns).empty()) {
        Drop(asks[i].workload);
        continue;
      }
      const Workload& one = Note(asks[i]);
      const Replicas from = std::max(asks[i].current, one.staying);
      const Replicas by = asks[i].desired - from;
      if (by > 0) growths[one.ns].push_back({i, &one, from, by});
    }
    for (auto& [ns, of_namespace] : growths)
      Limit(ns, of_namespace, answers);
    for (std::size_t i = 0; i < asks.size(); ++i) {
      const auto found = workloads_.find(asks[i].workload);
      if (found == workloads_.end()) continue;
      Workload& one = found->second;
      if (asks[i].acts) one.taken = std::max(one.taken, answers[i].allowed);
      one.refused = answers[i].allowed < asks[i].desired;
      if (one.refused) lacks = urgent_.insert(one.ns).second || lacks;
    }
  }
  if (lacks && config_.wake_loop) config_.wake_loop();
  return answers;
}

QuotaAmounts QuotaDesk::InFlight(const std::string& ns) const {
  QuotaAmounts sum;
  const auto members = members_.find(ns);
  if (members == members_.end()) return sum;
  for (const WorkloadId id : members->second) {
    const Workload& one = workloads_.at(id);
    AddPods(one.per_pod, std::max(one.taken - one.pods, 0), sum);
  }
  return sum;
}

void QuotaDesk::Limit(const std::string& ns, std::vector<Growth>& growths,
                      std::vector<QuotaAnswer>& answers) {
  const auto quotas = book_.QuotasIn(ns);
  if (quotas.empty()) return;
  const QuotaAmounts requests = book_.RequestsIn(ns).value_or(QuotaAmounts{});
  const QuotaAmounts in_flight = InFlight(ns);
  std::ranges::stable_sort(growths, [](const Growth& a, const Growth& b) {
    return a.workload->share.priority > b.workload->share.priority;
  });
  for (const auto& quota : quotas) {
    if (quota->scoped) continue;
    for (const auto& [resource, hard] : quota->hard) {
      if (!IsCountedByPods(resource)) continue;
      const std::string counted = CountedAs(resource);
      const Amount used = std::max(Get(quota->used, resource), Get(requests, counted));
      Amount left = std::max<Amount>(hard - used - Get(in_flight, counted), 0);
      for (auto first = growths.begin(); first != growths.end();) {
        const std::int32_t priority = first->workload->share.priority;
        const auto last = std::find_if(first, growths.end(), [priority](const Growth& one) {
          return one.workload->share.priority != priority;
        });
        std::vector<Claim> claims;
        for (auto one = first; one != last; ++one) {
          claims.push_back({.name = one->workload->name,
                            .ceiling = Times(Get(one->workload->per_pod, counted), one->by),
                            .weight = one->workload->share.weight});
        }
        const std::vector<Amount> shares = Fill(left, claims).shares;
        std::vector<Replicas> fits;
        for (auto one = first; one != last; ++one) {
          const Amount per_pod = Get(one->workload->per_pod, counted);
          const Amount share = shares[fits.size()];
          fits.push_back(per_pod == 0 ? one->by : static_cast<Replicas>(share / per_pod));
          left -= Times(per_pod, fits.back());
        }
        for (auto one = first; one != last; ++one) {
          const Amount per_pod = Get(one->workload->per_pod, counted);
          Replicas& fit = fits[static_cast<std::size_t>(one - first)];
          if (fit >= one->by) continue;
          // What whole pods leave over may do for one more.
          if (left >= per_pod) {
            left -= per_pod;
            ++fit;
          }
          one->by = fit;
          if (answers[one->ask].resource.empty()) {
            answers[one->ask].resource = resource;
            answers[one->ask].quota = quota->name;
          }
        }
        first = last;
      }
    }
  }
  for (const Growth& one : growths) {
    QuotaAnswer& answer = answers[one.ask];
    answer.allowed = one.from + one.by;
    if (answer.allowed == one.workload->desired) answer = {answer.allowed, "", ""};
  }
}

void QuotaDesk::Forget(WorkloadId workload) {
  const MutexLock lock(mutex_);
  Drop(workload);
}

void QuotaDesk::Drop(WorkloadId workload) {
  const auto found = workloads_.find(workload);
  if (found == workloads_.end()) return;
  members_[found->second.ns].erase(workload);
  workloads_.erase(found);
}

std::vector<WorkloadId> QuotaDesk::TakeFreed() {
  const MutexLock lock(mutex_);
  std::vector<WorkloadId> out;
  for (const std::string& ns : freed_) {
    const auto members = members_.find(ns);
    if (members == members_.end()) continue;
    for (const WorkloadId id : members->second) {
      if (std::exchange(workloads_.at(id).refused, false)) out.push_back(id);
    }
  }
  freed_.clear();
  return out;
}

std::optional<QuotaWants> QuotaDesk::WantsIn(const std::string& ns) {
  const auto requests = book_.RequestsIn(ns);
  const MutexLock lock(mutex_);
  const auto members = members_.find(ns);
  if (members == members_.end() || members->second.empty() || !requests) return std::nullopt;
  QuotaWants out{*requests, *requests, InFlight(ns)};
  for (const WorkloadId id : members->second) {
    const Workload& one = workloads_.at(id);
    AddPods(one.per_pod, std::int64_t{one.desired} - one.pods, out.desired);
    AddPods(one.per_pod, std::int64_t{one.most} - one.pods, out.desired_most);
  }
  return out;
}

std::set<std::string> QuotaDesk::TakeUrgent() {
  const MutexLock lock(mutex_);
  return std::exchange(urgent_, {});
}

void QuotaDesk::Free(const std::string& ns) {
  bool wakes = false;
  {
    const MutexLock lock(mutex_);
    const auto members = members_.find(ns);
    if (members == members_.end()) return;
    for (const WorkloadId id : members->second)
      wakes = wakes || workloads_.at(id).refused;
    if (wakes) freed_.insert(ns);
  }
  if (wakes && config_.wake_engine) config_.wake_engine();
}

}  // namespace hpaplus
