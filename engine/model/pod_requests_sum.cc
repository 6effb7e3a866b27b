#include "engine/model/pod_requests_sum.h"

#include <algorithm>

namespace hpaplus {
namespace {

Amount Sum(Amount a, Amount b) {
  return std::min(a + b, kAmountMost);
}

void Add(const ResourceList& requests, QuotaAmounts& sum) {
  for (const auto& [resource, quantity] : requests) {
    Amount& total = sum["requests." + resource];
    total = Sum(total, AmountOf(resource, quantity, AmountRounding::kUp));
  }
}

}  // namespace

QuotaAmounts PodAmounts(const PodResources& pod) {
  QuotaAmounts running;
  for (const Container& one : pod.containers)
    Add(one.requests, running);
  // Sidecars run on; an init container runs beside those before it.
  QuotaAmounts sidecars;
  QuotaAmounts starting;
  for (const Container& one : pod.init_containers) {
    QuotaAmounts now = sidecars;
    Add(one.requests, now);
    if (one.restarts_always) sidecars = now;
    for (const auto& [name, amount] : now)
      starting[name] = std::max(starting[name], amount);
  }
  AddAmounts(sidecars, running);
  for (const auto& [name, amount] : starting)
    running[name] = std::max(running[name], amount);
  if (pod.pod_requests) {
    QuotaAmounts stated;
    Add(*pod.pod_requests, stated);
    for (const auto& [name, amount] : stated)
      running[name] = amount;
  }
  Add(pod.overhead, running);
  running["pods"] = 1;
  return running;
}

QuotaAmounts PodAmounts(const Pod& pod) {
  if (pod.phase == PodPhase::kSucceeded || pod.phase == PodPhase::kFailed) return {};
  return PodAmounts(*pod.resources);
}

std::string CountedAs(const std::string& resource) {
  if (resource == "cpu" || resource == "memory" || resource == "ephemeral-storage") {
    return "requests." + resource;
  }
  if (resource == "count/pods") return "pods";
  return resource;
}

bool IsCountedByPods(const std::string& resource) {
  const std::string name = CountedAs(resource);
  return name == "pods" || (name.starts_with("requests.") && name != "requests.storage");
}

void AddAmounts(const QuotaAmounts& amounts, QuotaAmounts& sum) {
  for (const auto& [name, amount] : amounts) {
    Amount& total = sum[name];
    total = Sum(total, amount);
  }
}

}  // namespace hpaplus
