#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/control.h"
#include "engine/embedded/owners.h"
#include "engine/embedded/selector.h"

// StatefulSets, and custom kinds with a /scale subresource: pods with numbers.

namespace hpaplus::embedded {
namespace {

constexpr char kRevisionLabel[] = "controller-revision-hash";
constexpr Duration kRetry = std::chrono::seconds(1);
constexpr std::int64_t kBatch = 500;

// What differs between the kinds.
struct Numbered {
  ResourcePtr resource;
  const char* component = "";
  ObjectPtr owner;
  std::int64_t wanted = 0;
  bool ordered = false;  // One after the other.
  bool updates = false;  // Pods of an older template are replaced.
  std::int64_t partition = 0;
  std::string revision;
};

// By number; pods whose name has none are left out.
using ByOrdinal = std::map<std::int64_t, ObjectPtr>;

std::optional<std::int64_t> OrdinalOf(const Json& pod) {
  const std::string name = Text(pod, "metadata.name");
  const std::size_t dash = name.rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  std::int64_t ordinal = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + dash + 1, end, ordinal);
  if (error != std::errc() || stop != end) return std::nullopt;
  return ordinal;
}

std::string RevisionOf(const Json& pod) {
  const Json* labels = Find(pod, "metadata.labels");
  const Json* label = labels == nullptr ? nullptr : FindKey(*labels, kRevisionLabel);
  return label != nullptr && label->is_string() ? label->get<std::string>() : std::string();
}

// False when it could not be made.
bool CreateNumbered(const Control& control, const Numbered& set, std::int64_t ordinal) {
  const std::string name = fmt::format("{}-{}", Text(*set.owner, "metadata.name"), ordinal);
  const Json labels{{kRevisionLabel, set.revision},
                    {"statefulset.kubernetes.io/pod-name", name},
                    {"apps.kubernetes.io/pod-index", std::to_string(ordinal)}};
  ApiResult<ObjectPtr> pod = control.CreatePod(*set.resource, *set.owner,
                                               *Find(*set.owner, "spec.template"), name, labels);
  if (pod) {
    control.Emit(*set.owner, set.component, "SuccessfulCreate",
                 fmt::format("create Pod {} in {} {} successful", name, set.resource->kind,
                             Text(*set.owner, "metadata.name")));
    return true;
  }
  // A pod of that name that is still going is waited for without a word.
  if (pod.error().reason != "AlreadyExists") {
    control.Emit(*set.owner, set.component, "FailedCreate",
                 fmt::format("create Pod {} failed: {}", name, pod.error().message), true);
  }
  return false;
}

void DeleteNumbered(const Control& control, const Numbered& set, const Json& pod) {
  control.DeletePod(pod);
  control.Emit(*set.owner, set.component, "SuccessfulDelete",
               fmt::format("delete Pod {} in {} {} successful", Text(pod, "metadata.name"),
                           set.resource->kind, Text(*set.owner, "metadata.name")));
}

// True when there is nothing left to make.
bool Grow(const Control& control, const Numbered& set, const ByOrdinal& pods) {
  std::int64_t made = 0;
  for (std::int64_t ordinal = 0; ordinal < set.wanted; ++ordinal) {
    const auto it = pods.find(ordinal);
    if (it == pods.end()) {
      const bool created = made < kBatch && CreateNumbered(control, set, ordinal);
      if (!created || set.ordered) return false;
      ++made;
    } else if (IsGoing(*it->second) || (set.ordered && !IsPodReady(*it->second))) {
      if (set.ordered) return false;
    }
  }
  return made == 0;
}

// True when there is nothing too much.
bool Shrink(const Control& control, const Numbered& set, const ByOrdinal& pods) {
  std::int64_t deleted = 0;
  bool clean = true;
  for (auto it = pods.rbegin(); it != pods.rend() && it->first >= set.wanted; ++it) {
    clean = false;
    if (!IsGoing(*it->second)) {
      DeleteNumbered(control, set, *it->second);
      if (++deleted >= kBatch) break;
    }
    if (set.ordered) break;
  }
  return clean;
}

void Update(const Control& control, const Numbered& set, const ByOrdinal& pods) {
  for (auto it = pods.rbegin(); it != pods.rend() && it->first >= set.partition; ++it) {
    const Json& pod = *it->second;
    if (IsGoing(pod)) return;
    if (RevisionOf(pod) != set.revision) return DeleteNumbered(control, set, pod);
    if (!IsPodReady(pod)) return;
  }
}

void Drive(const Control& control, const Numbered& set, const ObjectKey& key) {
  ByOrdinal pods;
  for (const ObjectPtr& pod : control.PodsOf(*set.owner)) {
    if (const auto ordinal = OrdinalOf(*pod)) pods[*ordinal] = pod;
  }
  const bool grown = Grow(control, set, pods);
  // An ordered set finishes growing before it shrinks.
  if (!grown && set.ordered) {
    control.queue.AddAt(key, control.objects.Now() + kRetry);
    return;
  }
  const bool shrunk = Shrink(control, set, pods);
  if (grown && shrunk) {
    if (set.updates) Update(control, set, pods);
    return;
  }
  control.queue.AddAt(key, control.objects.Now() + kRetry);
}

std::string RevisionName(const Json& owner) {
  const Json* pod_template = Find(owner, "spec.template");
  return Text(owner, "metadata.name") + "-" +
         TemplateHash(pod_template == nullptr ? Json() : *pod_template);
}

Json StatefulSetStatus(const Json& set, const std::vector<ObjectPtr>& pods, const PodCounts& counts,
                       const std::string& revision) {
  const auto updated =
      static_cast<std::int64_t>(std::count_if(pods.begin(), pods.end(), [&](const ObjectPtr& pod) {
        return !IsGoing(*pod) && RevisionOf(*pod) == revision;
      }));
  std::string current = Text(set, "status.currentRevision");
  if (current.empty() || updated == Int(set, "spec.replicas")) current = revision;
  Json status{{"observedGeneration", Int(set, "metadata.generation")},
              {"replicas", counts.active},
              {"availableReplicas", counts.available},
              {"currentRevision", current},
              {"updateRevision", revision},
              {"collisionCount", 0}};
  if (counts.ready > 0) status["readyReplicas"] = counts.ready;
  if (updated > 0) status["updatedReplicas"] = updated;
  const std::int64_t outdated = current == revision ? updated : counts.active - updated;
  if (outdated > 0) status["currentReplicas"] = outdated;
  return status;
}

// The labels by which pods of a custom workload are found: what it selects, or what they have.
std::string SelectorText(const Json& object) {
  Json selector = Json::object();
  if (const Json* given = Find(object, "spec.selector"); given && given->is_object()) {
    selector = *given;
  } else if (const Json* labels = Find(object, "spec.template.metadata.labels")) {
    selector["matchLabels"] = *labels;
  }
  return LabelSelector::FromJson(&selector).ToString();
}

}  // namespace

void ReconcileStatefulSet(const Control& control, const ObjectKey& key) {
  const ObjectPtr set = control.store().Get(key);
  if (set == nullptr || IsGoing(*set) || Find(*set, "spec.template") == nullptr) return;
  Numbered numbered;
  numbered.resource = control.objects.resources().Find("apps", "v1", "statefulsets");
  numbered.component = "statefulset-controller";
  numbered.owner = set;
  numbered.wanted = Int(*set, "spec.replicas");
  numbered.ordered = Text(*set, "spec.podManagementPolicy") != "Parallel";
  numbered.updates = Text(*set, "spec.updateStrategy.type") == "RollingUpdate";
  numbered.partition = Int(*set, "spec.updateStrategy.rollingUpdate.partition");
  numbered.revision = RevisionName(*set);
  Drive(control, numbered, key);
  const std::vector<ObjectPtr> pods = control.PodsOf(*set);
  const Duration min_ready = std::chrono::seconds(Int(*set, "spec.minReadySeconds"));
  const PodCounts counts = Count(pods, min_ready, control.objects.Now());
  if (counts.next_available != Timestamp::max()) control.queue.AddAt(key, counts.next_available);
  control.PutStatus(key, *set, StatefulSetStatus(*set, pods, counts, numbered.revision));
}

void ReconcileCustomWorkload(const Control& control, const ObjectKey& key) {
  const ResourcePtr resource = control.objects.resources().FindByStorage(key.resource);
  if (resource == nullptr || !resource->scale || !resource->has_status) return;
  const ObjectPtr object = control.store().Get(key);
  if (object == nullptr || IsGoing(*object)) return;
  const std::int64_t wanted = Int(*object, resource->scale->spec_replicas);
  const Timestamp now = control.objects.Now();
  Json changed = *object;
  const Json* pod_template = Find(*object, "spec.template");
  if (pod_template != nullptr && Find(*pod_template, "spec.containers") != nullptr) {
    Drive(control,
          {resource, "embedded-cluster", object, wanted, false, false, 0, RevisionName(*object)},
          key);
    const PodCounts counts = Count(control.PodsOf(*object), Duration::zero(), now);
    Set(changed, resource->scale->status_replicas, counts.active);
    Set(changed, "status.readyReplicas", counts.ready);
  } else if (Int(*object, resource->scale->status_replicas) != wanted) {
    // There are no pods to wait for, so it is the time they would take that is waited for.
    const auto [since, fresh] = control.goals.try_emplace(key, Goal{wanted, now});
    if (!fresh && since->second.replicas != wanted) since->second = {wanted, now};
    const Timestamp due = since->second.since + control.start_delay;
    if (now < due) return control.queue.AddAt(key, due);
    Set(changed, resource->scale->status_replicas, wanted);
    Set(changed, "status.readyReplicas", wanted);
    control.goals.erase(key);
  }
  Set(changed, "status.observedGeneration", Int(*object, "metadata.generation"));
  if (!resource->scale->selector.empty()) {
    const std::string selector = SelectorText(*object);
    if (!selector.empty()) Set(changed, resource->scale->selector, selector);
  }
  resource->schema->Prune(changed);
  control.Put(key, *object, std::move(changed));
}

}  // namespace hpaplus::embedded
