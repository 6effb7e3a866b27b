#include "engine/app/explain_table.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/base/time.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;

// These are about one metric each; what they have before them is not the size to be.
constexpr std::string_view kMetricStages[] = {"Validate", "Smooth", "Metric", "DeadBand"};

std::string TextOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string NumberOf(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? "-" : found->dump();
}

const Json& ListOf(const Json& json, const char* key) {
  static const Json kEmpty = Json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : kEmpty;
}

// ", sample 1.2 s old"
std::string AgeText(const Json& metric, const std::string& evaluated_at) {
  const auto oldest = ParseRfc3339(TextOf(metric, "oldestSample"));
  const auto now = ParseRfc3339(evaluated_at);
  if (!oldest || !now) return "";
  return fmt::format(", sample {:.3g} s old", ToSeconds(*now - *oldest));
}

// The step's number under its name: the key that no other step's field has.
std::string EvidenceText(const Json& step) {
  static const std::set<std::string> kOthers = {"stage",  "before", "after",
                                                "reason", "metric", "schedule"};
  for (const auto& [key, value] : step.items()) {
    if (kOthers.contains(key)) continue;
    if (value.is_number()) return fmt::format("{} {:.6g}", key, value.get<double>());
    return key + " " + value.dump();
  }
  return "";
}

bool IsOfMetric(const std::string& stage) {
  return std::ranges::find(kMetricStages, stage) != std::end(kMetricStages);
}

std::string StepLine(std::size_t number, const Json& step) {
  const std::string stage = TextOf(step, "stage");
  const std::string about =
      step.contains("schedule") ? TextOf(step, "schedule") : TextOf(step, "metric");
  const std::string before = NumberOf(step, "before");
  const std::string after = NumberOf(step, "after");
  const bool changed = before != after && !IsOfMetric(stage) && stage != "Combine";
  const std::string evidence = EvidenceText(step);
  return fmt::format("{:>2} {:<12}{:<16} {:>6} -> {:<6} {}{}{}\n", number, stage, about, before,
                     after, TextOf(step, "reason"), evidence.empty() ? "" : ", " + evidence,
                     changed ? "   <- changed here" : "");
}

// Where the object would be by now if it wrote.
std::string ShadowText(const Json& shadow) {
  const auto is = [&shadow](const char* key) {
    const auto found = shadow.find(key);
    return found != shadow.end() && found->is_boolean() && found->get<bool>();
  };
  return fmt::format(
      "\nIf it had written since {}: {} replicas, {} of them ready, {} s to start ({}){}{}\n",
      TextOf(shadow, "since"), NumberOf(shadow, "replicas"), NumberOf(shadow, "readyReplicas"),
      NumberOf(shadow, "startupSeconds"), is("startupObserved") ? "observed" : "assumed",
      is("holds") ? "; held: too much is unknown" : "",
      is("demandHidden") ? "; at least: the real pods are saturated" : "");
}

}  // namespace

std::string ExplainTable(const Json& decision) {
  const std::string at = TextOf(decision, "evaluatedAt");
  std::string out = fmt::format("Decision {}  {}/{}  {}   {} -> {}\n{}\n\n", TextOf(decision, "id"),
                                TextOf(decision, "namespace"), TextOf(decision, "name"),
                                at.empty() ? "-" : at, NumberOf(decision, "currentReplicas"),
                                NumberOf(decision, "desiredReplicas"), TextOf(decision, "summary"));
  for (const Json& metric : ListOf(decision, "metrics")) {
    const std::string problem = TextOf(metric, "problem");
    out += fmt::format("   {:<16} asks for {:<6} {}{}{}\n", TextOf(metric, "name"),
                       NumberOf(metric, "proposal"), TextOf(metric, "text"), AgeText(metric, at),
                       problem.empty() ? "" : ": " + problem);
  }
  if (!ListOf(decision, "metrics").empty()) out += "\n";
  std::size_t number = 0;
  for (const Json& step : ListOf(decision, "steps"))
    out += StepLine(++number, step);
  if (const auto shadow = decision.find("shadow"); shadow != decision.end()) {
    if (shadow->is_object()) out += ShadowText(*shadow);
  }
  if (decision.contains("written")) out += "   " + TextOf(decision, "written") + "\n";
  if (decision.contains("counterfactuals")) {
    out += "\nWhat would change it:\n";
    for (const Json& one : ListOf(decision, "counterfactuals"))
      out += "   " + TextOf(one, "text") + "\n";
    if (ListOf(decision, "counterfactuals").empty()) out += "   nothing within reach\n";
  }
  const auto what_if = decision.find("whatIf");
  if (what_if != decision.end()) {
    out += fmt::format("\nWith {}: {} -> {}\n{}\n", TextOf(*what_if, "change"),
                       NumberOf(*what_if, "currentReplicas"), NumberOf(*what_if, "desiredReplicas"),
                       TextOf(*what_if, "summary"));
    number = 0;
    for (const Json& step : ListOf(*what_if, "steps"))
      out += StepLine(++number, step);
  }
  return out;
}

}  // namespace hpaplus::app
