#include "engine/model/spec_json.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "engine/model/formula_json.h"
#include "engine/model/json_names.h"
#include "engine/model/object_fields.h"
#include "engine/model/safety_json.h"
#include "engine/model/shape_json.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMetricsMost = 32;
constexpr Replicas kReplicasMost = 100'000;
constexpr std::int32_t kDefaultCpuPercent = 80;

constexpr Names<Mode, 5> kModes{{{"Active", Mode::kActive},
                                 {"DryRun", Mode::kDryRun},
                                 {"Paused", Mode::kPaused},
                                 {"ScaleUpOnly", Mode::kScaleUpOnly},
                                 {"ScaleDownOnly", Mode::kScaleDownOnly}}};
constexpr Names<EvaluationPriority, 3> kPriorities{{{"Low", EvaluationPriority::kLow},
                                                    {"Normal", EvaluationPriority::kNormal},
                                                    {"High", EvaluationPriority::kHigh}}};
constexpr Names<MetricType, 7> kMetricTypes{{{"Resource", MetricType::kResource},
                                             {"ContainerResource", MetricType::kContainerResource},
                                             {"Pods", MetricType::kPods},
                                             {"Object", MetricType::kObject},
                                             {"External", MetricType::kExternal},
                                             {"Source", MetricType::kSource},
                                             {"Formula", MetricType::kFormula}}};
constexpr Names<TargetType, 3> kTargetTypes{{{"Utilization", TargetType::kUtilization},
                                             {"Value", TargetType::kValue},
                                             {"AverageValue", TargetType::kAverageValue}}};
constexpr Names<SelectPolicy, 3> kSelectPolicies{{{"Max", SelectPolicy::kMax},
                                                  {"Min", SelectPolicy::kMin},
                                                  {"Disabled", SelectPolicy::kDisabled}}};
constexpr Names<ScalingPolicyType, 2> kPolicyTypes{
    {{"Pods", ScalingPolicyType::kPods}, {"Percent", ScalingPolicyType::kPercent}}};

ObjectRef ReadObjectRef(const JsonField& field, std::string_view api_version) {
  return {field.Field("apiVersion").Text(api_version), field.Field("kind").Required(),
          field.Field("name").Required()};
}

MetricTarget ReadTarget(const JsonField& field) {
  MetricTarget target;
  target.type = Named(kTargetTypes, field.Field("type").Text()).value_or(TargetType::kUnknown);
  target.value = field.Field("value").Amount();
  target.average_value = field.Field("averageValue").Amount();
  target.average_utilization = field.Field("averageUtilization").Int32();
  return target;
}

std::optional<LabelSelector> ReadSelector(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  LabelSelector selector;
  field.Field("matchLabels").EachField([&](std::string_view key, const JsonField& value) {
    if (value.present()) selector.match_labels.emplace_back(key, value.Text());
  });
  std::ranges::sort(selector.match_labels);
  field.Field("matchExpressions").Each([&](const JsonField& item) {
    LabelRequirement requirement{item.Field("key").Text(), item.Field("operator").Text(), {}};
    item.Field("values").Each(
        [&](const JsonField& value) { requirement.values.push_back(value.Text()); });
    selector.match_expressions.push_back(std::move(requirement));
  });
  return selector;
}

void ReadIdentifier(const JsonField& block, MetricSpec& metric) {
  metric.metric = block.Field("metric").Field("name").Text();
  metric.metric_selector = ReadSelector(block.Field("metric").Field("selector"));
}

// The block that the type names; gives the name to make up for a metric without one.
std::string ReadBlock(const JsonField& field, MetricSpec& metric) {
  std::string_view key;
  switch (metric.type) {
    case MetricType::kUnknown:
      return "unknown";
    case MetricType::kResource:
      key = "resource";
      metric.resource = field.Field(key).Field("name").Text();
      break;
    case MetricType::kContainerResource:
      key = "containerResource";
      metric.resource = field.Field(key).Field("name").Text();
      metric.container = field.Field(key).Field("container").Text();
      break;
    case MetricType::kPods:
      key = "pods";
      ReadIdentifier(field.Field(key), metric);
      break;
    case MetricType::kObject:
      key = "object";
      ReadIdentifier(field.Field(key), metric);
      metric.described_object = ReadObjectRef(field.Field(key).Field("describedObject"), "");
      break;
    case MetricType::kExternal:
      key = "external";
      ReadIdentifier(field.Field(key), metric);
      break;
    case MetricType::kSource: {
      key = "source";
      const JsonField ref = field.Field(key).Field("ref");
      metric.source = {ref.Field("kind").Text("MetricSource"), ref.Field("name").Required()};
      metric.query = field.Field(key).Field("query").Required();
      break;
    }
    case MetricType::kFormula:
      key = "formula";
      break;
  }
  metric.target = ReadTarget(field.Field(key).Field("target"));
  if (metric.type == MetricType::kSource || metric.type == MetricType::kFormula) {
    return std::string(key);
  }
  return metric.resource.empty() ? metric.metric : metric.resource;
}

bool ReadsPods(MetricType type) {
  return type == MetricType::kResource || type == MetricType::kContainerResource ||
         type == MetricType::kPods;
}

Duration DefaultStaleAfter(MetricType type, Duration period) {
  if (ReadsPods(type)) return seconds(90);
  if (type == MetricType::kFormula) return hours(1);  // The inputs have limits of their own.
  return std::max<Duration>(3 * period, seconds(30));
}

// Gives a name to every metric that has none: that of what it reads, with a number on a clash.
void NameMetrics(const std::vector<std::string>& proposed, std::vector<MetricSpec>& metrics) {
  std::set<std::string> taken;
  for (const MetricSpec& metric : metrics)
    taken.insert(metric.name);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!metrics[i].name.empty()) continue;
    std::string name = proposed[i];
    for (int number = 2; !taken.insert(name).second; ++number)
      name = fmt::format("{}-{}", proposed[i], number);
    metrics[i].name = std::move(name);
  }
}

MetricSpec DefaultMetric() {
  MetricSpec metric;
  metric.type = MetricType::kResource;
  metric.name = "cpu";
  metric.resource = "cpu";
  metric.target = {TargetType::kUtilization, std::nullopt, std::nullopt, kDefaultCpuPercent};
  return metric;
}

std::vector<MetricSpec> ReadMetrics(const JsonField& field, Duration period) {
  std::vector<MetricSpec> metrics;
  std::vector<std::string> proposed;
  std::set<std::string> given;
  field.Each([&](const JsonField& item) {
    if (metrics.size() >= kMetricsMost) return field.Fail("has more than 32 items");
    MetricSpec metric;
    metric.type = Named(kMetricTypes, item.Field("type").Text()).value_or(MetricType::kUnknown);
    metric.name = item.Field("name").Text();
    if (!metric.name.empty() && !given.insert(metric.name).second) {
      item.Field("name").Fail(fmt::format("is \"{}\" a second time", metric.name.substr(0, 64)));
    }
    proposed.push_back(ReadBlock(item, metric));
    metric.stale_after = item.Field("validity")
                             .Field("staleAfter")
                             .Period(seconds(1), hours(1))
                             .value_or(DefaultStaleAfter(metric.type, period));
    ReadMetricSafety(item, metric);
    ReadShape(item, metric);
    metrics.push_back(std::move(metric));
  });
  if (metrics.empty()) return {DefaultMetric()};
  NameMetrics(proposed, metrics);
  ReadFormulas(field, metrics);
  return metrics;
}

ScalingRules ReadRules(const JsonField& field, ScalingRules rules) {
  const JsonField window = field.Field("stabilizationWindowSeconds");
  if (window.present()) {
    rules.stabilization_window_seconds = static_cast<std::int32_t>(window.Integer(0, 0, 3600));
  }
  rules.select_policy = OneOf(field.Field("selectPolicy"), kSelectPolicies, rules.select_policy);
  const JsonField policies = field.Field("policies");
  if (policies.present()) rules.policies.clear();
  policies.Each([&](const JsonField& item) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    ScalingPolicy policy;
    policy.type = OneOf(item.Field("type"), kPolicyTypes, policy.type);
    policy.value = static_cast<std::int32_t>(item.Field("value").Integer(0, 1, kMost));
    policy.period_seconds =
        static_cast<std::int32_t>(item.Field("periodSeconds").Integer(0, 1, 1800));
    if (policy.value == 0 || policy.period_seconds == 0) item.Fail("is not complete");
    rules.policies.push_back(policy);
  });
  if (rules.policies.empty()) policies.Fail("is empty");
  rules.tolerance = field.Field("tolerance").Amount();
  ReadDamping(field, rules);
  return rules;
}

// A behavior that is there, even an empty one, replaces the HPA's older built-in rules.
std::optional<Behavior> ReadBehavior(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  const ScalingRules up{0,
                        SelectPolicy::kMax,
                        {{ScalingPolicyType::kPods, 4, 15}, {ScalingPolicyType::kPercent, 100, 15}},
                        std::nullopt};
  const ScalingRules down{
      std::nullopt, SelectPolicy::kMax, {{ScalingPolicyType::kPercent, 100, 15}}, std::nullopt};
  return Behavior{ReadRules(field.Field("scaleUp"), up), ReadRules(field.Field("scaleDown"), down)};
}

void CheckKind(const JsonField& root) {
  const JsonField version = root.Field("apiVersion");
  if (version.Text(kApiVersion) != kApiVersion) {
    version.Fail(fmt::format("is \"{}\" and not {}", version.Text().substr(0, 64), kApiVersion));
  }
  const JsonField kind = root.Field("kind");
  if (kind.Text("HPAPlus") != "HPAPlus") {
    kind.Fail(fmt::format("is \"{}\" and not HPAPlus", kind.Text().substr(0, 64)));
  }
}

}  // namespace

WorkloadSpec ReadWorkload(const JsonField& root) {
  CheckKind(root);
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  WorkloadSpec spec;
  const JsonField metadata = root.Field("metadata");
  spec.ns = metadata.Field("namespace").Text("default");
  spec.name = metadata.Field("name").Required();
  spec.uid = metadata.Field("uid").Text();
  spec.generation = metadata.Field("generation").Integer(0, 0, kMost);

  const JsonField field = root.Field("spec");
  if (!field.present()) field.Fail("is missing");
  spec.target = ReadObjectRef(field.Field("scaleTargetRef"), "apps/v1");
  const JsonField least = field.Field("minReplicas");
  const JsonField most = field.Field("maxReplicas");
  if (!most.present()) most.Fail("is missing");
  spec.min_replicas = static_cast<Replicas>(least.Integer(1, 1, kReplicasMost));
  spec.max_replicas = static_cast<Replicas>(most.Integer(1, 1, kReplicasMost));
  if (spec.min_replicas > spec.max_replicas) least.Fail("exceeds spec.maxReplicas");
  spec.mode = OneOf(field.Field("mode"), kModes, Mode::kActive);

  const JsonField evaluation = field.Field("evaluation");
  const JsonField timeout = evaluation.Field("timeout");
  spec.period = evaluation.Field("period").Period(seconds(1), hours(1)).value_or(seconds(15));
  spec.timeout = timeout.Period(milliseconds(50), minutes(5))
                     .value_or(std::min<Duration>(spec.period * 4 / 5, seconds(5)));
  if (spec.timeout > spec.period) timeout.Fail("exceeds spec.evaluation.period");
  spec.priority = OneOf(evaluation.Field("priority"), kPriorities, EvaluationPriority::kNormal);

  spec.metrics = ReadMetrics(field.Field("metrics"), spec.period);
  spec.behavior = ReadBehavior(field.Field("behavior"));
  ReadSafety(root, spec);
  ReadShape(field, spec);
  const JsonField quota = field.Field("quota");
  spec.quota.priority = static_cast<std::int32_t>(quota.Field("priority").Integer(100, 0, 1000));
  spec.quota.weight = quota.Field("weight").Integer(100, 1, 1'000'000);
  return spec;
}

Result<WorkloadSpec> ParseWorkload(std::string_view json) {
  JsonDocument document;
  if (const Status parsed = document.Parse(json); !parsed) return parsed.error();
  std::string problem;
  WorkloadSpec spec = ReadWorkload(document.Root(problem));
  if (!problem.empty()) return Error{ErrorCode::kMalformedData, "HPAPlus: " + problem};
  return spec;
}

}  // namespace hpaplus
