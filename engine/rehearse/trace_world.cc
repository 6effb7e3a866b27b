#include "engine/rehearse/trace_world.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/rehearse/decision_words.h"
#include "engine/rehearse/rehearsed_spec.h"

namespace hpaplus::rehearse {
namespace {

Duration InTime(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

TraceWorld::TraceWorld(const WorkloadSpec& spec, const Trace& trace, const RunOptions& options,
                       Timestamp start)
    : spec_(Rehearsed(spec)),
      options_(options),
      start_(start),
      end_(start + InTime(trace.seconds())),
      shows_pods_(LooksAtPods(spec)),
      now_(start),
      next_step_(start),
      next_scrape_(start),
      demand_now_(trace, options.between),
      demand_measured_(trace, options.between),
      plant_(options.plant),
      keeper_(ToSeconds(options.step)),
      resources_(ResourcesFor(spec)) {
  RenewPods();
  HappenNow();
}

double TraceWorld::SecondsAt(Timestamp at) const {
  return ToSeconds(at - start_);
}

Timestamp TraceWorld::NextEvent() const {
  return std::min({next_step_, next_scrape_, plant_.next()});
}

// Pods are ready first, then measured, then compared with the demand.
void TraceWorld::HappenNow() {
  if (plant_.Advance(now_)) ShowChange();
  if (next_scrape_ <= now_) {
    measured_ = {now_, demand_measured_.At(SecondsAt(now_)), plant_.ready()};
    next_scrape_ += options_.scrape;
  }
  if (next_step_ <= now_) {
    const Replicas needed = plant_.Needed(demand_now_.At(SecondsAt(now_)));
    keeper_.Add(needed, plant_.ready(), plant_.replicas());
    next_step_ += options_.step;
  }
}

bool TraceWorld::WaitUntil(Timestamp deadline, std::stop_token stop) {
  if (stop.stop_requested() || now_ >= end_) return false;
  const Timestamp until = std::min(deadline, end_);
  while (!news_ && NextEvent() < until) {
    now_ = std::max(now_, NextEvent());
    HappenNow();
  }
  if (!news_) now_ = std::max(now_, until);
  news_ = false;
  return now_ < end_;
}

void TraceWorld::ShowChange() {
  RenewPods();
  changed_ = true;
  news_ = true;
}

void TraceWorld::RenewPods() {
  if (!shows_pods_) return;
  const auto count = static_cast<std::size_t>(plant_.replicas());
  const auto ready = static_cast<std::size_t>(plant_.ready());
  if (pods_.size() > count) pods_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i < pods_.size() && (i >= ready || pods_[i]->ready)) continue;
    Pod pod;
    pod.name = i < pods_.size() ? pods_[i]->name : fmt::format("pod-{:010}", next_pod_++);
    pod.resources = resources_;
    pod.phase = i < ready ? PodPhase::kRunning : PodPhase::kPending;
    pod.start_time = i < pods_.size() ? pods_[i]->start_time : now_;
    if (i < ready) pod.ready = ReadyCondition{ConditionStatus::kTrue, now_};
    auto shared = std::make_shared<const Pod>(std::move(pod));
    if (i < pods_.size()) {
      pods_[i] = std::move(shared);
    } else {
      pods_.push_back(std::move(shared));
    }
  }
}

std::vector<WorkloadUpdate> TraceWorld::TakeChanges() {
  if (!std::exchange(changed_, false)) return {};
  auto view = std::make_shared<WorkloadView>();
  view->spec = spec_;
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = plant_.replicas();
  view->scale.status_replicas = plant_.replicas();
  view->scale.selector = "app=rehearsal";
  view->scale.resource_version = std::to_string(++version_);
  view->pods = pods_;
  return {{WorkloadId{0}, std::move(view)}};
}

void TraceWorld::Start(std::span<const ReadRequest> requests) {
  for (const ReadRequest& request : requests) {
    const ReadingResult reading = std::make_shared<const Reading>(Measure(request.read->query));
    arrived_.push_back({request.id, reading});
  }
  news_ = news_ || !requests.empty();
}

std::vector<ReadResult> TraceWorld::TakeArrived() {
  return std::exchange(arrived_, {});
}

Reading TraceWorld::Measure(const MetricQuery& query) const {
  Reading reading;
  reading.received = now_;
  if (query.type == MetricType::kResource) {
    MeasureUsage(reading);
    return reading;
  }
  if (query.type == MetricType::kPods) {
    MeasurePods(reading);
    return reading;
  }
  const MetricSpec& metric = spec_->metrics.at(std::stoul(query.expression));
  reading.values.push_back(SampleOfWhole(metric, measured_));
  return reading;
}

// A replica's share of what is served, and that as a share of what it can serve.
void TraceWorld::MeasurePods(Reading& reading) const {
  const std::int64_t served = ServedMilli(measured_, options_.plant.capacity_per_replica);
  const std::size_t count = std::min(pods_.size(), static_cast<std::size_t>(measured_.ready));
  for (std::size_t i = 0; i < count; ++i)
    reading.pod_values.push_back({pods_[i]->name, measured_.at, options_.scrape, served});
}

void TraceWorld::MeasureUsage(Reading& reading) const {
  const std::int64_t used = UsedMilli(measured_, options_.plant.capacity_per_replica);
  const std::size_t count = std::min(pods_.size(), static_cast<std::size_t>(measured_.ready));
  PodUsageTable& table = reading.pod_usage;
  table.Reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    table.BeginPod();
    table.SetNamespace(spec_->ns);
    table.SetName(pods_[i]->name);
    table.SetTime(measured_.at);
    table.SetWindow(options_.scrape);
    for (const Container& container : resources_->containers) {
      table.BeginContainer();
      table.SetContainer(container.name);
      for (const auto& [resource, request] : container.requests)
        (void)table.Add(resource, used);
    }
  }
}

void TraceWorld::Start(ScaleCommand command) {
  const Replicas from = plant_.replicas();
  plant_.Resize(command.replicas, now_);
  keeper_.AddChange(from, command.replicas);
  Change change = decided_.value_or(Change());
  change.seconds = SecondsAt(now_);
  change.from = from;
  change.to = command.replicas;
  changes_.push_back(change);
  outcomes_.emplace_back().command = std::move(command);
  ShowChange();
}

std::vector<ScaleOutcome> TraceWorld::TakeOutcomes() {
  return std::exchange(outcomes_, {});
}

void TraceWorld::RecordDecision(const Decision& decision, const WorkloadView& view) {
  ++decisions_;
  if (!decision.acts) return;
  decided_.emplace();
  const LastWord word = LastWordOf(decision);
  decided_->stage = word.stage;
  decided_->reason = word.reason;
  decided_->why = ExplainSize(decision, *view.spec);
}

}  // namespace hpaplus::rehearse
