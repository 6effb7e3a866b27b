#include "engine/kube/decision_text.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/kube/metric_text.h"

namespace hpaplus::kube {
namespace {

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

std::string FallbackStepText(const DecisionStep& step) {
  const std::string_view behavior = ReasonName(step.reason);
  // Known again, but it takes a few answers in a row to believe it.
  if (step.evidence == 0) return fmt::format("{} until the metrics have settled", behavior);
  return fmt::format("{} after {} failures in a row", behavior, NumberText(step.evidence));
}

// What one of the stages that the HPA does not have made of the number.
std::string OwnStageText(const DecisionStep& step, const WorkloadSpec& spec) {
  const std::string evidence = NumberText(step.evidence);
  if (step.stage == Stage::kElasticity) return fmt::format("elasticity {}", evidence);
  if (step.stage == Stage::kConfirm) {
    return fmt::format("held until confirmed, {} new samples so far", evidence);
  }
  if (step.stage == Stage::kFallback) return FallbackStepText(step);
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
  if (step.stage == Stage::kSchedule && step.index < spec.schedules.size()) {
    const bool floor = step.after > step.before;
    return fmt::format("{} {} by schedule {}", floor ? "raised to" : "limited to", step.after,
                       spec.schedules[step.index].name);
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

const char* StrategyText(CombineStrategy strategy) {
  return strategy == CombineStrategy::kAverage ? "average" : "weighted average";
}

// What the metrics ask for that one size was made of.
std::string CombinedText(const Decision& decision, const WorkloadSpec& spec) {
  const CombineSpec& how = spec.combine;
  std::string text;
  for (std::size_t i = 0; i < decision.metrics.size(); ++i) {
    const bool counts =
        how.formula ? how.formula->Uses(i) : spec.metrics[i].role == MetricRole::kScale;
    const MetricOutcome& metric = decision.metrics[i];
    if (!counts || metric.reason == Reason::kNoVote) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", spec.metrics[i].name,
                        metric.proposal ? std::to_string(*metric.proposal) : "unknown");
  }
  if (how.formula) return fmt::format("{} with {}", how.formula->text(), text);
  return fmt::format("{} of {}", StrategyText(how.strategy), text);
}

// What stands in for the samples of a metric.
std::string StandInText(const Decision& decision, std::size_t metric) {
  for (const DecisionStep& step : decision.steps) {
    if (step.stage != Stage::kValidate || step.index != metric) continue;
    if (step.reason == Reason::kTakenForZero) return ", taken for zero";
    if (step.reason == Reason::kSuspicious) {
      const std::string factor = NumberText(step.evidence);
      if (step.evidence < 1) return fmt::format(", {} times what it was, so it holds", factor);
      return fmt::format(", {} times what it was, so it asks for {} at most", factor, step.after);
    }
    return fmt::format(", asked for {} {} s ago", step.after, NumberText(step.evidence));
  }
  return "";
}

// Why the size changes, before anything limited it.
std::string CauseText(const Decision& decision, const WorkloadView& view) {
  const WorkloadSpec& spec = *view.spec;
  if (const auto winner = WinningMetric(decision); winner && *winner < spec.metrics.size()) {
    const auto combine = std::ranges::find(decision.steps, Stage::kCombine, &DecisionStep::stage);
    if (combine->reason == Reason::kCombined) return CombinedText(decision, spec);
    return MetricText(decision.metrics[*winner], spec.metrics[*winner]) +
           StandInText(decision, *winner) + FormulaText(decision, spec, *winner);
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
  for (const Condition& condition : decision.conditions) {
    const bool stops = condition.type == ConditionType::kAbleToScale ||
                       condition.type == ConditionType::kScalingActive;
    if (stops && condition.status != ConditionStatus::kTrue) {
      return ConditionText(condition, decision, view);
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
    const auto count = std::ranges::count_if(decision.metrics, IsUnknown);
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

std::string QuotaText(const QuotaShortage& shortage) {
  return fmt::format("quota {} has {} for {}, {} more are wanted", shortage.quota,
                     shortage.resource, shortage.allowed, shortage.unmet);
}

std::string DecisionText(const Decision& decision, const WorkloadView& view) {
  std::string text =
      fmt::format("{} -> {}: {}", decision.current, decision.desired, CauseText(decision, view));
  for (const DecisionStep* step : LimitingSteps(decision)) {
    if (step->stage == Stage::kQuota && decision.shortage) {
      text += "; " + QuotaText(*decision.shortage);
      continue;
    }
    text += "; " + LimitText(*step, decision.recommended > decision.current, *view.spec);
  }
  const auto mode = std::ranges::find(decision.steps, Stage::kMode, &DecisionStep::stage);
  if (mode == decision.steps.end() || !decision.changes_scale()) return text;
  if (mode->reason == Reason::kFrozen) return text + "; " + FreezeText(view);
  return mode->reason == Reason::kDryRun ? text + "; no size is written: dry run" : text;
}

std::string ConditionText(const Condition& condition, const Decision& decision,
                          const WorkloadView& view) {
  if (condition.type == ConditionType::kAbleToScale) return AbleText(condition, decision, view);
  if (condition.type == ConditionType::kScalingActive) return ActiveText(condition, decision, view);
  if (condition.type == ConditionType::kFallbackActive) return FallbackText(condition, decision);
  if (condition.type == ConditionType::kFlapping) return FlappingText(condition, *view.spec);
  if (condition.type == ConditionType::kOverloaded) {
    return "evaluated less often than its period asks for: the engine has more to do than time";
  }
  const auto limits = LimitingSteps(decision);
  if (condition.status != ConditionStatus::kTrue || limits.empty()) {
    return "the desired size is within all limits";
  }
  if (limits.back()->stage == Stage::kQuota && decision.shortage) {
    return fmt::format("the metrics ask for {}; {}", decision.recommended,
                       QuotaText(*decision.shortage));
  }
  return fmt::format(
      "the metrics ask for {}; {}", decision.recommended,
      LimitText(*limits.back(), decision.recommended > decision.current, *view.spec));
}

std::string FreezeText(const WorkloadView& view) {
  if (!view.freeze.empty()) return "no size is written: " + view.freeze;
  const auto& until = view.spec->frozen_until;
  if (!until || *until == Timestamp::max()) return "no size is written: frozen by its annotation";
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
