#include "engine/embedded/store.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {
namespace {

std::string PathOf(const ObjectKey& key) {
  return key.ns + "/" + key.name;
}

// A key of Collection::objects belongs to `ns`, or any when that is empty.
bool IsIn(const std::string& path, const std::string& ns) {
  return ns.empty() || (path.size() > ns.size() && path[ns.size()] == '/' && path.starts_with(ns));
}

std::string PathOf(const Json& object) {
  return Text(object, "metadata.namespace") + "/" + Text(object, "metadata.name");
}

Error Missing() {
  return Error{ErrorCode::kNotFound, "store: no such object"};
}
Error Stale() {
  return Error{ErrorCode::kConflict, "store: the version is another one"};
}

}  // namespace

std::uint64_t VersionOf(const Json& object) {
  const std::string text = Text(object, "metadata.resourceVersion");
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

ObjectPtr Store::Get(const ObjectKey& key) const {
  const MutexLock lock(mutex_);
  const auto collection = collections_.find(key.resource);
  if (collection == collections_.end()) return nullptr;
  const auto it = collection->second.objects.find(PathOf(key));
  return it == collection->second.objects.end() ? nullptr : it->second.object;
}

Result<Listing> Store::List(const std::string& resource, const std::string& ns,
                            std::optional<std::uint64_t> at) const {
  const MutexLock lock(mutex_);
  Listing listing;
  listing.version = at.value_or(version_);
  if (listing.version > version_) return Error{ErrorCode::kUnavailable, "store: in the future"};
  if (listing.version < compacted_) return Error{ErrorCode::kGone, "store: forgotten"};
  const auto collection = collections_.find(resource);
  if (collection == collections_.end()) return listing;
  const auto& objects = collection->second.objects;
  const auto& history = collection->second.history;
  if (listing.version < collection->second.forgotten)
    return Error{ErrorCode::kGone, "store: forgotten"};
  // What has changed since is taken back, newest first.
  std::map<std::string, ObjectPtr> undone;
  for (auto it = history.rbegin(); it != history.rend() && it->version > listing.version; ++it) {
    const std::string path = PathOf(*it->object);
    if (IsIn(path, ns)) undone[path] = it->before;
  }
  auto change = undone.begin();
  const auto take_until = [&](const std::string* end) {
    for (; change != undone.end() && (end == nullptr || change->first < *end); ++change) {
      if (change->second != nullptr) listing.objects.push_back(change->second);
    }
  };
  const std::string first = ns.empty() ? std::string() : ns + "/";
  for (auto it = objects.lower_bound(first); it != objects.end() && IsIn(it->first, ns); ++it) {
    take_until(&it->first);
    if (change != undone.end() && change->first == it->first) continue;
    listing.objects.push_back(it->second.object);
  }
  take_until(nullptr);
  return listing;
}

Result<ObjectPtr> Store::Create(const ObjectKey& key, Json object) {
  const MutexLock lock(mutex_);
  Collection& collection = collections_[key.resource];
  if (collection.objects.contains(PathOf(key))) {
    return Error{ErrorCode::kConflict, "store: exists"};
  }
  if (count_ >= limits_.objects_max) return Error{ErrorCode::kUnavailable, "store: full"};
  const ObjectPtr stored = Stamp(std::move(object));
  collection.objects[PathOf(key)] = {version_, stored};
  ++count_;
  Index(key, *stored, true);
  uids_.insert(Text(*stored, "metadata.uid"));
  Record(key, {version_, Change::Kind::kAdded, stored, nullptr});
  return stored;
}

Result<ObjectPtr> Store::Update(const ObjectKey& key, std::uint64_t expected, Json object) {
  return Replace(key, expected, &object);
}

Result<ObjectPtr> Store::Delete(const ObjectKey& key, std::uint64_t expected) {
  return Replace(key, expected, nullptr);
}

Result<ObjectPtr> Store::Replace(const ObjectKey& key, std::uint64_t expected, Json* object) {
  const MutexLock lock(mutex_);
  const auto collection = collections_.find(key.resource);
  if (collection == collections_.end()) return Missing();
  auto& objects = collection->second.objects;
  const auto it = objects.find(PathOf(key));
  if (it == objects.end()) return Missing();
  if (it->second.version != expected) return Stale();
  const ObjectPtr before = it->second.object;
  Index(key, *before, false);
  const ObjectPtr stored = Stamp(object != nullptr ? std::move(*object) : *before);
  if (object != nullptr) {
    it->second = {version_, stored};
    Index(key, *stored, true);
    Record(key, {version_, Change::Kind::kModified, stored, before});
  } else {
    objects.erase(it);
    --count_;
    const std::string uid = Text(*before, "metadata.uid");
    uids_.erase(uid);
    if (dependents_.contains(uid)) dirt_.orphans.insert(uid);
    dirt_.gone.push_back(before);
    Record(key, {version_, Change::Kind::kDeleted, stored, before});
  }
  return stored;
}

ObjectPtr Store::Stamp(Json object) {
  ++version_;
  Set(object, "metadata.resourceVersion", std::to_string(version_));
  return std::make_shared<const Json>(std::move(object));
}

void Store::Record(const ObjectKey& key, Change change) {
  Collection& collection = collections_[key.resource];
  collection.history.push_back(std::move(change));
  if (collection.history.size() > limits_.history) {
    collection.forgotten = collection.history.front().version;
    collection.history.pop_front();
  }
  dirt_.keys.insert(key);
  collection.arrived.notify_all();
  changed_.notify_all();
  dirtied_.notify_all();
}

void Store::Index(const ObjectKey& key, const Json& object, bool add) {
  const Json* owners = Find(object, "metadata.ownerReferences");
  if (owners == nullptr || !owners->is_array()) return;
  for (const Json& owner : *owners) {
    const std::string uid = Text(owner, "uid");
    if (add) {
      dependents_[uid].insert(key);
    } else if (const auto it = dependents_.find(uid); it != dependents_.end()) {
      it->second.erase(key);
      if (it->second.empty()) dependents_.erase(it);
    }
  }
}

ChangeBatch Store::Wait(const std::string& resource, std::uint64_t version, std::uint64_t epoch,
                        Duration patience) {
  MutexLock lock(mutex_);
  Collection& collection = collections_[resource];
  collection.arrived.wait_for(lock, patience, [&]() HPAPLUS_REQUIRES(mutex_) {
    return epoch_ != epoch || version < compacted_ || version < collection.forgotten ||
           (!collection.history.empty() && collection.history.back().version > version);
  });
  ChangeBatch batch;
  batch.version = version_;
  batch.closed = epoch_ != epoch;
  batch.expired = version < compacted_ || version < collection.forgotten;
  if (batch.expired) return batch;
  const auto first =
      std::partition_point(collection.history.begin(), collection.history.end(),
                           [version](const Change& change) { return change.version <= version; });
  batch.changes.assign(first, collection.history.end());
  return batch;
}

bool Store::WaitForVersion(std::uint64_t version, Duration patience) const {
  MutexLock lock(mutex_);
  return changed_.wait_for(lock, patience,
                           [&]() HPAPLUS_REQUIRES(mutex_) { return version_ >= version; });
}

void Store::CloseWatches() {
  const MutexLock lock(mutex_);
  ++epoch_;
  for (auto& [resource, collection] : collections_)
    collection.arrived.notify_all();
}

void Store::Compact() {
  const MutexLock lock(mutex_);
  // One more, so that even what was handed out last is too old.
  ++version_;
  compacted_ = version_;
  for (auto& [resource, collection] : collections_) {
    collection.history.clear();
    collection.forgotten = version_;
    collection.arrived.notify_all();
  }
}

std::uint64_t Store::version() const {
  const MutexLock lock(mutex_);
  return version_;
}

std::uint64_t Store::epoch() const {
  const MutexLock lock(mutex_);
  return epoch_;
}

std::vector<ObjectKey> Store::Dependents(const std::string& uid) const {
  const MutexLock lock(mutex_);
  const auto it = dependents_.find(uid);
  if (it == dependents_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

bool Store::HasUid(const std::string& uid) const {
  const MutexLock lock(mutex_);
  return uids_.contains(uid);
}

std::size_t Store::Count(const std::string& resource, const std::string& ns) const {
  const MutexLock lock(mutex_);
  const auto collection = collections_.find(resource);
  if (collection == collections_.end()) return 0;
  const auto& objects = collection->second.objects;
  if (ns.empty()) return objects.size();
  const auto first = objects.lower_bound(ns + "/");
  const auto last = objects.lower_bound(ns + "0");  // '0' comes after '/'.
  return static_cast<std::size_t>(std::distance(first, last));
}

Dirt Store::TakeDirt(Duration patience) {
  MutexLock lock(mutex_);
  dirtied_.wait_for(lock, patience,
                    [&]() HPAPLUS_REQUIRES(mutex_) { return woken_ || !dirt_.keys.empty(); });
  woken_ = false;
  Dirt taken;
  std::swap(taken, dirt_);
  return taken;
}

void Store::Wake() {
  const MutexLock lock(mutex_);
  woken_ = true;
  dirtied_.notify_all();
}

}  // namespace hpaplus::embedded
