#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/object_key.h"
#include "engine/kube/objects_reply.h"
#include "engine/kube/source_auth.h"
#include "engine/kube/source_status.h"
#include "engine/model/source.h"
#include "engine/ports/clock.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::kube {

/// The labels of namespaces, for sources that choose by them. Thread-safe.
class NamespaceLabels {
 public:
  void Set(const std::string& ns, Labels labels);
  void Erase(const std::string& ns);
  void ReplaceAll(std::map<std::string, Labels> namespaces);
  /// False for a namespace that is not known.
  [[nodiscard]] bool HasAll(std::string_view ns, const Labels& wanted) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, Labels, std::less<>> namespaces_ HPAPLUS_GUARDED_BY(mutex_);
};

/// Follows MetricSources and ClusterMetricSources, and the Secrets they refer to.
///
/// Secrets are read by name, never listed, at most once a minute each, from the source's own
/// namespace or, for a ClusterMetricSource, the controller's. A change that makes a source unusable
/// (an invalid spec, a missing secret) is logged and what was reported before stays in force.
class SourceWatcher {
 public:
  /// Whether objects of a namespace may use a source. Thread-safe; stays up to date by itself.
  using MayUse = std::function<bool(std::string_view ns)>;

  struct Config {
    std::string ns;             // Only this namespace's MetricSources; empty for all.
    std::string controller_ns;  // Where a ClusterMetricSource's secrets are.
    Duration secret_spacing = std::chrono::seconds(60);
    Duration retry_first = std::chrono::seconds(5);
    std::size_t max_sources = 10'000;
    /// What there is to say about an object, before on_source is told of it. May say the same
    /// again; null for nobody. All three are called from RunChores only.
    std::function<void(SourceObject)> on_object;
    /// A source is new or has changed, or an error: one that has never been usable, and why.
    std::function<void(const SourceName&, Result<ResolvedSource>, MayUse)> on_source;
    std::function<void(const SourceName&)> on_gone;
    std::function<void()> wake;  // RunChores() has something to do. Called on any thread.
  };

  /// `api` must be done with its callbacks before this is destroyed.
  SourceWatcher(Config config, KubeApi api, Clock& clock);
  ~SourceWatcher();
  SourceWatcher(const SourceWatcher&) = delete;
  SourceWatcher& operator=(const SourceWatcher&) = delete;

  /// Neither is called while RunChores() runs.
  void StartWatches();
  void StopWatches();

  /// Reads secrets that are due and reports what changed; returns when it wants to run again.
  Timestamp RunChores(Timestamp now);

  /// Whether all sources have been told: those of before a restart are all known again.
  [[nodiscard]] bool Synced() const;

 private:
  class SourceSink;
  class NamespaceSink;

  struct Source {
    ObjectMeta meta;
    std::optional<SourceSpec> spec;  // The newest usable one.
    std::string problem;             // Of the newest spec; empty when it is `spec`.
    SourceStatus stored;             // When the object was seen first.
    std::optional<SourceObject> told;
    bool dirty = false;
    std::optional<ResolvedSource> reported;
    std::string reported_problem;
    std::uint64_t epoch = 0;
  };
  struct Secret {
    std::optional<Result<SecretData>> data;
    bool in_flight = false;
    std::uint32_t failures = 0;
    Timestamp due{};
  };
  struct Report {
    SourceName name;
    Result<ResolvedSource> source;
  };

  void Put(std::string_view json);
  void Erase(std::string_view json);
  void Replace(bool is_cluster, const std::vector<std::string>& objects);
  void MarkRead(bool is_cluster);
  void Wake() const;
  void DropUnusedSecrets(Timestamp now) HPAPLUS_REQUIRES(mutex_);
  void FollowNamespaces();
  [[nodiscard]] ObjectKey SecretKey(const SourceSpec& spec, const std::string& secret) const;
  [[nodiscard]] std::vector<ObjectKey> TakeSecretReads(Timestamp now);
  void ReadSecret(const ObjectKey& key);
  void OnSecret(const ObjectKey& key, Result<SecretData> data);
  [[nodiscard]] std::optional<Report> Settle(const SourceName& name, Source& source)
      HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] static SourceObject ObjectOf(const SourceName& name, const Source& source,
                                             const Status& auth, bool in_force);
  [[nodiscard]] Result<HttpAuth> Resolve(const SourceSpec& spec) const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] MayUse MayUseOf(const SourceSpec& spec) const;

  const Config config_;
  const KubeApi api_;
  Clock& clock_;
  const std::shared_ptr<NamespaceLabels> namespaces_ = std::make_shared<NamespaceLabels>();
  mutable Mutex mutex_;
  std::map<SourceName, Source> sources_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<ObjectKey, Secret> secrets_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<SourceName> gone_ HPAPLUS_GUARDED_BY(mutex_);
  std::uint64_t epoch_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  bool references_changed_ HPAPLUS_GUARDED_BY(mutex_) = false;
  bool namespaced_read_ HPAPLUS_GUARDED_BY(mutex_) = false;
  bool cluster_read_ HPAPLUS_GUARDED_BY(mutex_) = false;

  // Of the chores' thread. Watches call sinks, so they die first.
  std::vector<std::unique_ptr<ObjectSink>> sinks_;
  std::unique_ptr<ObjectSink> namespace_sink_;
  std::vector<std::unique_ptr<RunningWatch>> watches_;
  std::unique_ptr<RunningWatch> namespace_watch_;
};

}  // namespace hpaplus::kube
