#include "engine/kube/metric_text.h"

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
  // Of the hottest pod only the share of the target is kept.
  const MetricTarget& target = metric.target;
  if (metric.step && target.average_utilization) {
    return NumberText(outcome.ratio * *target.average_utilization) + "%";
  }
  if (metric.step && target.average_value) {
    return NumberText(outcome.ratio * target.average_value->AsDouble());
  }
  return std::string(kUnknownText);
}

std::string ProblemText(const MetricOutcome& outcome) {
  const std::string reason(ReasonName(outcome.reason));
  return outcome.problem.empty() ? reason : reason + ": " + outcome.problem;
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

std::optional<double> NumberOf(const MetricOutcome& outcome) {
  constexpr double kMilli = 1000;
  if (outcome.total) return outcome.total;
  if (outcome.value) return outcome.value;
  if (outcome.value_milli) return static_cast<double>(*outcome.value_milli) / kMilli;
  return std::nullopt;
}

std::string TargetsText(const Decision& decision, const WorkloadSpec& spec) {
  std::string text;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const MetricSpec& metric = spec.metrics[i];
    const bool asked = i < decision.metrics.size();
    const bool input = metric.role == MetricRole::kInput;
    const bool known =
        asked && (input ? !IsUnknown(decision.metrics[i]) : decision.metrics[i].proposal);
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", metric.name,
                        known ? ReachedText(decision.metrics[i], metric) : kUnknownText);
    if (!input) text += "/" + GoalText(metric.target);
  }
  return text;
}

std::string MetricText(const MetricOutcome& outcome, const MetricSpec& metric) {
  const bool input = metric.role == MetricRole::kInput;
  if (input && !IsUnknown(outcome)) return metric.name + " " + ReachedText(outcome, metric);
  if (!outcome.proposal || outcome.stood_in) {
    return metric.name + " is unknown (" + ProblemText(outcome) + ")";
  }
  if (metric.queue && outcome.value) {
    return fmt::format("{} {} with {} to be gone in {} s (needs {})", metric.name,
                       NumberText(*outcome.value), metric.queue->backlog,
                       NumberText(ToSeconds(metric.queue->drain_time)), NumberText(outcome.demand));
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

std::string FormulaText(const Decision& decision, const WorkloadSpec& spec, std::size_t metric) {
  const SharedFormula& formula = spec.metrics[metric].formula;
  if (!formula) return "";
  std::string inputs;
  for (std::size_t i = 0; i < decision.metrics.size(); ++i) {
    if (!formula->Uses(i)) continue;
    const MetricOutcome& input = decision.metrics[i];
    const std::optional<double> number = NumberOf(input);
    inputs += fmt::format("{}{} {}", inputs.empty() ? "" : ", ", spec.metrics[i].name,
                          number ? NumberText(*number) : ReasonName(input.reason));
    if (!input.oldest) continue;
    inputs += fmt::format(" ({} s old)", NumberText(ToSeconds(decision.at - *input.oldest)));
  }
  return fmt::format(", {} of {}", formula->text(), inputs);
}

}  // namespace hpaplus::kube
