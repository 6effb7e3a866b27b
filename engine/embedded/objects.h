#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/random.h"
#include "engine/embedded/api_error.h"
#include "engine/embedded/json.h"
#include "engine/embedded/quota.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/store.h"
#include "engine/ports/clock.h"

namespace hpaplus::embedded {

enum class FieldValidation { kIgnore, kWarn, kStrict };

struct WriteOptions {
  bool dry_run = false;
  bool status = false;   // The write goes to the /status subresource.
  bool trusted = false;  // From a controller: the fields need no checking.
  FieldValidation validation = FieldValidation::kWarn;
  std::vector<std::string> duplicates;  // Keys that came twice, as the parser saw it.
  std::vector<std::string> warnings;    // Out: for Warning headers.
};

struct DeleteOptions {
  std::optional<std::int64_t> grace_period_seconds;
  std::string propagation;  // "Background", "Foreground", "Orphan", or nothing.
  std::string uid;          // Preconditions.
  std::string version;
  bool dry_run = false;
};

struct Deletion {
  ObjectPtr object;       // The last state.
  bool finished = false;  // False: it is marked and goes when its finalizers are done.
};

/// What an API server does between a request and its storage: metadata, defaults, validation,
/// quotas, generations, preconditions, deletion. Thread-safe.
class Objects {
 public:
  /// All must outlive this.
  Objects(Store& store, ResourceTable& resources, Clock& clock);

  ApiResult<ObjectPtr> Create(const Resource& resource, const std::string& ns, Json body,
                              WriteOptions& options);

  ApiResult<ObjectPtr> Update(const Resource& resource, const ObjectKey& key, Json body,
                              WriteOptions& options);

  using Edit = std::function<ApiResult<Json>(const Json& present)>;
  /// Reads, edits and writes; again when somebody else was faster, unless the edit sets a
  /// resourceVersion.
  ApiResult<ObjectPtr> Modify(const Resource& resource, const ObjectKey& key, const Edit& edit,
                              WriteOptions& options);

  ApiResult<Deletion> Delete(const Resource& resource, const ObjectKey& key,
                             const DeleteOptions& options);

  [[nodiscard]] ApiResult<ObjectPtr> Get(const Resource& resource, const ObjectKey& key) const;

  /// The object as `resource` shows it: other versions and views of the stored one.
  [[nodiscard]] static ObjectPtr View(const Resource& resource, const ObjectPtr& stored);

  [[nodiscard]] Json QuotaUsed(const std::string& ns, const Json& hard);
  [[nodiscard]] std::string NewUid();
  /// Five characters, as in the names of pods.
  [[nodiscard]] std::string NewSuffix();

  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] ResourceTable& resources() { return resources_; }
  [[nodiscard]] Timestamp Now() { return clock_.Now(); }

 private:
  std::optional<ApiError> Decode(const Resource& resource, Json& body, WriteOptions& options) const;
  std::optional<ApiError> CheckNamespace(const Resource& resource, const std::string& ns,
                                         const std::string& name) const;
  void SetSystemMetadata(const Resource& resource, const std::string& ns, Json& object);
  ApiResult<ObjectPtr> Admit(const Resource& resource, const ObjectKey& key, Json object,
                             bool dry_run);
  ApiResult<ObjectPtr> Write(const Resource& resource, const ObjectKey& key,
                             const ObjectPtr& before, Json body, WriteOptions& options);
  ApiResult<Deletion> DeleteOnce(const Resource& resource, const ObjectKey& key,
                                 const DeleteOptions& options, const ObjectPtr& present);

  Store& store_;
  ResourceTable& resources_;
  Clock& clock_;
  QuotaLedger ledger_;

  Mutex admission_mutex_;  // Held from a quota check until the object is stored.
  Mutex random_mutex_;
  Random random_ HPAPLUS_GUARDED_BY(random_mutex_);
};

}  // namespace hpaplus::embedded
