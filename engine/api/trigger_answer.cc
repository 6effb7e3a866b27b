#include "engine/api/trigger_answer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "engine/core/activation.h"

namespace hpaplus::api {
namespace {

constexpr double kTargetLeast = 0.0005;  // With three decimals less is no target.
constexpr int kPeriodsGood = 3;          // An older evaluation says nothing about now.
constexpr Duration kGrace = std::chrono::seconds(10);

Error Unknown(std::string why) {
  return {ErrorCode::kUnavailable, std::move(why)};
}

bool AsksForSizes(const MetricSpec& metric) {
  return metric.step.has_value() || !metric.policy.empty();
}

// Nothing for a metric that has no target a client could use.
std::optional<double> TargetOf(const MetricSpec& metric) {
  if (AsksForSizes(metric)) return 1.0;
  double target = 0;
  if (metric.target.average_value) {
    target = metric.target.average_value->AsDouble();
  } else if (metric.target.value && IsOfWhole(metric.type)) {
    target = metric.target.value->AsDouble();
  } else if (metric.target.average_utilization) {
    target = *metric.target.average_utilization;
  }
  if (!(target >= kTargetLeast) || !std::isfinite(target)) return std::nullopt;
  return target;
}

// "s0-" and the like are KEDA's own and cut off by it.
bool HasTriggerPrefix(const std::string& name) {
  if (!name.starts_with('s')) return false;
  const auto dash = name.find('-');
  return dash != std::string::npos && dash > 1 &&
         std::all_of(name.begin() + 1, name.begin() + static_cast<std::ptrdiff_t>(dash),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::string SafeName(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    safe += upper ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  if (safe.empty()) safe = "metric";
  return HasTriggerPrefix(safe) ? "metric-" + safe : safe;
}

std::string UniqueName(const std::string& name, const std::vector<MetricAnswer>& taken) {
  const std::string safe = SafeName(name);
  std::string unique = safe;
  for (int number = 2; std::ranges::find(taken, unique, &MetricAnswer::name) != taken.end();
       ++number) {
    unique = fmt::format("{}-{}", safe, number);
  }
  return unique;
}

// Why an evaluation has not asked its metrics.
Error NotAsked(const BoardEntry& entry) {
  const WorkloadView& view = *entry.view;
  const Replicas size = view.scale.spec_replicas;
  if (view.spec->mode == Mode::kPaused) return Unknown("the object is paused");
  if (view.scale.status != ScaleStatus::kKnown) {
    return Unknown("the target's size is not known: " + view.scale.problem);
  }
  if (!view.conflict.empty() && view.spec->mode != Mode::kDryRun) {
    return Unknown(view.conflict + " has this target; with KEDA the object's mode is DryRun");
  }
  if (size == 0) return Unknown("the target is at 0 replicas, and idleReplicas is not 0");
  if (size > view.spec->max_replicas || size < view.spec->min_replicas) {
    return Unknown(fmt::format("the size {} is outside the object's {} to {}", size,
                               view.spec->min_replicas, view.spec->max_replicas));
  }
  return Unknown("the last evaluation has not asked the metrics");
}

Result<double> NumberOf(const MetricOutcome& outcome, const MetricSpec& metric) {
  const Error unknown =
      Unknown(fmt::format("metric {} is unknown: {}{}{}", metric.name, ReasonName(outcome.reason),
                          outcome.problem.empty() ? "" : ": ", outcome.problem));
  const double proposal = outcome.proposal.value_or(0);
  if (AsksForSizes(metric)) return outcome.proposal ? Result<double>(proposal) : unknown;
  if (IsOfWhole(metric.type) && !metric.queue && outcome.total) return *outcome.total;
  if (!outcome.proposal) return unknown;
  const auto target = TargetOf(metric);
  if (!target || (IsOfWhole(metric.type) && !metric.target.average_value)) return unknown;
  return (outcome.stood_in ? proposal : outcome.demand) * *target;
}

Result<double> ValueOf(const MetricOutcome& outcome, const MetricSpec& metric) {
  Result<double> number = NumberOf(outcome, metric);
  if (!number) return number;
  if (!std::isfinite(*number)) return Unknown("metric " + metric.name + " is no number");
  if (*number < 0) {
    return Unknown("metric " + metric.name + " is negative, which cannot be told");
  }
  return number;
}

Result<double> ValueNow(const BoardEntry& entry, const std::string& name) {
  if (!entry.decision) return Unknown("not evaluated yet");
  const auto& specs = entry.decided->metrics;
  const auto spec = std::ranges::find(specs, name, &MetricSpec::name);
  if (spec == specs.end()) return Unknown("not evaluated yet");
  const auto index = static_cast<std::size_t>(spec - specs.begin());
  if (index >= entry.decision->metrics.size()) return NotAsked(entry);
  return ValueOf(entry.decision->metrics[index], *spec);
}

// Of those specs that a trigger is about.
Result<bool> ActiveBy(const BoardEntry& entry, const std::string& only) {
  if (!entry.decision) return Unknown("not evaluated yet");
  const Decision& decision = *entry.decision;
  if (decision.metrics.size() < entry.decided->metrics.size()) return NotAsked(entry);
  std::vector<MetricSpec> specs;
  std::vector<MetricOutcome> outcomes;
  bool of_whole = false;
  std::string problem;
  for (std::size_t i = 0; i < entry.decided->metrics.size(); ++i) {
    MetricSpec spec = entry.decided->metrics[i];
    if (!only.empty() && spec.name != only) continue;
    if (!only.empty()) spec.role = MetricRole::kScale;
    const bool says = spec.role == MetricRole::kScale || spec.role == MetricRole::kActivate;
    of_whole = of_whole || (says && IsOfWhole(spec.type));
    if (says && !decision.metrics[i].total && problem.empty()) {
      problem = fmt::format("metric {} is unknown: {} {}", spec.name,
                            ReasonName(decision.metrics[i].reason), decision.metrics[i].problem);
    }
    specs.push_back(std::move(spec));
    outcomes.push_back(decision.metrics[i]);
  }
  if (!of_whole) return true;
  const Activity activity = ActivityOf(specs, outcomes);
  if (activity != Activity::kUnknown) return activity == Activity::kActive;
  return Unknown(problem.empty() ? "whether there is anything to do is not known" : problem);
}

void AnswerDecided(const BoardEntry& entry, TriggerAnswer& answer) {
  MetricAnswer metric{.name = "replicas"};
  if (entry.decision && !entry.decision->known) {
    metric.value = Unknown("the size was held: too much was unknown");
  } else if (entry.decision) {
    metric.value = static_cast<double>(std::max(0, entry.decision->desired));
  }
  if (metric.value) {
    answer.active = *metric.value > 0;
  } else {
    answer.active = metric.value.error();
  }
  answer.metrics.push_back(std::move(metric));
}

}  // namespace

Result<TriggerAnswer> AnswerOf(const ObjectTrigger& trigger, const BoardEntry& entry) {
  const WorkloadSpec& spec = *entry.view->spec;
  TriggerAnswer answer;
  if (entry.decision) answer.at = entry.decision->at;
  answer.good_for = spec.period * kPeriodsGood + kGrace;
  if (trigger.drive) {
    AnswerDecided(entry, answer);
    return answer;
  }
  bool found = false;
  for (const MetricSpec& metric : spec.metrics) {
    const bool asked =
        trigger.metric.empty() ? metric.role == MetricRole::kScale : metric.name == trigger.metric;
    if (!asked) continue;
    found = true;
    const auto target = TargetOf(metric);
    if (!target) continue;
    answer.metrics.push_back(
        {UniqueName(metric.name, answer.metrics), *target, ValueNow(entry, metric.name)});
  }
  if (!found && !trigger.metric.empty()) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("HPAPlus {} has no metric {}", WorkloadName(spec), trigger.metric)};
  }
  if (answer.metrics.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("HPAPlus {} has no metric with a target that could be told",
                             WorkloadName(spec))};
  }
  answer.active = ActiveBy(entry, trigger.metric);
  return answer;
}

Status CheckAge(const TriggerAnswer& answer, Timestamp now) {
  if (answer.at == Timestamp{} || now - answer.at <= answer.good_for) return Done{};
  return Unknown("the last evaluation is " +
                 FormatDuration(std::chrono::floor<std::chrono::seconds>(now - answer.at)) +
                 " ago");
}

}  // namespace hpaplus::api
