#include "engine/core/dead_band.h"

namespace hpaplus {
namespace {

// Usage over target at which the metric is exactly `threshold`. Metrics of Kubernetes are whole
// thousandths, whose quotients are the same number wherever they come from.
double RatioAt(const Quantity& threshold, const MetricSpec& metric) {
  const MetricTarget& target = metric.target;
  const bool in_percent = target.average_utilization && !target.average_value && !target.value;
  if (in_percent) return threshold.AsDouble() / *target.average_utilization;
  const bool by_average =
      target.average_value && (target.type != TargetType::kValue || !target.value);
  const Quantity goal = by_average ? *target.average_value : target.value.value_or(Quantity());
  const bool exact = metric.type == MetricType::kSource || metric.type == MetricType::kFormula;
  if (exact) return threshold.AsDouble() / goal.AsDouble();
  return static_cast<double>(threshold.MilliValue()) / static_cast<double>(goal.MilliValue());
}

}  // namespace

bool HasThresholds(const MetricSpec& metric) {
  return metric.thresholds.scale_up || metric.thresholds.scale_down;
}

bool IsAbove(const Quantity& threshold, const MetricSpec& metric, const MetricOutcome& outcome) {
  return outcome.ratio > RatioAt(threshold, metric);
}

bool IsBelow(const Quantity& threshold, const MetricSpec& metric, const MetricOutcome& outcome) {
  return outcome.ratio < RatioAt(threshold, metric);
}

StageResult KeepInDeadBand(const MetricSpec& metric, const MetricOutcome& outcome,
                           Replicas current) {
  const Replicas asked = *outcome.proposal;
  const auto& above = metric.thresholds.scale_up;
  const auto& below = metric.thresholds.scale_down;
  const bool too_low = asked > current && above && !IsAbove(*above, metric, outcome);
  const bool too_high = asked < current && below && !IsBelow(*below, metric, outcome);
  if (too_low || too_high) return {current, Reason::kWithinThresholds, outcome.ratio};
  return {asked, outcome.reason, outcome.ratio};
}

}  // namespace hpaplus
