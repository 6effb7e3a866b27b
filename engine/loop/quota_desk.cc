#include "engine/loop/quota_desk.h"

#include <algorithm>
#include <utility>

#include "engine/quota/pod_shares.h"

namespace hpaplus {
namespace {

bool IsThere(const Pod& pod) {
  return pod.phase != PodPhase::kSucceeded && pod.phase != PodPhase::kFailed;
}

__extension__ using Wide = __int128;

Amount Times(Amount amount, std::int64_t count) {
  return static_cast<Amount>(std::clamp<Wide>(Wide{amount} * count, -kAmountMost, kAmountMost));
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
  const auto [place, is_new] = workloads_.try_emplace(ask.workload);
  Workload& one = place->second;
  if (one.ns != spec.ns) {
    if (!is_new) members_[one.ns].erase(ask.workload);
    members_[spec.ns].insert(ask.workload);
    one.ns = spec.ns;
  }
  one.name = spec.name;
  one.taken = ask.current;
  one.desired = ask.acts ? ask.desired : ask.current;
  one.most = ask.acts ? spec.max_replicas : ask.current;
  if (config_.share_of) one.share = config_.share_of(spec);
  one.refused = false;
  one.pods = 0;
  one.staying = 0;
  const Pod* newest = nullptr;
  for (const auto& pod : ask.view->pods) {
    if (!IsThere(*pod)) continue;
    ++one.pods;
    if (pod->deleting) continue;
    ++one.staying;
    newest = pod.get();
  }
  if (newest != nullptr && one.of_one_pod.get() != newest->resources.get()) {
    one.of_one_pod = newest->resources;
    one.per_pod = PodAmounts(*newest);
  }
  return one;
}

std::vector<QuotaAnswer> QuotaDesk::Ask(std::span<const QuotaAsk> asks, Timestamp /*now*/) {
  std::vector<QuotaAnswer> answers(asks.size());
  bool lacks = false;
  const auto answer = [&answers](std::span<Growth> growths) {
    for (Growth& one : growths)
      answers[one.ask] = std::move(one.answer);
  };
  {
    const MutexLock lock(mutex_);
    GrowthsByNamespace acting;
    GrowthsByNamespace others;
    for (std::size_t i = 0; i < asks.size(); ++i) {
      const QuotaAsk& ask = asks[i];
      answers[i].allowed = ask.desired;
      if (book_.QuotasIn(ask.view->spec->ns).empty()) {
        Drop(ask.workload);
        continue;
      }
      Workload& one = Note(ask);
      const Replicas from = std::max(ask.current, one.staying);
      const Replicas by = ask.desired - from;
      if (by > 0) (ask.acts ? acting : others)[one.ns].push_back({i, &one, from, by, by, {}});
    }
    for (auto& [ns, growths] : acting) {
      Limit(std::string(ns), growths);
      lacks = Take(growths) || lacks;
      answer(growths);
    }
    for (auto& [ns, growths] : others) {  // Of what those have left.
      Limit(std::string(ns), growths);
      answer(growths);
    }
  }
  if (lacks && config_.wake_loop) config_.wake_loop();
  return answers;
}

// True: somebody lacks quota of whom that was not known.
bool QuotaDesk::Take(std::span<const Growth> growths) {
  bool lacks = false;
  for (const Growth& one : growths) {
    one.workload->taken = std::max(one.workload->taken, one.answer.allowed);
    one.workload->refused = one.fits < one.by;
    if (one.workload->refused) lacks = urgent_.insert(one.workload->ns).second || lacks;
  }
  return lacks;
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

void QuotaDesk::Limit(const std::string& ns, std::vector<Growth>& growths) {
  const QuotaAmounts requests = book_.RequestsIn(ns).value_or(QuotaAmounts{});
  const QuotaAmounts in_flight = InFlight(ns);
  std::vector<QuotaRoom> rooms;
  for (const auto& quota : book_.QuotasIn(ns)) {
    if (quota->scoped) continue;
    for (const auto& [resource, hard] : quota->hard) {
      if (!IsCountedByPods(resource)) continue;
      const std::string counted = CountedAs(resource);
      const Amount used = std::max(Get(quota->used, resource), Get(requests, counted));
      const Amount left = std::max<Amount>(hard - used - Get(in_flight, counted), 0);
      rooms.push_back({quota->name, resource, left});
    }
  }
  std::vector<PodWish> wishes;
  wishes.reserve(growths.size());
  for (const Growth& one : growths)
    wishes.push_back({one.workload->name, one.by, &one.workload->per_pod, one.workload->share});
  const std::vector<PodFit> fits = FitPods(rooms, wishes);
  for (std::size_t i = 0; i < growths.size(); ++i) {
    Growth& one = growths[i];
    one.fits = fits[i].fits;
    one.answer.allowed = one.from + one.fits;
    if (fits[i].lacks == nullptr) continue;
    one.answer.resource = fits[i].lacks->resource;
    one.answer.quota = fits[i].lacks->quota;
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
