#include "engine/embedded/pod_lifecycle.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/annotations.h"
#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

// From the pod, else from its workload, else the cluster's.
Duration DelayOf(const Control& control, const Json& pod, const char* annotation,
                 Duration fallback) {
  std::string text = Annotation(pod, annotation);
  if (text.empty()) {
    const ObjectPtr workload = WorkloadOf(control.store(), control.objects.resources(), pod);
    if (workload != nullptr) text = Annotation(*workload, annotation);
  }
  const Result<Duration> delay = ParseDuration(text);
  return delay ? *delay : fallback;
}

Json RunningStatuses(const Json& pod, const std::string& at) {
  Json statuses = Json::array();
  const Json* containers = Find(pod, "spec.containers");
  if (containers == nullptr || !containers->is_array()) return statuses;
  for (const Json& container : *containers) {
    statuses.push_back({{"name", Text(container, "name")},
                        {"image", Text(container, "image")},
                        {"imageID", ""},
                        {"ready", true},
                        {"started", true},
                        {"restartCount", 0},
                        {"state", {{"running", {{"startedAt", at}}}}}});
  }
  return statuses;
}

}  // namespace

void PodLifecycle::Reconcile(const Control& control, const ObjectKey& key) {
  const ObjectPtr pod = control.store().Get(key);
  if (pod == nullptr) {
    known_.erase(key);
    return;
  }
  const Timestamp now = control.objects.Now();
  const std::string uid = Text(*pod, "metadata.uid");
  Known& known = known_[key];
  if (known.uid != uid) known = {uid, now, {}, false};
  if (IsGoing(*pod)) {
    if (!known.going) {
      known.going = true;
      known.stopping = now;
    }
    const Duration grace = std::chrono::seconds(Int(*pod, "metadata.deletionGracePeriodSeconds"));
    const Duration delay = std::min(grace, DelayOf(control, *pod, kStopDelay, control.stop_delay));
    if (now < known.stopping + delay) return control.queue.AddAt(key, known.stopping + delay);
    const Json* finalizers = Find(*pod, "metadata.finalizers");
    if (finalizers != nullptr && !finalizers->empty()) return;  // Somebody else's turn.
    if (!control.store().Delete(key, VersionOf(*pod))) control.queue.Add(key);
    return;
  }
  if (Text(*pod, "status.phase") != "Pending") return;
  if (Text(*pod, "spec.nodeName").empty()) return Schedule(control, key, *pod);
  const Timestamp due = known.seen + DelayOf(control, *pod, kStartDelay, control.start_delay);
  if (now < due) return control.queue.AddAt(key, due);
  MakeReady(control, key, *pod);
}

void PodLifecycle::Schedule(const Control& control, const ObjectKey& key, const Json& pod) {
  const Timestamp now = control.objects.Now();
  Json object = pod;
  object["spec"]["nodeName"] = kNodeName;
  Json& status = ObjectAt(object, "status");
  status["hostIP"] = "10.0.0.1";
  status["startTime"] = FormatRfc3339(now);
  SetCondition(status["conditions"], "PodScheduled", true, "", "", now);
  control.Put(key, pod, std::move(object));
}

void PodLifecycle::MakeReady(const Control& control, const ObjectKey& key, const Json& pod) {
  const Timestamp now = control.objects.Now();
  const std::string at = FormatRfc3339(now);
  ++addresses_;
  const std::string address = fmt::format("10.{}.{}.{}", 1U + ((addresses_ >> 16U) & 0x7FU),
                                          (addresses_ >> 8U) & 0xFFU, addresses_ & 0xFFU);
  Json object = pod;
  Json& status = ObjectAt(object, "status");
  status["phase"] = "Running";
  for (const char* type : {"Initialized", "ContainersReady", "Ready"}) {
    SetCondition(status["conditions"], type, true, "", "", now);
  }
  status["podIP"] = address;
  status["podIPs"] = Json::array({{{"ip", address}}});
  status["containerStatuses"] = RunningStatuses(pod, at);
  control.Put(key, pod, std::move(object));
}

}  // namespace hpaplus::embedded
