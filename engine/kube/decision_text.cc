#include "engine/kube/decision_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "engine/base/quantity.h"

namespace hpaplus::kube {
namespace {

constexpr std::string_view kUnknownText = "<unknown>";

std::string WithSeparators(std::string digits) {
  const std::size_t sign = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > sign + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string Trimmed(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  while (digits.ends_with('0'))
    digits.pop_back();
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

std::string MilliText(std::int64_t milli, const MetricSpec& metric) {
  const bool is_bytes = metric.resource == "memory" || metric.resource == "ephemeral-storage";
  return Quantity::FromMilli(milli,
                             is_bytes ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI)
      .ToString();
}

std::string GoalText(const MetricTarget& target) {
  switch (target.type) {
    case TargetType::kUtilization:
      if (target.average_utilization) return std::to_string(*target.average_utilization) + "%";
      break;
    case TargetType::kValue:
      if (target.value) return target.value->ToString();
      break;
    case TargetType::kAverageValue:
      if (target.average_value) return target.average_value->ToString();
      break;
    case TargetType::kUnknown:
      break;
  }
  return std::string(kUnknownText);
}

std::string ReachedText(const MetricOutcome& outcome, const MetricSpec& metric) {
  if (metric.target.type == TargetType::kUtilization) {
    if (outcome.average_utilization) return std::to_string(*outcome.average_utilization) + "%";
  } else if (metric.target.type == TargetType::kAverageValue) {
    if (outcome.average_value_milli) return MilliText(*outcome.average_value_milli, metric);
  } else if (outcome.value_milli) {
    return MilliText(*outcome.value_milli, metric);
  }
  if (outcome.value) return NumberText(*outcome.value);
  return std::string(kUnknownText);
}

std::string ProblemText(const MetricOutcome& outcome) {
  const std::string reason(ReasonName(outcome.reason));
  return outcome.problem.empty() ? reason : reason + ": " + outcome.problem;
}

std::string PoliciesText(const ScalingRules& rules) {
  if (rules.select_policy == SelectPolicy::kDisabled) return "Disabled";
  std::string text;
  for (const ScalingPolicy& policy : rules.policies) {
    const char* unit = policy.type == ScalingPolicyType::kPercent ? "%" : " pods";
    text += fmt::format("{}{}{}/{}s", text.empty() ? "" : " or ", policy.value, unit,
                        policy.period_seconds);
  }
  return text;
}

std::string NameOf(std::size_t metric, const WorkloadSpec& spec) {
  return metric < spec.metrics.size() ? spec.metrics[metric].name : "";
}

// What one of the stages that the HPA does not have made of the number.
std::string OwnStageText(const DecisionStep& step, const WorkloadSpec& spec) {
  const std::string evidence = NumberText(step.evidence);
  if (step.stage == Stage::kElasticity) return fmt::format("elasticity {}", evidence);
  if (step.stage == Stage::kConfirm) {
    return fmt::format("held until confirmed, {} new samples so far", evidence);
  }
  if (step.stage == Stage::kFallback) {
    return fmt::format("fallback after {} failures", evidence);
  }
  if (step.reason == Reason::kGuardObjects) return "held by guard " + NameOf(step.index, spec);
  if (step.reason == Reason::kGuardUnknown) {
    return fmt::format("held because guard {} is unknown", NameOf(step.index, spec));
  }
  if (step.reason == Reason::kMetricsNotFresh) {
    return fmt::format("held because {} has no fresh samples", NameOf(step.index, spec));
  }
  if (step.reason == Reason::kFlapping) {
    return fmt::format("held because of {} reversals within the hour", evidence);
  }
  if (step.stage == Stage::kBudget) {
    const bool hour = step.reason == Reason::kHourBudget;
    return fmt::format("limited to {} by the budget of this {}", evidence,
                       hour ? "hour" : "minute");
  }
  if (step.stage == Stage::kActivation) {
    return step.reason == Reason::kIdle ? "there is nothing to do" : "there is something to do";
  }
  if (step.stage == Stage::kMode) return fmt::format("held by mode {}", ReasonName(step.reason));
  return fmt::format("{} makes it {} ({})", StageName(step.stage), step.after,
                     ReasonName(step.reason));
}

std::string LimitText(const DecisionStep& step, bool up, const WorkloadSpec& spec) {
  const char* direction = up ? "scaleUp" : "scaleDown";
  if (step.stage == Stage::kStabilize) {
    return fmt::format("held by {} stabilization {}s", direction, NumberText(step.evidence));
  }
  if (step.stage == Stage::kRate) {
    if (!spec.behavior) return fmt::format("limited to {} at once", step.after);
    return fmt::format("limited by {} policy {}", direction,
                       PoliciesText(up ? spec.behavior->scale_up : spec.behavior->scale_down));
  }
  if (step.stage == Stage::kBounds) {
    return step.after < step.before ? fmt::format("limited by maxReplicas {}", spec.max_replicas)
                                    : fmt::format("limited by minReplicas {}", spec.min_replicas);
  }
  return OwnStageText(step, spec);
}

// Why the size changes, before anything limited it.
std::string CauseText(const Decision& decision, const WorkloadSpec& spec) {
  if (const auto winner = WinningMetric(decision); winner && *winner < spec.metrics.size()) {
    return MetricText(decision.metrics[*winner], spec.metrics[*winner]);
  }
  for (const DecisionStep& step : decision.steps) {
    if (step.reason == Reason::kAboveMax) {
      return fmt::format("above maxReplicas {}", spec.max_replicas);
    }
    if (step.reason == Reason::kActivated) return "there is something to do again";
    if (step.reason == Reason::kIdle) return "there is nothing to do";
    if (step.reason == Reason::kBelowMin) {
      return fmt::format("below minReplicas {}", spec.min_replicas);
    }
  }
  return "no metric asked for a change";
}

std::string FallbackText(const Condition& condition, const Decision& decision) {
  const auto step = std::ranges::find(decision.steps, Stage::kFallback, &DecisionStep::stage);
  const double failures = step == decision.steps.end() ? 0 : step->evidence;
  if (condition.reason == Reason::kNoFallback) return "every metric that votes is known";
  return fmt::format("{} evaluations in a row lacked a metric", NumberText(failures));
}

std::string FlappingText(const Condition& condition, const WorkloadSpec& spec) {
  const auto most = spec.safety.max_reversals_per_hour.value_or(0);
  return condition.status == ConditionStatus::kTrue
             ? fmt::format("{} or more reversals within the hour: nothing shrinks", most)
             : fmt::format("fewer than {} reversals within the hour", most);
}

std::string ActiveText(const Condition& condition, const Decision& decision,
                       const WorkloadView& view) {
  if (condition.reason == Reason::kPaused) return "mode is Paused";
  if (condition.reason == Reason::kAmbiguousTarget) {
    return "the target is also scaled by " + view.conflict;
  }
  if (condition.reason == Reason::kScalingDisabled) return "the target is at zero replicas";
  if (condition.reason == Reason::kIdle) return "there is nothing to do";
  if (condition.reason == Reason::kInvalidSelector) {
    return "the target's scale has no label selector, so its pods cannot be found";
  }
  if (condition.reason == Reason::kAmbiguousSelector) {
    return "some of the target's pods are selected by another autoscaler, too";
  }
  const std::vector<MetricSpec>& metrics = view.spec->metrics;
  if (const auto unknown = FirstUnknownMetric(decision);
      condition.status != ConditionStatus::kTrue && unknown && *unknown < metrics.size()) {
    const auto count =
        std::ranges::count_if(decision.metrics, [](const auto& m) { return !m.proposal; });
    return fmt::format("{} of {} metrics unknown, first {}", count, decision.metrics.size(),
                       MetricText(decision.metrics[*unknown], metrics[*unknown]));
  }
  if (const auto winner = WinningMetric(decision); winner && *winner < metrics.size()) {
    return "a size follows from metric " + metrics[*winner].name;
  }
  return std::string(ReasonName(condition.reason));
}

std::string AbleText(const Condition& condition, const Decision& decision,
                     const WorkloadView& view) {
  if (!view.scale.problem.empty()) return view.scale.problem;
  if (condition.reason == Reason::kSucceededGetScale) return "the target's scale was read";
  if (condition.reason == Reason::kReadyForNewScale) return "no stabilization holds a size back";
  const auto step = std::ranges::find(decision.steps, Stage::kStabilize, &DecisionStep::stage);
  if (step == decision.steps.end()) return std::string(ReasonName(condition.reason));
  return fmt::format("{} -> {} stays at {}: other recommendations of the last {}s hold it",
                     decision.current, step->before, step->after, NumberText(step->evidence));
}

}  // namespace

std::string NumberText(double number) {
  constexpr double kSeparated = 1000;
  constexpr double kPlain = 1e15;
  if (!std::isfinite(number)) return fmt::format("{}", number);
  const double size = std::fabs(number);
  if (size >= kPlain) return fmt::format("{:.3g}", number);
  if (size >= kSeparated || number == std::trunc(number)) {
    return WithSeparators(fmt::format("{:.0f}", number));
  }
  if (size >= 100) return fmt::format("{:.0f}", number);
  if (size >= 10) return Trimmed(fmt::format("{:.1f}", number));
  return size >= 1 ? Trimmed(fmt::format("{:.2f}", number)) : fmt::format("{:.3g}", number);
}

std::string TargetsText(const Decision& decision, const WorkloadSpec& spec) {
  std::string text;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const MetricSpec& metric = spec.metrics[i];
    const bool known = i < decision.metrics.size() && decision.metrics[i].proposal;
    text += fmt::format("{}{}: {}/{}", text.empty() ? "" : ", ", metric.name,
                        known ? ReachedText(decision.metrics[i], metric) : kUnknownText,
                        GoalText(metric.target));
  }
  return text;
}

std::string MetricText(const MetricOutcome& outcome, const MetricSpec& metric) {
  if (!outcome.proposal || outcome.stood_in) {
    return metric.name + " is unknown (" + ProblemText(outcome) + ")";
  }
  const char* relation = outcome.ratio > 1 ? "over" : outcome.ratio < 1 ? "under" : "at";
  const bool per_pod = metric.target.type == TargetType::kAverageValue;
  if (per_pod && outcome.value && metric.target.average_value) {
    const double each = metric.target.average_value->AsDouble();
    return fmt::format("{} {} {} {} each (needs {})", metric.name, NumberText(*outcome.value),
                       relation, NumberText(each), NumberText(*outcome.value / each));
  }
  return fmt::format("{} {} {} {}{}", metric.name, ReachedText(outcome, metric), relation,
                     GoalText(metric.target), per_pod ? " each" : "");
}

std::string DecisionText(const Decision& decision, const WorkloadView& view) {
  std::string text = fmt::format("{} -> {}: {}", decision.current, decision.desired,
                                 CauseText(decision, *view.spec));
  for (const DecisionStep* step : LimitingSteps(decision)) {
    text += "; " + LimitText(*step, decision.recommended > decision.current, *view.spec);
  }
  return text;
}

std::string ConditionText(const Condition& condition, const Decision& decision,
                          const WorkloadView& view) {
  if (condition.type == ConditionType::kAbleToScale) return AbleText(condition, decision, view);
  if (condition.type == ConditionType::kScalingActive) return ActiveText(condition, decision, view);
  if (condition.type == ConditionType::kFallbackActive) return FallbackText(condition, decision);
  if (condition.type == ConditionType::kFlapping) return FlappingText(condition, *view.spec);
  const auto limits = LimitingSteps(decision);
  if (condition.status != ConditionStatus::kTrue || limits.empty()) {
    return "the desired size is within all limits";
  }
  return fmt::format(
      "the metrics ask for {}; {}", decision.recommended,
      LimitText(*limits.back(), decision.recommended > decision.current, *view.spec));
}

std::string FreezeText(const WorkloadView& view) {
  if (!view.freeze.empty()) return "no size is written: " + view.freeze;
  const auto& until = view.spec->frozen_until;
  if (!until || *until == Timestamp::max()) return "no size is written: annotation";
  return "no size is written until " + FormatRfc3339(*until);
}

std::optional<std::size_t> WinningMetric(const Decision& decision) {
  if (!decision.known) return std::nullopt;
  const auto step = std::ranges::find(decision.steps, Stage::kCombine, &DecisionStep::stage);
  if (step == decision.steps.end() || step->index >= decision.metrics.size()) return std::nullopt;
  return step->index;
}

std::optional<std::size_t> FirstUnknownMetric(const Decision& decision) {
  for (std::size_t i = 0; i < decision.metrics.size(); ++i) {
    if (IsUnknown(decision.metrics[i])) return i;
  }
  return std::nullopt;
}

std::vector<const DecisionStep*> LimitingSteps(const Decision& decision) {
  std::vector<const DecisionStep*> steps;
  if (decision.metrics.empty()) return steps;  // A way back into the bounds is no limit.
  for (const DecisionStep& step : decision.steps) {
    if (ShapesSize(step.stage) && step.before != step.after) steps.push_back(&step);
  }
  return steps;
}

}  // namespace hpaplus::kube
