#include "engine/app/offline_world.h"

#include <algorithm>
#include <utility>

#include "collectors/builtin.h"
#include "engine/app/budget_executor.h"
#include "engine/app/journal_fanout.h"
#include "engine/app/push_receiver.h"
#include "engine/app/virtual_targets.h"
#include "engine/base/log.h"
#include "engine/loop/collector_runner.h"
#include "engine/shell/cpu_budget.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/directory_files.h"

namespace hpaplus::app {
namespace {

constexpr auto kLastCalls = std::chrono::seconds(1);  // What a stop leaves to calls under way.

// Nothing is scaled here, so nothing is logged as if it were.
class DecidedLog final : public Journal {
 public:
  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp /*at*/) override {
    if (!outcome.result) return;
    HPAPLUS_LOG(kInfo, "decided",
                {{"workload", WorkloadName(*outcome.command.view->spec)},
                 {"from", std::int64_t{outcome.command.view->scale.spec_replicas}},
                 {"to", std::int64_t{outcome.command.replicas}}});
  }
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}
};

// Whether objects of a namespace may use a ClusterMetricSource.
std::function<bool(std::string_view)> AllowsOf(const SourceSpec& spec,
                                               const OfflineObjects& objects) {
  if (!spec.ns.empty() || spec.allowed == SourceSpec::Namespaces::kAll) return nullptr;
  if (spec.allowed == SourceSpec::Namespaces::kNone) return [](std::string_view) { return false; };
  return [wanted = spec.allowed_labels, namespaces = objects.namespaces](std::string_view ns) {
    const auto found = namespaces.find(ns);
    if (found == namespaces.end()) return false;
    return std::ranges::all_of(wanted, [&found](const auto& label) {
      const auto has = found->second.find(label.first);
      return has != found->second.end() && has->second == label.second;
    });
  };
}

class OfflineWorld final : public LiveWorld {
 public:
  OfflineWorld(const ControllerConfig& config, OfflineObjects objects, const Ties& ties)
      : egress_(config.sources.egress.WithLoopback()),
        objects_(std::move(objects)),
        clock_(ties.clock),
        journal_({&ties.telemetry, &log_, &ties.observer}),
        push_(PushReceiver::Create(
            config.push, side_clock_,
            [this](const SourceName& name, const std::vector<std::string>& metrics) {
              runner_.Announce(name, metrics);
            })),
        http_(side_clock_, HttpOptions()),
        targets_(journal_, [this] { clock_.Wake(); }),
        runner_(RunnerConfig(config.sources), side_clock_, ties.telemetry,
                [this] { clock_.Wake(); }),
        sources_(ties.sources) {
    collectors::RegisterBuiltinCollectors(registry_);
  }

  ~OfflineWorld() override {
    push_->Stop();
    http_.EndCallsBy(side_clock_.Now() + kLastCalls);
  }

  Status Start(const ControllerConfig::Sources& sources) {
    if (!sources.files_directory.empty()) {
      auto files = DirectoryFiles::Open(sources.files_directory);
      if (!files) return files.error();
      files_ = std::move(*files);
    }
    for (const ResolvedSource& source : objects_.sources) {
      if (Status set = SetSource(source); !set) {
        return Error{set.error().code, NameOf(source.spec) + ": " + set.error().message};
      }
    }
    for (const auto& workload : objects_.workloads)
      targets_.Put(workload);
    return push_->Listen([] { return ""; });
  }

  World world() override { return {clock_, targets_, runner_, targets_, targets_, deciding_}; }
  Duration ShareFor(const SourceName& source) override { return runner_.ShareFor(source); }
  PastKept PastOf(const SourceName& source) override { return runner_.PastOf(source); }
  std::string Unready() override { return ""; }
  void FollowFiles() override { push_->FollowFiles(); }
  std::string PushMetrics() override { return push_->Metrics(); }

  void FollowCpuBudget(int budget) override {
    SetTbbParallelism(budget);
    deciding_.Follow(budget);
    parsing_.Follow(budget);
  }

 private:
  [[nodiscard]] CurlOptions HttpOptions() const {
    CurlOptions options;
    options.egress = std::make_shared<const EgressPolicy>(egress_);
    return options;
  }

  Status SetSource(const ResolvedSource& source) {
    push_->SetSource(source);
    const CollectorDeps deps{.http = http_,
                             .executor = parsing_,
                             .pods = nullptr,
                             .pushed = push_->samples(),
                             .egress = &egress_,
                             .files = files_.get()};
    const RunnableSource runnable =
        MakeRunnable(source, registry_, deps, AllowsOf(source.spec, objects_));
    sources_.SetSource(NameOf(source.spec), runnable);
    return runner_.SetSource(NameOf(source.spec), runnable);
  }

  const EgressPolicy egress_;
  const OfflineObjects objects_;
  SystemClock& clock_;
  SystemClock side_clock_;  // Of everybody but the tick, who alone is woken by clock_.
  DecidedLog log_;
  JournalFanout journal_;
  const std::unique_ptr<PushReceiver> push_;
  CurlClient http_;
  std::unique_ptr<DirectoryFiles> files_;  // Null where none are configured.
  CollectorRegistry registry_;
  BudgetExecutor deciding_{ExecutorPriority::kHigh};
  BudgetExecutor parsing_{ExecutorPriority::kNormal};
  VirtualTargets targets_;
  CollectorRunner runner_;
  SourceFollower& sources_;
};

}  // namespace

Result<std::unique_ptr<LiveWorld>> MakeOfflineWorld(const ControllerConfig& config,
                                                    OfflineObjects objects,
                                                    const LiveWorld::Ties& ties) {
  auto world = std::make_unique<OfflineWorld>(config, std::move(objects), ties);
  world->FollowCpuBudget(CpuBudget(config.engine.threads));
  if (auto started = world->Start(config.sources); !started) return started.error();
  return std::unique_ptr<LiveWorld>(std::move(world));
}

}  // namespace hpaplus::app
