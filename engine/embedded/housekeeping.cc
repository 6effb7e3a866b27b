#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/embedded/control.h"
#include "engine/embedded/owners.h"

// Namespaces, definitions, quotas and the collection of what has lost its owner.

namespace hpaplus::embedded {
namespace {

constexpr Duration kPoll = std::chrono::milliseconds(100);

bool HasFinalizer(const Json& object, const char* finalizer) {
  const Json* list = Find(object, "metadata.finalizers");
  return list != nullptr && list->is_array() &&
         std::find(list->begin(), list->end(), Json(finalizer)) != list->end();
}

// The object goes for good when that was the last one.
void RemoveFinalizer(const Control& control, const ObjectKey& key, const Json& present,
                     const char* finalizer) {
  Json object = present;
  Json& list = object["metadata"]["finalizers"];
  list.erase(std::remove(list.begin(), list.end(), Json(finalizer)), list.end());
  if (!list.empty()) {
    control.Put(key, present, std::move(object));
  } else if (!control.store().Delete(key, VersionOf(present))) {
    control.queue.Add(key);
  }
}

void DeleteByKey(const Control& control, const ObjectKey& key, const char* propagation) {
  const ResourcePtr resource = control.objects.resources().FindByStorage(key.resource);
  if (resource == nullptr) return;
  DeleteOptions options;
  options.propagation = propagation;
  (void)control.objects.Delete(*resource, key, options);
}

bool HasLivingOwner(const Control& control, const Json& object) {
  const Json* owners = Find(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array() || owners->empty()) return true;
  return std::any_of(owners->begin(), owners->end(),
                     [&](const Json& owner) { return control.store().HasUid(Text(owner, "uid")); });
}

void DropOwner(const Control& control, const ObjectKey& key, const std::string& uid) {
  const ObjectPtr present = control.store().Get(key);
  if (present == nullptr) return;
  Json object = *present;
  Json& owners = object["metadata"]["ownerReferences"];
  owners.erase(std::remove_if(owners.begin(), owners.end(),
                              [&](const Json& owner) { return Text(owner, "uid") == uid; }),
               owners.end());
  if (owners.empty()) object["metadata"].erase("ownerReferences");
  control.Put(key, *present, std::move(object));
}

// "statefulsetpluses.apps.example.com" -> "apps.example.com/statefulsetpluses"
std::string StorageOfDefinition(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return name;
  return StorageOf(name.substr(dot + 1), name.substr(0, dot));
}

Json Established(const Json& definition, Timestamp now) {
  Json status = Json::object();
  if (const Json* old = FindKey(definition, "status"); old && old->is_object()) status = *old;
  Json& conditions = status["conditions"];
  SetCondition(conditions, "NamesAccepted", true, "NoConflicts", "no conflicts found", now);
  SetCondition(conditions, "Established", true, "InitialNamesAccepted",
               "the initial names have been accepted", now);
  status["acceptedNames"] = *Find(definition, "spec.names");
  Json stored = Json::array();
  for (const Json& version : *Find(definition, "spec.versions")) {
    if (Flag(version, "storage")) stored.push_back(Text(version, "name"));
  }
  status["storedVersions"] = std::move(stored);
  return status;
}

}  // namespace

void ReconcileNamespace(const Control& control, const ObjectKey& key) {
  const ObjectPtr ns = control.store().Get(key);
  if (ns == nullptr) return;
  const ResourceTable& resources = control.objects.resources();
  if (Text(*ns, "status.phase") != "Terminating") {
    const ObjectKey account{"/serviceaccounts", key.name, "default"};
    if (control.store().Get(account) != nullptr) return;
    WriteOptions options;
    (void)control.objects.Create(
        *resources.Find("", "v1", "serviceaccounts"), key.name,
        Json{{"kind", "ServiceAccount"}, {"apiVersion", "v1"}, {"metadata", {{"name", "default"}}}},
        options);
    return;
  }
  bool empty = true;
  for (const ResourcePtr& resource : resources.All()) {
    if (!resource->namespaced || control.store().Count(resource->storage, key.name) == 0) continue;
    const Result<Listing> left = control.store().List(resource->storage, key.name);
    if (!left) continue;
    for (const ObjectPtr& object : left->objects) {
      empty = false;
      if (!IsGoing(*object)) DeleteByKey(control, KeyOf(resource->storage, *object), "");
    }
  }
  if (!empty) return control.queue.AddAt(key, control.objects.Now() + kPoll);
  const Json* finalizers = Find(*ns, "metadata.finalizers");
  if (finalizers != nullptr && !finalizers->empty()) return;
  if (!control.store().Delete(key, VersionOf(*ns))) control.queue.Add(key);
}

void ReconcileDefinition(const Control& control, const ObjectKey& key) {
  const ObjectPtr definition = control.store().Get(key);
  if (definition == nullptr) {
    control.objects.resources().SetCustom(key.name, {});
    const std::string storage = StorageOfDefinition(key.name);
    const Result<Listing> left = control.store().List(storage, "");
    if (!left) return;
    for (const ObjectPtr& object : left->objects) {
      (void)control.store().Delete(KeyOf(storage, *object), VersionOf(*object));
    }
    return;
  }
  Result<std::vector<ResourcePtr>> resources = ResourcesOf(*definition);
  if (!resources) return;  // Validation has refused such a one.
  control.objects.resources().SetCustom(key.name, std::move(*resources));
  control.PutStatus(key, *definition, Established(*definition, control.objects.Now()));
}

void ReconcileQuota(const Control& control, const ObjectKey& key) {
  const ObjectPtr quota = control.store().Get(key);
  if (quota == nullptr) return;
  const Json* hard = Find(*quota, "spec.hard");
  if (hard == nullptr) return;
  control.PutStatus(key, *quota,
                    Json{{"hard", *hard}, {"used", control.objects.QuotaUsed(key.ns, *hard)}});
}

void ReconcileOwnership(const Control& control, const ObjectKey& key) {
  const ObjectPtr object = control.store().Get(key);
  if (object == nullptr) return;
  if (!IsGoing(*object)) {
    if (!HasLivingOwner(control, *object)) DeleteByKey(control, key, "Background");
    return;
  }
  const std::string uid = Text(*object, "metadata.uid");
  const std::vector<ObjectKey> dependents = control.store().Dependents(uid);
  if (HasFinalizer(*object, "orphan")) {
    for (const ObjectKey& dependent : dependents)
      DropOwner(control, dependent, uid);
    RemoveFinalizer(control, key, *object, "orphan");
  } else if (HasFinalizer(*object, "foregroundDeletion")) {
    if (dependents.empty()) return RemoveFinalizer(control, key, *object, "foregroundDeletion");
    for (const ObjectKey& dependent : dependents) {
      const ObjectPtr present = control.store().Get(dependent);
      if (present != nullptr && !IsGoing(*present)) DeleteByKey(control, dependent, "Foreground");
    }
    control.queue.AddAt(key, control.objects.Now() + kPoll);
  }
}

void CollectOrphans(const Control& control, const std::string& uid) {
  for (const ObjectKey& key : control.store().Dependents(uid)) {
    const ObjectPtr object = control.store().Get(key);
    if (object == nullptr || IsGoing(*object)) continue;
    if (HasLivingOwner(control, *object)) {
      DropOwner(control, key, uid);
    } else {
      DeleteByKey(control, key, "Background");
    }
  }
}

}  // namespace hpaplus::embedded
