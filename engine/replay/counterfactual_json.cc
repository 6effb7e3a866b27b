#include "engine/replay/counterfactual_json.h"

#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace hpaplus::replay {
namespace {

using Json = nlohmann::ordered_json;

// What the metric says of itself, in the form of its target.
std::string CurrentText(const MetricOutcome& outcome, const MetricSpec& metric) {
  const auto format =
      metric.resource == "memory" ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI;
  if (outcome.average_utilization) return fmt::format("{} %", *outcome.average_utilization);
  if (outcome.value) return fmt::format("{:.6g}", *outcome.value);
  if (outcome.value_milli) return Quantity::FromMilli(*outcome.value_milli, format).ToString();
  if (outcome.average_value_milli) {
    return Quantity::FromMilli(*outcome.average_value_milli, format).ToString() + " each";
  }
  return fmt::format("{:.6g} of its target", outcome.ratio);
}

Json MetricJson(const Counterfactual& found, const WorkloadSpec& spec) {
  const MetricSpec& metric = spec.metrics[found.metric];
  const std::string value = CurrentText(found.outcome, metric);
  return {{"input", "metric"},
          {"metric", metric.name},
          {found.above ? "above" : "below", value},
          {"factor", found.factor},
          {"replicas", found.desired},
          {"text", fmt::format("{} replicas if {} {} {}", found.desired, metric.name,
                               found.above ? ">" : "<", value)}};
}

Json BoundJson(const Counterfactual& found, const char* name) {
  return {{"input", name},
          {"value", found.bound},
          {"replicas", found.desired},
          {"text", fmt::format("{} replicas if {} was {}", found.desired, name, found.bound)}};
}

Json TimeJson(const Counterfactual& found) {
  const std::string later = FormatDuration(found.later);
  return {{"input", "time"},
          {"later", later},
          {"replicas", found.desired},
          {"text", fmt::format("{} replicas in {} if nothing changes", found.desired, later)}};
}

Json OneJson(const Counterfactual& found, const WorkloadSpec& spec) {
  switch (found.input) {
    case Counterfactual::Input::kMetric:
      return MetricJson(found, spec);
    case Counterfactual::Input::kMinReplicas:
      return BoundJson(found, "minReplicas");
    case Counterfactual::Input::kMaxReplicas:
      return BoundJson(found, "maxReplicas");
    case Counterfactual::Input::kTime:
      return TimeJson(found);
  }
  return {};
}

}  // namespace

nlohmann::ordered_json CounterfactualsJson(std::span<const Counterfactual> found,
                                           const WorkloadSpec& spec) {
  Json list = Json::array();
  for (const Counterfactual& one : found)
    list.push_back(OneJson(one, spec));
  return list;
}

}  // namespace hpaplus::replay
