#include "engine/kube/quota_cluster.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/url.h"
#include "engine/kube/objects_reply.h"
#include "engine/kube/quota_reply.h"
#include "engine/model/quota_json.h"

namespace hpaplus::kube {
namespace {

constexpr const char* kOurs = "/apis/autoscaling.hpaplus.io/v1alpha1/";
// For so long keys are believed to be somebody else's, then the next write finds out.
constexpr Duration kTrustWriters = std::chrono::minutes(1);
constexpr Duration kLongestNap = std::chrono::milliseconds(100);

void LogUnreadable(std::string_view resource, const Error& error) {
  HPAPLUS_LOG(kWarning, "object cannot be read",
              {{"resource", std::string(resource)}, {"error", error.message}});
}

std::string InNamespace(const std::string& root, const std::string& ns,
                        const std::string& resource) {
  return root + (ns.empty() ? "" : "namespaces/" + PercentEncode(ns) + "/") + resource;
}

bool LeavesMore(const QuotaObject& before, const QuotaObject& after) {
  for (const auto& [name, hard] : before.hard) {
    const auto now = after.hard.find(name);
    if (now == after.hard.end() || now->second > hard) return true;
    const auto used = before.used.find(name);
    const auto used_now = after.used.find(name);
    if (used != before.used.end() && used_now != after.used.end() &&
        used_now->second < used->second) {
      return true;
    }
  }
  return false;
}

// Shared with the answers, which may come after the caller has gone.
struct Answers {
  Mutex mutex;
  std::condition_variable_any changed;
  std::vector<Result<std::string>> bodies HPAPLUS_GUARDED_BY(mutex);
  std::size_t missing HPAPLUS_GUARDED_BY(mutex) = 0;
};

}  // namespace

class KubeQuotaCluster::Sink final : public ObjectSink {
 public:
  Sink(KubeQuotaCluster& owner, Table table) : owner_(owner), table_(table) {}

  void Replace(const std::vector<std::string>& objects) override {
    owner_.Clear(table_);
    for (const std::string& object : objects)
      owner_.Put(table_, object);
    owner_.SetRead(table_);
  }
  void Upsert(std::string_view object) override { owner_.Put(table_, object); }
  void Delete(std::string_view object) override { owner_.Erase(table_, object); }
  void Failed(const Error& error) override { owner_.SetBroken(table_, error); }
  void Resumed() override { owner_.SetRead(table_); }

 private:
  KubeQuotaCluster& owner_;
  const Table table_;
};

KubeQuotaCluster::KubeQuotaCluster(Config config, KubeApi api, Clock& clock)
    : config_(std::move(config)), api_(std::move(api)), clock_(clock) {}

KubeQuotaCluster::~KubeQuotaCluster() {
  StopWatches();
}

void KubeQuotaCluster::StartWatches() {
  const std::pair<Table, WatchRequest> all[] = {
      {Table::kQuotas,
       {.path = InNamespace("/api/v1/", config_.ns, "resourcequotas"),
        .resource = "resourcequotas"}},
      {Table::kSubjects,
       {.path = InNamespace(kOurs, config_.ns, "dynamicquotas"), .resource = "dynamicquotas"}},
      {Table::kPools, {.path = std::string(kOurs) + "quotapools", .resource = "quotapools"}}};
  for (const auto& [table, request] : all) {
    Watched& watched = WatchedOf(table);
    watched.sink = std::make_unique<Sink>(*this, table);
    watched.watch = api_.watch(request, *watched.sink);
  }
}

void KubeQuotaCluster::StopWatches() {
  for (Watched& one : watched_)
    one.watch.reset();
}

KubeQuotaCluster::Watched& KubeQuotaCluster::WatchedOf(Table table) {
  return watched_[static_cast<std::size_t>(table)];
}

void KubeQuotaCluster::Clear(Table table) {
  const MutexLock lock(mutex_);
  WatchedOf(table).read = false;  // Half of the objects would look as if the others were gone.
  switch (table) {
    case Table::kQuotas:
      return quotas_.clear();
    case Table::kSubjects:
      return subjects_.clear();
    case Table::kPools:
      return pools_.clear();
  }
}

void KubeQuotaCluster::SetRead(Table table) {
  const MutexLock lock(mutex_);
  WatchedOf(table).read = true;
  WatchedOf(table).broken_since.reset();
}

void KubeQuotaCluster::SetBroken(Table table, const Error& error) {
  const MutexLock lock(mutex_);
  Watched& watched = WatchedOf(table);
  // A cluster without our kinds has no quotas to keep.
  if (error.code == ErrorCode::kNotFound) watched.read = true;
  if (!watched.broken_since) watched.broken_since = clock_.Now();
}

void KubeQuotaCluster::Put(Table table, std::string_view json) {
  switch (table) {
    case Table::kQuotas:
      return PutQuota(json);
    case Table::kSubjects:
      return PutSubject(json);
    case Table::kPools:
      return PutPool(json);
  }
}

void KubeQuotaCluster::PutQuota(std::string_view json) {
  Result<QuotaObject> parsed = ParseResourceQuota(json);
  if (!parsed) return LogUnreadable("resourcequotas", parsed.error());
  auto quota = std::make_shared<QuotaObject>(*std::move(parsed));
  // Watches leave out who has written what; answers to requests have it.
  const bool tells_writers = json.find("\"managedFields\"") != std::string_view::npos;
  bool frees = false;
  {
    const Timestamp now = clock_.Now();
    const MutexLock lock(mutex_);
    std::shared_ptr<const QuotaObject>& known = quotas_[quota->ns][quota->name];
    Timestamp& foreign_at = foreign_at_[{quota->ns, quota->name}];
    if (tells_writers) {
      foreign_at = now;
    } else if (known != nullptr && known->uid == quota->uid && now < foreign_at + kTrustWriters) {
      quota->foreign = known->foreign;
    }
    if (known != nullptr && known->uid == quota->uid &&
        IsOlderVersion(quota->version, known->version)) {
      return;
    }
    frees = known != nullptr && LeavesMore(*known, *quota);
    known = quota;
  }
  if (frees && config_.freed) config_.freed(quota->ns);
}

void KubeQuotaCluster::PutSubject(std::string_view json) {
  const Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("dynamicquotas", meta.error());
  Result<QuotaSpec> spec = ParseQuota(json);
  const MutexLock lock(mutex_);
  Subject& subject = subjects_[{meta->ns, meta->name}];
  if (IsOlderVersion(meta->resource_version, subject.version)) return;
  subject.version = meta->resource_version;
  subject.finalizers = std::string(json);
  subject.seen.guarded = HasQuotaFinalizer(json);
  if (spec) {
    subject.seen.problem.clear();
    subject.seen.spec = std::make_shared<const QuotaSpec>(*std::move(spec));
    return;
  }
  subject.seen.problem = spec.error().message;
  if (subject.seen.spec != nullptr) return;
  QuotaSpec unusable;
  unusable.ns = meta->ns;
  unusable.name = meta->name;
  unusable.uid = meta->uid;
  unusable.mode = QuotaMode::kOff;
  subject.seen.spec = std::make_shared<const QuotaSpec>(std::move(unusable));
}

void KubeQuotaCluster::PutPool(std::string_view json) {
  const Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("quotapools", meta.error());
  Result<PoolSpec> spec = ParsePool(json);
  Result<Ledger> ledger = ParseLedger(json);
  const MutexLock lock(mutex_);
  PoolSubject& pool = pools_[meta->name];
  if (IsOlderVersion(meta->resource_version, pool.version)) return;
  if (!ledger) return LogUnreadable("quotapools", ledger.error());
  pool.version = meta->resource_version;
  pool.ledger = *std::move(ledger);
  pool.problem = spec ? "" : spec.error().message;
  if (spec) pool.spec = std::make_shared<const PoolSpec>(*std::move(spec));
}

void KubeQuotaCluster::Erase(Table table, std::string_view json) {
  const Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("quotas", meta.error());
  {
    const MutexLock lock(mutex_);
    switch (table) {
      case Table::kQuotas:
        quotas_[meta->ns].erase(meta->name);
        break;
      case Table::kSubjects:
        subjects_.erase({meta->ns, meta->name});
        return;
      case Table::kPools:
        pools_.erase(meta->name);
        return;
    }
  }
  if (config_.freed) config_.freed(meta->ns);
}

QuotaSnapshot KubeQuotaCluster::Snapshot(Timestamp now) {
  QuotaSnapshot out;
  if (config_.freeze) out.freeze = config_.freeze();
  const MutexLock lock(mutex_);
  out.complete = std::ranges::all_of(watched_, [](const Watched& one) { return one.read; });
  out.known_at = now;
  for (const Watched& one : watched_) {
    if (one.broken_since) out.known_at = std::min(*out.known_at, *one.broken_since);
  }
  for (const auto& [key, subject] : subjects_)
    out.subjects.push_back(subject.seen);
  for (const auto& [name, pool] : pools_) {
    if (pool.spec != nullptr) out.pools.push_back(pool);
  }
  return out;
}

std::vector<std::shared_ptr<const QuotaObject>> KubeQuotaCluster::QuotasIn(const std::string& ns) {
  const MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const QuotaObject>> out;
  const auto found = quotas_.find(ns);
  if (found == quotas_.end()) return out;
  for (const auto& [name, quota] : found->second)
    out.push_back(quota);
  return out;
}

std::optional<QuotaAmounts> KubeQuotaCluster::RequestsIn(const std::string& ns) {
  return config_.requests_in ? config_.requests_in(ns) : std::nullopt;
}

std::optional<KubeRequest> KubeQuotaCluster::RequestFor(const QuotaPatch& patch) {
  KubeRequest request;
  request.method = "PATCH";
  request.verb = "patch";
  request.priority = Priority::kScaleUp;  // Sizes wait for it.
  if (patch.kind == QuotaPatch::Kind::kHard || patch.kind == QuotaPatch::Kind::kRestore) {
    QuotaBody body = BodyOf(patch);
    request.path = InNamespace("/api/v1/", patch.ns, "resourcequotas/") +
                   PercentEncode(patch.name) + "?fieldManager=" + std::string(kQuotaManager);
    if (patch.take_over) request.path += "&force=true";
    request.body = std::move(body.body);
    request.content_type = std::move(body.content_type);
    request.resource = "resourcequotas";
    return request;
  }
  const MutexLock lock(mutex_);
  const auto subject = subjects_.find({patch.ns, patch.name});
  if (subject == subjects_.end()) return std::nullopt;
  request.path = InNamespace(kOurs, patch.ns, "dynamicquotas/") + PercentEncode(patch.name) +
                 "?fieldManager=hpaplus";
  request.body = FinalizerPatch(subject->second.finalizers, patch.kind == QuotaPatch::Kind::kGuard);
  request.content_type = "application/merge-patch+json";
  request.resource = "dynamicquotas";
  return request;
}

std::vector<Result<std::string>> KubeQuotaCluster::SendAll(std::vector<KubeRequest> requests) {
  const auto answers = std::make_shared<Answers>();
  {
    const MutexLock lock(answers->mutex);
    answers->bodies.assign(requests.size(),
                           Error{ErrorCode::kDeadlineExceeded, "quota: no answer in time"});
    answers->missing = requests.size();
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    api_.send(std::move(requests[i]), [answers, i](Result<std::string> body) {
      {
        const MutexLock lock(answers->mutex);
        if (answers->missing == 0) return;
        answers->bodies[i] = std::move(body);
        --answers->missing;
      }
      answers->changed.notify_all();
    });
  }
  const Timestamp deadline = clock_.Now() + config_.patience;
  MutexLock lock(answers->mutex);
  while (answers->missing > 0) {
    const Duration left = deadline - clock_.Now();
    if (left <= Duration::zero()) break;
    answers->changed.wait_for(lock, std::min(left, kLongestNap));
  }
  answers->missing = 0;
  return std::move(answers->bodies);
}

// A refused write may have met another version, or keys of somebody else: who has written which is
// in the object itself.
void KubeQuotaCluster::LearnWhoElseWrites(std::span<const QuotaPatch> refused) {
  std::vector<KubeRequest> requests;
  for (const QuotaPatch& patch : refused) {
    KubeRequest request;
    request.path = InNamespace("/api/v1/", patch.ns, "resourcequotas/") + PercentEncode(patch.name);
    request.verb = "get";
    request.resource = "resourcequotas";
    requests.push_back(std::move(request));
  }
  if (requests.empty()) return;
  for (const Result<std::string>& body : SendAll(std::move(requests))) {
    if (body) Put(Table::kQuotas, *body);
  }
}

std::vector<Result<std::string>> KubeQuotaCluster::WriteAll(std::span<const QuotaPatch> patches) {
  std::vector<KubeRequest> requests;
  std::vector<std::size_t> sent;
  std::vector<Result<std::string>> out(patches.size(),
                                       Error{ErrorCode::kNotFound, "quota: the object is gone"});
  for (std::size_t i = 0; i < patches.size(); ++i) {
    auto request = RequestFor(patches[i]);
    if (!request) continue;
    requests.push_back(*std::move(request));
    sent.push_back(i);
  }
  auto bodies = SendAll(std::move(requests));
  std::vector<QuotaPatch> refused;
  for (std::size_t k = 0; k < sent.size(); ++k) {
    const QuotaPatch& patch = patches[sent[k]];
    const bool of_quota =
        patch.kind == QuotaPatch::Kind::kHard || patch.kind == QuotaPatch::Kind::kRestore;
    if (!bodies[k]) {
      out[sent[k]] = bodies[k].error();
      if (of_quota && bodies[k].error().code == ErrorCode::kConflict) refused.push_back(patch);
      continue;
    }
    const Result<ObjectMeta> meta = ParseObjectMeta(*bodies[k]);
    if (!meta) {
      out[sent[k]] = meta.error();
      continue;
    }
    Put(of_quota ? Table::kQuotas : Table::kSubjects, *bodies[k]);
    out[sent[k]] = meta->resource_version;
  }
  LearnWhoElseWrites(refused);
  return out;
}

Result<std::string> KubeQuotaCluster::WriteLedger(const std::string& pool,
                                                  const std::string& version,
                                                  const Ledger& ledger) {
  KubeRequest request;
  request.method = "PATCH";
  request.path =
      std::string(kOurs) + "quotapools/" + PercentEncode(pool) + "/status?fieldManager=hpaplus";
  request.body = LedgerPatch(ledger, version);
  request.content_type = "application/merge-patch+json";
  request.verb = "patch";
  request.resource = "quotapools/status";
  request.priority = Priority::kScaleUp;  // Sizes wait for it.
  std::vector<KubeRequest> requests;
  requests.push_back(std::move(request));
  const Result<std::string> body = std::move(SendAll(std::move(requests)).front());
  if (!body) return body.error();
  const Result<ObjectMeta> meta = ParseObjectMeta(*body);
  if (!meta) return meta.error();
  Put(Table::kPools, *body);
  return meta->resource_version;
}

}  // namespace hpaplus::kube
