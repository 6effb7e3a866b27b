#include "engine/embedded/defaults.h"

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

void DefaultProbe(Json& container, const char* name) {
  Json* probe = FindKey(container, name);
  if (probe == nullptr || !probe->is_object()) return;
  Merge(*probe, {{"timeoutSeconds", 1},
                 {"periodSeconds", 10},
                 {"successThreshold", 1},
                 {"failureThreshold", 3}});
  if (Json* get = FindKey(*probe, "httpGet")) Merge(*get, {{"path", "/"}, {"scheme", "HTTP"}});
}

std::string PullPolicy(const std::string& image) {
  if (image.find('@') != std::string::npos) return "IfNotPresent";
  const std::size_t colon = image.rfind(':');
  const bool tagged = colon != std::string::npos && image.find('/', colon) == std::string::npos;
  return !tagged || image.substr(colon) == ":latest" ? "Always" : "IfNotPresent";
}

void DefaultContainer(Json& container) {
  if (!container.is_object()) return;
  Json& resources = ObjectAt(container, "resources");
  if (const Json* limits = FindKey(resources, "limits")) {
    const Json copy = *limits;
    Merge(ObjectAt(resources, "requests"), copy);
  }
  if (Json* ports = FindKey(container, "ports"); ports != nullptr && ports->is_array()) {
    for (Json& port : *ports)
      Merge(port, {{"protocol", "TCP"}});
  }
  if (Json* variables = FindKey(container, "env"); variables && variables->is_array()) {
    for (Json& variable : *variables) {
      Json* field = Find(variable, "valueFrom.fieldRef");
      if (field != nullptr) Merge(*field, {{"apiVersion", "v1"}});
    }
  }
  for (const char* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    DefaultProbe(container, probe);
  }
  Merge(container, {{"terminationMessagePath", "/dev/termination-log"},
                    {"terminationMessagePolicy", "File"},
                    {"imagePullPolicy", PullPolicy(Text(container, "image"))}});
}

void DefaultPodSpec(Json& spec) {
  for (const char* list : {"containers", "initContainers"}) {
    Json* containers = FindKey(spec, list);
    if (containers == nullptr || !containers->is_array()) continue;
    for (Json& container : *containers)
      DefaultContainer(container);
  }
  if (Json* volumes = FindKey(spec, "volumes"); volumes != nullptr && volumes->is_array()) {
    for (Json& volume : *volumes) {
      for (const char* kind : {"configMap", "secret", "projected", "downwardAPI"}) {
        if (Json* source = FindKey(volume, kind)) Merge(*source, {{"defaultMode", 420}});
      }
    }
  }
  Merge(spec, {{"restartPolicy", "Always"},
               {"terminationGracePeriodSeconds", 30},
               {"dnsPolicy", "ClusterFirst"},
               {"securityContext", Json::object()},
               {"schedulerName", "default-scheduler"}});
}

Json Toleration(const char* key) {
  return {
      {"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}};
}

void DefaultPod(Json& pod) {
  Json& spec = ObjectAt(pod, "spec");
  DefaultPodSpec(spec);
  if (FindKey(spec, "tolerations") == nullptr) {
    spec["tolerations"] = Json::array(
        {Toleration("node.kubernetes.io/not-ready"), Toleration("node.kubernetes.io/unreachable")});
  }
  Merge(spec, {{"priority", 0},
               {"enableServiceLinks", true},
               {"preemptionPolicy", "PreemptLowerPriority"}});
  Merge(ObjectAt(pod, "status"), {{"phase", "Pending"}, {"qosClass", QosClass(pod)}});
}

void DefaultWorkload(const std::string& kind, Json& object) {
  ObjectAt(object, "status");  // First: a new member moves the others.
  Json& spec = ObjectAt(object, "spec");
  Merge(spec, {{"replicas", 1}});
  ObjectAt(spec, "template.metadata");
  DefaultPodSpec(ObjectAt(spec, "template.spec"));
  if (kind == "ReplicaSet") {
    Merge(object, {{"status", {{"replicas", 0}}}});
    return;
  }
  Merge(spec, {{"revisionHistoryLimit", 10}});
  if (kind == "Deployment") {
    Merge(spec, {{"progressDeadlineSeconds", 600}, {"strategy", {{"type", "RollingUpdate"}}}});
    if (Text(spec, "strategy.type") == "RollingUpdate") {
      Merge(spec["strategy"],
            {{"rollingUpdate", {{"maxUnavailable", "25%"}, {"maxSurge", "25%"}}}});
    }
    return;
  }
  Merge(spec, {{"podManagementPolicy", "OrderedReady"},
               {"updateStrategy", {{"type", "RollingUpdate"}}},
               {"persistentVolumeClaimRetentionPolicy",
                {{"whenDeleted", "Retain"}, {"whenScaled", "Retain"}}}});
  if (Text(spec, "updateStrategy.type") == "RollingUpdate") {
    Merge(spec["updateStrategy"], {{"rollingUpdate", {{"partition", 0}}}});
  }
  Merge(object, {{"status", {{"replicas", 0}, {"availableReplicas", 0}}}});
}

void DefaultAutoscaler(Json& object) {
  Json& spec = ObjectAt(object, "spec");
  Merge(spec, {{"minReplicas", 1}});
  if (FindKey(spec, "metrics") == nullptr) {
    spec["metrics"] = Json::array(
        {{{"type", "Resource"},
          {"resource",
           {{"name", "cpu"}, {"target", {{"type", "Utilization"}, {"averageUtilization", 80}}}}}}});
  }
  if (FindKey(spec, "behavior") != nullptr) {
    const Json percent{{"type", "Percent"}, {"value", 100}, {"periodSeconds", 15}};
    const Json pods{{"type", "Pods"}, {"value", 4}, {"periodSeconds", 15}};
    Merge(ObjectAt(spec, "behavior.scaleUp"), {{"stabilizationWindowSeconds", 0},
                                               {"selectPolicy", "Max"},
                                               {"policies", Json::array({pods, percent})}});
    Merge(ObjectAt(spec, "behavior.scaleDown"),
          {{"selectPolicy", "Max"}, {"policies", Json::array({percent})}});
  }
  Merge(ObjectAt(object, "status"), {{"desiredReplicas", 0}, {"currentMetrics", nullptr}});
}

void DefaultDefinition(Json& object) {
  Json& spec = ObjectAt(object, "spec");
  Json& names = ObjectAt(spec, "names");
  Merge(names, {{"listKind", Text(names, "kind") + "List"}});
  if (FindKey(names, "singular") == nullptr) {
    std::string singular = Text(names, "kind");
    for (char& c : singular)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    names["singular"] = singular;
  }
  Merge(spec, {{"conversion", {{"strategy", "None"}}}});
}

}  // namespace

std::string QosClass(const Json& pod) {
  bool any = false;
  bool all = true;
  const Json* containers = Find(pod, "spec.containers");
  if (containers == nullptr || !containers->is_array()) return "BestEffort";
  for (const Json& container : *containers) {
    const Json* requests = Find(container, "resources.requests");
    const Json* limits = Find(container, "resources.limits");
    any = any || (requests != nullptr && !requests->empty()) || (limits && !limits->empty());
    for (const char* resource : {"cpu", "memory"}) {
      const Json* request = requests == nullptr ? nullptr : FindKey(*requests, resource);
      const Json* limit = limits == nullptr ? nullptr : FindKey(*limits, resource);
      all = all && limit != nullptr && request != nullptr && *request == *limit;
    }
  }
  if (!any) return "BestEffort";
  return all ? "Guaranteed" : "Burstable";
}

void ApplyDefaults(const std::string& kind, Json& object) {
  if (kind == "Pod") {
    DefaultPod(object);
  } else if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet") {
    DefaultWorkload(kind, object);
  } else if (kind == "HorizontalPodAutoscaler") {
    DefaultAutoscaler(object);
  } else if (kind == "CustomResourceDefinition") {
    DefaultDefinition(object);
  } else if (kind == "Namespace") {
    const std::string name = Text(object, "metadata.name");
    ObjectAt(object, "metadata.labels")["kubernetes.io/metadata.name"] = name;
    Merge(object, {{"spec", {{"finalizers", Json::array({"kubernetes"})}}},
                   {"status", {{"phase", "Active"}}}});
  } else if (kind == "Secret") {
    Merge(object, {{"type", "Opaque"}});
  } else if (kind == "ResourceQuota" || kind == "Node") {
    ObjectAt(object, "spec");
    ObjectAt(object, "status");
  } else if (kind == "Event") {
    Merge(object, {{"source", Json::object()}});
    for (const char* member : {"firstTimestamp", "lastTimestamp", "eventTime"}) {
      if (FindKey(object, member) == nullptr) object[member] = nullptr;
    }
  }
}

}  // namespace hpaplus::embedded
