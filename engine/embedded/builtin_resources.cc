#include "engine/embedded/resource.h"

namespace hpaplus::embedded {
namespace {

struct Row {
  const char* group;
  const char* version;
  const char* kind;
  const char* plural;
  const char* short_name;  // or null
  bool all;                // in the category "all"
  bool namespaced;
  bool has_status;
  bool has_generation;
  bool scales;
};

// core/v1 events and events.k8s.io events are one thing stored once, in the core form.
constexpr Row kRows[] = {
    {"", "v1", "ConfigMap", "configmaps", "cm", false, true, false, false, false},
    {"", "v1", "Event", "events", "ev", false, true, false, false, false},
    {"", "v1", "Namespace", "namespaces", "ns", false, false, true, false, false},
    {"", "v1", "Node", "nodes", "no", false, false, true, false, false},
    {"", "v1", "Pod", "pods", "po", true, true, true, true, false},
    {"", "v1", "ResourceQuota", "resourcequotas", "quota", false, true, true, false, false},
    {"", "v1", "Secret", "secrets", nullptr, false, true, false, false, false},
    {"", "v1", "ServiceAccount", "serviceaccounts", "sa", false, true, false, false, false},
    {"apps", "v1", "Deployment", "deployments", "deploy", true, true, true, true, true},
    {"apps", "v1", "ReplicaSet", "replicasets", "rs", true, true, true, true, true},
    {"apps", "v1", "StatefulSet", "statefulsets", "sts", true, true, true, true, true},
    {"events.k8s.io", "v1", "Event", "events", "ev", false, true, false, false, false},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true, true,
     true, false, false},
    {"coordination.k8s.io", "v1", "Lease", "leases", nullptr, false, true, false, false, false},
    {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd",
     false, false, true, true, false},
};

void AddSelectable(Resource& resource) {
  auto& fields = resource.selectable;
  if (resource.kind == "Pod") {
    fields.insert(fields.end(), {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
                                 "spec.serviceAccountName", "status.phase", "status.podIP"});
  } else if (resource.kind == "Event" && resource.group.empty()) {
    for (const char* field :
         {"kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"}) {
      fields.push_back(std::string("involvedObject.") + field);
    }
    fields.insert(fields.end(), {"reason", "reportingComponent", "source", "type"});
  } else if (resource.kind == "Namespace") {
    fields.push_back("status.phase");
  } else if (resource.kind == "Secret") {
    fields.push_back("type");
  } else if (resource.kind == "ReplicaSet") {
    fields.push_back("status.replicas");
  }
}

}  // namespace

std::vector<ResourcePtr> BuiltinResources() {
  std::vector<ResourcePtr> resources;
  for (const Row& row : kRows) {
    auto resource = std::make_shared<Resource>();
    resource->group = row.group;
    resource->version = row.version;
    resource->kind = row.kind;
    resource->list_kind = resource->kind + "List";
    resource->plural = row.plural;
    resource->singular = resource->plural.substr(0, resource->plural.size() - 1);
    if (row.short_name != nullptr) resource->short_names.emplace_back(row.short_name);
    if (resource->kind == "CustomResourceDefinition") resource->short_names.emplace_back("crds");
    if (row.all) resource->categories.emplace_back("all");
    resource->namespaced = row.namespaced;
    resource->has_status = row.has_status;
    resource->has_generation = row.has_generation;
    const bool event = resource->kind == "Event";
    resource->storage = StorageOf(event ? "" : resource->group, resource->plural);
    resource->type = event && !resource->group.empty() ? "Event@events" : resource->kind;
    if (row.scales) resource->scale = ScalePaths{"spec.replicas", "status.replicas", ""};
    AddSelectable(*resource);
    resources.push_back(std::move(resource));
  }
  return resources;
}

}  // namespace hpaplus::embedded
