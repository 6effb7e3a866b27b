#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/control.h"
#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

constexpr char kComponent[] = "deployment-controller";
constexpr char kHashLabel[] = "pod-template-hash";
constexpr Duration kRetry = std::chrono::seconds(1);
constexpr char kRevision[] = "deployment.kubernetes.io/revision";

struct Sets {
  ObjectPtr current;           // Of the present template; null until it is made.
  std::vector<ObjectPtr> old;  // Oldest first.
};

std::int64_t RevisionOf(const Json& object) {
  const std::string text = Annotation(object, kRevision);
  std::int64_t revision = 0;
  std::from_chars(text.data(), text.data() + text.size(), revision);
  return revision;
}

// "25%" of `total`, or a plain number.
std::int64_t Resolve(const Json* value, std::int64_t total, bool round_up) {
  if (value == nullptr) return 0;
  if (value->is_number_integer()) return value->get<std::int64_t>();
  if (!value->is_string()) return 0;
  const std::string text = value->get<std::string>();
  double percent = 0;
  std::from_chars(text.data(), text.data() + text.size(), percent);
  const double exact = percent / 100 * static_cast<double>(total);
  return static_cast<std::int64_t>(round_up ? std::ceil(exact) : std::floor(exact));
}

Sets SetsOf(const Control& control, const Json& deployment, const std::string& hash) {
  Sets sets;
  for (const ObjectKey& key : control.store().Dependents(Text(deployment, "metadata.uid"))) {
    if (key.resource != kReplicaSets) continue;
    const ObjectPtr set = control.store().Get(key);
    if (set == nullptr || IsGoing(*set)) continue;
    const Json* labels = Find(*set, "metadata.labels");
    const Json* label = labels == nullptr ? nullptr : FindKey(*labels, kHashLabel);
    if (label != nullptr && *label == hash) {
      sets.current = set;
    } else {
      sets.old.push_back(set);
    }
  }
  std::sort(sets.old.begin(), sets.old.end(),
            [](const ObjectPtr& a, const ObjectPtr& b) { return RevisionOf(*a) < RevisionOf(*b); });
  return sets;
}

std::int64_t SumOf(const std::vector<ObjectPtr>& sets, std::string_view path) {
  std::int64_t sum = 0;
  for (const ObjectPtr& set : sets)
    sum += Int(*set, path);
  return sum;
}

void CreateSet(const Control& control, const Json& deployment, const std::string& hash,
               std::int64_t replicas, std::int64_t revision) {
  const std::string ns = Text(deployment, "metadata.namespace");
  const std::string name = Text(deployment, "metadata.name") + "-" + hash;
  Json pod_template = *Find(deployment, "spec.template");
  ObjectAt(pod_template, "metadata.labels")[kHashLabel] = hash;
  Json selector = *Find(deployment, "spec.selector");
  ObjectAt(selector, "matchLabels")[kHashLabel] = hash;
  const ResourceTable& resources = control.objects.resources();
  Json metadata{
      {"name", name},
      {"labels", *Find(pod_template, "metadata.labels")},
      {"annotations", {{kRevision, std::to_string(revision)}}},
      {"ownerReferences",
       Json::array({ReferenceTo(*resources.Find("apps", "v1", "deployments"), deployment)})}};
  Json set{{"kind", "ReplicaSet"},
           {"apiVersion", "apps/v1"},
           {"metadata", std::move(metadata)},
           {"spec", {{"replicas", replicas}, {"selector", selector}, {"template", pod_template}}}};
  if (const Json* seconds = Find(deployment, "spec.minReadySeconds")) {
    set["spec"]["minReadySeconds"] = *seconds;
  }
  WriteOptions options;
  options.trusted = true;
  ApiResult<ObjectPtr> created = control.objects.Create(
      *resources.Find("apps", "v1", "replicasets"), ns, std::move(set), options);
  if (!created) {
    control.Emit(deployment, kComponent, "ReplicaSetCreateError", created.error().message, true);
    control.queue.AddAt(KeyOf(kDeployments, deployment), control.objects.Now() + kRetry);
    return;
  }
  if (replicas > 0) {
    control.Emit(deployment, kComponent, "ScalingReplicaSet",
                 fmt::format("Scaled up replica set {} from 0 to {}", name, replicas));
  }
}

void ScaleSet(const Control& control, const Json& deployment, const Json& set,
              std::int64_t replicas) {
  const std::int64_t before = Int(set, "spec.replicas");
  if (before == replicas) return;
  Json object = set;
  object["spec"]["replicas"] = replicas;
  object["metadata"]["generation"] = Int(set, "metadata.generation") + 1;
  if (!control.Put(KeyOf(kReplicaSets, set), set, std::move(object))) {
    control.queue.Add(KeyOf(kDeployments, deployment));
    return;
  }
  control.Emit(
      deployment, kComponent, "ScalingReplicaSet",
      fmt::format("Scaled {} replica set {} from {} to {}", before < replicas ? "up" : "down",
                  Text(set, "metadata.name"), before, replicas));
}

struct Rollout {
  std::int64_t wanted = 0;
  std::int64_t surge = 0;
  std::int64_t unavailable = 0;
  bool recreate = false;
};

Rollout RolloutOf(const Json& deployment) {
  Rollout rollout;
  rollout.wanted = Int(deployment, "spec.replicas");
  rollout.recreate = Text(deployment, "spec.strategy.type") == "Recreate";
  const Json* rolling = Find(deployment, "spec.strategy.rollingUpdate");
  if (rolling != nullptr) {
    rollout.surge = Resolve(FindKey(*rolling, "maxSurge"), rollout.wanted, true);
    rollout.unavailable = Resolve(FindKey(*rolling, "maxUnavailable"), rollout.wanted, false);
  }
  if (rollout.surge == 0 && rollout.unavailable == 0) rollout.unavailable = 1;
  return rollout;
}

// How many replicas the new set may have now.
std::int64_t RoomForNew(const Rollout& rollout, const Sets& sets) {
  const std::int64_t old = SumOf(sets.old, "spec.replicas");
  if (old == 0) return rollout.wanted;
  if (rollout.recreate) return SumOf(sets.old, "status.replicas") > 0 ? 0 : rollout.wanted;
  const std::int64_t present = sets.current ? Int(*sets.current, "spec.replicas") : 0;
  if (present >= rollout.wanted) return rollout.wanted;
  const std::int64_t room = rollout.wanted + rollout.surge - old - present;
  return std::min(rollout.wanted, present + std::max<std::int64_t>(0, room));
}

void ShrinkOld(const Control& control, const Json& deployment, const Rollout& rollout,
               const Sets& sets) {
  std::int64_t surplus = SumOf(sets.old, "spec.replicas");
  if (!rollout.recreate && sets.current != nullptr) {
    const std::int64_t available = SumOf(sets.old, "status.availableReplicas") +
                                   Int(*sets.current, "status.availableReplicas");
    // Replicas of old sets that are not available serve nobody and can go at once.
    const std::int64_t broken = surplus - SumOf(sets.old, "status.availableReplicas");
    const std::int64_t spare = available - (rollout.wanted - rollout.unavailable);
    surplus =
        std::min(surplus, std::max<std::int64_t>(0, broken) + std::max<std::int64_t>(0, spare));
  }
  for (const ObjectPtr& set : sets.old) {
    const std::int64_t has = Int(*set, "spec.replicas");
    const std::int64_t less = std::min(has, surplus);
    if (less <= 0) continue;
    ScaleSet(control, deployment, *set, has - less);
    surplus -= less;
  }
}

void PutStatus(const Control& control, const ObjectKey& key, const Json& deployment,
               const Sets& sets) {
  std::vector<ObjectPtr> all = sets.old;
  if (sets.current != nullptr) all.push_back(sets.current);
  const std::int64_t wanted = Int(deployment, "spec.replicas");
  const std::int64_t available = SumOf(all, "status.availableReplicas");
  const std::int64_t total = SumOf(all, "status.replicas");
  const std::int64_t updated = sets.current ? Int(*sets.current, "status.replicas") : 0;
  Json status{{"observedGeneration", Int(deployment, "metadata.generation")}};
  const auto put = [&](const char* name, std::int64_t value) {
    if (value > 0) status[name] = value;
  };
  put("replicas", total);
  put("updatedReplicas", updated);
  put("readyReplicas", SumOf(all, "status.readyReplicas"));
  put("availableReplicas", available);
  put("unavailableReplicas", std::max<std::int64_t>(0, std::max(wanted, total) - available));
  const Json* old = Find(deployment, "status.conditions");
  Json conditions = old != nullptr ? *old : Json::array();
  const Timestamp now = control.objects.Now();
  const bool enough = available >= wanted - RolloutOf(deployment).unavailable;
  SetCondition(conditions, "Available", enough,
               enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
               enough ? "Deployment has minimum availability."
                      : "Deployment does not have minimum availability.",
               now);
  const bool done = updated == wanted && total == wanted && available == wanted;
  const std::string name = sets.current ? Text(*sets.current, "metadata.name") : "";
  SetCondition(conditions, "Progressing", true,
               done ? "NewReplicaSetAvailable" : "ReplicaSetUpdated",
               fmt::format("ReplicaSet \"{}\" {}", name,
                           done ? "has successfully progressed." : "is progressing."),
               now);
  status["conditions"] = std::move(conditions);
  control.PutStatus(key, deployment, std::move(status));
}

}  // namespace

void ReconcileDeployment(const Control& control, const ObjectKey& key) {
  ObjectPtr deployment = control.store().Get(key);
  if (deployment == nullptr || IsGoing(*deployment)) return;
  const Json* pod_template = Find(*deployment, "spec.template");
  if (pod_template == nullptr) return;
  const std::string hash = TemplateHash(*pod_template);
  Sets sets = SetsOf(control, *deployment, hash);
  const Rollout rollout = RolloutOf(*deployment);
  const std::int64_t newest = sets.old.empty() ? 0 : RevisionOf(*sets.old.back());
  const bool paused = Flag(*deployment, "spec.paused");
  if (sets.current == nullptr && !paused) {
    CreateSet(control, *deployment, hash, RoomForNew(rollout, sets), newest + 1);
  } else if (sets.current != nullptr) {
    if (RevisionOf(*sets.current) <= newest) {  // An old template has come back.
      Json object = *sets.current;
      object["metadata"]["annotations"][kRevision] = std::to_string(newest + 1);
      control.Put(KeyOf(kReplicaSets, object), *sets.current, std::move(object));
    }
    sets = SetsOf(control, *deployment, hash);
    ScaleSet(control, *deployment, *sets.current, RoomForNew(rollout, sets));
    if (!paused) ShrinkOld(control, *deployment, rollout, sets);
  }
  sets = SetsOf(control, *deployment, hash);
  const std::int64_t keep = Int(*deployment, "spec.revisionHistoryLimit", 10);
  for (std::size_t i = 0; static_cast<std::int64_t>(sets.old.size() - i) > keep; ++i) {
    const Json& set = *sets.old[i];
    if (Int(set, "spec.replicas") > 0 || Int(set, "status.replicas") > 0) continue;
    (void)control.store().Delete(KeyOf(kReplicaSets, set), VersionOf(set));
  }
  if (sets.current != nullptr) {
    Json object = *deployment;
    ObjectAt(object, "metadata.annotations")[kRevision] = Annotation(*sets.current, kRevision);
    if (!control.Put(key, *deployment, std::move(object))) return;
    deployment = control.store().Get(key);
    if (deployment == nullptr) return;
  }
  PutStatus(control, key, *deployment, sets);
}

}  // namespace hpaplus::embedded
