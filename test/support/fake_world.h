#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/loop/engine.h"

namespace hpaplus::testing {

/// Every port of the engine, scripted by hand: what it is told is put into the public members,
/// what it does is found there.
class FakeWorld final : public Clock,
                        public ClusterView,
                        public MetricFeed,
                        public Actuator,
                        public Journal {
 public:
  // In.
  Timestamp now{std::chrono::hours(1000)};
  std::vector<WorkloadUpdate> changes;
  std::vector<ReadResult> arrived;
  std::vector<MetricNews> news;
  std::vector<ScaleOutcome> outcomes;
  // Out.
  std::vector<ReadRequest> requests;
  std::vector<ScaleCommand> commands;
  std::vector<ScaleCommand> replacements;
  std::vector<WorkloadId> cancelled;
  std::vector<Decision> decisions;
  std::vector<std::pair<WorkloadId, Result<Done>>> settled;
  std::vector<WorkloadId> gone;
  TickReport report;
  std::vector<Duration> lateness;

  World world() { return {*this, *this, *this, *this, *this, executor}; }

  // Clock
  Timestamp Now() override { return now; }
  bool WaitUntil(Timestamp deadline, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    now = std::max(now, deadline);
    return true;
  }
  // ClusterView
  std::vector<WorkloadUpdate> TakeChanges() override { return std::exchange(changes, {}); }
  // MetricFeed
  void Start(std::span<const ReadRequest> asked) override {
    requests.insert(requests.end(), asked.begin(), asked.end());
  }
  std::vector<ReadResult> TakeArrived() override { return std::exchange(arrived, {}); }
  std::vector<MetricNews> TakeNews() override { return std::exchange(news, {}); }
  // Actuator
  void Start(ScaleCommand command) override { commands.push_back(std::move(command)); }
  void Replace(ScaleCommand newer) override { replacements.push_back(std::move(newer)); }
  void Cancel(WorkloadId workload) override { cancelled.push_back(workload); }
  std::vector<ScaleOutcome> TakeOutcomes() override { return std::exchange(outcomes, {}); }
  // Journal
  void RecordDecision(const Decision& decision, const WorkloadView& /*view*/) override {
    decisions.push_back(decision);
  }
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp /*at*/) override {
    settled.emplace_back(outcome.command.workload, outcome.result);
  }
  void RecordGone(WorkloadId workload) override { gone.push_back(workload); }
  void RecordTick(const TickReport& tick) override {
    report = tick;
    lateness.assign(tick.lateness.begin(), tick.lateness.end());
    report.lateness = lateness;
  }

 private:
  SerialExecutor executor;
};

/// Proposes the reading's first number as the size; abstains on an error or an empty reading.
class FollowsReading final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "follows_reading"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override {
    MetricOutcome outcome;
    outcome.reason = Reason::kSourceFailed;
    if (!in.reading) {
      outcome.problem = in.reading.error().message;
      return outcome;
    }
    outcome.reason = Reason::kNoData;
    if ((*in.reading)->values.empty()) return outcome;
    const ScalarSample& sample = (*in.reading)->values.front();
    outcome.proposal = static_cast<Replicas>(sample.value);
    outcome.value = sample.value;
    outcome.oldest = sample.at;
    outcome.reason = Reason::kAboveTarget;
    outcome.ratio = 1;
    return outcome;
  }
};

inline PolicySet MakeFollowers(const WorkloadSpec& spec) {
  PolicySet policies;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i)
    policies.push_back(std::make_unique<FollowsReading>());
  return policies;
}

/// An average per replica from source "prom" with one query per entry.
inline WorkloadSpec SpecWith(std::string name, const std::vector<std::string>& queries) {
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.uid = name + "-uid";
  spec.name = std::move(name);
  spec.generation = 1;
  spec.min_replicas = 1;
  spec.max_replicas = 100;
  spec.period = std::chrono::seconds(1);
  spec.timeout = std::chrono::milliseconds(500);
  for (const std::string& query : queries) {
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.source.name = "prom";
    metric.query = query;
    metric.target.type = TargetType::kAverageValue;
    metric.target.average_value = Quantity::FromMilli(1000);
    spec.metrics.push_back(std::move(metric));
  }
  Behavior behavior;
  behavior.scale_up.stabilization_window_seconds = 0;
  behavior.scale_up.policies = {{ScalingPolicyType::kPods, 1000, 1}};
  behavior.scale_down.stabilization_window_seconds = 0;
  behavior.scale_down.policies = {{ScalingPolicyType::kPods, 1000, 1}};
  spec.behavior = behavior;
  return spec;
}

inline std::shared_ptr<const WorkloadView> ViewOf(WorkloadSpec spec, Replicas replicas,
                                                  std::string version = "1") {
  auto view = std::make_shared<WorkloadView>();
  view->spec = std::make_shared<const WorkloadSpec>(std::move(spec));
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = replicas;
  view->scale.status_replicas = replicas;
  view->scale.selector = "app=" + view->spec->name;
  view->scale.resource_version = std::move(version);
  return view;
}

inline ReadingResult Answer(double value, Timestamp at) {
  auto reading = std::make_shared<Reading>();
  reading->received = at;
  const bool fits = value >= 0 && value < 9e15;
  reading->values.push_back(
      {at, value, fits ? static_cast<std::int64_t>(value * 1000) : kInvalidMilli});
  return std::shared_ptr<const Reading>(std::move(reading));
}

}  // namespace hpaplus::testing
