#include "engine/app/live_world.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "collectors/builtin.h"
#include "collectors/kube_metrics.h"
#include "collectors/metrics_server.h"
#include "engine/app/budget_executor.h"
#include "engine/app/dry_run_view.h"
#include "engine/app/journal_fanout.h"
#include "engine/app/kubelet_source.h"
#include "engine/app/log_journal.h"
#include "engine/app/push_receiver.h"
#include "engine/base/log.h"
#include "engine/kube/chores.h"
#include "engine/kube/discovery.h"
#include "engine/kube/events.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/kube_cluster_view.h"
#include "engine/kube/kube_journal.h"
#include "engine/kube/parallel_get.h"
#include "engine/kube/quota_cluster.h"
#include "engine/kube/quota_journal.h"
#include "engine/kube/release_journal.h"
#include "engine/kube/scale_actuator.h"
#include "engine/kube/source_status_writer.h"
#include "engine/kube/source_watcher.h"
#include "engine/kube/status_writer.h"
#include "engine/loop/collector_runner.h"
#include "engine/loop/dry_run_actuator.h"
#include "engine/loop/quota_desk.h"
#include "engine/loop/quota_loop.h"
#include "engine/shell/cpu_budget.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/directory_files.h"

namespace hpaplus::app {
namespace {

constexpr auto kKubeReadTimeout = std::chrono::seconds(5);
constexpr auto kLastCalls = std::chrono::seconds(1);  // What a stop leaves to calls under way.

class KubeWorld final : public LiveWorld {
 public:
  KubeWorld(const ControllerConfig& config, std::shared_ptr<kube::Access> access, const Ties& ties)
      : config_(config),
        clock_(ties.clock),
        telemetry_(ties.telemetry),
        observer_(ties.observer),
        follower_(ties.sources),
        push_(PushReceiver::Create(
            config.push, side_clock_,
            [this](const SourceName& name, const std::vector<std::string>& metrics) {
              runner_.Announce(name, metrics);
            })),
        chores_(side_clock_, {[this](Timestamp now) { return view_.RunChores(now); },
                              [this](Timestamp now) { return statuses_.RunChores(now); },
                              [this](Timestamp now) { return sources_.RunChores(now); },
                              [this](Timestamp now) { return source_statuses_.RunChores(now); }}),
        access_(std::move(access)),
        http_(side_clock_),
        source_http_(side_clock_, SourceHttp()),
        view_(ViewConfig(access_->default_namespace()), Api(), side_clock_, ties.telemetry),
        actuator_(Send(), view_, [this] { clock_.Wake(); }),
        statuses_(StatusConfig(), Send(), view_, side_clock_),
        events_({}, Send()),
        kube_journal_({.shadows = ties.shadows}, statuses_, events_, view_),
        source_statuses_(
            SourceStatusConfig(), Send(),
            [this](const SourceName& name) { return runner_.HealthOf(name); }, side_clock_),
        sources_(SourceConfig(access_->default_namespace()), Api(), side_clock_),
        quotas_(QuotaConfig(), Api(), side_clock_),
        desk_({.wake_loop = [this] { quota_clock_.Wake(); },
               .wake_engine = [this] { clock_.Wake(); },
               .share_of = [](const WorkloadSpec& spec) { return spec.quota; }},
              quotas_),
        kube_quota_journal_({.writes = !config.dry_run}, Send(), events_, side_clock_),
        quota_journal_{&kube_quota_journal_, &ties.quotas},
        quota_loop_({.engine = fmt::format("{:x}-{:x}", getpid(),
                                           side_clock_.Now().time_since_epoch().count()),
                     .ns = config.kubernetes.ns},
                    {quota_clock_, quotas_, quotas_, quota_journal_,
                     [this](const std::string& ns) { return desk_.WantsIn(ns); },
                     [this] { return desk_.TakeUrgent(); }}),
        client_({.qps = config.kubernetes.qps,
                 .burst = config.kubernetes.burst,
                 .request_timeout = config.kubernetes.request_timeout},
                access_, http_, side_clock_, ties.telemetry),
        discovery_(client_, side_clock_),
        runner_(WatchedRunner(), side_clock_, ties.telemetry, [this] { clock_.Wake(); }) {
    collectors::RegisterBuiltinCollectors(registry_);
  }

  ~KubeWorld() override {
    push_->Stop();
    http_.EndCallsBy(side_clock_.Now() + kLastCalls);
    source_http_.EndCallsBy(side_clock_.Now() + kLastCalls);
    if (kubelet_http_) kubelet_http_->EndCallsBy(side_clock_.Now() + kLastCalls);
    quota_thread_ = {};
    chores_.Stop();
    quotas_.StopWatches();
    sources_.StopWatches();
    view_.StopWatches();
  }

  Status CheckVersion(Duration patience) {
    const auto version = client_.Call({.path = "/version", .verb = "get", .resource = "version"},
                                      side_clock_.Now() + patience);
    if (!version) return version.error();
    return Done{};
  }

  Status Start() {
    if (!config_.sources.files_directory.empty()) {
      auto files = DirectoryFiles::Open(config_.sources.files_directory);
      if (!files) return files.error();
      files_ = std::move(*files);
    }
    if (auto added = AddKubeSources(); !added) return added;
    sources_.StartWatches();
    view_.StartWatches();
    chores_.Start();
    if (config_.quota) {
      quotas_.StartWatches();
      quota_thread_ = std::jthread([this](const std::stop_token& stop) { quota_loop_.Run(stop); });
    }
    return push_->Listen([this] { return sources_.Synced() ? "" : "the sources are being read"; });
  }

  World world() override {
    Actuator& actuator = config_.dry_run ? static_cast<Actuator&>(dry_actuator_) : actuator_;
    Journal& journal = config_.dry_run ? dry_journal_ : live_journal_;
    QuotaGate* const quota = config_.quota ? &desk_ : nullptr;
    ClusterView& view = config_.dry_run ? static_cast<ClusterView&>(dry_view_) : view_;
    return {clock_, view, runner_, actuator, journal, deciding_, quota};
  }

  Duration ShareFor(const SourceName& source) override { return runner_.ShareFor(source); }
  PastKept PastOf(const SourceName& source) override { return runner_.PastOf(source); }

  std::string Unready() override {
    if (!view_.Synced()) return "the cluster is still being read";
    return sources_.Synced() ? "" : "the sources are still being read";
  }

  void FollowFiles() override { push_->FollowFiles(); }
  std::string PushMetrics() override { return push_->Metrics(); }

  void FollowCpuBudget(int budget) override {
    SetTbbParallelism(budget);
    deciding_.Follow(budget);
    parsing_.Follow(budget);
  }

 private:
  // Sources have connections of their own: their policy is not the API server's, and however many
  // of them hang, its connections are not used up.
  CurlOptions SourceHttp() const {
    CurlOptions options;
    options.egress = std::make_shared<const EgressPolicy>(config_.sources.egress);
    return options;
  }

  CollectorRunner::Config WatchedRunner() {
    CollectorRunner::Config runner = RunnerConfig(config_.sources);
    if (!config_.dry_run) {
      runner.health_changed = [this](const SourceName& name) { source_statuses_.Touch(name); };
    }
    return runner;
  }

  kube::KubeClusterView::Config ViewConfig(const std::string& controller_ns) {
    kube::KubeClusterView::Config view;
    view.ns = config_.kubernetes.ns;
    view.freeze_ns = controller_ns;
    view.freeze_config_map = config_.safety.freeze_config_map;
    view.state.max_workloads = config_.engine.max_objects;
    view.state.changed = [this] { clock_.Wake(); };
    view.state.work = [this] { chores_.Wake(); };
    return view;
  }

  kube::KubeQuotaCluster::Config QuotaConfig() {
    kube::KubeQuotaCluster::Config quotas;
    quotas.ns = config_.kubernetes.ns;
    quotas.requests_in = [this](const std::string& ns) { return view_.RequestsIn(ns); };
    quotas.freeze = [this] { return config_.dry_run ? "this is a dry run" : view_.Freeze(); };
    quotas.freed = [this](const std::string& ns) { desk_.Free(ns); };
    return quotas;
  }

  kube::StatusWriter::Config StatusConfig() {
    kube::StatusWriter::Config status;
    status.wake = [this] { chores_.Wake(); };
    return status;
  }

  // Of several engines, each with a namespace of its own, none writes what belongs to all of them.
  kube::SourceStatusWriter::Config SourceStatusConfig() {
    kube::SourceStatusWriter::Config status;
    status.cluster_sources = config_.kubernetes.ns.empty();
    status.wake = [this] { chores_.Wake(); };
    return status;
  }

  kube::SourceWatcher::Config SourceConfig(const std::string& controller_ns) {
    kube::SourceWatcher::Config sources;
    sources.controller_ns = controller_ns;
    sources.ns = config_.kubernetes.ns;
    sources.on_source = [this](const SourceName& name, Result<ResolvedSource> source,
                               std::function<bool(std::string_view)> allows) {
      SetSource(name, std::move(source), std::move(allows));
    };
    if (!config_.dry_run) {
      sources.on_object = [this](kube::SourceObject object) {
        source_statuses_.SetObject(std::move(object));
      };
    }
    sources.on_gone = [this](const SourceName& name) {
      source_statuses_.Forget(name);
      runner_.RemoveSource(name);
      push_->RemoveSource(name);
      follower_.RemoveSource(name);
    };
    sources.wake = [this] { chores_.Wake(); };
    return sources;
  }

  std::function<void(kube::KubeRequest, kube::KubeClient::OnDone)> Send() {
    return [this](kube::KubeRequest request, kube::KubeClient::OnDone on_done) {
      client_.Start(std::move(request), std::move(on_done));
    };
  }

  // Before the client is there: what it refers to is used only later.
  kube::KubeApi Api() { return kube::MakeKubeApi(client_, discovery_, side_clock_, telemetry_); }

  void SetSource(const SourceName& name, Result<ResolvedSource>&& source,
                 std::function<bool(std::string_view)> allows) {
    if (source) push_->SetSource(*source);
    const CollectorDeps deps{.http = source_http_,
                             .executor = parsing_,
                             .pods = &view_,
                             .pushed = push_->samples(),
                             .egress = &config_.sources.egress,
                             .files = files_.get()};
    auto runnable = source ? Result<RunnableSource>(MakeRunnable(std::move(*source), registry_,
                                                                 deps, std::move(allows)))
                           : Result<RunnableSource>(source.error());
    follower_.SetSource(name, runnable);
    const auto set = runner_.SetSource(name, std::move(runnable));
    source_statuses_.SetNotUsable(name, set ? "" : set.error().message);
    if (!set) {
      HPAPLUS_LOG(kWarning, "source not usable",
                  {{"source", name}, {"error", set.error().message}});
    }
  }

  // The three APIs of the cluster itself are sources like any other, but nobody configures them.
  Status AddKubeSources() {
    const collectors::KubeRead read = [this](std::span<const std::string> paths,
                                             Timestamp deadline) {
      return kube::GetAll(client_, side_clock_, "metrics", paths, deadline);
    };
    const collectors::KindToResource resource_of =
        [this](const std::string& api_version, const std::string& kind, Timestamp /*deadline*/) {
          return ResourceOf(api_version, kind);
        };
    const std::vector<std::string> namespaces =
        config_.kubernetes.ns.empty() ? std::vector<std::string>{}
                                      : std::vector<std::string>{config_.kubernetes.ns};
    RunnableSource usage{.make =
                             [this, read, namespaces] {
                               return collectors::MetricsServerCollector::Create({namespaces}, read,
                                                                                 parsing_);
                             },
                         .timeout = kKubeReadTimeout,
                         .share_for = config_.sources.metrics_server_share_for};
    if (auto set = runner_.SetSource("metrics.k8s.io", std::move(usage)); !set) return set;
    for (const char* name : {"custom.metrics.k8s.io", "external.metrics.k8s.io"}) {
      RunnableSource metrics{.make =
                                 [read, resource_of, name] {
                                   return collectors::KubeMetricsCollector::Create(
                                       {.name = name}, read, resource_of);
                                 },
                             .timeout = kKubeReadTimeout};
      if (auto set = runner_.SetSource(name, std::move(metrics)); !set) return set;
    }
    if (config_.sources.pod_metrics != PodMetricsFrom::kKubelet) return Done{};
    kubelet_http_.emplace(side_clock_);
    auto kubelets = MakeKubeletSource(
        config_.sources.kubelet, {access_, *kubelet_http_, client_, view_, side_clock_, parsing_});
    if (!kubelets) return kubelets.error();
    return runner_.SetSource(SourceName(kKubeletMetrics), std::move(*kubelets));
  }

  // "deployments.apps" for a kind.
  Result<std::string> ResourceOf(const std::string& api_version, const std::string& kind) {
    const auto slash = api_version.find('/');
    const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
    const auto served = discovery_.Find({group, kind});
    if (!served) return served.error();
    return served->Name();
  }

  // Destroyed from the end: those who call the client go first, then the client, which ends its
  // callbacks, then those whom it called back.
  const ControllerConfig config_;
  SystemClock& clock_;
  PrometheusTelemetry& telemetry_;
  Journal& observer_;
  SourceFollower& follower_;
  SystemClock side_clock_;  // Of everybody but the tick, who alone is woken by clock_.
  const std::unique_ptr<PushReceiver> push_;
  kube::Chores chores_;
  const std::shared_ptr<kube::Access> access_;
  CurlClient http_;
  CurlClient source_http_;
  std::optional<CurlClient> kubelet_http_;  // To nodes, so without the policy for sources.
  CollectorRegistry registry_;
  std::unique_ptr<DirectoryFiles> files_;  // Null where none are configured.
  BudgetExecutor deciding_{ExecutorPriority::kHigh};
  BudgetExecutor parsing_{ExecutorPriority::kNormal};
  kube::KubeClusterView view_;
  DryRunView dry_view_{view_};
  kube::ScaleActuator actuator_;
  DryRunActuator dry_actuator_;
  kube::StatusWriter statuses_;
  kube::EventWriter events_;
  kube::KubeJournal kube_journal_;
  kube::SourceStatusWriter source_statuses_;
  kube::SourceWatcher sources_;
  SystemClock quota_clock_;  // Of the quota loop alone.
  kube::KubeQuotaCluster quotas_;
  QuotaDesk desk_;
  kube::KubeQuotaJournal kube_quota_journal_;
  QuotaJournalFanout quota_journal_;
  QuotaLoop quota_loop_;
  LogJournal log_journal_;
  JournalFanout live_journal_{&telemetry_, &kube_journal_, &log_journal_, &observer_};
  kube::ReleaseJournal release_journal_{view_};
  JournalFanout dry_journal_{&telemetry_, &release_journal_, &log_journal_, &observer_};
  kube::KubeClient client_;
  kube::Discovery discovery_;
  CollectorRunner runner_;
  std::jthread quota_thread_;  // Uses nearly all of this.
};

}  // namespace

CollectorRunner::Config RunnerConfig(const ControllerConfig::Sources& sources) {
  CollectorRunner::Config runner;
  runner.threads = static_cast<std::size_t>(sources.threads);
  runner.lanes_per_source = static_cast<std::size_t>(sources.threads_per_source);
  runner.breaker.probes.initial = sources.probe_first;
  runner.breaker.probes.most = sources.probe_most;
  return runner;
}

Result<std::unique_ptr<LiveWorld>> LiveWorld::Connect(const ControllerConfig& config,
                                                      std::shared_ptr<kube::Access> access,
                                                      const Ties& ties, Duration patience) {
  auto world = std::make_unique<KubeWorld>(config, std::move(access), ties);
  if (auto answered = world->CheckVersion(patience); !answered) return answered.error();
  world->FollowCpuBudget(CpuBudget(config.engine.threads));
  if (auto started = world->Start(); !started) return started.error();
  return std::unique_ptr<LiveWorld>(std::move(world));
}

}  // namespace hpaplus::app
