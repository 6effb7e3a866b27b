#include "engine/app/trigger_engine.h"

#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sys/resource.h>

#include "engine/app/virtual_targets.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "engine/eval/thread_executor.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

// A call has milliseconds and a tick has a second: where both want the only core, calls come first.
constexpr int kTickNiceness = 5;

constexpr Duration kFirstPeriod = std::chrono::seconds(1);
constexpr int kFirstTries = 5;  // A source that is slow at first gets more than one.

class RunningTriggers final : public TriggerEngine, private Journal {
 public:
  RunningTriggers(Config config, Telemetry& telemetry)
      : foreign_sources_(config.foreign_sources),
        targets_(*this, [this] { clock_.Wake(); }),
        runner_(config.runner, side_clock_, telemetry, [this] { clock_.Wake(); }),
        engine_(WithShares(std::move(config.engine)),
                {clock_, targets_, runner_, targets_, targets_, executor_},
                policies::MakeBuiltinPolicies) {}

  ~RunningTriggers() override { Stop(); }

  void Start(OnEvaluated on_evaluated) override {
    on_evaluated_ = std::move(on_evaluated);
    tick_ = std::jthread([this](const std::stop_token& stop) {
      (void)setpriority(PRIO_PROCESS, 0, kTickNiceness);  // This thread's alone.
      engine_.Run(stop);
    });
  }

  void Stop() override {
    if (!tick_.joinable()) return;
    tick_.request_stop();
    tick_.join();
  }

  Result<api::FoundSource> FindSource(std::string_view ns, std::string_view source_ns,
                                      std::string_view name) override {
    api::FoundSource found;
    found.ns = source_ns.empty() ? ns : source_ns;
    found.ref.name = name;
    if (found.ns != ns && !foreign_sources_) {
      return Error{ErrorCode::kPermissionDenied,
                   "scalerMetadata.source: the source is another namespace's"};
    }
    const std::string of_cluster = fmt::format("ClusterMetricSource/{}", name);
    const std::string of_namespace = fmt::format("MetricSource/{}/{}", found.ns, name);
    const MutexLock lock(mutex_);
    if (sources_.contains(of_namespace)) return found;
    if (source_ns.empty() && sources_.contains(of_cluster)) {
      found.ref.kind = "ClusterMetricSource";
      return found;
    }
    return Error{
        ErrorCode::kNotFound,
        fmt::format("scalerMetadata.source: there is no {}{}{}", of_namespace,
                    source_ns.empty() ? " and no " : "", source_ns.empty() ? of_cluster : "")};
  }

  // Nobody waits for the grid of a long period to come round.
  void Begin(std::shared_ptr<const WorkloadSpec> spec) override {
    WorkloadSpec first = *spec;
    first.period = kFirstPeriod;
    first.timeout = std::min(first.timeout, kFirstPeriod);
    {
      const MutexLock lock(mutex_);
      if (spec->period > kFirstPeriod)
        fresh_.insert_or_assign(first.uid, Fresh{std::move(spec), kFirstTries});
    }
    targets_.Put(std::make_shared<const WorkloadSpec>(std::move(first)));
  }

  void End(const std::string& uid) override {
    {
      const MutexLock lock(mutex_);
      fresh_.erase(uid);
    }
    targets_.Remove(uid);
  }

  void SetSource(const SourceName& name, Result<RunnableSource> source) override {
    if (const auto set = runner_.SetSource(name, std::move(source)); !set) {
      HPAPLUS_LOG(kDebug, "source not usable for triggers",
                  {{"source", name}, {"error", set.error().message}});
    }
    const MutexLock lock(mutex_);
    sources_.insert(name);
  }

  void RemoveSource(const SourceName& name) override {
    runner_.RemoveSource(name);
    const MutexLock lock(mutex_);
    sources_.erase(name);
  }

 private:
  struct Fresh {
    std::shared_ptr<const WorkloadSpec> spec;  // With its own period.
    int tries = 0;
  };

  Engine::Config WithShares(Engine::Config config) {
    config.share_for = [this](const SourceName& source) { return runner_.ShareFor(source); };
    return config;
  }

  void RecordDecision(const Decision& decision, const WorkloadView& view) override {
    std::shared_ptr<const WorkloadSpec> settled;
    {
      const MutexLock lock(mutex_);
      const auto found = fresh_.find(view.spec->uid);
      if (found != fresh_.end() && (decision.known || --found->second.tries == 0)) {
        settled = std::move(found->second.spec);
        fresh_.erase(found);
      }
    }
    if (settled) targets_.Put(std::move(settled));
    on_evaluated_(decision, view);
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}

  const bool foreign_sources_;
  OnEvaluated on_evaluated_;
  SystemClock clock_;       // The tick's.
  SystemClock side_clock_;  // Of the runner's threads.
  SerialExecutor executor_;
  mutable Mutex mutex_;
  std::set<SourceName, std::less<>> sources_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, Fresh> fresh_ HPAPLUS_GUARDED_BY(mutex_);  // Until a value is known.
  VirtualTargets targets_;
  CollectorRunner runner_;
  Engine engine_;
  std::jthread tick_;  // Last: it uses everything above.
};

}  // namespace

std::unique_ptr<TriggerEngine> TriggerEngine::Create(Config config, Telemetry& telemetry) {
  return std::make_unique<RunningTriggers>(std::move(config), telemetry);
}

}  // namespace hpaplus::app
