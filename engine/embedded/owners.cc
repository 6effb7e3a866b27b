#include "engine/embedded/owners.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {

const Json* ControllerReference(const Json& object) {
  const Json* owners = Find(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return nullptr;
  for (const Json& owner : *owners) {
    if (Flag(owner, "controller")) return &owner;
  }
  return nullptr;
}

ObjectPtr ControllerOf(const Store& store, const ResourceTable& resources, const Json& object) {
  const Json* reference = ControllerReference(object);
  if (reference == nullptr) return nullptr;
  const ResourcePtr resource =
      resources.FindByKind(Text(*reference, "apiVersion"), Text(*reference, "kind"));
  if (resource == nullptr) return nullptr;
  const ObjectPtr owner =
      store.Get({resource->storage, Text(object, "metadata.namespace"), Text(*reference, "name")});
  const bool same = owner != nullptr && Text(*owner, "metadata.uid") == Text(*reference, "uid");
  return same ? owner : nullptr;
}

ObjectPtr WorkloadOf(const Store& store, const ResourceTable& resources, const Json& pod) {
  constexpr int kDepthMax = 4;
  ObjectPtr top = ControllerOf(store, resources, pod);
  for (int depth = 0; top != nullptr && depth < kDepthMax; ++depth) {
    ObjectPtr above = ControllerOf(store, resources, *top);
    if (above == nullptr) break;
    top = std::move(above);
  }
  return top;
}

Json ReferenceTo(const Resource& resource, const Json& owner) {
  return {{"apiVersion", resource.api_version()},
          {"kind", resource.kind},
          {"name", Text(owner, "metadata.name")},
          {"uid", Text(owner, "metadata.uid")},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

bool IsPodReady(const Json& pod) {
  const Json* conditions = Find(pod, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return false;
  return std::any_of(conditions->begin(), conditions->end(), [](const Json& condition) {
    return Text(condition, "type") == "Ready" && Text(condition, "status") == "True";
  });
}

std::string Annotation(const Json& object, std::string_view name) {
  const Json* annotations = Find(object, "metadata.annotations");
  const Json* value = annotations == nullptr ? nullptr : FindKey(*annotations, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

}  // namespace hpaplus::embedded
