#include "test/support/hpa_spec_reader.h"

#include <string>
#include <utility>

namespace hpaplus::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

std::string Text(const json& object, const char* key) {
  return object.value(key, std::string());
}

Quantity ReadQuantity(const json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const Result<Quantity> parsed = Quantity::Parse(text);
  return parsed ? parsed->Canonical() : Quantity();
}

MetricType TypeOf(const std::string& name) {
  if (name == "Resource") return MetricType::kResource;
  if (name == "ContainerResource") return MetricType::kContainerResource;
  if (name == "Pods") return MetricType::kPods;
  if (name == "Object") return MetricType::kObject;
  if (name == "External") return MetricType::kExternal;
  return MetricType::kUnknown;
}

MetricTarget ReadTarget(const json& target) {
  MetricTarget out;
  const std::string type = Text(target, "type");
  if (type == "Utilization") out.type = TargetType::kUtilization;
  if (type == "Value") out.type = TargetType::kValue;
  if (type == "AverageValue") out.type = TargetType::kAverageValue;
  if (target.contains("value")) out.value = ReadQuantity(target["value"]);
  if (target.contains("averageValue")) out.average_value = ReadQuantity(target["averageValue"]);
  if (target.contains("averageUtilization")) {
    out.average_utilization = target["averageUtilization"].get<std::int32_t>();
  }
  return out;
}

LabelSelector ReadSelector(const json& selector) {
  LabelSelector out;
  const json labels = selector.value("matchLabels", json::object());
  for (const auto& [key, value] : labels.items())
    out.match_labels.emplace_back(key, value.get<std::string>());
  for (const json& item : selector.value("matchExpressions", json::array())) {
    out.match_expressions.push_back({Text(item, "key"), Text(item, "operator"),
                                     item.value("values", std::vector<std::string>())});
  }
  return out;
}

MetricSpec ReadMetric(const json& metric) {
  static const std::pair<const char*, const char*> kFields[] = {
      {"Resource", "resource"}, {"ContainerResource", "containerResource"},
      {"Pods", "pods"},         {"Object", "object"},
      {"External", "external"},
  };
  MetricSpec out;
  out.stale_after = Duration::max();
  const std::string type = Text(metric, "type");
  out.type = TypeOf(type);
  for (const auto& [name, field] : kFields) {
    if (type != name || !metric.contains(field)) continue;
    const json& source = metric[field];
    out.resource = Text(source, "name");
    out.container = Text(source, "container");
    out.target = ReadTarget(source.value("target", json::object()));
    if (source.contains("metric")) {
      out.metric = Text(source["metric"], "name");
      if (source["metric"].contains("selector")) {
        out.metric_selector = ReadSelector(source["metric"]["selector"]);
      }
    }
    if (source.contains("describedObject")) {
      const json& object = source["describedObject"];
      out.described_object = {Text(object, "apiVersion"), Text(object, "kind"),
                              Text(object, "name")};
    }
  }
  return out;
}

ScalingRules ReadRules(const json& behavior, const char* direction, ScalingRules rules,
                       const HpaGates& gates) {
  if (!behavior.contains(direction) || behavior[direction].is_null()) return rules;
  const json& given = behavior[direction];
  if (given.contains("stabilizationWindowSeconds")) {
    rules.stabilization_window_seconds = given["stabilizationWindowSeconds"].get<std::int32_t>();
  }
  const std::string select = given.value("selectPolicy", std::string("Max"));
  if (select == "Min") rules.select_policy = SelectPolicy::kMin;
  if (select == "Disabled") rules.select_policy = SelectPolicy::kDisabled;
  if (given.contains("policies") && !given["policies"].is_null()) {
    rules.policies.clear();
    for (const json& policy : given["policies"]) {
      rules.policies.push_back({Text(policy, "type") == "Percent" ? ScalingPolicyType::kPercent
                                                                  : ScalingPolicyType::kPods,
                                policy.value("value", 0), policy.value("periodSeconds", 0)});
    }
  }
  if (gates.configurable_tolerance && given.contains("tolerance")) {
    rules.tolerance = ReadQuantity(given["tolerance"]);
  }
  return rules;
}

}  // namespace

nlohmann::json DefaultedMetrics(const nlohmann::json& spec) {
  const json metrics = spec.value("metrics", json::array());
  if (!metrics.empty()) return metrics;
  return json::parse(R"([{"type": "Resource", "resource": {"name": "cpu",
      "target": {"type": "Utilization", "averageUtilization": 80}}}])");
}

WorkloadSpec ReadHpa(const nlohmann::json& hpa, const HpaGates& gates) {
  const json& spec = hpa["spec"];
  WorkloadSpec out;
  out.ns = Text(hpa["metadata"], "namespace");
  out.name = Text(hpa["metadata"], "name");
  const json& target = spec["scaleTargetRef"];
  out.target = {Text(target, "apiVersion"), Text(target, "kind"), Text(target, "name")};
  out.min_replicas = spec.value("minReplicas", 1);
  out.max_replicas = spec.value("maxReplicas", 0);
  for (const json& metric : DefaultedMetrics(spec))
    out.metrics.push_back(ReadMetric(metric));
  if (spec.contains("behavior") && !spec["behavior"].is_null()) {
    const json& behavior = spec["behavior"];
    const ScalingRules up = {
        0,
        SelectPolicy::kMax,
        {{ScalingPolicyType::kPods, 4, 15}, {ScalingPolicyType::kPercent, 100, 15}},
        std::nullopt};
    const ScalingRules down = {
        std::nullopt, SelectPolicy::kMax, {{ScalingPolicyType::kPercent, 100, 15}}, std::nullopt};
    out.behavior = Behavior{ReadRules(behavior, "scaleUp", up, gates),
                            ReadRules(behavior, "scaleDown", down, gates)};
  }
  return out;
}

DecideConfig ReadHpaConfig(const nlohmann::json& config) {
  DecideConfig out;
  const auto length = [&config](const char* key) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(config.at(key).get<double>()));
  };
  out.tolerance = config.at("tolerance").get<double>();
  out.cpu_initialization_period = length("cpuInitializationPeriodSeconds");
  out.initial_readiness_delay = length("initialReadinessDelaySeconds");
  out.downscale_stabilization = length("downscaleStabilizationSeconds");
  out.scale_up_limit_factor = config.value("scaleUpLimitFactor", 2.0);
  out.scale_up_limit_minimum = config.value("scaleUpLimitMinimum", 4.0);
  out.pod_level_resources =
      config.value("featureGates", json::object()).value("PodLevelResources", true);
  out.future_skew = Duration::max();
  return out;
}

HpaGates ReadHpaGates(const nlohmann::json& config) {
  const json gates = config.value("featureGates", json::object());
  return {gates.value("HPAScaleToZero", false), gates.value("HPAConfigurableTolerance", true)};
}

}  // namespace hpaplus::testing
