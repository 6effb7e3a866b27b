#pragma once

#include <compare>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// Where an object is kept. `resource` is "apps/deployments", or "/pods" for the core group; kinds
/// that are two views of one thing share it.
struct ObjectKey {
  std::string resource;
  std::string ns;  // Empty for a cluster-wide object.
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

struct Change {
  enum class Kind { kAdded, kModified, kDeleted };

  std::uint64_t version = 0;
  Kind kind = Kind::kAdded;
  ObjectPtr object;  // For kDeleted the last state, with the version of the deletion.
  ObjectPtr before;  // Null for kAdded.
};

struct Listing {
  std::vector<ObjectPtr> objects;  // By namespace, then name.
  std::uint64_t version = 0;
};

struct ChangeBatch {
  std::vector<Change> changes;
  std::uint64_t version = 0;  // Everything up to here has been delivered.
  bool expired = false;       // What was asked for is forgotten.
  bool closed = false;        // The watch has to end.
};

/// What the controllers have to look at again.
struct Dirt {
  std::set<ObjectKey> keys;       // Each changed object once, deleted ones too.
  std::vector<ObjectPtr> gone;    // The last states of deleted ones.
  std::set<std::string> orphans;  // Uids of deleted ones that have dependents.
};

/// The objects of the embedded cluster, in memory, with one version counter for all and a bounded
/// history per resource. Knows nothing of what an object means but its metadata. Thread-safe; an
/// object that was handed out never changes.
class Store {
 public:
  struct Limits {
    std::size_t objects_max = 200'000;
    std::size_t history = 8192;  // Changes remembered per resource.
  };

  explicit Store(const Limits& limits) : limits_(limits) {}

  [[nodiscard]] ObjectPtr Get(const ObjectKey& key) const;

  /// All, or those of one namespace. With `at`, as they were then: kGone when that is forgotten,
  /// kUnavailable when it is in the future.
  [[nodiscard]] Result<Listing> List(const std::string& resource, const std::string& ns,
                                     std::optional<std::uint64_t> at = std::nullopt) const;

  /// Stores with a new metadata.resourceVersion. kConflict when there is one of that name already,
  /// kUnavailable when the store is full.
  Result<ObjectPtr> Create(const ObjectKey& key, Json object);

  /// Replaces the object if its version is still `expected`: kConflict when it is not, kNotFound.
  Result<ObjectPtr> Update(const ObjectKey& key, std::uint64_t expected, Json object);

  /// Removes it if its version is still `expected`; the same errors. The last state.
  Result<ObjectPtr> Delete(const ObjectKey& key, std::uint64_t expected);

  /// Waits at most `patience` for changes of `resource` after `version`. `epoch` is what epoch()
  /// said when the watch began.
  [[nodiscard]] ChangeBatch Wait(const std::string& resource, std::uint64_t version,
                                 std::uint64_t epoch, Duration patience);

  /// Waits at most `patience` until version() has reached `version`.
  bool WaitForVersion(std::uint64_t version, Duration patience) const;

  /// Ends every watch.
  void CloseWatches();
  /// Forgets the history: what happened up to now can no longer be watched or listed from.
  void Compact();

  [[nodiscard]] std::uint64_t version() const;
  [[nodiscard]] std::uint64_t epoch() const;

  /// Objects whose metadata.ownerReferences name `uid`.
  [[nodiscard]] std::vector<ObjectKey> Dependents(const std::string& uid) const;
  [[nodiscard]] bool HasUid(const std::string& uid) const;
  [[nodiscard]] std::size_t Count(const std::string& resource, const std::string& ns) const;

  /// What has changed since the last call, for the controllers. Waits at most `patience` when there
  /// is nothing; Wake() ends that.
  Dirt TakeDirt(Duration patience);
  void Wake();

 private:
  struct Stored {
    std::uint64_t version = 0;
    ObjectPtr object;
  };
  struct Collection {
    std::map<std::string, Stored> objects;  // "namespace/name"
    std::deque<Change> history;
    std::uint64_t forgotten = 0;  // Changes up to this version are not in `history`.
    std::condition_variable_any arrived;
  };

  Result<ObjectPtr> Replace(const ObjectKey& key, std::uint64_t expected, Json* object);
  ObjectPtr Stamp(Json object) HPAPLUS_REQUIRES(mutex_);
  void Record(const ObjectKey& key, Change change) HPAPLUS_REQUIRES(mutex_);
  void Index(const ObjectKey& key, const Json& object, bool add) HPAPLUS_REQUIRES(mutex_);

  const Limits limits_;

  mutable Mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::condition_variable_any dirtied_;
  std::map<std::string, Collection> collections_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, std::set<ObjectKey>> dependents_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<std::string> uids_ HPAPLUS_GUARDED_BY(mutex_);
  Dirt dirt_ HPAPLUS_GUARDED_BY(mutex_);
  bool woken_ HPAPLUS_GUARDED_BY(mutex_) = false;
  std::size_t count_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::uint64_t version_ HPAPLUS_GUARDED_BY(mutex_) = 1;
  std::uint64_t compacted_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::uint64_t epoch_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

/// The number in metadata.resourceVersion; 0 when there is none.
[[nodiscard]] std::uint64_t VersionOf(const Json& object);

}  // namespace hpaplus::embedded
