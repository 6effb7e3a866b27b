#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/kube/object_key.h"
#include "engine/kube/objects_reply.h"
#include "engine/kube/token_bucket.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

/// A kind as the API server serves it.
struct ServedKind {
  std::string group;
  std::string version;
  std::string resource;  // Plural, as in paths.
  bool has_scale = true;

  /// "deployments.apps", as kubectl and RBAC errors name it.
  [[nodiscard]] std::string Name() const;
  /// "/apis/apps/v1/deployments", or below one namespace; empty `ns` for all.
  [[nodiscard]] std::string Path(std::string_view ns) const;
};

/// Deployments, StatefulSets and ReplicaSets, whose objects tell their scale without being asked.
[[nodiscard]] std::optional<ServedKind> WellKnownKind(const KindKey& kind);

/// The objects of every kind that some HPAPlus names, and their scales.
///
/// The scale of a well-known kind is part of the watched object. Of any other kind only metadata is
/// watched, and the scale of a claimed object is read once for each version of the object that was
/// seen, however many changes a version skipped. Never accepts a version older than the one it has.
/// Does no I/O: it says what has to be watched and read. Not thread-safe.
class TargetTable {
 public:
  struct Config {
    Duration keep_unused = std::chrono::minutes(10);         // A kind that nobody names any more.
    Duration read_spacing = std::chrono::milliseconds(200);  // Between two reads of one scale.
    // A watch is often faster than the answer to our own write, which makes the read needless.
    Duration read_patience = std::chrono::milliseconds(100);
    double reads_per_second = 100;  // Of all scales together.
    double reads_burst = 500;
    Duration retry_first = std::chrono::seconds(1);
    Duration retry_most = std::chrono::seconds(60);
  };

  explicit TargetTable(const Config& config)
      : config_(config), tokens_(config.reads_per_second, config.reads_burst) {}

  void Claim(const TargetKey& target, Timestamp now);
  void Unclaim(const TargetKey& target, Timestamp now);
  [[nodiscard]] ScaleState StateOf(const TargetKey& target) const;
  /// False while StateOf is kUnknown for no other reason than that reading takes a moment.
  [[nodiscard]] bool IsSettled(const TargetKey& target) const;

  /// Where to write; nothing when the object is not there.
  struct Place {
    std::string uid;
    std::string scale_path;
    std::string resource;  // "deployments/scale", for telemetry.
    std::string rule;      // "deployments.apps/scale", for people.
    bool operator==(const Place&) const = default;
  };
  [[nodiscard]] std::optional<Place> PlaceOf(const TargetKey& target) const;

  /// Kinds that have to be looked up at the API server, now; each is to be answered by Resolved()
  /// or Unresolved().
  [[nodiscard]] std::vector<KindKey> TakeUnresolved(Timestamp now);
  void Resolved(const KindKey& kind, const ServedKind& served, Timestamp now);
  void Unresolved(const KindKey& kind, const Error& error, Timestamp now);
  /// Kinds to be watched from now on.
  struct ToWatch {
    KindKey kind;
    ServedKind served;
    bool metadata_only = false;
  };
  [[nodiscard]] std::vector<ToWatch> TakeToWatch();
  /// Kinds whose watch is to end; everything about them is forgotten.
  [[nodiscard]] std::vector<KindKey> TakeUnused(Timestamp now);

  void BeginReplace(const KindKey& kind);
  void EndReplace(const KindKey& kind);
  void Upsert(const KindKey& kind, const ScaledObject& object);
  void UpsertMeta(const KindKey& kind, const ObjectMeta& meta, Timestamp now);
  void Erase(const KindKey& kind, const ObjectMeta& meta);
  void WatchFailed(const KindKey& kind, const Error& error);

  struct Read {
    TargetKey target;
    std::string path;
    std::string resource;
  };
  /// Scales to be read now; each is to be answered by ReadDone().
  [[nodiscard]] std::vector<Read> TakeReads(Timestamp now);
  void ReadDone(const TargetKey& target, const Result<ScaledObject>& result, Timestamp now);
  /// A scale that came back from a write, or from a read that somebody else did.
  void Observe(const TargetKey& target, const std::string& uid, const ScaleState& scale);

  /// Claimed targets whose StateOf may have changed since the previous call.
  [[nodiscard]] std::vector<TargetKey> TakeDirty();
  [[nodiscard]] bool has_dirty() const { return !dirty_.empty(); }
  /// When TakeUnresolved, TakeUnused or TakeReads will have something; never later.
  [[nodiscard]] Timestamp NextDue(Timestamp now);

 private:
  struct Object {
    std::string uid;
    std::string version;  // Of the object; the scale's own may be older or newer.
    ScaleState scale;
    std::uint64_t epoch = 0;
    bool read_planned = false;
    bool reading = false;
    std::uint32_t failures = 0;
    Timestamp not_before{};
  };
  enum class Phase { kUnresolved, kResolving, kResolved, kWatched };
  struct Kind {
    Phase phase = Phase::kUnresolved;
    ServedKind served;
    bool metadata_only = false;
    bool synced = false;
    std::optional<ScaleState> failure;  // Nobody's scale is known.
    Timestamp retry_at{};
    std::uint32_t failures = 0;
    std::map<ObjectKey, Object> objects;
    std::size_t claimed = 0;  // Targets of this kind that somebody claims.
    Timestamp unused_since{};
    std::uint64_t epoch = 1;
  };

  [[nodiscard]] Duration RetryDelay(std::uint32_t failures) const;
  void Fail(const KindKey& key, Kind& kind, ScaleStatus status, std::string problem);
  void MarkAll(const KindKey& key);
  void MarkDirty(const TargetKey& target);
  [[nodiscard]] static bool IsStale(const Object& object);
  void PlanRead(const TargetKey& target, Kind& kind, Object& object, Timestamp now);
  Object* FindObject(const TargetKey& target);

  const Config config_;
  TokenBucket tokens_;
  std::map<KindKey, Kind> kinds_;
  std::map<TargetKey, bool> claims_;  // Claimed targets; true while listed in dirty_.
  std::vector<TargetKey> dirty_;
  std::multimap<Timestamp, TargetKey> planned_;
};

}  // namespace hpaplus::kube
