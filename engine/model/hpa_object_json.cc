#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/model/object_fields.h"
#include "engine/model/reference_json.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;

std::optional<StoredQuantity> ReadQuantity(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  const auto text = field.AmountText();
  if (!text) return std::nullopt;
  const auto stored = Quantity::StoredText(*text);
  const auto value = Quantity::Parse(*text);
  if (!stored || !value) return std::nullopt;  // AmountText() has checked it.
  return StoredQuantity{value->Canonical(), *stored};
}

HpaTarget ReadTarget(const JsonField& field) {
  HpaTarget target;
  target.type = field.Field("type").Text();
  target.value = ReadQuantity(field.Field("value"));
  target.average_value = ReadQuantity(field.Field("averageValue"));
  target.average_utilization = field.Field("averageUtilization").Int32();
  return target;
}

std::optional<LabelSelector> ReadSelector(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  LabelSelector selector;
  field.Field("matchLabels").EachField([&](std::string_view key, const JsonField& value) {
    selector.match_labels.emplace_back(key, value.Text());
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

ObjectRef ReadRef(const JsonField& field) {
  return {field.Field("apiVersion").Text(), field.Field("kind").Text(), field.Field("name").Text()};
}

std::optional<HpaMetricSource> ReadSource(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  HpaMetricSource source;
  const JsonField metric = field.Field("metric");
  source.name = metric.present() ? metric.Field("name").Text() : field.Field("name").Text();
  source.selector = ReadSelector(metric.Field("selector"));
  source.container = field.Field("container").Text();
  source.described_object = ReadRef(field.Field("describedObject"));
  source.target = ReadTarget(field.Field("target"));
  return source;
}

HpaMetric ReadMetric(const JsonField& field) {
  HpaMetric metric;
  metric.type = field.Field("type").Text();
  metric.object = ReadSource(field.Field("object"));
  metric.pods = ReadSource(field.Field("pods"));
  metric.resource = ReadSource(field.Field("resource"));
  metric.container_resource = ReadSource(field.Field("containerResource"));
  metric.external = ReadSource(field.Field("external"));
  return metric;
}

std::optional<HpaRules> ReadRules(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  HpaRules rules;
  rules.stabilization_window_seconds = field.Field("stabilizationWindowSeconds").Int32();
  const JsonField select = field.Field("selectPolicy");
  if (select.present()) rules.select_policy = select.Text();
  const JsonField policies = field.Field("policies");
  if (policies.present()) rules.policies.emplace();
  policies.Each([&](const JsonField& item) {
    rules.policies->push_back({item.Field("type").Text(), item.Field("value").Int32().value_or(0),
                               item.Field("periodSeconds").Int32().value_or(0)});
  });
  rules.tolerance = ReadQuantity(field.Field("tolerance"));
  return rules;
}

Json TargetJson(const HpaTarget& target) {
  Json json = {{"type", target.type}};
  if (target.value) json["value"] = target.value->text;
  if (target.average_value) json["averageValue"] = target.average_value->text;
  if (target.average_utilization) json["averageUtilization"] = *target.average_utilization;
  return json;
}

Json IdentifierJson(const HpaMetricSource& source) {
  Json json = {{"name", source.name}};
  if (source.selector) json["selector"] = SelectorJson(*source.selector);
  return json;
}

Json MetricJson(const HpaMetric& metric) {
  Json json = {{"type", metric.type}};
  if (const auto& object = metric.object) {
    json["object"] = {{"describedObject", ObjectRefJson(object->described_object)},
                      {"target", TargetJson(object->target)},
                      {"metric", IdentifierJson(*object)}};
  }
  if (const auto& pods = metric.pods) {
    json["pods"] = {{"metric", IdentifierJson(*pods)}, {"target", TargetJson(pods->target)}};
  }
  if (const auto& resource = metric.resource) {
    json["resource"] = {{"name", resource->name}, {"target", TargetJson(resource->target)}};
  }
  if (const auto& container = metric.container_resource) {
    json["containerResource"] = {{"name", container->name},
                                 {"target", TargetJson(container->target)},
                                 {"container", container->container}};
  }
  if (const auto& external = metric.external) {
    json["external"] = {{"metric", IdentifierJson(*external)},
                        {"target", TargetJson(external->target)}};
  }
  return json;
}

Json RulesJson(const HpaRules& rules) {
  Json json = Json::object();
  if (rules.stabilization_window_seconds) {
    json["stabilizationWindowSeconds"] = *rules.stabilization_window_seconds;
  }
  if (rules.select_policy) json["selectPolicy"] = *rules.select_policy;
  if (rules.policies && !rules.policies->empty()) {
    for (const HpaPolicy& policy : *rules.policies) {
      json["policies"].push_back({{"type", policy.type},
                                  {"value", policy.value},
                                  {"periodSeconds", policy.period_seconds}});
    }
  }
  if (rules.tolerance) json["tolerance"] = rules.tolerance->text;
  return json;
}

}  // namespace

HpaSpec ReadHpaSpec(const JsonField& field) {
  HpaSpec spec;
  spec.target = ReadRef(field.Field("scaleTargetRef"));
  spec.min_replicas = field.Field("minReplicas").Int32();
  spec.max_replicas = field.Field("maxReplicas").Int32().value_or(0);
  field.Field("metrics").Each(
      [&](const JsonField& item) { spec.metrics.push_back(ReadMetric(item)); });
  const JsonField behavior = field.Field("behavior");
  if (behavior.present()) {
    spec.behavior =
        HpaBehavior{ReadRules(behavior.Field("scaleUp")), ReadRules(behavior.Field("scaleDown"))};
  }
  return spec;
}

HpaObject ReadHpa(const JsonField& root) {
  HpaObject object;
  const JsonField metadata = root.Field("metadata");
  object.ns = metadata.Field("namespace").Text("default");
  object.name = metadata.Field("name").Text();
  object.spec = ReadHpaSpec(root.Field("spec"));
  return object;
}

HpaGates ReadHpaGates(const JsonField& field) {
  HpaGates gates;
  gates.scale_to_zero = field.Field("HPAScaleToZero").Flag(gates.scale_to_zero);
  gates.configurable_tolerance =
      field.Field("HPAConfigurableTolerance").Flag(gates.configurable_tolerance);
  gates.pod_level_resources = field.Field("PodLevelResources").Flag(gates.pod_level_resources);
  return gates;
}

Result<HpaObject> ParseHpa(std::string_view json) {
  JsonDocument document;
  if (const Status parsed = document.Parse(json); !parsed) return parsed.error();
  std::string problem;
  HpaObject object = ReadHpa(document.Root(problem));
  if (!problem.empty()) return Error{ErrorCode::kMalformedData, problem};
  return object;
}

std::string HpaSpecJson(const HpaSpec& spec) {
  Json json = {{"scaleTargetRef", ObjectRefJson(spec.target)}};
  if (spec.min_replicas) json["minReplicas"] = *spec.min_replicas;
  json["maxReplicas"] = spec.max_replicas;
  for (const HpaMetric& metric : spec.metrics)
    json["metrics"].push_back(MetricJson(metric));
  if (spec.behavior) {
    json["behavior"] = Json::object();
    if (spec.behavior->scale_up) json["behavior"]["scaleUp"] = RulesJson(*spec.behavior->scale_up);
    if (spec.behavior->scale_down) {
      json["behavior"]["scaleDown"] = RulesJson(*spec.behavior->scale_down);
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hpaplus
