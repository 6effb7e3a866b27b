#include "engine/kube/cluster_sinks.h"

#include <algorithm>
#include <memory>

#include "engine/base/log.h"
#include "engine/kube/status_reply.h"
#include "engine/model/spec_json.h"

namespace hpaplus::kube {
namespace {

// How many objects are filed under one hold of the lock.
constexpr std::size_t kPortion = 200;

void LogUnreadable(std::string_view resource, const Error& error) {
  HPAPLUS_LOG(kWarning, "object cannot be read",
              {{"resource", resource}, {"error", error.message}});
}

// Calls file(first, last) for portions of `objects`.
template <class F>
void InPortions(const std::vector<std::string>& objects, F&& file) {
  for (std::size_t i = 0; i < objects.size(); i += kPortion)
    file(objects.data() + i, objects.data() + std::min(i + kPortion, objects.size()));
}

WorkloadObject ReadWorkload(const ObjectMeta& meta, std::string_view json, bool with_status) {
  WorkloadObject object;
  object.meta = meta;
  Result<WorkloadSpec> spec = ParseWorkload(json);
  if (spec) {
    object.spec = std::make_shared<const WorkloadSpec>(*std::move(spec));
  } else {
    object.problem = spec.error().message;
  }
  if (!with_status) return object;
  Result<ObjectStatus> status = ParseObjectStatus(json);
  if (status) object.stored_status = std::make_shared<const ObjectStatus>(*std::move(status));
  return object;
}

struct Seen {
  ObjectMeta meta;
  std::string_view json;
  bool is_news = false;
  bool is_stranger = false;
};

// Reads only what is news: most updates are our own status writes.
void PutWorkloads(ClusterState& state, std::vector<Seen> seen) {
  state.Change([&](ClusterTables& tables, Timestamp) {
    for (Seen& one : seen) {
      one.is_news = tables.workloads.IsNews(one.meta);
      one.is_stranger = tables.workloads.IsStranger(one.meta);
      if (!one.is_news) tables.workloads.Keep(one.meta);
    }
  });
  std::vector<WorkloadObject> news;
  for (const Seen& one : seen) {
    if (one.is_news) news.push_back(ReadWorkload(one.meta, one.json, one.is_stranger));
  }
  if (news.empty()) return;
  state.Change([&](ClusterTables& tables, Timestamp) {
    for (WorkloadObject& object : news) {
      const std::string name = object.meta.ns + "/" + object.meta.name;
      if (tables.workloads.Upsert(std::move(object))) continue;
      if (tables.workloads.refused() > 1) continue;
      HPAPLUS_LOG(
          kError, "too many HPAPlus objects, the rest is not served",
          {{"first", name}, {"served", static_cast<std::int64_t>(tables.workloads.size())}});
    }
  });
}

void Look(std::string_view json, std::vector<Seen>& seen) {
  Result<ObjectMeta> meta = ParseObjectMeta(json);
  if (!meta) return LogUnreadable("hpapluses", meta.error());
  seen.push_back({*std::move(meta), json});
}

}  // namespace

void WorkloadSink::Replace(const std::vector<std::string>& objects) {
  state_.Change([](ClusterTables& tables, Timestamp) { tables.workloads.BeginReplace(); });
  InPortions(objects, [&](const std::string* first, const std::string* last) {
    std::vector<Seen> seen;
    for (; first != last; ++first)
      Look(*first, seen);
    PutWorkloads(state_, std::move(seen));
  });
  state_.Change([](ClusterTables& tables, Timestamp) {
    tables.workloads.EndReplace();
    if (!std::exchange(tables.workloads_read, true)) tables.workloads.MarkAllDirty();
  });
}

void WorkloadSink::Upsert(std::string_view object) {
  std::vector<Seen> seen;
  Look(object, seen);
  PutWorkloads(state_, std::move(seen));
}

void WorkloadSink::Delete(std::string_view object) {
  const Result<ObjectMeta> meta = ParseObjectMeta(object);
  if (!meta) return LogUnreadable("hpapluses", meta.error());
  state_.Change([&](ClusterTables& tables, Timestamp) { tables.workloads.Erase(*meta); });
}

void PodSink::Put(std::vector<PodObject> pods) {
  state_.Change([&](ClusterTables& tables, Timestamp) {
    for (PodObject& pod : pods) {
      if (tables.pods.size() < state_.config().max_pods || tables.pods.Has(pod.ns, pod.pod.name)) {
        tables.pods.Upsert(std::move(pod));
      } else if (!std::exchange(tables.pods_overflow, true)) {
        tables.workloads.MarkAllDirty();
        HPAPLUS_LOG(kError, "too many pods, nothing is decided",
                    {{"pods_max", static_cast<std::int64_t>(state_.config().max_pods)}});
      }
    }
  });
}

void PodSink::Replace(const std::vector<std::string>& objects) {
  bool overflowed = false;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    overflowed = std::exchange(tables.pods_overflow, false);
    tables.pods.BeginReplace();
  });
  InPortions(objects, [&](const std::string* first, const std::string* last) {
    std::vector<PodObject> pods;
    for (; first != last; ++first) {
      Result<PodObject> pod = ParsePod(*first);
      if (pod) {
        pods.push_back(*std::move(pod));
      } else {
        LogUnreadable("pods", pod.error());
      }
    }
    Put(std::move(pods));
  });
  state_.Change([&](ClusterTables& tables, Timestamp) {
    tables.pods.EndReplace();
    const bool was_usable = std::exchange(tables.pods_read, true) && !tables.pods_failure;
    tables.pods_failure.reset();
    tables.pods_broken_since.reset();
    if (tables.pod_places == PodPlaces::kReading) tables.pod_places = PodPlaces::kKept;
    if (!was_usable || overflowed) tables.workloads.MarkAllDirty();
  });
}

void PodSink::Upsert(std::string_view object) {
  Result<PodObject> pod = ParsePod(object);
  if (!pod) return LogUnreadable("pods", pod.error());
  std::vector<PodObject> pods;
  pods.push_back(*std::move(pod));
  Put(std::move(pods));
}

void PodSink::Delete(std::string_view object) {
  const Result<ObjectMeta> meta = ParseObjectMeta(object);
  if (!meta) return LogUnreadable("pods", meta.error());
  state_.Change([&](ClusterTables& tables, Timestamp) {
    tables.pods.Erase(meta->ns, meta->name, meta->uid);
  });
}

void PodSink::Resumed() {
  state_.Change([](ClusterTables& tables, Timestamp) { tables.pods_broken_since.reset(); });
}

void PodSink::Failed(const Error& error) {
  state_.Change([](ClusterTables& tables, Timestamp now) {
    if (!tables.pods_broken_since) tables.pods_broken_since = now;
  });
  if (error.code != ErrorCode::kPermissionDenied) return;
  ScaleState failure;
  failure.status = ScaleStatus::kForbidden;
  failure.problem = "needs list and watch on pods: " + error.message;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    if (tables.pods_failure == failure) return;
    tables.pods_failure = failure;
    tables.workloads.MarkAllDirty();
  });
}

void TargetSink::Put(std::span<const std::string_view> objects) {
  std::vector<ScaledObject> scaled;
  std::vector<ObjectMeta> metas;
  for (const std::string_view json : objects) {
    if (metadata_only_) {
      Result<ObjectMeta> meta = ParseObjectMeta(json);
      if (!meta) LogUnreadable(kind_.kind, meta.error());
      if (meta) metas.push_back(*std::move(meta));
    } else {
      Result<ScaledObject> object = ParseAppsWorkload(json);
      if (!object) LogUnreadable(kind_.kind, object.error());
      if (object) scaled.push_back(*std::move(object));
    }
  }
  state_.Change([&](ClusterTables& tables, Timestamp now) {
    for (const ScaledObject& object : scaled)
      tables.targets.Upsert(kind_, object);
    for (const ObjectMeta& meta : metas)
      tables.targets.UpsertMeta(kind_, meta, now);
  });
}

void TargetSink::Replace(const std::vector<std::string>& objects) {
  state_.Change([&](ClusterTables& tables, Timestamp) { tables.targets.BeginReplace(kind_); });
  InPortions(objects, [&](const std::string* first, const std::string* last) {
    const std::vector<std::string_view> portion(first, last);
    Put(portion);
  });
  state_.Change([&](ClusterTables& tables, Timestamp) { tables.targets.EndReplace(kind_); });
}

void TargetSink::Upsert(std::string_view object) {
  Put({&object, 1});
}

void TargetSink::Delete(std::string_view object) {
  const Result<ObjectMeta> meta = ParseObjectMeta(object);
  if (!meta) return LogUnreadable(kind_.kind, meta.error());
  state_.Change([&](ClusterTables& tables, Timestamp) { tables.targets.Erase(kind_, *meta); });
}

void TargetSink::Failed(const Error& error) {
  state_.Change(
      [&](ClusterTables& tables, Timestamp) { tables.targets.WatchFailed(kind_, error); });
}

void ForeignScalerSink::Replace(const std::vector<std::string>& objects) {
  std::vector<ForeignScaler> scalers;
  for (const std::string& json : objects) {
    Result<ForeignScaler> scaler = ParseForeignScaler(json);
    if (!scaler) LogUnreadable("horizontalpodautoscalers", scaler.error());
    if (scaler) scalers.push_back(*std::move(scaler));
  }
  state_.Change([&](ClusterTables& tables, Timestamp) {
    std::vector<ObjectKey> present;
    for (const ForeignScaler& scaler : scalers) {
      present.push_back({scaler.meta.ns, scaler.meta.name});
      tables.workloads.SetForeign(present.back(), TargetOf(scaler.meta.ns, scaler.target));
    }
    std::sort(present.begin(), present.end());
    for (const ObjectKey& key : tables.workloads.ForeignKeys()) {
      if (!std::binary_search(present.begin(), present.end(), key)) {
        tables.workloads.EraseForeign(key);
      }
    }
    if (!std::exchange(tables.foreign_read, true)) tables.workloads.MarkAllDirty();
  });
  warned_ = false;
}

void ForeignScalerSink::Upsert(std::string_view object) {
  const Result<ForeignScaler> scaler = ParseForeignScaler(object);
  if (!scaler) return LogUnreadable("horizontalpodautoscalers", scaler.error());
  state_.Change([&](ClusterTables& tables, Timestamp) {
    tables.workloads.SetForeign({scaler->meta.ns, scaler->meta.name},
                                TargetOf(scaler->meta.ns, scaler->target));
  });
}

void ForeignScalerSink::Delete(std::string_view object) {
  const Result<ObjectMeta> meta = ParseObjectMeta(object);
  if (!meta) return LogUnreadable("horizontalpodautoscalers", meta.error());
  state_.Change([&](ClusterTables& tables, Timestamp) {
    tables.workloads.EraseForeign({meta->ns, meta->name});
  });
}

void ForeignScalerSink::Failed(const Error& error) {
  const bool off = error.code == ErrorCode::kPermissionDenied || error.code == ErrorCode::kNotFound;
  if (!off) return;
  if (!std::exchange(warned_, true)) {
    HPAPLUS_LOG(kWarning, "targets are not checked for HorizontalPodAutoscalers",
                {{"error", error.message}});
  }
  state_.Change([&](ClusterTables& tables, Timestamp) {
    for (const ObjectKey& key : tables.workloads.ForeignKeys())
      tables.workloads.EraseForeign(key);
    if (!std::exchange(tables.foreign_read, true)) tables.workloads.MarkAllDirty();
  });
}

}  // namespace hpaplus::kube
