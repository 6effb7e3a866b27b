#include "engine/kube/source_watcher.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/url.h"
#include "engine/model/spec_json.h"

namespace hpaplus::kube {
namespace {

constexpr std::string_view kGroup = "autoscaling.hpaplus.io";
constexpr std::string_view kVersion = "v1alpha1";

ServedKind SourceKind(bool is_cluster) {
  return {std::string(kGroup), std::string(kVersion),
          is_cluster ? "clustermetricsources" : "metricsources", false};
}

SourceName NameOfObject(const ObjectMeta& meta) {
  SourceSpec spec;
  spec.ns = meta.ns;
  spec.name = meta.name;
  return NameOf(spec);
}

bool ChoosesByLabels(const SourceSpec& spec) {
  return spec.ns.empty() && spec.allowed == SourceSpec::Namespaces::kSelector;
}

void LogUnreadable(std::string_view resource, const Error& error) {
  HPAPLUS_LOG(kWarning, "object cannot be read",
              {{"resource", resource}, {"error", error.message}});
}

}  // namespace

void NamespaceLabels::Set(const std::string& ns, Labels labels) {
  const MutexLock lock(mutex_);
  namespaces_[ns] = std::move(labels);
}

void NamespaceLabels::Erase(const std::string& ns) {
  const MutexLock lock(mutex_);
  namespaces_.erase(ns);
}

void NamespaceLabels::ReplaceAll(std::map<std::string, Labels> namespaces) {
  const MutexLock lock(mutex_);
  namespaces_.clear();
  namespaces_.insert(std::make_move_iterator(namespaces.begin()),
                     std::make_move_iterator(namespaces.end()));
}

bool NamespaceLabels::HasAll(std::string_view ns, const Labels& wanted) const {
  const MutexLock lock(mutex_);
  const auto at = namespaces_.find(ns);
  if (at == namespaces_.end()) return false;
  return std::ranges::all_of(wanted, [&](const auto& label) {
    return std::ranges::find(at->second, label) != at->second.end();
  });
}

class SourceWatcher::SourceSink final : public ObjectSink {
 public:
  SourceSink(SourceWatcher& watcher, bool is_cluster)
      : watcher_(watcher), is_cluster_(is_cluster) {}
  void Replace(const std::vector<std::string>& objects) override {
    watcher_.Replace(is_cluster_, objects);
  }
  void Upsert(std::string_view object) override { watcher_.Put(object); }
  void Delete(std::string_view object) override { watcher_.Erase(object); }
  void Failed(const Error& error) override {
    // Where a kind is not served or not allowed there is nothing to wait for.
    if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kPermissionDenied) {
      watcher_.MarkRead(is_cluster_);
    }
  }

 private:
  SourceWatcher& watcher_;
  const bool is_cluster_;
};

class SourceWatcher::NamespaceSink final : public ObjectSink {
 public:
  explicit NamespaceSink(std::shared_ptr<NamespaceLabels> labels) : labels_(std::move(labels)) {}
  void Replace(const std::vector<std::string>& objects) override {
    std::map<std::string, Labels> namespaces;
    for (const std::string& object : objects) {
      Result<ObjectMeta> meta = ParseObjectMeta(object);
      if (!meta) LogUnreadable("namespaces", meta.error());
      if (meta) namespaces[meta->name] = std::move(meta->labels);
    }
    labels_->ReplaceAll(std::move(namespaces));
  }
  void Upsert(std::string_view object) override {
    Result<ObjectMeta> meta = ParseObjectMeta(object);
    if (!meta) return LogUnreadable("namespaces", meta.error());
    labels_->Set(meta->name, std::move(meta->labels));
  }
  void Delete(std::string_view object) override {
    const Result<ObjectMeta> meta = ParseObjectMeta(object);
    if (!meta) return LogUnreadable("namespaces", meta.error());
    labels_->Erase(meta->name);
  }
  void Failed(const Error& error) override {
    // Who may use a source is not to be guessed.
    if (error.code == ErrorCode::kPermissionDenied) labels_->ReplaceAll({});
  }

 private:
  const std::shared_ptr<NamespaceLabels> labels_;
};

SourceWatcher::SourceWatcher(Config config, KubeApi api, Clock& clock)
    : config_(std::move(config)), api_(std::move(api)), clock_(clock) {}

SourceWatcher::~SourceWatcher() {
  StopWatches();
}

void SourceWatcher::StartWatches() {
  for (const bool is_cluster : {false, true}) {
    const ServedKind kind = SourceKind(is_cluster);
    ObjectSink& sink = *sinks_.emplace_back(std::make_unique<SourceSink>(*this, is_cluster));
    const std::string path = kind.Path(is_cluster ? "" : config_.ns);
    watches_.push_back(api_.watch({path, kind.Name(), false}, sink));
  }
}

void SourceWatcher::StopWatches() {
  watches_.clear();
  namespace_watch_.reset();
  sinks_.clear();
  namespace_sink_.reset();
}

Timestamp SourceWatcher::RunChores(Timestamp now) {
  FollowNamespaces();
  for (const ObjectKey& key : TakeSecretReads(now))
    ReadSecret(key);

  std::vector<SourceName> gone;
  std::vector<Report> reports;
  std::vector<MayUse> may_use;
  std::vector<SourceObject> objects;
  Timestamp next = Timestamp::max();
  {
    const MutexLock lock(mutex_);
    gone = std::exchange(gone_, {});
    for (auto& [name, source] : sources_) {
      if (!std::exchange(source.dirty, false)) continue;
      std::optional<Report> report = Settle(name, source);
      if (source.told) objects.push_back(*std::exchange(source.told, std::nullopt));
      if (!report) continue;
      may_use.push_back(MayUseOf(report->source ? report->source->spec : SourceSpec{}));
      reports.push_back(*std::move(report));
    }
    for (const auto& [key, secret] : secrets_) {
      if (!secret.in_flight) next = std::min(next, secret.due);
    }
  }
  for (const SourceName& name : gone)
    config_.on_gone(name);
  for (SourceObject& object : objects) {
    if (config_.on_object) config_.on_object(std::move(object));
  }
  for (std::size_t i = 0; i < reports.size(); ++i)
    config_.on_source(reports[i].name, std::move(reports[i].source), std::move(may_use[i]));
  return next;
}

bool SourceWatcher::Synced() const {
  const MutexLock lock(mutex_);
  return namespaced_read_ && cluster_read_;
}

void SourceWatcher::Put(std::string_view json) {
  const Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("metricsources", meta.error());
  const SourceName name = NameOfObject(*meta);
  {
    const MutexLock lock(mutex_);
    const auto at = sources_.find(name);
    if (at != sources_.end()) {
      Source& known = at->second;
      known.epoch = epoch_;
      if (IsOlderVersion(meta->resource_version, known.meta.resource_version)) return;
      const bool same = known.meta.uid == meta->uid && known.meta.generation == meta->generation;
      if (same) return;
    } else if (sources_.size() >= config_.max_sources) {
      HPAPLUS_LOG(kError, "too many metric sources, this one is not served", {{"source", name}});
      return;
    }
  }
  Result<SourceSpec> spec = ParseSource(json);
  {
    const MutexLock lock(mutex_);
    Source& source = sources_[name];
    source.epoch = epoch_;
    if (source.meta.uid != meta->uid) source.stored = ParseSourceStatus(json);
    source.meta = *meta;
    source.problem = spec ? "" : spec.error().message;
    if (spec) source.spec = *std::move(spec);
    source.dirty = true;
    references_changed_ = true;
  }
  Wake();
}

void SourceWatcher::Erase(std::string_view json) {
  const Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("metricsources", meta.error());
  {
    const MutexLock lock(mutex_);
    const auto at = sources_.find(NameOfObject(*meta));
    if (at == sources_.end() || at->second.meta.uid != meta->uid) return;
    gone_.push_back(at->first);
    sources_.erase(at);
    references_changed_ = true;
  }
  Wake();
}

void SourceWatcher::Replace(bool is_cluster, const std::vector<std::string>& objects) {
  {
    const MutexLock lock(mutex_);
    ++epoch_;
    for (auto& [name, source] : sources_) {
      if (source.meta.ns.empty() != is_cluster) source.epoch = epoch_;
    }
  }
  for (const std::string& object : objects)
    Put(object);
  {
    const MutexLock lock(mutex_);
    std::erase_if(sources_, [this](const auto& item) HPAPLUS_REQUIRES(mutex_) {
      const bool is_gone = item.second.epoch != epoch_;
      if (is_gone) gone_.push_back(item.first);
      return is_gone;
    });
    references_changed_ = true;
  }
  MarkRead(is_cluster);
}

void SourceWatcher::MarkRead(bool is_cluster) {
  {
    const MutexLock lock(mutex_);
    (is_cluster ? cluster_read_ : namespaced_read_) = true;
  }
  Wake();
}

void SourceWatcher::Wake() const {
  if (config_.wake) config_.wake();
}

// Namespaces are watched only while some source chooses by their labels.
void SourceWatcher::FollowNamespaces() {
  bool wanted = false;
  {
    const MutexLock lock(mutex_);
    wanted = std::ranges::any_of(sources_, [](const auto& item) {
      return item.second.spec && ChoosesByLabels(*item.second.spec);
    });
  }
  if (wanted == (namespace_watch_ != nullptr)) return;
  if (wanted) {
    namespace_sink_ = std::make_unique<NamespaceSink>(namespaces_);
    namespace_watch_ = api_.watch({"/api/v1/namespaces", "namespaces", false}, *namespace_sink_);
  } else {
    namespace_watch_.reset();
    namespace_sink_.reset();
    namespaces_->ReplaceAll({});
  }
}

ObjectKey SourceWatcher::SecretKey(const SourceSpec& spec, const std::string& secret) const {
  return {spec.ns.empty() ? config_.controller_ns : spec.ns, secret};
}

void SourceWatcher::DropUnusedSecrets(Timestamp now) {
  std::map<ObjectKey, Secret> kept;
  for (const auto& [name, source] : sources_) {
    if (!source.spec) continue;
    for (const std::string& secret : SecretsOf(*source.spec)) {
      const ObjectKey key = SecretKey(*source.spec, secret);
      if (kept.contains(key)) continue;
      Secret fresh;
      fresh.due = now;
      const auto at = secrets_.find(key);
      kept.emplace(key, at == secrets_.end() ? std::move(fresh) : std::move(at->second));
    }
  }
  secrets_ = std::move(kept);
}

std::vector<ObjectKey> SourceWatcher::TakeSecretReads(Timestamp now) {
  std::vector<ObjectKey> due;
  const MutexLock lock(mutex_);
  if (std::exchange(references_changed_, false)) DropUnusedSecrets(now);
  for (auto& [key, secret] : secrets_) {
    if (secret.in_flight || secret.due > now) continue;
    secret.in_flight = true;
    due.push_back(key);
  }
  return due;
}

void SourceWatcher::ReadSecret(const ObjectKey& key) {
  KubeRequest request;
  request.path =
      "/api/v1/namespaces/" + PercentEncode(key.ns) + "/secrets/" + PercentEncode(key.name);
  request.verb = "get";
  request.resource = "secrets";
  constexpr std::size_t kLargestSecret = 4U << 20U;  // 1 MiB of data in base64, and room.
  request.max_response_bytes = kLargestSecret;
  api_.send(std::move(request), [this, key](const Result<std::string>& body) {
    OnSecret(key, body ? ParseSecretData(*body) : Result<SecretData>(body.error()));
  });
}

void SourceWatcher::OnSecret(const ObjectKey& key, Result<SecretData> data) {
  const Timestamp now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    const auto at = secrets_.find(key);
    if (at == secrets_.end()) return;
    Secret& secret = at->second;
    secret.in_flight = false;
    secret.due = now + config_.secret_spacing;
    if (data) {
      secret.failures = 0;
      secret.data = std::move(data);
    } else {
      constexpr std::uint32_t kMostDoublings = 16;
      const Duration delay =
          config_.retry_first * (1U << std::min(secret.failures++, kMostDoublings));
      secret.due = now + std::min(delay, config_.secret_spacing);
      const ErrorCode code = data.error().code;
      const bool passes = code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded;
      const std::string rule = code == ErrorCode::kPermissionDenied ? "needs get on " : "";
      if (!passes || !secret.data) {
        secret.data = Error{code, rule + "secret " + key.name + " in namespace " + key.ns + ": " +
                                      data.error().message};
      }
    }
    for (auto& [name, source] : sources_) {
      const bool uses = source.spec && SecretKey(*source.spec, key.name) == key &&
                        SecretsOf(*source.spec).contains(key.name);
      source.dirty = source.dirty || uses;
    }
  }
  Wake();
}

// What there is to report about a source that changed, or one of whose secrets did.
std::optional<SourceWatcher::Report> SourceWatcher::Settle(const SourceName& name, Source& source) {
  std::string problem = source.problem;
  Status usable = Done{};
  bool in_force = source.reported.has_value();
  if (source.spec) {
    for (const std::string& secret : SecretsOf(*source.spec)) {
      const auto at = secrets_.find(SecretKey(*source.spec, secret));
      if (at == secrets_.end() || !at->second.data) return std::nullopt;  // Being read.
    }
    Result<HttpAuth> auth = Resolve(*source.spec);
    const bool is_news = auth && (!source.reported || source.reported->spec != *source.spec ||
                                  !SameAuth(source.reported->auth, *auth));
    if (!auth) {
      problem = auth.error().message;
      usable = auth.error();
    }
    in_force = in_force || auth;
    source.told = ObjectOf(name, source, usable, in_force);
    if (is_news) {
      source.reported = ResolvedSource{*source.spec, *std::move(auth)};
      source.reported_problem = problem;
      return Report{name, *source.reported};
    }
  } else {
    source.told = ObjectOf(name, source, usable, in_force);
  }
  if (problem == source.reported_problem) return std::nullopt;
  source.reported_problem = problem;
  if (problem.empty()) return std::nullopt;
  if (source.reported) {
    HPAPLUS_LOG(kWarning, "source change is not usable, the old one stays",
                {{"source", name}, {"error", problem}});
    return std::nullopt;
  }
  return Report{name, Error{ErrorCode::kInvalidArgument, name + ": " + problem}};
}

SourceObject SourceWatcher::ObjectOf(const SourceName& name, const Source& source,
                                     const Status& auth, bool in_force) {
  SourceObject object;
  object.name = name;
  object.ns = source.meta.ns;
  object.object = source.meta.name;
  object.uid = source.meta.uid;
  object.generation = source.meta.generation;
  object.in_force = in_force;
  object.stored = source.stored;
  if (!source.problem.empty()) {
    object.reason = "InvalidSpec";
    object.problem = source.problem;
  } else if (!auth) {
    object.reason = "SecretNotUsable";
    object.problem = auth.error().message;
  }
  return object;
}

Result<HttpAuth> SourceWatcher::Resolve(const SourceSpec& spec) const {
  return ResolveAuth(spec, [&](const std::string& secret) HPAPLUS_REQUIRES(mutex_) {
    return *secrets_.find(SecretKey(spec, secret))->second.data;
  });
}

SourceWatcher::MayUse SourceWatcher::MayUseOf(const SourceSpec& spec) const {
  if (!spec.ns.empty()) {
    return [ns = spec.ns](std::string_view asking) { return asking == ns; };
  }
  switch (spec.allowed) {
    case SourceSpec::Namespaces::kAll:
      return [](std::string_view) { return true; };
    case SourceSpec::Namespaces::kSelector:
      return [labels = namespaces_, wanted = spec.allowed_labels](std::string_view asking) {
        return labels->HasAll(asking, wanted);
      };
    case SourceSpec::Namespaces::kNone:
      break;
  }
  return [](std::string_view) { return false; };
}

}  // namespace hpaplus::kube
