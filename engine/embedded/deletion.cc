#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/base/time.h"
#include "engine/embedded/objects.h"

// The part of Objects that deletes.

namespace hpaplus::embedded {
namespace {

constexpr int kDeleteTries = 16;
constexpr std::int64_t kDefaultGraceSeconds = 30;

std::optional<ApiError> CheckPreconditions(const Resource& resource, const ObjectKey& key,
                                           const DeleteOptions& options, const Json& present) {
  const Subject subject = resource.NamedKind(key.name);
  const std::string uid = Text(present, "metadata.uid");
  if (!options.uid.empty() && options.uid != uid) {
    return Conflict(subject, "the UID in the precondition (" + options.uid +
                                 ") does not match the UID in record (" + uid +
                                 "). The object might have been deleted and then recreated");
  }
  const std::string version = Text(present, "metadata.resourceVersion");
  if (!options.version.empty() && options.version != version) {
    return Conflict(subject, "the ResourceVersion in the precondition (" + options.version +
                                 ") does not match the ResourceVersion in record (" + version +
                                 "). The object might have been modified");
  }
  return std::nullopt;
}

// A pod that has never been started has nobody to wait for.
std::int64_t GraceOf(const Resource& resource, const Json& present, const DeleteOptions& options) {
  if (resource.kind != "Pod") return 0;
  const std::string phase = Text(present, "status.phase");
  if (Text(present, "spec.nodeName").empty() || phase == "Succeeded" || phase == "Failed") return 0;
  const std::int64_t own = Int(present, "spec.terminationGracePeriodSeconds", kDefaultGraceSeconds);
  return std::max<std::int64_t>(0, options.grace_period_seconds.value_or(own));
}

void AddFinalizer(Json& object, const char* finalizer) {
  Json& list = ObjectAt(object, "metadata")["finalizers"];
  if (!list.is_array()) list = Json::array();
  if (std::find(list.begin(), list.end(), Json(finalizer)) == list.end()) {
    list.push_back(finalizer);
  }
}

}  // namespace

ApiResult<Deletion> Objects::Delete(const Resource& resource, const ObjectKey& key,
                                    const DeleteOptions& options) {
  for (int attempt = 0;; ++attempt) {
    const ObjectPtr present = store_.Get(key);
    if (present == nullptr) return NotFound(resource.Named(key.name));
    if (std::optional<ApiError> refusal = CheckPreconditions(resource, key, options, *present)) {
      return *refusal;
    }
    ApiResult<Deletion> deletion = DeleteOnce(resource, key, options, present);
    const bool again = !deletion && deletion.error().reason == "Conflict";
    if (!again || attempt >= kDeleteTries) return deletion;
  }
}

ApiResult<Deletion> Objects::DeleteOnce(const Resource& resource, const ObjectKey& key,
                                        const DeleteOptions& options, const ObjectPtr& present) {
  const std::uint64_t version = VersionOf(*present);
  Json marked = *present;
  if (options.propagation == "Foreground") AddFinalizer(marked, "foregroundDeletion");
  if (options.propagation == "Orphan") AddFinalizer(marked, "orphan");
  const std::int64_t grace = GraceOf(resource, *present, options);
  const Json* finalizers = Find(marked, "metadata.finalizers");
  const bool is_namespace = resource.kind == "Namespace";
  const bool waits = is_namespace || grace > 0 || (finalizers != nullptr && !finalizers->empty());
  const bool was_marked = Find(*present, "metadata.deletionTimestamp") != nullptr;
  const std::int64_t old_grace = Int(*present, "metadata.deletionGracePeriodSeconds", grace);
  if (!was_marked || grace < old_grace) {
    const Timestamp end = clock_.Now() + std::chrono::seconds(grace);
    Set(marked, "metadata.deletionTimestamp", FormatRfc3339(end));
    if (!is_namespace) Set(marked, "metadata.deletionGracePeriodSeconds", grace);
    if (resource.has_generation && !was_marked) {
      Set(marked, "metadata.generation", Int(*present, "metadata.generation") + 1);
    }
  }
  if (is_namespace) Set(marked, "status.phase", "Terminating");
  const auto failed = [&](const Error& error) {
    return error.code == ErrorCode::kNotFound ? NotFound(resource.Named(key.name))
                                              : Modified(resource.Named(key.name));
  };
  const bool show_marked = waits || resource.kind == "Pod";
  if (options.dry_run) return Deletion{View(resource, present), !show_marked};
  if (waits) {
    if (marked == *present) return Deletion{View(resource, present), false};
    Result<ObjectPtr> stored = store_.Update(key, version, std::move(marked));
    if (!stored) return failed(stored.error());
    return Deletion{View(resource, *stored), false};
  }
  Result<ObjectPtr> stored = store_.Delete(key, version);
  if (!stored) return failed(stored.error());
  // A real API server answers the deletion of a pod with the pod, that of others with a Status.
  if (resource.kind != "Pod") return Deletion{View(resource, *stored), true};
  return Deletion{std::make_shared<const Json>(std::move(marked)), false};
}

}  // namespace hpaplus::embedded
