#include "engine/embedded/resource.h"

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

std::vector<std::string> Texts(const Json* list) {
  std::vector<std::string> texts;
  if (list == nullptr || !list->is_array()) return texts;
  for (const Json& item : *list) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

// ".spec.replicas" -> "spec.replicas"
std::string WithoutDot(std::string path) {
  if (path.starts_with('.')) path.erase(0, 1);
  return path;
}

std::optional<ScalePaths> ScaleOf(const Json& version) {
  const Json* scale = Find(version, "subresources.scale");
  if (scale == nullptr || !scale->is_object()) return std::nullopt;
  return ScalePaths{WithoutDot(Text(*scale, "specReplicasPath")),
                    WithoutDot(Text(*scale, "statusReplicasPath")),
                    WithoutDot(Text(*scale, "labelSelectorPath"))};
}

std::vector<PrinterColumn> ColumnsOf(const Json& version) {
  std::vector<PrinterColumn> columns;
  const Json* list = FindKey(version, "additionalPrinterColumns");
  if (list != nullptr && list->is_array()) {
    for (const Json& one : *list) {
      columns.push_back({Text(one, "name"), Text(one, "type"), Text(one, "format"),
                         Text(one, "description"), Text(one, "jsonPath"),
                         static_cast<int>(Int(one, "priority"))});
    }
  }
  if (columns.empty()) {
    columns.push_back({"Age", "date", "", "", ".metadata.creationTimestamp", 0});
  }
  return columns;
}

Result<ResourcePtr> ResourceOf(const Json& spec, const Json& version) {
  auto resource = std::make_shared<Resource>();
  resource->group = Text(spec, "group");
  resource->version = Text(version, "name");
  resource->kind = Text(spec, "names.kind");
  resource->plural = Text(spec, "names.plural");
  resource->singular = Text(spec, "names.singular");
  resource->list_kind = Text(spec, "names.listKind");
  resource->short_names = Texts(Find(spec, "names.shortNames"));
  resource->categories = Texts(Find(spec, "names.categories"));
  resource->namespaced = Text(spec, "scope") == "Namespaced";
  resource->has_status = Find(version, "subresources.status") != nullptr;
  resource->has_generation = true;
  resource->custom = true;
  resource->storage = StorageOf(resource->group, resource->plural);
  resource->scale = ScaleOf(version);
  resource->columns = ColumnsOf(version);
  if (const Json* fields = FindKey(version, "selectableFields"); fields && fields->is_array()) {
    for (const Json& field : *fields) {
      resource->selectable.push_back(WithoutDot(Text(field, "jsonPath")));
    }
  }
  const Json* schema = Find(version, "schema.openAPIV3Schema");
  if (schema == nullptr) {
    return Error{ErrorCode::kInvalidArgument,
                 "crd: version " + resource->version + " has no schema.openAPIV3Schema"};
  }
  Result<std::shared_ptr<const CustomSchema>> parsed =
      CustomSchema::Create(*schema, resource->group);
  if (!parsed) return parsed.error();
  resource->schema = std::move(*parsed);
  return ResourcePtr(std::move(resource));
}

}  // namespace

std::string StorageOf(std::string_view group, std::string_view plural) {
  return std::string(group) + "/" + std::string(plural);
}

ResourceTable::ResourceTable() : builtin_(BuiltinResources()) {}

std::vector<ResourcePtr> ResourceTable::All() const {
  const MutexLock lock(mutex_);
  std::vector<ResourcePtr> all = builtin_;
  for (const auto& [definition, resources] : custom_) {
    all.insert(all.end(), resources.begin(), resources.end());
  }
  return all;
}

ResourcePtr ResourceTable::Find(std::string_view group, std::string_view version,
                                std::string_view plural) const {
  for (const ResourcePtr& resource : All()) {
    if (resource->plural == plural && resource->group == group && resource->version == version) {
      return resource;
    }
  }
  return nullptr;
}

ResourcePtr ResourceTable::FindByStorage(const std::string& storage) const {
  for (const ResourcePtr& resource : All()) {
    if (resource->storage == storage) return resource;
  }
  return nullptr;
}

ResourcePtr ResourceTable::FindByKind(std::string_view api_version, std::string_view kind) const {
  for (const ResourcePtr& resource : All()) {
    if (resource->kind == kind && resource->api_version() == api_version) return resource;
  }
  return nullptr;
}

void ResourceTable::SetCustom(const std::string& definition, std::vector<ResourcePtr> resources) {
  const MutexLock lock(mutex_);
  if (resources.empty()) {
    custom_.erase(definition);
  } else {
    custom_[definition] = std::move(resources);
  }
}

Result<std::vector<ResourcePtr>> ResourcesOf(const Json& definition) {
  std::vector<ResourcePtr> resources;
  const Json* spec = FindKey(definition, "spec");
  const Json* versions = spec == nullptr ? nullptr : FindKey(*spec, "versions");
  if (versions == nullptr || !versions->is_array()) {
    return Error{ErrorCode::kInvalidArgument, "crd: no spec.versions"};
  }
  for (const Json& version : *versions) {
    if (!Flag(version, "served")) continue;
    Result<ResourcePtr> resource = ResourceOf(*spec, version);
    if (!resource) return resource.error();
    resources.push_back(std::move(*resource));
  }
  return resources;
}

}  // namespace hpaplus::embedded
