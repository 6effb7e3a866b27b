#include "engine/rehearse/scripted_world.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/core.h>

namespace hpaplus::rehearse {
namespace {

constexpr std::int64_t kRequestMilli = 1000;  // What a pod asks for of every resource.
constexpr const char* kContainer = "main";
constexpr double kPercent = 100;

bool IsUsage(const MetricSpec& metric) {
  return metric.type == MetricType::kResource || metric.type == MetricType::kContainerResource;
}

std::string ContainerOf(const MetricSpec& metric) {
  return metric.container.empty() ? kContainer : metric.container;
}

// Every metric asks for itself by its index.
std::shared_ptr<const WorkloadSpec> Scripted(WorkloadSpec spec) {
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    spec.metrics[i].query = std::to_string(i);
    spec.metrics[i].metric = std::to_string(i);
    spec.metrics[i].metric_selector.reset();
  }
  return std::make_shared<const WorkloadSpec>(std::move(spec));
}

PodResources ResourcesFor(const WorkloadSpec& spec) {
  std::set<std::string> containers;
  std::set<std::string> resources;
  for (const MetricSpec& metric : spec.metrics) {
    if (!IsUsage(metric)) continue;
    containers.insert(ContainerOf(metric));
    resources.insert(metric.resource);
  }
  PodResources out;
  for (const std::string& name : containers) {
    Container& container = out.containers.emplace_back();
    container.name = name;
    for (const std::string& resource : resources)
      container.requests.emplace_back(resource, Quantity::FromMilli(kRequestMilli));
  }
  return out;
}

std::int64_t Milli(double value) {
  constexpr double kMost = 9e15;
  if (!std::isfinite(value)) return kInvalidMilli;
  return std::llround(std::clamp(value * 1000, -kMost, kMost));
}

PlantOptions PlantOf(const PolicyTest& test) {
  return {test.per_pod > 0 ? test.per_pod : 1, test.pod_startup, test.ready};
}

}  // namespace

ScriptedWorld::ScriptedWorld(const PolicyTest& test)
    : test_(test),
      spec_(Scripted(test.spec)),
      end_(test.start + test.length),
      now_(test.start),
      plant_(PlantOf(test)),
      resources_(ResourcesFor(test.spec)) {
  plant_.Resize(test.replicas, now_);
  RenewPods();
}

bool ScriptedWorld::WaitUntil(Timestamp deadline, std::stop_token stop) {
  if (stop.stop_requested() || now_ >= end_) return false;
  const Timestamp until = std::min(deadline, end_);
  if (!std::exchange(news_, false)) {
    now_ = std::max(now_, std::min(until, plant_.next()));
    if (plant_.Advance(now_)) {
      RenewPods();
      changed_ = true;
    }
  }
  return now_ < end_;
}

std::vector<WorkloadUpdate> ScriptedWorld::TakeChanges() {
  if (!std::exchange(changed_, false)) return {};
  auto view = std::make_shared<WorkloadView>();
  view->spec = spec_;
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = plant_.replicas();
  view->scale.status_replicas = plant_.replicas();
  view->scale.selector = "app=test";
  view->scale.resource_version = std::to_string(++version_);
  view->pods = pods_;
  return {{WorkloadId{0}, std::move(view)}};
}

void ScriptedWorld::RenewPods() {
  const auto count = static_cast<std::size_t>(plant_.replicas());
  const auto ready = static_cast<std::size_t>(plant_.ready());
  if (pods_.size() > count) pods_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const bool there = i < pods_.size();
    if (there && (i >= ready || pods_[i]->ready)) continue;
    Pod pod;
    pod.name = there ? pods_[i]->name : fmt::format("pod-{:010}", next_pod_++);
    pod.resources = resources_;
    pod.phase = i < ready ? PodPhase::kRunning : PodPhase::kPending;
    // Those of the start have been there for long.
    const Timestamp begun = now_ == test_.start && i < ready ? now_ - std::chrono::hours(1) : now_;
    pod.start_time = there ? pods_[i]->start_time : begun;
    if (i < ready) pod.ready = ReadyCondition{ConditionStatus::kTrue, begun};
    auto shared = std::make_shared<const Pod>(std::move(pod));
    if (there) {
      pods_[i] = std::move(shared);
    } else {
      pods_.push_back(std::move(shared));
    }
  }
}

const ScriptPoint& ScriptedWorld::At(const std::vector<ScriptPoint>& script, Timestamp at) const {
  const auto step = static_cast<std::size_t>(
      std::max<std::int64_t>((at - test_.start).count() / test_.interval.count(), 0));
  return script[std::min(step, script.size() - 1)];
}

void ScriptedWorld::Start(std::span<const ReadRequest> requests) {
  for (const ReadRequest& request : requests)
    arrived_.push_back({request.id, Answer(request.read->query)});
  news_ = news_ || !requests.empty();
}

std::vector<ReadResult> ScriptedWorld::TakeArrived() {
  return std::exchange(arrived_, {});
}

// In the metric's own unit: percent of requests, a number per pod, or that of the whole.
double ScriptedWorld::FromLoad(const MetricSpec& metric, Timestamp at) const {
  const double load = At(test_.load, at).value;
  const double each = load / std::max(plant_.ready(), 1);
  if (IsUsage(metric)) return std::min(each / test_.per_pod, 1.0) * kPercent;
  if (metric.type == MetricType::kPods) return std::min(each, test_.per_pod);
  return metric.target.type == TargetType::kValue ? each : load;
}

ReadingResult ScriptedWorld::Answer(const MetricQuery& query) const {
  if (query.type == MetricType::kResource) return MeasureUsage();
  const std::size_t index = std::stoul(query.expression);
  const MetricSpec& metric = spec_->metrics.at(index);
  const auto script = test_.scripts.find(index);
  if (script != test_.scripts.end()) return FromScript(metric, script->second);
  const std::vector<ScriptPoint> now = {{ScriptPoint::Kind::kValue, FromLoad(metric, now_), {}}};
  return FromScript(metric, now);
}

ReadingResult ScriptedWorld::FromScript(const MetricSpec& metric,
                                        const std::vector<ScriptPoint>& script) const {
  using Kind = ScriptPoint::Kind;
  const Duration since = (now_ - test_.start) % test_.interval;
  Timestamp at = now_ - since;
  const ScriptPoint* point = &At(script, at);
  while (point->kind == Kind::kNothingNew && at > test_.start) {
    at -= test_.interval;
    point = &At(script, at);
  }
  if (point->kind == Kind::kFails) {
    return Error{ErrorCode::kUnavailable, "the source does not answer, as the test has it"};
  }
  auto reading = std::make_shared<Reading>();
  reading->received = now_;
  if (point->kind != Kind::kValue) return ReadingResult(std::move(reading));
  at -= point->lag;
  if (metric.type == MetricType::kPods) {
    MeasurePods(point->value, at, *reading);
  } else {
    reading->values.push_back({at, point->value, Milli(point->value)});
  }
  return ReadingResult(std::move(reading));
}

void ScriptedWorld::MeasurePods(double value, Timestamp at, Reading& reading) const {
  const std::size_t ready = std::min(pods_.size(), static_cast<std::size_t>(plant_.ready()));
  for (std::size_t i = 0; i < ready; ++i)
    reading.pod_values.push_back({pods_[i]->name, at, test_.interval, Milli(value)});
}

// One answer has all resources; when one of them fails, all of it does.
ReadingResult ScriptedWorld::MeasureUsage() const {
  std::map<std::pair<std::string, std::string>, double> percent;  // Of a container's resource.
  Timestamp at = now_;
  for (std::size_t i = 0; i < spec_->metrics.size(); ++i) {
    const MetricSpec& metric = spec_->metrics[i];
    if (!IsUsage(metric)) continue;
    double value = 0;
    if (const auto script = test_.scripts.find(i); script != test_.scripts.end()) {
      const ReadingResult scripted = FromScript(MetricSpec(), script->second);
      if (!scripted) return scripted.error();
      if ((*scripted)->values.empty()) continue;
      value = (*scripted)->values[0].value;
      at = std::min(at, (*scripted)->values[0].at);
    } else {
      value = FromLoad(metric, now_);
    }
    percent[{ContainerOf(metric), metric.resource}] = value;
  }
  auto reading = std::make_shared<Reading>();
  reading->received = now_;
  const std::size_t ready = std::min(pods_.size(), static_cast<std::size_t>(plant_.ready()));
  PodUsageTable& table = reading->pod_usage;
  for (std::size_t i = 0; i < ready && !percent.empty(); ++i) {
    table.BeginPod();
    table.SetNamespace(spec_->ns);
    table.SetName(pods_[i]->name);
    table.SetTime(at);
    table.SetWindow(test_.interval);
    for (const Container& container : resources_->containers) {
      table.BeginContainer();
      table.SetContainer(container.name);
      for (const auto& [resource, request] : container.requests) {
        const auto found = percent.find({container.name, resource});
        const double share = found == percent.end() ? 0 : found->second / kPercent;
        const std::int64_t milli = Milli(share * kRequestMilli / 1000);
        (void)table.Add(resource, milli);
      }
    }
  }
  return ReadingResult(std::move(reading));
}

void ScriptedWorld::Start(ScaleCommand command) {
  plant_.Resize(command.replicas, now_);
  (void)plant_.Advance(now_);
  outcomes_.emplace_back().command = std::move(command);
  RenewPods();
  changed_ = true;
  news_ = true;
}

std::vector<ScaleOutcome> ScriptedWorld::TakeOutcomes() {
  return std::exchange(outcomes_, {});
}

bool ScriptedWorld::IsUnderCapacity() const {
  if (test_.per_pod <= 0 || test_.load.empty()) return false;
  return plant_.Needed(At(test_.load, now_).value) > plant_.ready();
}

}  // namespace hpaplus::rehearse
