#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/decide.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus::testing {

using std::chrono::seconds;

/// An instant that tests count from.
inline constexpr Timestamp kNoon = Timestamp(seconds(1'767'268'800));  // 2026-01-01T12:00:00Z

[[nodiscard]] inline Quantity Q(std::string_view text) {
  return *Quantity::Parse(text);
}

/// A running pod that has been ready for an hour.
[[nodiscard]] inline Pod ReadyPod(std::string name, std::string_view cpu_request = "100m") {
  Pod pod;
  pod.name = std::move(name);
  pod.phase = PodPhase::kRunning;
  pod.start_time = kNoon - seconds(3600);
  pod.ready = ReadyCondition{ConditionStatus::kTrue, kNoon - seconds(3600)};
  pod.resources = PodResources{.containers = {{"app", {{"cpu", Q(cpu_request)}}, false}}};
  return pod;
}

/// One workload with everything that a decision takes, to be changed at will before Decide().
struct Bench {
  DecideConfig config;
  std::shared_ptr<WorkloadSpec> spec = std::make_shared<WorkloadSpec>();
  WorkloadView view;
  PolicySet policies;
  std::vector<ReadingResult> readings;
  History history;
  Timestamp now = kNoon;

  explicit Bench(Replicas size = 5, Replicas min = 1, Replicas max = 100) {
    spec->ns = "shop";
    spec->name = "web";
    spec->min_replicas = min;
    spec->max_replicas = max;
    view.spec = spec;
    view.scale.status = ScaleStatus::kKnown;
    view.scale.spec_replicas = size;
    view.scale.status_replicas = size;
    view.scale.selector = "app=web";
    history.recommendations.emplace();
  }

  void AddPods(int count) {
    for (int i = 0; i < count; ++i) {
      view.pods.push_back(std::make_shared<Pod>(ReadyPod("web-" + std::to_string(100 + i))));
    }
  }

  /// Takes the history along.
  Decision Decide() {
    Decided out = hpaplus::Decide({now, config, WorkloadId{0}, view, policies, readings}, history);
    history = std::move(out.history);
    return std::move(out.decision);
  }
};

/// Rules without windows, but that the scale-up one is 0, as the API server fills it in.
[[nodiscard]] inline Behavior Rules(std::vector<ScalingPolicy> up,
                                    std::vector<ScalingPolicy> down) {
  Behavior behavior;
  behavior.scale_up.stabilization_window_seconds = 0;
  behavior.scale_up.policies = std::move(up);
  behavior.scale_down.policies = std::move(down);
  return behavior;
}

[[nodiscard]] inline const Condition* Find(const Decision& decision, ConditionType type) {
  for (const Condition& condition : decision.conditions) {
    if (condition.type == type) return &condition;
  }
  return nullptr;
}

[[nodiscard]] inline const DecisionStep* Find(const Decision& decision, Stage stage) {
  for (const DecisionStep& step : decision.steps) {
    if (step.stage == stage) return &step;
  }
  return nullptr;
}

[[nodiscard]] inline ReadingResult Answer(Reading reading) {
  return std::make_shared<const Reading>(std::move(reading));
}

/// A Source's, Object's or External's answer of one number.
[[nodiscard]] inline ReadingResult AnswerNumber(double value, Timestamp at = kNoon) {
  Reading reading;
  const auto milli =
      value >= 0 && value < 9e15 ? static_cast<std::int64_t>(value * 1000) : kInvalidMilli;
  reading.values.push_back({at, value, milli});
  return Answer(std::move(reading));
}

}  // namespace hpaplus::testing
