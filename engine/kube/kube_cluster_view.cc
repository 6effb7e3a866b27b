#include "engine/kube/kube_cluster_view.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/base/log.h"
#include "engine/kube/cluster_sinks.h"
#include "engine/kube/freeze_sink.h"

namespace hpaplus::kube {
namespace {

const ServedKind kHpaPluses{"autoscaling.hpaplus.io", "v1alpha1", "hpapluses", false};
const ServedKind kPods{"", "v1", "pods", false};
const ServedKind kConfigMaps{"", "v1", "configmaps", false};
const ServedKind kForeignScalers{"autoscaling", "v2", "horizontalpodautoscalers", false};

// Empty when they are known.
std::string WhyPodsAreUnknown(const ClusterTables& tables, Timestamp broken_before) {
  if (tables.pods_failure) return tables.pods_failure->problem;
  if (!tables.pods_read) return "the list is still being read";
  if (tables.pods_overflow) return "there are more than can be kept";
  if (tables.pods_broken_since && *tables.pods_broken_since < broken_before) {
    return "the watch has been broken for too long";
  }
  return "";
}

}  // namespace

KubeClusterView::KubeClusterView(Config config, KubeApi api, Clock& clock, Telemetry& telemetry)
    : config_(std::move(config)),
      api_(std::move(api)),
      telemetry_(telemetry),
      state_(config_.state, clock) {}

KubeClusterView::~KubeClusterView() {
  StopWatches();
}

void KubeClusterView::StartWatches() {
  if (!config_.freeze_config_map.empty()) freeze_ = WatchFreeze();
  pods_ = Watch(kPods, false, std::make_unique<PodSink>(state_));
  foreign_ = Watch(kForeignScalers, false, std::make_unique<ForeignScalerSink>(state_));
  workloads_ = Watch(kHpaPluses, false, std::make_unique<WorkloadSink>(state_));
}

void KubeClusterView::StopWatches() {
  workloads_ = {};
  kinds_.clear();
  foreign_ = {};
  pods_ = {};
  freeze_ = {};
}

std::vector<WorkloadUpdate> KubeClusterView::TakeChanges() {
  return state_.TakeChanges();
}

std::optional<WorkloadNow> KubeClusterView::Find(WorkloadId id) {
  return state_.Find(id);
}

void KubeClusterView::ObserveScale(WorkloadId id, const std::string& uid, const ScaleState& scale) {
  state_.Change([&](ClusterTables& tables, Timestamp) {
    const WorkloadTable::Workload* workload = tables.workloads.Find(id);
    if (workload == nullptr || !workload->target) return;
    tables.targets.Observe(*workload->target, uid, scale);
  });
}

void KubeClusterView::Release(WorkloadId id) {
  state_.Change([&](ClusterTables& tables, Timestamp) { tables.workloads.Release(id); });
}

std::optional<QuotaAmounts> KubeClusterView::RequestsIn(const std::string& ns) {
  std::optional<QuotaAmounts> out;
  if (!config_.ns.empty() && ns != config_.ns) return out;
  state_.Change([&](ClusterTables& tables, Timestamp now) {
    if (WhyPodsAreUnknown(tables, now - config_.trust_pods_for).empty()) {
      out = tables.pods.RequestsIn(ns);
    }
  });
  return out;
}

std::string KubeClusterView::Freeze() {
  std::string out;
  state_.Change([&](ClusterTables& tables, Timestamp) { out = tables.freeze; });
  return out;
}

Result<std::vector<PodAddress>> KubeClusterView::Select(std::string_view ns,
                                                        const LabelSelector& selector) const {
  if (!config_.ns.empty() && ns != config_.ns) {
    return Error{ErrorCode::kPermissionDenied,
                 fmt::format("pods: only namespace {} is watched, not {}", config_.ns, ns)};
  }
  const Result<ParsedSelector> parsed = ConvertSelector(selector);
  if (!parsed) return parsed.error();
  Result<std::vector<PodAddress>> pods = std::vector<PodAddress>();
  bool asked = false;
  state_.Change([&](ClusterTables& tables, Timestamp now) {
    if (tables.pod_places == PodPlaces::kNotKept) {
      tables.pod_places = PodPlaces::kWanted;
      asked = true;
    }
    std::string problem = WhyPodsAreUnknown(tables, now - config_.trust_pods_for);
    if (problem.empty() && tables.pod_places != PodPlaces::kKept) {
      problem = "their addresses are being read";
    }
    if (problem.empty()) {
      pods = tables.pods.Find(ns, *parsed);
    } else {
      pods = Error{ErrorCode::kUnavailable, "pods: " + problem};
    }
  });
  if (asked && config_.state.work) config_.state.work();
  return pods;
}

Timestamp KubeClusterView::RunChores(Timestamp now) {
  state_.SetNextWork(Timestamp::min());  // Whatever comes up meanwhile is seen below.
  ResolveKinds(now);
  FollowKinds(now);
  ReadScales(now);
  ListPodsWithPlaces();
  const Timestamp relist = RelistWhatWasTurnedAway(now);
  Report();
  Timestamp next = Timestamp::max();
  state_.Change([&](ClusterTables& tables, Timestamp at) { next = tables.targets.NextDue(at); });
  state_.SetNextWork(next);
  return std::min(next, relist);
}

bool KubeClusterView::Synced() {
  bool synced = false;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    synced = tables.workloads_read && tables.pods_read && tables.foreign_read && tables.freeze_read;
  });
  return synced;
}

KubeClusterView::Watched KubeClusterView::WatchFreeze() {
  state_.Change([](ClusterTables& tables, Timestamp) { tables.freeze_read = false; });
  const std::string& name = config_.freeze_config_map;
  Watched watched;
  watched.sink = std::make_unique<FreezeSink>(state_, config_.freeze_ns + "/" + name);
  WatchRequest request{kConfigMaps.Path(config_.freeze_ns), kConfigMaps.Name(), true,
                       "fieldSelector=metadata.name%3D" + name};
  watched.watch = api_.watch(request, *watched.sink);
  return watched;
}

KubeClusterView::Watched KubeClusterView::Watch(const ServedKind& served, bool metadata_only,
                                                std::unique_ptr<ObjectSink> sink) {
  Watched watched;
  watched.sink = std::move(sink);
  watched.watch =
      api_.watch({served.Path(config_.ns), served.Name(), metadata_only, ""}, *watched.sink);
  return watched;
}

void KubeClusterView::ResolveKinds(Timestamp now) {
  std::vector<KindKey> unresolved;
  state_.Change(
      [&](ClusterTables& tables, Timestamp) { unresolved = tables.targets.TakeUnresolved(now); });
  for (const KindKey& kind : unresolved) {
    const Result<ServedKind> served = api_.find_kind(kind);
    state_.Change([&](ClusterTables& tables, Timestamp at) {
      if (served) {
        tables.targets.Resolved(kind, *served, at);
      } else {
        tables.targets.Unresolved(kind, served.error(), at);
      }
    });
  }
}

void KubeClusterView::FollowKinds(Timestamp now) {
  std::vector<KindKey> unused;
  std::vector<TargetTable::ToWatch> to_watch;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    unused = tables.targets.TakeUnused(now);
    to_watch = tables.targets.TakeToWatch();
  });
  for (const KindKey& kind : unused)
    kinds_.erase(kind);
  for (const TargetTable::ToWatch& one : to_watch) {
    kinds_[one.kind] = Watch(one.served, one.metadata_only,
                             std::make_unique<TargetSink>(state_, one.kind, one.metadata_only));
  }
}

void KubeClusterView::ReadScales(Timestamp now) {
  std::vector<TargetTable::Read> reads;
  state_.Change([&](ClusterTables& tables, Timestamp) { reads = tables.targets.TakeReads(now); });
  for (const TargetTable::Read& read : reads) {
    KubeRequest request;
    request.path = read.path;
    request.verb = "get";
    request.resource = read.resource;
    api_.send(std::move(request), [this, target = read.target](Result<std::string> body) {
      const Result<ScaledObject> scale =
          body ? ParseScale(*body) : Result<ScaledObject>(body.error());
      state_.Change(
          [&](ClusterTables& tables, Timestamp at) { tables.targets.ReadDone(target, scale, at); });
    });
  }
}

void KubeClusterView::ListPodsWithPlaces() {
  bool wanted = false;
  state_.Change(
      [&](ClusterTables& tables, Timestamp) { wanted = tables.pod_places == PodPlaces::kWanted; });
  if (!wanted) return;
  pods_ = {};  // A list that is under way must not count as one with places.
  state_.Change([](ClusterTables& tables, Timestamp) {
    tables.pods.KeepPlaces();
    tables.pod_places = PodPlaces::kReading;
  });
  pods_ = Watch(kPods, false, std::make_unique<PodSink>(state_));
}

// There may be room again for what a limit has turned away; only a new list brings it back.
Timestamp KubeClusterView::RelistWhatWasTurnedAway(Timestamp now) {
  bool workloads = false;
  bool pods = false;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    workloads =
        tables.workloads.refused() > 0 && tables.workloads.size() < config_.state.max_workloads;
    pods = tables.pods_overflow && tables.pods.size() < config_.state.max_pods;
  });
  if (!workloads && !pods) return now + config_.relist_spacing;
  if (now < next_relist_) return next_relist_;
  next_relist_ = now + config_.relist_spacing;
  if (workloads) {
    workloads_ = {};
    workloads_ = Watch(kHpaPluses, false, std::make_unique<WorkloadSink>(state_));
  }
  if (pods) {
    pods_ = {};
    pods_ = Watch(kPods, false, std::make_unique<PodSink>(state_));
  }
  return next_relist_;
}

void KubeClusterView::Report() {
  std::size_t workloads = 0;
  std::size_t pods = 0;
  state_.Change([&](ClusterTables& tables, Timestamp) {
    workloads = tables.workloads.size();
    pods = tables.pods.size();
  });
  telemetry_.CacheObjects(kHpaPluses.resource, workloads);
  telemetry_.CacheObjects(kPods.resource, pods);
}

}  // namespace hpaplus::kube
