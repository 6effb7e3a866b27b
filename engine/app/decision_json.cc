#include "engine/app/decision_json.h"

#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"
#include "engine/kube/decision_text.h"
#include "engine/kube/metric_text.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using api::BoardEntry;

constexpr std::string_view kRoot = "/v1/decisions";
constexpr std::string_view kSchema = "hpaplus.io/v1/decision";

Json NumberJson(double number) {
  return std::isfinite(number) ? Json(number) : Json(std::to_string(number));
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// What people ask first.
Json DecidedJson(const Decision& decision, const WorkloadView& view) {
  return {{"evaluatedAt", FormatRfc3339(decision.at, true)},
          {"known", decision.known},
          {"currentReplicas", decision.current},
          {"desiredReplicas", decision.desired},
          {"recommendedReplicas", decision.recommended},
          {"summary", kube::DecisionText(decision, view)}};
}

// The view that a decision was made on is not kept; its spec is.
WorkloadView ViewOf(const BoardEntry& entry) {
  WorkloadView view = *entry.view;
  view.spec = entry.decided;
  return view;
}

Json SummaryJson(const BoardEntry& entry) {
  const WorkloadSpec& spec = *entry.view->spec;
  Json json = {{"namespace", spec.ns}, {"name", spec.name}};
  if (entry.decision) {
    json.update(DecidedJson(*entry.decision, ViewOf(entry)));
  } else {
    json.update({{"evaluatedAt", nullptr}, {"known", false}, {"summary", "not evaluated yet"}});
  }
  return json;
}

Json MetricJson(const Decision& decision, const WorkloadSpec& spec, std::size_t index) {
  const MetricOutcome& outcome = decision.metrics[index];
  const MetricSpec& metric = spec.metrics[index];
  Json json = {
      {"name", metric.name},
      {"proposal", OrNull(outcome.proposal)},
      {"reason", ReasonName(outcome.reason)},
      {"total", outcome.total ? NumberJson(*outcome.total) : Json(nullptr)},
      {"demand", NumberJson(outcome.demand)},
      {"ratio", NumberJson(outcome.ratio)},
      {"text", kube::MetricText(outcome, metric) + kube::FormulaText(decision, spec, index)}};
  if (metric.formula) json["formula"] = metric.formula->text();
  if (outcome.oldest) json["oldestSample"] = FormatRfc3339(*outcome.oldest, true);
  if (!outcome.problem.empty()) json["problem"] = outcome.problem;
  return json;
}

Json StepJson(const DecisionStep& step, const WorkloadSpec& spec) {
  Json json = {{"stage", StageName(step.stage)},
               {"before", step.before},
               {"after", step.after},
               {"reason", ReasonName(step.reason)}};
  if (IsAboutMetric(step) && step.index < spec.metrics.size()) {
    json["metric"] = spec.metrics[step.index].name;
  }
  const bool by_schedule = step.stage == Stage::kSchedule && step.reason != Reason::kNoSchedule;
  if (by_schedule && step.index < spec.schedules.size()) {
    json["schedule"] = spec.schedules[step.index].name;
  }
  const std::string_view evidence = EvidenceName(step);
  if (!evidence.empty()) json[std::string(evidence)] = NumberJson(step.evidence);
  return json;
}

Json ConditionJson(const Condition& condition, const Decision& decision, const WorkloadView& view) {
  return {{"type", ConditionTypeName(condition.type)},
          {"status", ConditionStatusName(condition.status)},
          {"reason", ReasonName(condition.reason)},
          {"message", kube::ConditionText(condition, decision, view)}};
}

Json ExplainedJson(const BoardEntry& entry) {
  if (entry.decision) {
    Json json = DecisionJson(*entry.decision, ViewOf(entry));
    AddShadow(entry, json);
    return json;
  }
  Json json = {{"schema", kSchema}};
  json.update(SummaryJson(entry));
  for (const char* list : {"metrics", "steps", "conditions"})
    json[list] = Json::array();
  return json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void AddShadow(const BoardEntry& entry, nlohmann::ordered_json& decision) {
  if (!entry.shadow) return;
  const ShadowState& shadow = *entry.shadow;
  decision["shadow"] = {{"replicas", shadow.replicas},
                        {"readyReplicas", shadow.ready},
                        {"since", FormatRfc3339(shadow.since, true)},
                        {"startupSeconds", ToSeconds(shadow.startup)},
                        {"startupObserved", shadow.startup_observed},
                        {"holds", !shadow.known},
                        {"demandHidden", shadow.demand_hidden}};
}

std::string WriteText(const record::RecordedWrite& write) {
  if (write.written) return fmt::format("written: {} -> {}", write.from, write.to);
  return fmt::format("not written, {} -> {}: {}", write.from, write.to, write.problem);
}

std::string DecisionId(const WorkloadSpec& spec, Timestamp at) {
  const std::string text =
      fmt::format("{}/{}/{}", spec.ns, spec.name, at.time_since_epoch().count());
  return fmt::format("{:016x}", Fnv1a(text));
}

nlohmann::ordered_json DecisionJson(const Decision& decision, const WorkloadView& view) {
  const WorkloadSpec& spec = *view.spec;
  Json json = {{"schema", kSchema},
               {"id", DecisionId(spec, decision.at)},
               {"namespace", spec.ns},
               {"name", spec.name}};
  json.update(DecidedJson(decision, view));
  for (const char* list : {"metrics", "steps", "conditions"})
    json[list] = Json::array();
  for (std::size_t i = 0; i < decision.metrics.size() && i < spec.metrics.size(); ++i)
    json["metrics"].push_back(MetricJson(decision, spec, i));
  for (const DecisionStep& step : decision.steps)
    json["steps"].push_back(StepJson(step, spec));
  for (const Condition& condition : decision.conditions)
    json["conditions"].push_back(ConditionJson(condition, decision, view));
  if (const auto& shortage = decision.shortage) {
    json["quota"] = {{"name", shortage->quota},
                     {"resource", shortage->resource},
                     {"allowed", shortage->allowed},
                     {"unmet", shortage->unmet}};
  }
  return json;
}

std::optional<std::string> DecisionPage(const api::DecisionBoard& board, std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  if (path.empty() || path == "/") {
    Json json = {{"schema", "hpaplus.io/v1/decisions"}, {"decisions", Json::array()}};
    for (const auto& entry : board.All())
      json["decisions"].push_back(SummaryJson(*entry));
    return Dump(json);
  }
  const auto slash = path.find('/', 1);
  if (path.front() != '/' || slash == std::string_view::npos) return std::nullopt;
  const auto entry = board.Find(path.substr(1, slash - 1), path.substr(slash + 1));
  if (!entry) return std::nullopt;
  return Dump(ExplainedJson(*entry));
}

}  // namespace hpaplus::app
