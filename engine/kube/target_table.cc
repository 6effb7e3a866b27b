#include "engine/kube/target_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/url.h"

namespace hpaplus::kube {
namespace {

ScaleState Unusable(ScaleStatus status, std::string problem) {
  ScaleState state;
  state.status = status;
  state.problem = std::move(problem);
  return state;
}

}  // namespace

std::string ServedKind::Name() const {
  return group.empty() ? resource : resource + "." + group;
}

std::string ServedKind::Path(std::string_view ns) const {
  std::string path = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (!ns.empty()) path += "/namespaces/" + PercentEncode(ns);
  return path + "/" + resource;
}

std::optional<ServedKind> WellKnownKind(const KindKey& kind) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kApps = {
      {{"Deployment", "deployments"},
       {"StatefulSet", "statefulsets"},
       {"ReplicaSet", "replicasets"}}};
  if (kind.group != "apps") return std::nullopt;
  for (const auto& [name, resource] : kApps) {
    if (kind.kind == name) return ServedKind{"apps", "v1", std::string(resource), true};
  }
  return std::nullopt;
}

void TargetTable::Claim(const TargetKey& target, Timestamp now) {
  if (!claims_.emplace(target, false).second) return;
  const auto [at, is_new] = kinds_.try_emplace(target.kind);
  Kind& kind = at->second;
  ++kind.claimed;
  if (is_new) {
    if (auto served = WellKnownKind(target.kind)) {
      kind.served = *std::move(served);
      kind.phase = Phase::kResolved;
    } else {
      kind.metadata_only = true;
      kind.retry_at = now;
    }
  }
  if (Object* object = FindObject(target)) PlanRead(target, kind, *object, now);
  MarkDirty(target);
}

void TargetTable::Unclaim(const TargetKey& target, Timestamp now) {
  if (claims_.erase(target) == 0) return;
  Kind& kind = kinds_.at(target.kind);
  if (--kind.claimed == 0) kind.unused_since = now;
  if (!kind.metadata_only) return;
  if (Object* object = FindObject(target)) object->scale = {};  // Read again if claimed again.
}

ScaleState TargetTable::StateOf(const TargetKey& target) const {
  const auto kind = kinds_.find(target.kind);
  if (kind == kinds_.end()) return Unusable(ScaleStatus::kUnknown, "not looked at yet");
  if (kind->second.failure) return *kind->second.failure;
  const std::string name = kind->second.served.Name() + " \"" + target.object.name + "\"";
  if (!kind->second.synced) {
    return Unusable(ScaleStatus::kUnknown, target.kind.kind + " objects have not been read yet");
  }
  const auto object = kind->second.objects.find(target.object);
  if (object == kind->second.objects.end()) {
    return Unusable(ScaleStatus::kNotFound, name + " not found");
  }
  const ScaleState& scale = object->second.scale;
  if (scale.status == ScaleStatus::kUnknown && scale.problem.empty()) {
    return Unusable(ScaleStatus::kUnknown, "the scale of " + name + " has not been read yet");
  }
  return scale;
}

bool TargetTable::IsSettled(const TargetKey& target) const {
  const auto kind = kinds_.find(target.kind);
  if (kind == kinds_.end()) return false;
  if (kind->second.failure) return true;
  if (!kind->second.synced) return false;
  const auto object = kind->second.objects.find(target.object);
  return object == kind->second.objects.end() ||
         object->second.scale.status != ScaleStatus::kUnknown;
}

std::optional<TargetTable::Place> TargetTable::PlaceOf(const TargetKey& target) const {
  const auto kind = kinds_.find(target.kind);
  if (kind == kinds_.end()) return std::nullopt;
  const auto object = kind->second.objects.find(target.object);
  if (object == kind->second.objects.end()) return std::nullopt;
  const ServedKind& served = kind->second.served;
  return Place{object->second.uid,
               served.Path(target.object.ns) + "/" + PercentEncode(target.object.name) + "/scale",
               served.resource + "/scale", served.Name() + "/scale"};
}

std::vector<KindKey> TargetTable::TakeUnresolved(Timestamp now) {
  std::vector<KindKey> taken;
  for (auto& [key, kind] : kinds_) {
    if (kind.phase != Phase::kUnresolved || kind.retry_at > now) continue;
    kind.phase = Phase::kResolving;
    taken.push_back(key);
  }
  return taken;
}

void TargetTable::Resolved(const KindKey& key, const ServedKind& served, Timestamp now) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  if (!served.has_scale) {
    kind.phase = Phase::kUnresolved;
    kind.retry_at = now + config_.retry_most;
    return Fail(key, kind, ScaleStatus::kFailed, served.Name() + " has no scale subresource");
  }
  kind.served = served;
  kind.phase = Phase::kResolved;
  kind.failures = 0;
  kind.failure.reset();
  MarkAll(key);
}

void TargetTable::Unresolved(const KindKey& key, const Error& error, Timestamp now) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  kind.phase = Phase::kUnresolved;
  kind.retry_at = now + RetryDelay(kind.failures++);
  const std::string name =
      key.kind + (key.group.empty() ? "" : " in API group " + key.group) + ": ";
  if (error.code == ErrorCode::kPermissionDenied) {
    return Fail(key, kind, ScaleStatus::kForbidden, name + error.message);
  }
  if (error.code == ErrorCode::kNotFound) {
    return Fail(key, kind, ScaleStatus::kFailed, name + "the API server has no such kind");
  }
  const bool passes =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kDeadlineExceeded;
  Fail(key, kind, passes ? ScaleStatus::kUnknown : ScaleStatus::kFailed, name + error.message);
}

std::vector<TargetTable::ToWatch> TargetTable::TakeToWatch() {
  std::vector<ToWatch> taken;
  for (auto& [key, kind] : kinds_) {
    if (kind.phase != Phase::kResolved) continue;
    kind.phase = Phase::kWatched;
    taken.push_back({key, kind.served, kind.metadata_only});
  }
  return taken;
}

std::vector<KindKey> TargetTable::TakeUnused(Timestamp now) {
  std::vector<KindKey> taken;
  for (auto at = kinds_.begin(); at != kinds_.end();) {
    const auto current = at++;
    const Kind& kind = current->second;
    if (kind.claimed > 0 || now < kind.unused_since + config_.keep_unused) continue;
    taken.push_back(current->first);
    kinds_.erase(current);
  }
  return taken;
}

void TargetTable::BeginReplace(const KindKey& key) {
  const auto at = kinds_.find(key);
  if (at != kinds_.end()) ++at->second.epoch;
}

void TargetTable::EndReplace(const KindKey& key) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  for (auto object = kind.objects.begin(); object != kind.objects.end();) {
    if (object->second.epoch == kind.epoch) {
      ++object;
      continue;
    }
    MarkDirty({key, object->first});
    object = kind.objects.erase(object);
  }
  kind.failures = 0;
  const bool was_usable = kind.synced && !kind.failure;
  kind.synced = true;
  kind.failure.reset();
  if (!was_usable) MarkAll(key);
}

void TargetTable::Upsert(const KindKey& key, const ScaledObject& object) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  Object& known = kind.objects[{object.meta.ns, object.meta.name}];
  known.epoch = kind.epoch;
  // The scale's version, not the object's: a write's answer may have told us more already.
  if (IsOlderVersion(object.meta.resource_version, known.scale.resource_version)) return;
  known.uid = object.meta.uid;
  known.version = object.meta.resource_version;
  if (known.scale == object.scale) return;
  known.scale = object.scale;
  MarkDirty({key, {object.meta.ns, object.meta.name}});
}

void TargetTable::UpsertMeta(const KindKey& key, const ObjectMeta& meta, Timestamp now) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  const TargetKey target{key, {meta.ns, meta.name}};
  Object& known = kind.objects[target.object];
  known.epoch = kind.epoch;
  if (IsOlderVersion(meta.resource_version, known.version)) return;
  if (known.uid != meta.uid) {
    known.uid = meta.uid;
    known.scale = {};  // Another object of the same name.
    MarkDirty(target);
  }
  known.version = meta.resource_version;
  if (claims_.contains(target)) PlanRead(target, kind, known, now);
}

void TargetTable::Erase(const KindKey& key, const ObjectMeta& meta) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  const auto object = at->second.objects.find({meta.ns, meta.name});
  if (object == at->second.objects.end() || object->second.uid != meta.uid) return;
  at->second.objects.erase(object);
  MarkDirty({key, {meta.ns, meta.name}});
}

void TargetTable::WatchFailed(const KindKey& key, const Error& error) {
  const auto at = kinds_.find(key);
  if (at == kinds_.end()) return;
  Kind& kind = at->second;
  const std::string name = kind.served.Name();
  if (error.code == ErrorCode::kPermissionDenied) {
    return Fail(key, kind, ScaleStatus::kForbidden,
                "needs list and watch on " + name + ": " + error.message);
  }
  if (error.code == ErrorCode::kNotFound) {
    return Fail(key, kind, ScaleStatus::kFailed, "the API server does not serve " + name);
  }
  // Anything else passes; what was read last stays in force. A write states the version it knows.
}

std::vector<TargetTable::Read> TargetTable::TakeReads(Timestamp now) {
  std::vector<Read> taken;
  while (!planned_.empty() && planned_.begin()->first <= now) {
    const TargetKey target = planned_.begin()->second;
    Object* object = FindObject(target);
    const bool wanted =
        object != nullptr && object->read_planned && claims_.contains(target) && IsStale(*object);
    if (wanted && !tokens_.Take(now)) break;
    planned_.erase(planned_.begin());
    if (object != nullptr) object->read_planned = false;
    if (!wanted) continue;
    object->reading = true;
    const Place place = *PlaceOf(target);
    taken.push_back({target, place.scale_path, place.resource});
  }
  return taken;
}

void TargetTable::ReadDone(const TargetKey& target, const Result<ScaledObject>& result,
                           Timestamp now) {
  Object* object = FindObject(target);
  if (object == nullptr) return;
  object->reading = false;
  object->not_before = now + config_.read_spacing;
  Kind& kind = kinds_.at(target.kind);
  if (result) {
    object->failures = 0;
    Observe(target, result->meta.uid, result->scale);
    return PlanRead(target, kind, *object, now);
  }
  object->not_before = now + RetryDelay(object->failures++);
  const Error& error = result.error();
  const bool passes = error.code == ErrorCode::kUnavailable ||
                      error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kGone;
  if (!passes || object->scale.status != ScaleStatus::kKnown) {
    const std::string rule = kind.served.Name() + "/scale";
    const bool forbidden = error.code == ErrorCode::kPermissionDenied;
    object->scale =
        forbidden ? Unusable(ScaleStatus::kForbidden, "needs get on " + rule + ": " + error.message)
                  : Unusable(ScaleStatus::kFailed, "reading " + rule + ": " + error.message);
    MarkDirty(target);
  }
  object->read_planned = true;
  planned_.emplace(object->not_before, target);
}

void TargetTable::Observe(const TargetKey& target, const std::string& uid,
                          const ScaleState& scale) {
  Object* object = FindObject(target);
  if (object == nullptr || object->uid != uid) return;
  if (IsOlderVersion(scale.resource_version, object->scale.resource_version)) return;
  ScaleState seen = scale;
  if (!seen.rollout.known) seen.rollout = object->scale.rollout;  // A scale does not tell.
  if (object->scale == seen) return;
  object->scale = std::move(seen);
  MarkDirty(target);
}

std::vector<TargetKey> TargetTable::TakeDirty() {
  for (const TargetKey& target : dirty_) {
    const auto claim = claims_.find(target);
    if (claim != claims_.end()) claim->second = false;
  }
  return std::exchange(dirty_, {});
}

Timestamp TargetTable::NextDue(Timestamp now) {
  Timestamp next = Timestamp::max();
  for (const auto& [key, kind] : kinds_) {
    if (kind.phase == Phase::kUnresolved) next = std::min(next, kind.retry_at);
    if (kind.phase == Phase::kResolved) next = now;
    if (kind.claimed == 0) next = std::min(next, kind.unused_since + config_.keep_unused);
  }
  if (!planned_.empty()) {
    next = std::min(next, std::max(planned_.begin()->first, tokens_.Next(now)));
  }
  return next;
}

Duration TargetTable::RetryDelay(std::uint32_t failures) const {
  constexpr std::uint32_t kMostDoublings = 20;
  const Duration delay = config_.retry_first * (1U << std::min(failures, kMostDoublings));
  return std::min(delay, config_.retry_most);
}

void TargetTable::Fail(const KindKey& key, Kind& kind, ScaleStatus status, std::string problem) {
  ScaleState failure = Unusable(status, std::move(problem));
  if (kind.failure == failure) return;
  kind.failure = std::move(failure);
  MarkAll(key);
}

void TargetTable::MarkAll(const KindKey& key) {
  for (auto at = claims_.lower_bound({key, {}}); at != claims_.end(); ++at) {
    if (at->first.kind != key) break;
    MarkDirty(at->first);
  }
}

void TargetTable::MarkDirty(const TargetKey& target) {
  const auto claim = claims_.find(target);
  if (claim == claims_.end() || claim->second) return;
  claim->second = true;
  dirty_.push_back(target);
}

// Whether the object has a version that its scale is not known for.
bool TargetTable::IsStale(const Object& object) {
  return object.scale.status != ScaleStatus::kKnown ||
         IsOlderVersion(object.scale.resource_version, object.version);
}

void TargetTable::PlanRead(const TargetKey& target, Kind& kind, Object& object, Timestamp now) {
  if (!kind.metadata_only || object.read_planned || object.reading || !IsStale(object)) return;
  const bool is_new = object.scale.status == ScaleStatus::kUnknown;
  object.read_planned = true;
  planned_.emplace(std::max(is_new ? now : now + config_.read_patience, object.not_before), target);
}

TargetTable::Object* TargetTable::FindObject(const TargetKey& target) {
  const auto kind = kinds_.find(target.kind);
  if (kind == kinds_.end()) return nullptr;
  const auto object = kind->second.objects.find(target.object);
  return object == kind->second.objects.end() ? nullptr : &object->second;
}

}  // namespace hpaplus::kube
