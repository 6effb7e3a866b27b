#include "test/bench/fleet_world.h"

#include <cmath>
#include <ctime>
#include <iterator>
#include <map>
#include <numbers>

#include <fmt/core.h>

#include "collectors/metrics_server.h"
#include "collectors/prometheus.h"
#include "collectors/prometheus_query.h"
#include "engine/base/check.h"
#include "engine/eval/read_plan.h"

namespace hpaplus::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kPerReplica = 100;  // Of the load, and thousandths of a core of a pod's request.
constexpr Duration kWriteTakes = milliseconds(5);
constexpr Duration kWave = std::chrono::minutes(30);
constexpr Duration kMetricsResolution = seconds(15);
constexpr std::int64_t kPeriods[] = {1, 2, 5, 10, 15};  // Seconds, of equally many objects each.

double Epoch(Timestamp at) {
  return ToSeconds(at.time_since_epoch());
}

std::int64_t Seconds(Timestamp at) {
  return std::chrono::floor<seconds>(at.time_since_epoch()).count();
}

std::string PodName(std::size_t object, Replicas pod) {
  return fmt::format("app-{}-7d9f8b6c5d-{:05}", object, pod);
}

std::string NamespaceOf(std::size_t object) {
  return fmt::format("team-{}", object % 100);
}

}  // namespace

Duration SkippingClock::CpuTime() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

Timestamp SkippingClock::Now() {
  const Duration cpu = CpuTime();
  const Duration passed(std::llround(static_cast<double>((cpu - cpu_).count()) * slowness_));
  cpu_ = cpu;
  at_ += passed;
  busy_ += passed;
  return at_;
}

void SkippingClock::SetSlowness(double slowness) {
  (void)Now();
  slowness_ = slowness;
}

bool SkippingClock::WaitUntil(Timestamp deadline, std::stop_token /*stop*/) {
  at_ = std::max(Now(), std::min(deadline, wake_at_));
  wake_at_ = Timestamp::max();
  return at_ < end_;
}

Duration SkippingClock::Aside::Close() {
  if (!std::exchange(open_, false)) return {};
  const Duration took = clock_.Now() - from_;
  clock_.at_ = from_;
  clock_.busy_ -= took;
  Allocations() = allocations_;
  return took;
}

// One Prometheus with the series of a thousand objects, scraped every second.
class FleetWorld::Prometheus final : public HttpClient {
 public:
  Prometheus(FleetWorld& world, std::size_t first) : world_(world), first_(first) {}

  std::vector<Result<HttpResponse>> SendAll(std::span<const HttpRequest> requests,
                                            Timestamp /*deadline*/) override {
    const SkippingClock::Aside aside(world_.clock_);  // Its work is not ours.
    std::vector<Result<HttpResponse>> answers;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      HttpResponse answer;
      answer.status = 200;
      answer.headers = {{"content-type", "application/json"}};
      answer.body = Body();
      world_.bytes_read_ += answer.body.size();
      answers.emplace_back(std::move(answer));
    }
    return answers;
  }

 private:
  // The numbers of a group, and when they were measured.
  [[nodiscard]] std::string Body() const {
    const Timestamp now = world_.clock_.Now();
    const Timestamp scraped = std::chrono::floor<seconds>(now);
    std::string text = R"({"status":"success","data":{"resultType":"vector","result":[)";
    const std::size_t end = std::min(first_ + world_.options_.per_source, world_.objects_.size());
    for (std::size_t i = first_; i < end; ++i) {
      fmt::format_to(
          std::back_inserter(text),
          R"({0}{{"metric":{{"namespace":"{1}","app":"app-{2}"}},"value":[{3},"{4}"]}},)"
          R"({{"metric":{{"namespace":"{1}","app":"app-{2}","{5}":"{6}"}},"value":[{3},"{7}"]}})",
          i == first_ ? "" : ",", NamespaceOf(i), i, Seconds(now),
          std::llround(world_.DemandOf(i, scraped)), collectors::kPartLabel, collectors::kTimePart,
          Seconds(scraped));
    }
    return text + "]}}";
  }

  FleetWorld& world_;
  const std::size_t first_;
};

FleetWorld::FleetWorld(const FleetOptions& options, SkippingClock& clock)
    : options_(options),
      clock_(clock),
      random_(options.seed),
      resources_(
          PodResources{.containers = {{"app", {{"cpu", *Quantity::Parse("100m")}}, false}}}) {
  objects_.resize(options.objects);
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    Object& object = objects_[i];
    object.base = kPerReplica * (2 + 8 * random_.Uniform());
    object.phase = 2 * std::numbers::pi * random_.Uniform();
    object.has_pods = random_.Chance(options.with_pods);
    if (object.has_pods) object.base = kPerReplica * options.pods / 2.0;
    object.size = static_cast<Replicas>(std::ceil(DemandOf(i, clock.Now()) / kPerReplica));
    if (object.has_pods) object.size = options.pods;
    Publish(i);
  }

  CollectorRegistry registry;
  for (std::size_t first = 0; first < objects_.size(); first += options.per_source) {
    servers_.push_back(std::make_unique<Prometheus>(*this, first));
    ResolvedSource source;
    source.spec.name = fmt::format("prom-{}", servers_.size() - 1);
    source.spec.type = "Prometheus";
    source.spec.endpoint = "http://prometheus:9090";
    source.spec.max_series = 4 * options.per_source;
    source.spec.max_response_bytes = 16U << 20U;
    source.spec.prometheus = PrometheusSource{
        .queries = PrometheusSource::Queries::kOwnGroups,
        .groups = {{.name = "load",
                    .query = "sum by (namespace, app) (rate(requests_total[10s]))",
                    .by = {"namespace", "app"},
                    .timestamp = "min by (namespace, app) (timestamp(requests_total))",
                    .refresh = seconds(1)}}};
    auto made = collectors::PrometheusCollector::Create(source, {*servers_.back(), executor_});
    HPAPLUS_CHECK(made.has_value());
    collectors_.push_back(*std::move(made));
  }
  auto made = collectors::MetricsServerCollector::Create(
      {},
      [this](std::span<const std::string> /*paths*/, Timestamp /*deadline*/) {
        const SkippingClock::Aside aside(clock_);
        std::vector<Result<std::string>> answers;
        answers.emplace_back(PodMetrics(clock_.Now()));
        bytes_read_ += answers.front()->size();
        return answers;
      },
      executor_);
  HPAPLUS_CHECK(made.has_value());
  collectors_.push_back(*std::move(made));
}

FleetWorld::~FleetWorld() = default;

double FleetWorld::DemandOf(std::size_t object, Timestamp at) const {
  const Object& one = objects_[object];
  const double turn = Epoch(at) / ToSeconds(kWave);
  const double wave = 1 + 0.2 * std::sin(2 * std::numbers::pi * turn + one.phase);
  return one.base * wave * (IsStepped(object) ? step_factor_ : 1);
}

Duration FleetWorld::PeriodOf(std::size_t object) const {
  return seconds(kPeriods[object % std::size(kPeriods)]);
}

bool FleetWorld::IsServed(std::size_t object, Timestamp at) const {
  const double pods = DemandOf(object, at) / kPerReplica;
  const double wanted = objects_[object].has_pods ? 2 * pods : pods;  // Half of what they request.
  return objects_[object].size >= std::min(0.9 * wanted, 100.0);
}

void FleetWorld::Step(double factor, std::size_t each) {
  step_factor_ = factor;
  step_each_ = each;
}

std::shared_ptr<const WorkloadSpec> FleetWorld::SpecOf(std::size_t index) const {
  const Object& object = objects_[index];
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = NamespaceOf(index);
  spec->name = fmt::format("app-{}", index);
  spec->uid = fmt::format("{:08x}-7d9f-4b6c-8d5d-{:012x}", index, object.life);
  spec->target = {"apps/v1", "Deployment", spec->name};
  spec->min_replicas = 1;
  spec->max_replicas = 100;
  spec->period = PeriodOf(index);
  spec->timeout = milliseconds(900);
  MetricSpec metric;
  if (object.has_pods) {
    metric.type = MetricType::kResource;
    metric.name = "cpu";
    metric.resource = "cpu";
    metric.target = {TargetType::kUtilization, std::nullopt, std::nullopt, 50};
  } else {
    metric.type = MetricType::kSource;
    metric.name = "load";
    metric.source = {"ClusterMetricSource", fmt::format("prom-{}", index / options_.per_source)};
    metric.query = "load{app=\"${target}\"}";
    metric.target = {TargetType::kAverageValue, std::nullopt,
                     Quantity::FromMilli(static_cast<std::int64_t>(kPerReplica * 1000)),
                     std::nullopt};
  }
  spec->metrics = {metric};
  Behavior behavior;
  behavior.scale_up = {0,
                       SelectPolicy::kMax,
                       {{ScalingPolicyType::kPods, 4, 15}, {ScalingPolicyType::kPercent, 100, 15}},
                       std::nullopt};
  behavior.scale_down = {
      300, SelectPolicy::kMax, {{ScalingPolicyType::kPercent, 100, 15}}, std::nullopt};
  spec->behavior = behavior;
  return spec;
}

std::shared_ptr<const WorkloadView> FleetWorld::ViewOf(std::size_t index) const {
  const Object& object = objects_[index];
  auto view = std::make_shared<WorkloadView>();
  view->spec = object.spec;
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = object.size;
  view->scale.status_replicas = object.size;
  view->scale.selector = fmt::format("app=app-{}", index);
  view->scale.resource_version = fmt::format("{}", 1'000'000 + writes_);
  if (!object.has_pods) return view;
  const Timestamp started = Timestamp(std::chrono::hours(1));
  for (Replicas pod = 0; pod < object.size; ++pod)
    view->pods.push_back(std::make_shared<const Pod>(
        Pod{.name = PodName(index, pod),
            .resources = resources_,
            .phase = PodPhase::kRunning,
            .start_time = started,
            .ready = ReadyCondition{ConditionStatus::kTrue, started + seconds(20)}}));
  return view;
}

void FleetWorld::Publish(std::size_t index) {
  if (!objects_[index].spec) objects_[index].spec = SpecOf(index);
  changes_.push_back({WorkloadId{static_cast<std::uint32_t>(index)}, ViewOf(index)});
}

void FleetWorld::SetChurn(Duration every) {
  churn_ = every;
  next_churn_ = clock_.Now() + every;
}

// An object goes, and comes back as another one with the next turn.
void FleetWorld::Churn(Timestamp now) {
  if (churn_ <= Duration::zero()) return;
  for (; next_churn_ <= now; next_churn_ += churn_) {
    const std::size_t index = random_.Next() % objects_.size();
    Object& object = objects_[index];
    const bool pending = std::ranges::any_of(
        changes_, [&](const WorkloadUpdate& one) { return one.id.index == index; });
    if (pending) continue;
    ++churned_;
    if (object.spec) {
      object.spec.reset();
      ++object.life;
      changes_.push_back({WorkloadId{static_cast<std::uint32_t>(index)}, nullptr});
    } else {
      Publish(index);
    }
  }
}

std::string FleetWorld::PodMetrics(Timestamp now) const {
  const Timestamp measured =
      Timestamp(now.time_since_epoch() / kMetricsResolution * kMetricsResolution);
  const std::string time = FormatRfc3339(measured);
  std::string text = R"({"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","items":[)";
  bool first = true;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    if (!objects_[i].has_pods) continue;
    const auto each = static_cast<std::int64_t>(DemandOf(i, measured) * 1e6 / objects_[i].size);
    for (Replicas pod = 0; pod < objects_[i].size; ++pod) {
      fmt::format_to(std::back_inserter(text),
                     R"({}{{"metadata":{{"name":"{}","namespace":"{}"}},"timestamp":"{}",)"
                     R"("window":"15s","containers":[{{"name":"app","usage":{{"cpu":"{}n",)"
                     R"("memory":"65536Ki"}}}}]}})",
                     first ? "" : ",", PodName(i, pod), NamespaceOf(i), time, each);
      first = false;
    }
  }
  return text + "]}";
}

std::size_t FleetWorld::SourceOf(const SourceName& name) const {
  if (name == kResourceMetrics) return collectors_.size() - 1;
  return std::stoul(name.substr(name.rfind('-') + 1));
}

std::vector<WorkloadUpdate> FleetWorld::TakeChanges() {
  const SkippingClock::Aside aside(clock_);
  std::vector<WorkloadUpdate> changes = std::exchange(changes_, {});
  Churn(clock_.Now());
  return changes;
}

void FleetWorld::Start(std::span<const ReadRequest> requests) {
  SkippingClock::Aside aside(clock_);
  std::map<std::size_t, std::vector<ReadRequest>> by_source;
  for (const ReadRequest& request : requests)
    by_source[SourceOf(request.read->source)].push_back(request);
  const Timestamp now = clock_.Now();
  for (const auto& [source, asked] : by_source) {
    std::vector<MetricQuery> queries;
    Timestamp deadline = now;
    for (const ReadRequest& request : asked) {
      queries.push_back(request.read->query);
      deadline = std::max(deadline, request.deadline);
    }
    const Timestamp begin = clock_.Now();
    std::vector<ReadingResult> answers = collectors_[source]->Collect(queries, {now, deadline, {}});
    // Only the core that ticks is slow.
    const Duration took = clock_.Unslowed(clock_.Now() - begin);
    reading_ += took;
    reader_free_ = std::max(reader_free_, now) + took;
    Arrival arrival{reader_free_, {}};
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const ReadResult result{asked[i].id, answers[i]};
      arrival.results.push_back(result);
    }
    arrivals_.push_back(std::move(arrival));
  }
  (void)aside.Close();
  if (!arrivals_.empty()) clock_.WakeAt(arrivals_.front().at);
}

std::vector<ReadResult> FleetWorld::TakeArrived() {
  const Timestamp now = clock_.Now();
  const SkippingClock::Aside aside(clock_);
  std::vector<ReadResult> results;
  for (; !arrivals_.empty() && arrivals_.front().at <= now; arrivals_.pop_front())
    std::ranges::move(arrivals_.front().results, std::back_inserter(results));
  if (!arrivals_.empty()) clock_.WakeAt(arrivals_.front().at);
  return results;
}

void FleetWorld::Start(ScaleCommand command) {
  const SkippingClock::Aside aside(clock_);
  outcomes_.emplace_back().command = std::move(command);
  clock_.WakeAt(clock_.Now() + kWriteTakes);
}

std::vector<ScaleOutcome> FleetWorld::TakeOutcomes() {
  const SkippingClock::Aside aside(clock_);
  std::vector<ScaleOutcome> outcomes = std::exchange(outcomes_, {});
  for (ScaleOutcome& outcome : outcomes) {
    Object& object = objects_[outcome.command.workload.index];
    if (object.spec != outcome.command.view->spec) {
      outcome.result = Error{ErrorCode::kGone, "the object is gone"};
      continue;
    }
    ++writes_;
    object.size = outcome.command.replicas;
    Publish(outcome.command.workload.index);
  }
  return outcomes;
}

}  // namespace hpaplus::bench
