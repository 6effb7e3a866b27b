#include "engine/shell/prometheus_telemetry.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "engine/base/mutex.h"
#include "engine/model/mode_name.h"
#include "engine/shell/process_stats.h"

namespace hpaplus {
namespace {

using Labels = std::map<std::string, std::string>;
using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                          0.1,    0.25,  0.5,    1,     2.5,  5,     10};
const Buckets kReactionSeconds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,  1.5,
                                  2,    3,     5,    10,  15,   30,  60, 120};

// Labels come from a closed set or from object names; what one source or cluster can make of them
// is bounded all the same.
constexpr std::size_t kMaxLabelSets = 5000;

// One family whose members are looked up by their labels, and which stops growing at a bound:
// whatever comes then is counted under the overflow labels.
template <class Metric, class... Args>
class Family {
 public:
  Family(prometheus::Family<Metric>& family, Labels overflow, Args... args)
      : family_(family), overflow_(std::move(overflow)), args_(std::move(args)...) {}

  Metric& Get(const Labels& labels) {
    const MutexLock lock(mutex_);
    auto found = members_.find(labels);
    if (found != members_.end()) return *found->second;
    const Labels& used = members_.size() < kMaxLabelSets ? labels : overflow_;
    auto make = [&](const Args&... args) { return &family_.Add(used, args...); };
    Metric* metric = std::apply(make, args_);
    members_.emplace(used, metric);
    return *metric;
  }

 private:
  prometheus::Family<Metric>& family_;
  const Labels overflow_;
  const std::tuple<Args...> args_;
  Mutex mutex_;
  std::map<Labels, Metric*> members_ HPAPLUS_GUARDED_BY(mutex_);
};

using Counters = Family<prometheus::Counter>;
using Gauges = Family<prometheus::Gauge>;
using Histograms = Family<prometheus::Histogram, Buckets>;

std::string_view ResultOf(const Decision& decision, Mode mode) {
  if (mode == Mode::kPaused) return "paused";
  if (!decision.known) return "unknown";
  return decision.changes_scale() ? "scale" : "keep";
}

// The reason that decided: the last stage that changed the number, or the last of all.
Reason DecidingReason(const Decision& decision) {
  Reason reason = Reason::kNone;
  bool changed = false;
  for (const DecisionStep& step : decision.steps) {
    const bool changes = step.stage >= Stage::kCombine && step.before != step.after;
    if (changes || !changed) reason = step.reason;
    changed = changed || changes;
  }
  return reason;
}

std::optional<Timestamp> OldestSample(const Decision& decision) {
  std::optional<Timestamp> oldest;
  for (const MetricOutcome& outcome : decision.metrics) {
    if (outcome.oldest && (!oldest || *outcome.oldest < *oldest)) oldest = outcome.oldest;
  }
  return oldest;
}

class Registry final : public PrometheusTelemetry {
 public:
  explicit Registry(const Config& config) : config_(config) {
    Gauge("hpaplus_build_info", "Always 1; the version is a label.")
        .Add({{"version", config.version}})
        .Set(1);
  }

  void RecordDecision(const Decision& decision, const WorkloadView& view) override {
    const Mode mode = view.spec->mode;
    evaluations_.Get({{"result", std::string(ResultOf(decision, mode))}}).Increment();
    decisions_.Get({{"reason", std::string(ReasonName(DecidingReason(decision)))}}).Increment();
    Workload& workload = WorkloadOf(decision.workload);
    SetMode(workload, mode);
    for (const DecisionStep& step : decision.steps) {
      if (step.stage < Stage::kRate || step.before == step.after) continue;
      limited_.Get({{"by", std::string(ReasonName(step.reason))}}).Increment();
    }
    for (const Condition& condition : decision.conditions)
      Follow(condition, workload);
    Count("Frozen", IsFrozen(view, decision.at), workload.frozen);
    if (decision.acts) workload.evidence = OldestSample(decision);
    if (workload.current == nullptr && named_ < config_.objects_max) {
      const Labels labels = {{"namespace", view.spec->ns}, {"name", view.spec->name}};
      workload.current = &current_.Add(labels);
      workload.desired = &desired_.Add(labels);
      ++named_;
    }
    if (workload.current != nullptr) {
      workload.current->Set(decision.current);
      workload.desired->Set(decision.desired);
      ShowShadow(decision.workload, view, workload);
    }
  }

  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override {
    if (!outcome.result) {
      scale_failures_.Get({{"code", std::string(ErrorCodeName(outcome.result.error().code))}})
          .Increment();
      return;
    }
    const bool up = outcome.command.replicas > outcome.command.view->scale.spec_replicas;
    scales_.Get({{"direction", up ? "up" : "down"}}).Increment();
    write_seconds_.Observe(ToSeconds(at - outcome.command.decided_at));
    const Workload& workload = WorkloadOf(outcome.command.workload);
    if (workload.evidence) reaction_seconds_.Observe(ToSeconds(at - *workload.evidence));
  }

  void RecordGone(WorkloadId id) override {
    Workload& workload = WorkloadOf(id);
    if (workload.mode) objects_.Get({{"mode", std::string(ModeName(*workload.mode))}}).Decrement();
    Count("FallbackActive", false, workload.fallback);
    Count("Flapping", false, workload.flapping);
    Count("Frozen", false, workload.frozen);
    if (workload.current != nullptr) {
      current_.Remove(workload.current);
      desired_.Remove(workload.desired);
      RemoveShadow(workload);
      --named_;
    }
    workload = {};
  }

  void RecordTick(const TickReport& report) override {
    ticks_.Increment();
    tick_seconds_.Observe(ToSeconds(report.took));
    for (const Duration late : report.lateness)
      lateness_seconds_.Observe(ToSeconds(late));
    skipped_.Increment(static_cast<double>(report.periods_skipped));
    waiting_.Set(static_cast<double>(report.waiting));
    stretch_.Set(report.stretch);
    suspects_.Set(static_cast<double>(report.sources_suspect));
  }

  void SourceRead(std::string_view source, Duration took, std::size_t queries,
                  std::size_t failed) override {
    const Labels labels = {{"source", std::string(source)}};
    source_requests_.Get(labels).Increment();
    source_queries_.Get(labels).Increment(static_cast<double>(queries));
    source_errors_.Get(labels).Increment(static_cast<double>(failed));
    source_seconds_.Get(labels).Observe(ToSeconds(took));
  }

  void KubeRequest(std::string_view verb, std::string_view resource, int code,
                   Duration took) override {
    const Labels labels = {{"verb", std::string(verb)}, {"resource", std::string(resource)}};
    Labels with_code = labels;
    with_code["code"] = std::to_string(code);
    kube_requests_.Get(with_code).Increment();
    kube_seconds_.Get(labels).Observe(ToSeconds(took));
  }

  void WatchRestarted(std::string_view resource, std::string_view reason) override {
    watch_restarts_.Get({{"resource", std::string(resource)}, {"reason", std::string(reason)}})
        .Increment();
  }

  void CacheObjects(std::string_view resource, std::size_t count) override {
    cache_objects_.Get({{"resource", std::string(resource)}}).Set(static_cast<double>(count));
  }

  std::string Scrape() override {
    const ProcessStats stats = ReadProcessStats();
    resident_bytes_.Set(stats.resident_bytes);
    cpu_seconds_.Increment(std::max(0.0, stats.cpu_seconds - cpu_seconds_.Value()));
    open_fds_.Set(stats.open_fds);
    threads_.Set(stats.threads);
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

 private:
  // What the series of one workload need. Indexed by WorkloadId, used on the tick only.
  struct Workload {
    std::optional<Mode> mode;
    bool fallback = false;
    bool flapping = false;
    bool frozen = false;
    std::optional<Timestamp> evidence;  // Oldest sample behind the command under way.
    prometheus::Gauge* current = nullptr;
    prometheus::Gauge* desired = nullptr;
    prometheus::Gauge* shadow = nullptr;  // These three: null where it has none.
    prometheus::Gauge* shadow_ready = nullptr;
    prometheus::Gauge* shadow_unsure = nullptr;
  };

  Workload& WorkloadOf(WorkloadId id) {
    if (workloads_.size() <= id.index) workloads_.resize(id.index + 1U);
    return workloads_[id.index];
  }

  void SetMode(Workload& workload, Mode mode) {
    if (workload.mode == mode) return;
    if (workload.mode) objects_.Get({{"mode", std::string(ModeName(*workload.mode))}}).Decrement();
    objects_.Get({{"mode", std::string(ModeName(mode))}}).Increment();
    workload.mode = mode;
  }

  void ShowShadow(WorkloadId id, const WorkloadView& view, Workload& workload) {
    const ShadowState* const state =
        config_.shadows != nullptr ? config_.shadows->Find(id) : nullptr;
    if (state == nullptr) return RemoveShadow(workload);
    if (workload.shadow == nullptr) {
      const Labels labels = {{"namespace", view.spec->ns}, {"name", view.spec->name}};
      workload.shadow = &shadow_.Add(labels);
      workload.shadow_ready = &shadow_ready_.Add(labels);
      workload.shadow_unsure = &shadow_unsure_.Add(labels);
    }
    workload.shadow->Set(state->replicas);
    workload.shadow_ready->Set(state->ready);
    workload.shadow_unsure->Set(state->known && !state->demand_hidden ? 0 : 1);
  }

  void RemoveShadow(Workload& workload) {
    if (workload.shadow == nullptr) return;
    shadow_.Remove(std::exchange(workload.shadow, nullptr));
    shadow_ready_.Remove(std::exchange(workload.shadow_ready, nullptr));
    shadow_unsure_.Remove(std::exchange(workload.shadow_unsure, nullptr));
  }

  // How many objects are in a state that somebody should look at.
  void Count(const char* condition, bool holds, bool& held) {
    if (holds == held) return;
    held = holds;
    prometheus::Gauge& gauge = conditions_.Get({{"condition", condition}});
    if (holds) {
      gauge.Increment();
    } else {
      gauge.Decrement();
    }
  }

  void Follow(const Condition& condition, Workload& workload) {
    const bool holds = condition.status == ConditionStatus::kTrue;
    if (condition.type == ConditionType::kFallbackActive) {
      Count("FallbackActive", holds, workload.fallback);
    } else if (condition.type == ConditionType::kFlapping) {
      Count("Flapping", holds, workload.flapping);
    }
  }

  prometheus::Family<prometheus::Counter>& Counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  }
  prometheus::Family<prometheus::Gauge>& Gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
  }
  prometheus::Family<prometheus::Histogram>& Histogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_);
  }

  const Config config_;
  prometheus::Registry registry_;

  Counters evaluations_{Counter("hpaplus_evaluations_total", "Evaluations by what came of them."),
                        {{"result", "other"}}};
  Counters decisions_{Counter("hpaplus_decisions_total", "Decisions by the reason that decided."),
                      {{"reason", "other"}}};
  Counters limited_{Counter("hpaplus_decisions_limited_total", "Decisions by what limited them."),
                    {{"by", "other"}}};
  Gauges conditions_{Gauge("hpaplus_objects_in_condition", "HPAPlus objects by condition."),
                     {{"condition", "other"}}};
  Gauges objects_{Gauge("hpaplus_objects", "HPAPlus objects by mode."), {{"mode", "other"}}};
  prometheus::Counter& ticks_ = Counter("hpaplus_ticks_total", "Ticks of the engine.").Add({});
  prometheus::Histogram& tick_seconds_ =
      Histogram("hpaplus_tick_duration_seconds", "Time that a tick took.").Add({}, kSeconds);
  prometheus::Histogram& lateness_seconds_ =
      Histogram("hpaplus_evaluation_lateness_seconds",
                "From a deadline to the tick that served it.")
          .Add({}, kSeconds);
  prometheus::Counter& skipped_ =
      Counter("hpaplus_evaluations_skipped_total", "Deadlines that passed unserved.").Add({});
  prometheus::Gauge& waiting_ =
      Gauge("hpaplus_queue_depth", "Due workloads whose reads are still under way.").Add({});

  prometheus::Gauge& stretch_ =
      Gauge("hpaplus_overload_stretch", "Factor by which all periods are stretched.").Add({});
  prometheus::Gauge& suspects_ =
      Gauge("hpaplus_sources_suspect",
            "Sources whose numbers collapsed at once, so that nothing shrinks by them.")
          .Add({});

  Counters scales_{Counter("hpaplus_scale_total", "Sizes written."), {{"direction", "other"}}};
  Counters scale_failures_{Counter("hpaplus_scale_failures_total", "Sizes not written, by error."),
                           {{"code", "other"}}};
  prometheus::Histogram& write_seconds_ =
      Histogram("hpaplus_scale_write_seconds", "From a decision to its size being written.")
          .Add({}, kSeconds);
  prometheus::Histogram& reaction_seconds_ =
      Histogram("hpaplus_reaction_seconds", "From the oldest sample to the size being written.")
          .Add({}, kReactionSeconds);
  prometheus::Family<prometheus::Gauge>& current_ =
      Gauge("hpaplus_status_current_replicas", "Current size of a target.");
  prometheus::Family<prometheus::Gauge>& desired_ =
      Gauge("hpaplus_status_desired_replicas", "Size that the last evaluation wants.");
  prometheus::Family<prometheus::Gauge>& shadow_ =
      Gauge("hpaplus_shadow_replicas", "Size of a target if a dry run's decisions were written.");
  prometheus::Family<prometheus::Gauge>& shadow_ready_ =
      Gauge("hpaplus_shadow_ready_replicas", "Replicas of that size whose start would be over.");
  prometheus::Family<prometheus::Gauge>& shadow_unsure_ =
      Gauge("hpaplus_shadow_unsure",
            "1: that size holds for want of data, or saturated pods hide some of the demand.");

  Counters source_requests_{Counter("hpaplus_source_requests_total", "Batches read from a source."),
                            {{"source", "other"}}};
  Counters source_queries_{Counter("hpaplus_source_queries_total", "Queries in those batches."),
                           {{"source", "other"}}};
  Counters source_errors_{Counter("hpaplus_source_errors_total", "Queries that failed."),
                          {{"source", "other"}}};
  Histograms source_seconds_{
      Histogram("hpaplus_source_duration_seconds", "Time that a batch took."),
      {{"source", "other"}},
      kSeconds};

  Counters kube_requests_{Counter("hpaplus_kube_requests_total", "Requests to the API server."),
                          {{"verb", "other"}, {"resource", "other"}, {"code", "other"}}};
  Histograms kube_seconds_{
      Histogram("hpaplus_kube_request_duration_seconds", "Time that they took."),
      {{"verb", "other"}, {"resource", "other"}},
      kSeconds};
  Counters watch_restarts_{Counter("hpaplus_watch_restarts_total", "Watches opened again."),
                           {{"resource", "other"}, {"reason", "other"}}};
  Gauges cache_objects_{Gauge("hpaplus_cache_objects", "Objects held by the informers."),
                        {{"resource", "other"}}};

  prometheus::Gauge& resident_bytes_ =
      Gauge("process_resident_memory_bytes", "Resident memory.").Add({});
  prometheus::Counter& cpu_seconds_ =
      Counter("process_cpu_seconds_total", "User and system CPU time.").Add({});
  prometheus::Gauge& open_fds_ = Gauge("process_open_fds", "Open file descriptors.").Add({});
  prometheus::Gauge& threads_ = Gauge("process_threads", "Threads of the process.").Add({});

  std::vector<Workload> workloads_;
  std::size_t named_ = 0;
};

}  // namespace

std::unique_ptr<PrometheusTelemetry> PrometheusTelemetry::Create(const Config& config) {
  return std::make_unique<Registry>(config);
}

}  // namespace hpaplus
