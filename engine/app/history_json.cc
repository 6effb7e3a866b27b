#include "engine/app/history_json.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/app/decision_json.h"
#include "engine/app/last_word.h"
#include "engine/kube/metric_text.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using record::PastDecision;

Json OrNull(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json OrNull(const std::optional<Quantity>& quantity) {
  return quantity ? Json(quantity->AsDouble()) : Json(nullptr);
}

std::optional<double> GoalOf(const MetricSpec& metric) {
  const MetricTarget& target = metric.target;
  switch (target.type) {
    case TargetType::kUtilization:
      if (target.average_utilization) return *target.average_utilization;
      break;
    case TargetType::kValue:
      if (target.value) return target.value->AsDouble();
      break;
    case TargetType::kAverageValue:
      if (target.average_value) return target.average_value->AsDouble();
      break;
    case TargetType::kUnknown:
      break;
  }
  return std::nullopt;
}

const char* UnitOf(const MetricSpec& metric) {
  if (metric.role == MetricRole::kInput) return "";
  if (metric.target.type == TargetType::kUtilization) return "%";
  return metric.target.type == TargetType::kAverageValue ? "each" : "";
}

// In the unit of the target, so that it can be held against it.
std::optional<double> SignalOf(const MetricOutcome& outcome, const MetricSpec& metric) {
  if (IsUnknown(outcome)) return std::nullopt;
  const std::optional<double> goal = GoalOf(metric);
  if (metric.role == MetricRole::kInput || !goal || !outcome.proposal) {
    return kube::NumberOf(outcome);
  }
  return outcome.ratio * *goal;
}

std::optional<std::size_t> IndexOf(const MetricSpec& metric, const WorkloadSpec& spec) {
  const auto found = std::ranges::find(spec.metrics, metric.name, &MetricSpec::name);
  if (found == spec.metrics.end()) return std::nullopt;
  return static_cast<std::size_t>(found - spec.metrics.begin());
}

Json MetricJson(const MetricSpec& metric, const std::vector<PastDecision>& past) {
  Json values = Json::array();
  Json goals = Json::array();
  Json proposals = Json::array();
  for (const PastDecision& one : past) {
    const WorkloadSpec& spec = *one.view.spec;
    const auto index = IndexOf(metric, spec);
    const MetricOutcome* outcome =
        index && *index < one.decision.metrics.size() ? &one.decision.metrics[*index] : nullptr;
    goals.push_back(index ? OrNull(GoalOf(spec.metrics[*index])) : Json(nullptr));
    values.push_back(outcome != nullptr ? OrNull(SignalOf(*outcome, spec.metrics[*index]))
                                        : Json(nullptr));
    proposals.push_back(outcome != nullptr && outcome->proposal ? Json(*outcome->proposal)
                                                                : Json(nullptr));
  }
  return {{"name", metric.name},
          {"unit", UnitOf(metric)},
          {"scaleUp", OrNull(metric.thresholds.scale_up)},
          {"scaleDown", OrNull(metric.thresholds.scale_down)},
          {"value", std::move(values)},
          {"target", std::move(goals)},
          {"proposal", std::move(proposals)}};
}

Json WrittenJson(const std::optional<record::RecordedWrite>& write) {
  return write ? Json(WriteText(*write)) : Json(nullptr);
}

}  // namespace

void AddHistory(const std::vector<PastDecision>& past, Json& out) {
  for (const char* column :
       {"t", "id", "current", "desired", "recommended", "lastWord", "written", "metrics"})
    out[column] = Json::array();
  for (const PastDecision& one : past) {
    const Decision& decision = one.decision;
    const LastWord word = LastWordOf(decision);
    out["t"].push_back(ToSeconds(decision.at.time_since_epoch()));
    out["id"].push_back(DecisionId(*one.view.spec, decision.at));
    out["current"].push_back(decision.current);
    out["desired"].push_back(decision.desired);
    out["recommended"].push_back(decision.known ? Json(decision.recommended) : Json(nullptr));
    out["lastWord"].push_back({LastWordKindName(word.kind), word.by, word.reason});
    out["written"].push_back(WrittenJson(one.write));
  }
  for (const MetricSpec& metric : past.back().view.spec->metrics)
    out["metrics"].push_back(MetricJson(metric, past));
}

}  // namespace hpaplus::app
