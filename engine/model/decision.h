#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/model/pod.h"
#include "engine/model/reason.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// The stages of the pipeline, in the order in which they run; docs/decision-pipeline.md says what
/// each does. A stage of ours that nobody configured leaves no step.
enum class Stage {
  kTarget,      // Whether the target may be scaled at all; no step when it may.
  kValidate,    // What stands in for a metric's missing or unusable samples; `index` says whose.
  kSmooth,      // One metric's window and function; `index` says which.
  kMetric,      // One metric's proposal; `index` says which.
  kDeadBand,    // One metric's thresholds; `index` says which.
  kCombine,     // One recommendation from all proposals, or none when too much is unknown.
  kFallback,    // What stands in when there has been no recommendation for too long.
  kElasticity,  // How much of the asked change is taken.
  kConfirm,     // How many new samples have to ask for it.
  kStabilize,   // Stabilization windows.
  kBurst,       // Burst mode: neither damping nor windows slow it down, rates do.
  kRate,        // Scaling policies: pods or percent per period.
  kSchedule,    // Floors and ceilings by the clock.
  kForecast,    // A floor by prediction.
  kActivation,  // Idle replicas: below minReplicas, and back.
  kGuard,       // Vetoes against shrinking: Guard metrics, metrics that are not fresh.
  kRollout,     // While the target is being rolled out.
  kBudget,      // Safety budgets per minute and hour, the reversal breaker.
  kBounds,      // minReplicas, maxReplicas.
  kMode,        // DryRun, Paused, one direction only, frozen.
  kQuota,       // What of a growth fits the namespace's quota.
  kFleet,       // The limit over all workloads together, after all of them have decided.
};

/// What was asked is shaped by these, one number for the workload; before them each metric speaks
/// for itself.
[[nodiscard]] constexpr bool ShapesSize(Stage stage) {
  return stage > Stage::kCombine;
}

[[nodiscard]] std::string_view StageName(Stage stage);
/// One stage's effect. The list of steps is the explanation: read top-down it says how the number
/// came about. A stage that changed nothing has a step too.
struct DecisionStep {
  Stage stage = Stage::kMetric;
  Replicas before = 0;
  Replicas after = 0;
  Reason reason = Reason::kNone;
  double evidence = 0;    // The number that convinced it: a ratio, a limit, a window in seconds.
  std::size_t index = 0;  // Of spec.metrics; kCombine: whose proposal won; kSchedule: of schedules.
  bool operator==(const DecisionStep&) const = default;
};

/// What `evidence` is in this step: "ratio", "windowSeconds". Empty: it has none.
[[nodiscard]] std::string_view EvidenceName(const DecisionStep& step);

/// What one metric said, and from what. Everything that currentMetrics and an explanation need.
struct MetricOutcome {
  std::optional<Replicas> proposal;  // Null: it abstains, and `reason` says why.
  Reason reason = Reason::kNone;
  double ratio = 0;                 // Usage over target; 0 when it is unknown.
  double demand = 0;                // Replicas, not rounded, that would bring it to its target.
  std::optional<double> total;      // The number as a whole; not of pods' metrics.
  std::optional<Timestamp> oldest;  // The oldest sample that took part.
  std::optional<double> value;      // Source: the number itself.
  std::optional<std::int64_t> value_milli;          // Object, External with a Value target.
  std::optional<std::int64_t> average_value_milli;  // Per pod.
  std::optional<std::int32_t> average_utilization;  // Percent.
  std::string problem;    // What the source said went wrong; passed on, not made here.
  bool stood_in = false;  // The proposal is no fresh evidence: something stands in for it.
  bool operator==(const MetricOutcome&) const = default;
};

/// Whether a metric lacks samples of its own; one that has nothing to say now does not.
[[nodiscard]] inline bool IsUnknown(const MetricOutcome& outcome) {
  return outcome.stood_in || (!outcome.proposal && outcome.reason != Reason::kNoVote);
}

/// Whether a step is about one of spec.metrics, the one that its index says.
[[nodiscard]] constexpr bool IsAboutMetric(const DecisionStep& step) {
  if (step.stage == Stage::kGuard) return step.reason != Reason::kNoVeto;
  return step.stage > Stage::kTarget && step.stage <= Stage::kCombine;
}

/// Quota of its namespace that a workload lacks.
struct QuotaShortage {
  Replicas allowed = 0;
  Replicas unmet = 0;    // Replicas that it wants beyond.
  std::string quota;     // The ResourceQuota.
  std::string resource;  // What of it is short.
  bool operator==(const QuotaShortage&) const = default;
};

enum class ConditionType {
  kAbleToScale,
  kScalingActive,
  kScalingLimited,
  kScaledToZero,
  kFallbackActive,  // Where a fallback is configured.
  kFlapping,        // Where the reversal breaker is.
  kOverloaded,      // While the engine cannot keep the period.
};

[[nodiscard]] std::string_view ConditionTypeName(ConditionType type);

struct Condition {
  ConditionType type = ConditionType::kAbleToScale;
  ConditionStatus status = ConditionStatus::kUnknown;
  Reason reason = Reason::kNone;
  bool operator==(const Condition&) const = default;
};

/// The outcome of one evaluation. Pure data: no text is built before somebody reads it.
struct Decision {
  WorkloadId workload;
  Timestamp at{};
  Replicas current = 0;
  Replicas desired = 0;      // After all stages; equals `current` when it holds.
  Replicas recommended = 0;  // What the metrics asked for, before stabilization and limits.
  bool known = false;        // False: held because too much was unknown.
  bool acts = false;         // The actuator is to be told: a change, and the mode is Active.
  std::vector<MetricOutcome> metrics;  // One per spec.metrics; empty when they were not asked.
  std::vector<Condition> conditions;   // Those that this evaluation sets.
  std::vector<DecisionStep> steps;
  std::optional<QuotaShortage> shortage;  // Null: quota limits nothing.

  [[nodiscard]] bool changes_scale() const { return desired != current; }
  bool operator==(const Decision&) const = default;
};

}  // namespace hpaplus
