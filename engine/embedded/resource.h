#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/embedded/api_error.h"
#include "engine/embedded/custom_schema.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// Where a custom resource keeps what its /scale subresource shows; paths as "spec.replicas".
struct ScalePaths {
  std::string spec_replicas;
  std::string status_replicas;
  std::string selector;  // Of a text; empty when there is none.
};

/// One column of a custom resource's table.
struct PrinterColumn {
  std::string name;
  std::string type;
  std::string format;
  std::string description;
  std::string json_path;
  int priority = 0;
};

/// One resource that is served: a kind in a group and version, under its plural.
struct Resource {
  std::string group;
  std::string version;
  std::string kind;
  std::string list_kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool has_status = false;
  bool has_generation = false;
  bool custom = false;  // Came with a CustomResourceDefinition.
  std::string storage;  // ObjectKey::resource
  std::string type;     // Its name in the type table, for built-in kinds.
  std::optional<ScalePaths> scale;
  std::vector<PrinterColumn> columns;  // Custom resources only.
  std::vector<std::string> selectable = {"metadata.name", "metadata.namespace"};
  std::shared_ptr<const CustomSchema> schema;  // Custom resources only.

  [[nodiscard]] std::string api_version() const {
    return group.empty() ? version : group + "/" + version;
  }
  [[nodiscard]] Subject Named(const std::string& name) const { return {group, plural, name, ""}; }
  [[nodiscard]] Subject NamedKind(const std::string& name) const { return {group, kind, name, ""}; }
};

using ResourcePtr = std::shared_ptr<const Resource>;

/// "apps/deployments"
[[nodiscard]] std::string StorageOf(std::string_view group, std::string_view plural);

/// The resources that are served now: the built-in ones and those of CustomResourceDefinitions.
/// Thread-safe.
class ResourceTable {
 public:
  ResourceTable();

  /// Null when it is not served.
  [[nodiscard]] ResourcePtr Find(std::string_view group, std::string_view version,
                                 std::string_view plural) const;
  /// A version of it that is served, whichever; null when there is none.
  [[nodiscard]] ResourcePtr FindByStorage(const std::string& storage) const;
  [[nodiscard]] ResourcePtr FindByKind(std::string_view api_version, std::string_view kind) const;

  /// In the order in which they came.
  [[nodiscard]] std::vector<ResourcePtr> All() const;

  /// Serves `resources` in place of what was served for that definition; none takes it away.
  void SetCustom(const std::string& definition, std::vector<ResourcePtr> resources);

 private:
  mutable Mutex mutex_;
  std::vector<ResourcePtr> builtin_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<ResourcePtr>> custom_ HPAPLUS_GUARDED_BY(mutex_);
};

[[nodiscard]] std::vector<ResourcePtr> BuiltinResources();

/// The resources that a CustomResourceDefinition serves; kInvalidArgument when it cannot be served,
/// for example because its schema is none.
[[nodiscard]] Result<std::vector<ResourcePtr>> ResourcesOf(const Json& definition);

}  // namespace hpaplus::embedded
