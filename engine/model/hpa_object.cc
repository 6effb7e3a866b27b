#include "engine/model/hpa_object.h"

#include <array>
#include <utility>

namespace hpaplus {
namespace {

constexpr std::int32_t kDefaultCpuPercent = 80;

const HpaRules& DefaultScaleUp() {
  static const HpaRules rules{0, "Max", {{{"Pods", 4, 15}, {"Percent", 100, 15}}}, std::nullopt};
  return rules;
}

const HpaRules& DefaultScaleDown() {
  static const HpaRules rules{std::nullopt, "Max", {{{"Percent", 100, 15}}}, std::nullopt};
  return rules;
}

void DefaultRules(std::optional<HpaRules>& rules, const HpaRules& defaults) {
  if (!rules) {
    rules = defaults;
    return;
  }
  if (!rules->stabilization_window_seconds) {
    rules->stabilization_window_seconds = defaults.stabilization_window_seconds;
  }
  if (!rules->select_policy) rules->select_policy = defaults.select_policy;
  if (!rules->policies) rules->policies = defaults.policies;
}

HpaMetric DefaultMetric() {
  HpaMetric metric;
  metric.type = "Resource";
  metric.resource.emplace();
  metric.resource->name = "cpu";
  metric.resource->target = {"Utilization", std::nullopt, std::nullopt, kDefaultCpuPercent};
  return metric;
}

struct NamedSource {
  std::string_view name;
  MetricType type;
  std::optional<HpaMetricSource> HpaMetric::*source;
};

constexpr std::array<NamedSource, 5> kSources{
    {{"Resource", MetricType::kResource, &HpaMetric::resource},
     {"ContainerResource", MetricType::kContainerResource, &HpaMetric::container_resource},
     {"Pods", MetricType::kPods, &HpaMetric::pods},
     {"Object", MetricType::kObject, &HpaMetric::object},
     {"External", MetricType::kExternal, &HpaMetric::external}}};

MetricTarget ToTarget(const HpaTarget& from) {
  MetricTarget target;
  if (from.type == "Utilization") target.type = TargetType::kUtilization;
  if (from.type == "Value") target.type = TargetType::kValue;
  if (from.type == "AverageValue") target.type = TargetType::kAverageValue;
  if (from.value) target.value = from.value->value;
  if (from.average_value) target.average_value = from.average_value->value;
  target.average_utilization = from.average_utilization;
  return target;
}

MetricSpec ToMetric(const HpaMetric& from) {
  MetricSpec metric;
  metric.stale_after = Duration::max();
  for (const NamedSource& named : kSources) {
    if (from.type != named.name) continue;
    metric.type = named.type;
    if (!(from.*named.source)) continue;  // Its target fits nothing, and it abstains.
    const HpaMetricSource& source = *(from.*named.source);
    const bool resource =
        named.type == MetricType::kResource || named.type == MetricType::kContainerResource;
    (resource ? metric.resource : metric.metric) = source.name;
    metric.container = source.container;
    metric.metric_selector = source.selector;
    metric.described_object = source.described_object;
    metric.target = ToTarget(source.target);
  }
  metric.name = metric.resource.empty() ? metric.metric : metric.resource;
  return metric;
}

ScalingRules ToRules(const std::optional<HpaRules>& from, const HpaGates& gates) {
  ScalingRules rules;
  if (!from) return rules;
  rules.stabilization_window_seconds = from->stabilization_window_seconds;
  if (from->select_policy == "Min") rules.select_policy = SelectPolicy::kMin;
  if (from->select_policy == "Disabled") rules.select_policy = SelectPolicy::kDisabled;
  if (from->policies) {
    for (const HpaPolicy& policy : *from->policies) {
      rules.policies.push_back(
          {policy.type == "Percent" ? ScalingPolicyType::kPercent : ScalingPolicyType::kPods,
           policy.value, policy.period_seconds});
    }
  }
  if (gates.configurable_tolerance && from->tolerance) rules.tolerance = from->tolerance->value;
  return rules;
}

}  // namespace

void DefaultHpa(HpaSpec& spec) {
  if (!spec.min_replicas) spec.min_replicas = 1;
  if (spec.metrics.empty()) spec.metrics.push_back(DefaultMetric());
  if (!spec.behavior) return;
  DefaultRules(spec.behavior->scale_up, DefaultScaleUp());
  DefaultRules(spec.behavior->scale_down, DefaultScaleDown());
}

WorkloadSpec ToWorkload(const HpaObject& object, const HpaGates& gates) {
  WorkloadSpec spec;
  spec.ns = object.ns;
  spec.name = object.name;
  spec.target = object.spec.target;
  spec.min_replicas = object.spec.min_replicas.value_or(1);
  spec.max_replicas = object.spec.max_replicas;
  for (const HpaMetric& metric : object.spec.metrics)
    spec.metrics.push_back(ToMetric(metric));
  if (object.spec.behavior) {
    spec.behavior = Behavior{ToRules(object.spec.behavior->scale_up, gates),
                             ToRules(object.spec.behavior->scale_down, gates)};
  }
  return spec;
}

}  // namespace hpaplus
