#include "engine/core/pod_requests.h"

#include <algorithm>

#include "engine/base/same_text.h"
#include "engine/core/rounding.h"
#include "engine/model/reading.h"

namespace hpaplus {
namespace {

const Quantity* Find(const ResourceList& list, std::string_view name) {
  const auto found =
      std::ranges::find_if(list, [name](const auto& entry) { return SameText(entry.first, name); });
  return found == list.end() ? nullptr : &found->second;
}

// The resources that a pod may ask for as a whole.
bool IsPodLevelResource(std::string_view name) {
  return name == "cpu" || name == "memory" || name.starts_with("hugepages-");
}

bool StatesPodRequests(const PodResources& pod) {
  return pod.pod_requests && std::ranges::any_of(*pod.pod_requests, [](const auto& entry) {
           return IsPodLevelResource(entry.first);
         });
}

void AddTo(std::optional<Quantity>& sum, const Quantity* more) {
  if (more == nullptr) return;
  sum = sum ? sum->Plus(*more) : *more;
}

void RaiseTo(std::optional<Quantity>& most, const std::optional<Quantity>& other) {
  if (other && (!most || most->Compare(*other) < 0)) most = other;
}

// What the scheduler reserves: the containers and sidecars together, or the one moment of the
// start, before they all run, that needs more.
std::optional<Quantity> Reservation(const PodResources& pod, std::string_view resource) {
  std::optional<Quantity> running;
  for (const Container& container : pod.containers)
    AddTo(running, Find(container.requests, resource));
  std::optional<Quantity> sidecars;
  std::optional<Quantity> starting;
  for (const Container& container : pod.init_containers) {
    const Quantity* const request = Find(container.requests, resource);
    std::optional<Quantity> now = sidecars;
    AddTo(now, request);
    if (container.restarts_always) {
      AddTo(running, request);
      sidecars = now;
    }
    RaiseTo(starting, now);
  }
  RaiseTo(running, starting);
  return running;
}

// Nobody asks for less than nothing, nor for what does not fit.
std::optional<std::int64_t> Valid(std::int64_t milli) {
  return milli < 0 ? std::nullopt : std::optional(milli);
}

std::optional<std::int64_t> WholePodMilli(const PodResources& pod, std::string_view resource) {
  std::optional<Quantity> total;
  if (IsPodLevelResource(resource)) AddTo(total, Find(*pod.pod_requests, resource));
  if (!total) total = Reservation(pod, resource);
  AddTo(total, Find(pod.overhead, resource));
  return total ? Valid(SampleMilli(*total)) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> PodRequestMilli(const PodResources& pod, const RequestRules& rules) {
  if (rules.pod_level && rules.container.empty() && StatesPodRequests(pod)) {
    return WholePodMilli(pod, rules.resource);
  }
  Int128 sum = 0;
  bool found = false;
  for (const auto* list : {&pod.containers, &pod.init_containers}) {
    for (const Container& container : *list) {
      if (list == &pod.init_containers && !container.restarts_always) continue;
      if (!rules.container.empty() && !SameText(container.name, rules.container)) continue;
      const Quantity* const request = Find(container.requests, rules.resource);
      if (request == nullptr) return std::nullopt;
      const auto milli = Valid(SampleMilli(*request));
      if (!milli) return std::nullopt;
      sum += *milli;
      found = true;
      if (!rules.container.empty()) return SaturateToInt64(sum);
    }
  }
  if (!rules.container.empty() && !found) return std::nullopt;
  return SaturateToInt64(sum);
}

}  // namespace hpaplus
