#include "engine/embedded/control.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"
#include "engine/embedded/defaults.h"
#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

// Events beyond this many per namespace: the oldest go.
constexpr std::size_t kEventsMax = 2000;

Json ContainerStatuses(const Json& spec) {
  Json statuses = Json::array();
  const Json* containers = FindKey(spec, "containers");
  if (containers == nullptr || !containers->is_array()) return statuses;
  for (const Json& container : *containers) {
    statuses.push_back({{"name", Text(container, "name")},
                        {"image", Text(container, "image")},
                        {"imageID", ""},
                        {"ready", false},
                        {"started", false},
                        {"restartCount", 0},
                        {"state", {{"waiting", {{"reason", "ContainerCreating"}}}}}});
  }
  return statuses;
}

}  // namespace

void WorkQueue::AddAt(const ObjectKey& key, Timestamp at) {
  const auto [it, fresh] = later_.try_emplace(key, at);
  if (!fresh) {
    if (it->second <= at) return;
    order_.erase({it->second, key});
    it->second = at;
  }
  order_.insert({at, key});
}

bool WorkQueue::Advance(Timestamp now) {
  while (!order_.empty() && order_.begin()->first <= now) {
    const ObjectKey key = order_.begin()->second;
    order_.erase(order_.begin());
    later_.erase(key);
    ready_.insert(key);
  }
  return !ready_.empty();
}

ObjectKey WorkQueue::Take() {
  HPAPLUS_CHECK(!ready_.empty());
  ObjectKey key = *ready_.begin();
  ready_.erase(ready_.begin());
  return key;
}

Timestamp WorkQueue::next() const {
  return order_.empty() ? Timestamp::max() : order_.begin()->first;
}

ObjectKey KeyOf(const std::string& resource, const Json& object) {
  return {resource, Text(object, "metadata.namespace"), Text(object, "metadata.name")};
}

bool IsGoing(const Json& object) {
  return Find(object, "metadata.deletionTimestamp") != nullptr;
}

PodCounts Count(const std::vector<ObjectPtr>& pods, Duration min_ready, Timestamp now) {
  PodCounts counts;
  for (const ObjectPtr& pod : pods) {
    const std::string phase = Text(*pod, "status.phase");
    if (IsGoing(*pod) || phase == "Failed" || phase == "Succeeded") continue;
    ++counts.active;
    if (!IsPodReady(*pod)) continue;
    ++counts.ready;
    Timestamp since = now;
    for (const Json& condition : *Find(*pod, "status.conditions")) {
      if (Text(condition, "type") != "Ready") continue;
      const Result<Timestamp> at = ParseRfc3339(Text(condition, "lastTransitionTime"));
      if (at) since = *at;
    }
    if (now - since >= min_ready) {
      ++counts.available;
    } else {
      counts.next_available = std::min(counts.next_available, since + min_ready);
    }
  }
  return counts;
}

void SetCondition(Json& conditions, const std::string& type, bool status, const std::string& reason,
                  const std::string& message, Timestamp now) {
  if (!conditions.is_array()) conditions = Json::array();
  const auto it = std::find_if(conditions.begin(), conditions.end(),
                               [&](const Json& one) { return Text(one, "type") == type; });
  const std::string text = status ? "True" : "False";
  Json condition{{"type", type},
                 {"status", text},
                 {"reason", reason},
                 {"message", message},
                 {"lastTransitionTime", FormatRfc3339(now)}};
  if (it == conditions.end()) {
    conditions.push_back(std::move(condition));
    return;
  }
  if (Text(*it, "status") == text) {
    condition["lastTransitionTime"] = Text(*it, "lastTransitionTime");
  }
  *it = std::move(condition);
}

std::string TemplateHash(const Json& pod_template) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  constexpr int kLength = 10;
  std::uint64_t hash = Fnv1a(Dump(pod_template));
  std::string text;
  for (int i = 0; i < kLength; ++i) {
    text += kAlphabet[hash % kAlphabet.size()];
    hash /= kAlphabet.size();
  }
  return text;
}

bool Control::Put(const ObjectKey& key, const Json& present, Json object) const {
  if (SameValue(object, present)) return true;
  const Result<ObjectPtr> stored = store().Update(key, VersionOf(present), std::move(object));
  if (!stored) queue.Add(key);
  return stored.has_value();
}

bool Control::PutStatus(const ObjectKey& key, const Json& present, Json status) const {
  const Json* old = FindKey(present, "status");
  if (old != nullptr && SameValue(*old, status)) return true;
  Json object = present;
  object["status"] = std::move(status);
  return Put(key, present, std::move(object));
}

void Control::Emit(const Json& object, const char* component, const char* reason,
                   const std::string& message, bool warning) const {
  const std::string ns = Text(object, "metadata.namespace");
  const Timestamp now = objects.Now();
  const std::string at = FormatRfc3339(now);
  const std::string name =
      fmt::format("{}.{:016x}", Text(object, "metadata.name"), now.time_since_epoch().count());
  Json involved{{"kind", Text(object, "kind")},
                {"namespace", ns},
                {"name", Text(object, "metadata.name")},
                {"uid", Text(object, "metadata.uid")},
                {"apiVersion", Text(object, "apiVersion")},
                {"resourceVersion", Text(object, "metadata.resourceVersion")}};
  Json event{{"kind", "Event"},
             {"apiVersion", "v1"},
             {"metadata", {{"name", name}, {"namespace", ns}}},
             {"involvedObject", std::move(involved)},
             {"reason", reason},
             {"message", message},
             {"source", {{"component", component}}},
             {"firstTimestamp", at},
             {"lastTimestamp", at},
             {"count", 1},
             {"type", warning ? "Warning" : "Normal"},
             {"reportingComponent", component},
             {"reportingInstance", ""}};
  WriteOptions options;
  options.trusted = true;
  const ResourcePtr resource = objects.resources().Find("", "v1", "events");
  (void)objects.Create(*resource, ns, std::move(event), options);
  if (store().Count(kEvents, ns) <= kEventsMax) return;
  const Result<Listing> all = store().List(kEvents, ns);
  if (!all) return;
  const auto oldest = std::min_element(
      all->objects.begin(), all->objects.end(),
      [](const ObjectPtr& a, const ObjectPtr& b) { return VersionOf(*a) < VersionOf(*b); });
  (void)store().Delete(KeyOf(kEvents, **oldest), VersionOf(**oldest));
}

std::vector<ObjectPtr> Control::PodsOf(const Json& owner) const {
  std::vector<ObjectPtr> pods;
  for (const ObjectKey& key : store().Dependents(Text(owner, "metadata.uid"))) {
    if (key.resource != kPods) continue;
    if (ObjectPtr pod = store().Get(key)) pods.push_back(std::move(pod));
  }
  return pods;
}

ApiResult<ObjectPtr> Control::CreatePod(const Resource& resource, const Json& owner,
                                        const Json& pod_template, const std::string& name,
                                        const Json& labels) const {
  Json pod{{"kind", "Pod"}, {"apiVersion", "v1"}};
  const Json* metadata = FindKey(pod_template, "metadata");
  pod["metadata"] = metadata != nullptr && metadata->is_object() ? *metadata : Json::object();
  if (name.ends_with('-')) {
    pod["metadata"]["generateName"] = name;
    pod["metadata"].erase("name");
  } else {
    pod["metadata"]["name"] = name;
  }
  for (auto it = labels.begin(); it != labels.end(); ++it) {
    ObjectAt(pod, "metadata.labels")[it.key()] = it.value();
  }
  pod["metadata"]["ownerReferences"] = Json::array({ReferenceTo(resource, owner)});
  pod["metadata"].erase("namespace");
  const Json* spec = FindKey(pod_template, "spec");
  pod["spec"] = spec != nullptr && spec->is_object() ? *spec : Json::object();
  pod["spec"]["nodeName"] = kNodeName;
  const Timestamp now = objects.Now();
  Json status{{"phase", "Pending"}, {"hostIP", "10.0.0.1"}, {"startTime", FormatRfc3339(now)}};
  SetCondition(status["conditions"], "PodScheduled", true, "", "", now);
  SetCondition(status["conditions"], "Ready", false, "ContainersNotReady", "", now);
  status["containerStatuses"] = ContainerStatuses(pod["spec"]);
  pod["status"] = std::move(status);
  WriteOptions options;
  options.trusted = true;
  const ResourcePtr pods = objects.resources().Find("", "v1", "pods");
  return objects.Create(*pods, Text(owner, "metadata.namespace"), std::move(pod), options);
}

void Control::DeletePod(const Json& pod) const {
  const ResourcePtr pods = objects.resources().Find("", "v1", "pods");
  (void)objects.Delete(*pods, KeyOf(kPods, pod), {});
}

}  // namespace hpaplus::embedded
