#include "engine/replay/json_result.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/kube/decision_text.h"
#include "engine/kube/metric_text.h"
#include "engine/model/reference_json.h"
#include "engine/replay/admission_json.h"
#include "engine/replay/counterfactual_json.h"

namespace hpaplus::replay {
namespace {

using Json = nlohmann::ordered_json;

// Go's RFC3339Nano: without zeros at the end of the fraction.
std::string NanoText(Timestamp at) {
  std::string text = FormatRfc3339(at, true);
  if (text.find('.') == std::string::npos) return text;
  text.pop_back();
  while (text.back() == '0')
    text.pop_back();
  return text + "Z";
}

Json EventsJson(const std::vector<ScaleEvent>& events) {
  Json list = Json::array();
  for (const ScaleEvent& event : events) {
    Json item = {{"change", event.change}, {"time", NanoText(event.at)}};
    if (event.outdated) item["outdated"] = true;
    list.push_back(std::move(item));
  }
  return list;
}

Json StateJson(const History& history) {
  Json recommendations = Json::array();
  if (history.recommendations) {
    for (const Recommendation& entry : *history.recommendations)
      recommendations.push_back({{"replicas", entry.replicas}, {"time", NanoText(entry.at)}});
  }
  return {{"recommendations", std::move(recommendations)},
          {"scaleUpEvents", EventsJson(history.scale_ups)},
          {"scaleDownEvents", EventsJson(history.scale_downs)}};
}

Json IdentifierJson(const MetricSpec& metric) {
  Json json = {{"name", metric.metric}};
  if (metric.metric_selector) json["selector"] = SelectorJson(*metric.metric_selector);
  return json;
}

Json CurrentJson(const CurrentMetric& metric) {
  const MetricOutcome& outcome = metric.outcome;
  const auto format =
      metric.spec.resource == "memory" ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI;
  const auto text = [format](std::int64_t milli) {
    return Quantity::FromMilli(milli, format).ToString();
  };
  Json current = Json::object();
  if (outcome.value_milli) current["value"] = text(*outcome.value_milli);
  if (outcome.value && !outcome.value_milli) {
    constexpr double kLargest = 9e15;  // Thousandths of more do not fit.
    if (std::abs(*outcome.value) < kLargest) {
      current["value"] = text(std::llround(*outcome.value * 1000));
    }
  }
  if (outcome.average_value_milli) {
    current["averageValue"] = text(*outcome.average_value_milli);
  }
  if (outcome.average_utilization) current["averageUtilization"] = *outcome.average_utilization;
  return current;
}

// The HPA divides by no pods, too; on amd64 that gives the smallest integer.
Json HpaCurrentJson(const CurrentMetric& metric) {
  Json current = CurrentJson(metric);
  if (current.empty()) {
    constexpr std::int64_t kOverNoPods = std::numeric_limits<std::int64_t>::min();
    current["averageValue"] = Quantity::FromMilli(kOverNoPods).ToString();
  }
  return current;
}

// An entry of currentMetrics. A metric that abstained leaves one without a type.
Json MetricJson(const CurrentMetric& metric, bool as_hpa) {
  const MetricSpec& spec = metric.spec;
  const bool input = spec.role == MetricRole::kInput && !IsUnknown(metric.outcome);
  if (!metric.outcome.proposal && !input) return {{"type", ""}};
  Json current = as_hpa ? HpaCurrentJson(metric) : CurrentJson(metric);
  Json body;
  std::string_view field;
  switch (spec.type) {
    case MetricType::kResource:
      field = "resource";
      body = {{"name", spec.resource}, {"current", std::move(current)}};
      break;
    case MetricType::kContainerResource:
      field = "containerResource";
      body = {
          {"name", spec.resource}, {"current", std::move(current)}, {"container", spec.container}};
      break;
    case MetricType::kPods:
      field = "pods";
      body = {{"metric", IdentifierJson(spec)}, {"current", std::move(current)}};
      break;
    case MetricType::kObject:
      field = "object";
      body = {{"metric", IdentifierJson(spec)},
              {"current", std::move(current)},
              {"describedObject", ObjectRefJson(spec.described_object)}};
      break;
    case MetricType::kExternal:
      field = "external";
      body = {{"metric", IdentifierJson(spec)}, {"current", std::move(current)}};
      break;
    case MetricType::kSource:
    case MetricType::kFormula:
      field = spec.type == MetricType::kFormula ? "formula" : "source";
      body = {{"name", spec.name}, {"current", std::move(current)}};
      break;
    case MetricType::kUnknown:
      return {{"type", ""}};
  }
  return {{"type", MetricTypeName(spec.type)}, {field, std::move(body)}};
}

Json CurrentMetricsJson(const StepResult& step) {
  if (!step.status.metrics) {
    return step.first_metrics.empty() ? Json(nullptr)
                                      : Json::parse(step.first_metrics, nullptr, false);
  }
  if (step.status.metrics->empty()) return nullptr;
  Json list = Json::array();
  for (const CurrentMetric& metric : *step.status.metrics)
    list.push_back(MetricJson(metric, step.object.hpa.has_value()));
  return list;
}

// Null: it was stored without a time.
Json TransitionJson(Timestamp since) {
  return since == Timestamp() ? Json(nullptr) : Json(FormatRfc3339(since));
}

Json StatusJson(const StepResult& step) {
  const HpaStatus& status = step.status;
  Json json = Json::object();
  if (status.last_scale_time) json["lastScaleTime"] = FormatRfc3339(*status.last_scale_time);
  json["currentReplicas"] = status.current_replicas;
  json["desiredReplicas"] = status.desired_replicas;
  json["currentMetrics"] = CurrentMetricsJson(step);
  json["conditions"] = Json::array();
  for (const StoredCondition& condition : status.conditions) {
    json["conditions"].push_back({{"type", condition.type},
                                  {"status", condition.status},
                                  {"lastTransitionTime", TransitionJson(condition.since)},
                                  {"reason", condition.reason},
                                  {"message", condition.message}});
  }
  return json;
}

// As the object calls it, which may be no type at all.
std::string TypeText(const StepResult& step, std::size_t metric) {
  if (step.object.hpa && metric < step.object.hpa->spec.metrics.size()) {
    return step.object.hpa->spec.metrics[metric].type;
  }
  return std::string(MetricTypeName(step.object.spec->metrics[metric].type));
}

Json ProposalsJson(const StepResult& step) {
  Json list = Json::array();
  for (std::size_t i = 0; i < step.proposals.size(); ++i) {
    const MetricOutcome& outcome = step.proposals[i].outcome;
    Json item = {{"type", TypeText(step, i)}};
    if (outcome.proposal) {
      item["replicas"] = *outcome.proposal;
      item["name"] = step.object.spec->metrics[i].name;
    } else {
      item["reason"] = ReasonName(outcome.reason);
      item["error"] = outcome.problem;
    }
    list.push_back(std::move(item));
  }
  return list;
}

// What a step says beyond its numbers.
// What a formula was computed from.
Json InputsJson(const Decision& decision, const std::vector<MetricSpec>& metrics,
                const SharedFormula& formula) {
  Json json = Json::object();
  for (std::size_t i = 0; i < decision.metrics.size(); ++i) {
    if (!formula->Uses(i)) continue;
    const MetricOutcome& outcome = decision.metrics[i];
    Json& input = json[metrics[i].name] = Json::object();
    if (const auto number = kube::NumberOf(outcome)) {
      input["value"] = *number;
    } else {
      input["reason"] = ReasonName(outcome.reason);
    }
    if (outcome.oldest) input["ageSeconds"] = ToSeconds(decision.at - *outcome.oldest);
  }
  return json;
}

Json EvidenceJson(const StepResult& step, const DecisionStep& stage) {
  Json json = Json::object();
  const Decision& decision = step.round.decision;
  if (IsAboutMetric(stage) && stage.index < step.object.spec->metrics.size()) {
    json["metric"] = step.object.spec->metrics[stage.index].name;
  }
  const auto& schedules = step.object.spec->schedules;
  const bool by_schedule = stage.stage == Stage::kSchedule && stage.reason != Reason::kNoSchedule;
  if (by_schedule && stage.index < schedules.size()) {
    json["schedule"] = schedules[stage.index].name;
  }
  const std::string_view name = EvidenceName(stage);
  if (!name.empty()) {
    json[std::string(name)] =
        std::isfinite(stage.evidence) ? Json(stage.evidence) : Json(std::to_string(stage.evidence));
  }
  if (stage.stage == Stage::kMetric && stage.index < decision.metrics.size()) {
    const MetricOutcome& outcome = decision.metrics[stage.index];
    if (!outcome.problem.empty()) json["problem"] = outcome.problem;
    if (outcome.oldest) json["oldestSample"] = NanoText(*outcome.oldest);
    const std::vector<MetricSpec>& metrics = step.object.spec->metrics;
    const MetricSpec& metric = metrics[stage.index];
    if (outcome.proposal || (metric.role == MetricRole::kInput && !IsUnknown(outcome))) {
      json["current"] = CurrentJson({metric, outcome});
    }
    if (const SharedFormula& formula = metric.formula) {
      json["formula"] = formula->text();
      json["inputs"] = InputsJson(decision, metrics, formula);
    }
  }
  return json;
}

Json ExplainJson(const StepResult& step) {
  Json list = Json::array();
  for (const DecisionStep& stage : step.round.decision.steps) {
    list.push_back({{"stage", StageName(stage.stage)},
                    {"before", stage.before},
                    {"after", stage.after},
                    {"reason", ReasonName(stage.reason)},
                    {"evidence", EvidenceJson(step, stage)}});
  }
  return list;
}

Json PutsJson(const RoundResult& round) {
  using Put = RoundFaults::Put;
  Json list = Json::array();
  for (const ScalePut& put : round.puts) {
    const char* result = put.result == Put::kOk         ? "ok"
                         : put.result == Put::kConflict ? "conflict"
                                                        : "error";
    list.push_back({{"replicas", put.replicas}, {"result", result}});
  }
  return list;
}

Json ComputationsJson(const StepResult& step) {
  Json list = Json::array();
  for (std::size_t i = 0; i < step.round.computations.size(); ++i) {
    const Computation& item = step.round.computations[i];
    list.push_back({{"type", TypeText(step, i)}, {"action", item.action}, {"error", item.error}});
  }
  return list;
}

Json StepJson(const StepResult& step) {
  if (step.deleted) {
    return {{"scaleUpdates", Json::array()},
            {"rescaled", false},
            {"desiredReplicas", 0},
            {"statusWritten", false},
            {"action", ""},
            {"errorLabel", ""},
            {"deleted", true},
            {"computations", Json::array()},
            {"events", Json::array()},
            {"state", StateJson({})},
            {"explain", Json::array()}};
  }
  const RoundResult& round = step.round;
  Json events = Json::array();
  for (const RoundEvent& event : round.events)
    events.push_back({{"type", event.warning ? "Warning" : "Normal"}, {"reason", event.name}});
  Json json = Json::object();
  if (step.new_spec && step.object.hpa) {
    json["admission"] = AdmissionJson(step.object.problems, step.object.hpa->spec);
  }
  json.update({{"scaleUpdates", PutsJson(round)},
               {"rescaled", round.rescaled},
               {"desiredReplicas", step.status.desired_replicas},
               {"statusWritten", round.status_written},
               {"status", StatusJson(step)},
               {"action", round.action},
               {"errorLabel", round.error_label},
               {"computations", ComputationsJson(step)},
               {"proposals", ProposalsJson(step)},
               {"events", std::move(events)},
               {"state", StateJson(step.history)},
               {"explain", ExplainJson(step)},
               {"summary", kube::DecisionText(round.decision, step.view)}});
  if (!step.deviations.empty()) json["deviations"] = step.deviations;
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string CaseResultJson(std::string_view name, const CaseObject& admitted,
                           const std::vector<StepResult>& steps, const CaseRun::Options& options) {
  Json json = {{"name", name}};
  if (admitted.hpa) json["admission"] = AdmissionJson(admitted.problems, admitted.hpa->spec);
  json["steps"] = Json::array();
  for (const StepResult& step : steps) {
    Json& written = json["steps"].emplace_back(StepJson(step));
    if (options.counterfactuals)
      written["counterfactuals"] = CounterfactualsJson(step.counterfactuals, *step.object.spec);
  }
  return Dump(json);
}

std::string CaseErrorJson(std::size_t line, std::string_view name, std::string_view error) {
  Json json = Json::object();
  if (!name.empty()) json["name"] = name;
  json["line"] = line;
  json["error"] = error;
  return Dump(json);
}

}  // namespace hpaplus::replay
