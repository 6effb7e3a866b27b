#include <algorithm>
#include <tuple>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/control.h"
#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

constexpr char kComponent[] = "replicaset-controller";
constexpr Duration kRetry = std::chrono::seconds(1);
// Pods made or deleted before others get their turn.
constexpr std::int64_t kBatch = 500;
// Single events per batch; the rest is told in one.
constexpr std::int64_t kEventsPerBatch = 10;

void EmitMany(const Control& control, const Json& owner, const char* reason, const char* verb,
              const std::vector<std::string>& names) {
  const auto count = static_cast<std::int64_t>(names.size());
  for (std::int64_t i = 0; i < std::min(count, kEventsPerBatch); ++i) {
    control.Emit(owner, kComponent, reason,
                 fmt::format("{} pod: {}", verb, names[static_cast<std::size_t>(i)]));
  }
  if (count <= kEventsPerBatch) return;
  control.Emit(owner, kComponent, reason,
               fmt::format("{} {} more pods", verb, count - kEventsPerBatch));
}

// The refusal of the first pod that could not be made.
std::optional<ApiError> Grow(const Control& control, const Json& set, std::int64_t missing) {
  const ResourcePtr resource = control.objects.resources().Find("apps", "v1", "replicasets");
  const Json* pod_template = Find(set, "spec.template");
  std::vector<std::string> names;
  std::optional<ApiError> refusal;
  const std::string prefix = Text(set, "metadata.name") + "-";
  for (std::int64_t i = 0; i < std::min(missing, kBatch) && !refusal; ++i) {
    ApiResult<ObjectPtr> pod =
        control.CreatePod(*resource, set, *pod_template, prefix, Json::object());
    if (pod) {
      names.push_back(Text(**pod, "metadata.name"));
    } else {
      refusal = pod.error();
    }
  }
  EmitMany(control, set, "SuccessfulCreate", "Created", names);
  if (refusal) {
    control.Emit(set, kComponent, "FailedCreate", "Error creating: " + refusal->message, true);
  }
  return refusal;
}

void Shrink(const Control& control, const Json& set, std::vector<ObjectPtr> pods,
            std::int64_t surplus) {
  const auto rank = [](const ObjectPtr& pod) {
    return std::make_tuple(IsPodReady(*pod), Text(*pod, "status.phase") == "Running");
  };
  // Not ready ones first, then the youngest.
  std::stable_sort(pods.begin(), pods.end(), [&](const ObjectPtr& a, const ObjectPtr& b) {
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    return Text(*a, "metadata.creationTimestamp") > Text(*b, "metadata.creationTimestamp");
  });
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < std::min(surplus, kBatch); ++i) {
    const Json& pod = *pods[static_cast<std::size_t>(i)];
    control.DeletePod(pod);
    names.push_back(Text(pod, "metadata.name"));
  }
  EmitMany(control, set, "SuccessfulDelete", "Deleted", names);
}

Json StatusOf(const Json& set, const PodCounts& counts, const std::optional<ApiError>& refusal,
              Timestamp now) {
  Json status{{"replicas", counts.active}};
  if (counts.active > 0) status["fullyLabeledReplicas"] = counts.active;
  if (counts.ready > 0) status["readyReplicas"] = counts.ready;
  if (counts.available > 0) status["availableReplicas"] = counts.available;
  status["observedGeneration"] = Int(set, "metadata.generation");
  if (refusal) {
    const Json* old = Find(set, "status.conditions");
    Json conditions = old != nullptr ? *old : Json::array();
    SetCondition(conditions, "ReplicaFailure", true, "FailedCreate", refusal->message, now);
    status["conditions"] = std::move(conditions);
  }
  return status;
}

}  // namespace

void ReconcileReplicaSet(const Control& control, const ObjectKey& key) {
  const ObjectPtr set = control.store().Get(key);
  if (set == nullptr || IsGoing(*set)) return;
  std::vector<ObjectPtr> pods = control.PodsOf(*set);
  pods.erase(
      std::remove_if(pods.begin(), pods.end(), [](const ObjectPtr& pod) { return IsGoing(*pod); }),
      pods.end());
  const Timestamp now = control.objects.Now();
  const Duration min_ready = std::chrono::seconds(Int(*set, "spec.minReadySeconds"));
  PodCounts counts = Count(pods, min_ready, now);
  const std::int64_t missing = Int(*set, "spec.replicas") - counts.active;
  std::optional<ApiError> refusal;
  if (missing > 0) refusal = Grow(control, *set, missing);
  if (missing < 0) Shrink(control, *set, pods, -missing);
  if (refusal) control.queue.AddAt(key, now + kRetry);
  if (missing != 0) {
    // What was done here comes back as changes; a rest is done after others had their turn.
    if (std::abs(missing) > kBatch) control.queue.AddAt(key, now);
    counts = Count(control.PodsOf(*set), min_ready, now);
  }
  if (counts.next_available != Timestamp::max()) control.queue.AddAt(key, counts.next_available);
  control.PutStatus(key, *set, StatusOf(*set, counts, refusal, now));
}

}  // namespace hpaplus::embedded
