#include "engine/rehearse/spec_settings.h"

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "engine/model/mode_name.h"
#include "engine/record/codec.h"
#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

template <class Enum, std::size_t N>
std::string_view NameOf(const std::string_view (&names)[N], Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < N ? names[index] : "Unknown";
}

constexpr std::string_view kTargetTypes[] = {"Unknown", "Utilization", "Value", "AverageValue"};
constexpr std::string_view kRoles[] = {"Scale", "Activate", "Guard", "Observe", "Input"};
constexpr std::string_view kFunctions[] = {"Average", "Max", "Min", "P50", "P90", "P99", "EWMA"};
constexpr std::string_view kOnMissing[] = {"Hold", "LastGood", "Zero"};
constexpr std::string_view kSelectPolicies[] = {"Max", "Min", "Disabled"};
constexpr std::string_view kPolicyTypes[] = {"Pods", "Percent"};
constexpr std::string_view kCapacities[] = {"Ready", "ReadyAndStarting"};
constexpr std::string_view kStrategies[] = {"Max",      "Min",      "Average",
                                            "Weighted", "Priority", "Formula"};
constexpr std::string_view kRollouts[] = {"Ignore", "Wait", "Hold"};
constexpr std::string_view kFallbacks[] = {"Hold", "Static", "CurrentIfHigher", "CurrentIfLower",
                                           "Schedule"};

void Put(Json& json, const char* key, const std::optional<Quantity>& value) {
  if (value) json[key] = value->ToString();
}
void Put(Json& json, const char* key, const std::optional<std::int32_t>& value) {
  if (value) json[key] = *value;
}
void Put(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}
void Put(Json& json, const char* key, Duration value) {
  json[key] = FormatDuration(value);
}

Json SelectorJson(const LabelSelector& selector) {
  Json json = {{"matchLabels", Json::object()}, {"matchExpressions", Json::array()}};
  for (const auto& [key, value] : selector.match_labels)
    json["matchLabels"][key] = value;
  for (const LabelRequirement& one : selector.match_expressions) {
    json["matchExpressions"].push_back(
        {{"key", one.key}, {"operator", one.op}, {"values", one.values}});
  }
  return json;
}

Json RefJson(const ObjectRef& ref) {
  return {{"apiVersion", ref.api_version}, {"kind", ref.kind}, {"name", ref.name}};
}

Json TargetJson(const MetricTarget& target) {
  Json json = {{"type", NameOf(kTargetTypes, target.type)}};
  Put(json, "value", target.value);
  Put(json, "averageValue", target.average_value);
  Put(json, "averageUtilization", target.average_utilization);
  return json;
}

Json ValidityJson(const MetricSpec& metric) {
  const Validity& validity = metric.validity;
  Json json = {{"staleAfter", FormatDuration(metric.stale_after)},
               {"onMissing", NameOf(kOnMissing, validity.on_missing)}};
  Put(json, "min", validity.min);
  Put(json, "max", validity.max);
  Put(json, "maxStepRatio", validity.max_step_ratio);
  if (validity.on_missing == OnMissing::kLastGood) Put(json, "lastGoodFor", validity.last_good_for);
  return json;
}

// Where it is read from.
void PutQuestion(const MetricSpec& metric, Json& json) {
  Put(json, "resource", metric.resource);
  Put(json, "container", metric.container);
  Put(json, "metric", metric.metric);
  if (metric.metric_selector) json["selector"] = SelectorJson(*metric.metric_selector);
  if (metric.type == MetricType::kObject)
    json["describedObject"] = RefJson(metric.described_object);
  if (metric.type == MetricType::kSource) {
    json["ref"] = {{"kind", metric.source.kind}, {"name", metric.source.name}};
    json["query"] = metric.query;
  }
  if (metric.formula) json["formula"] = metric.formula->text();
}

Json MetricJson(const MetricSpec& metric) {
  Json json = {{"name", metric.name},
               {"type", MetricTypeName(metric.type)},
               {"role", NameOf(kRoles, metric.role)}};
  PutQuestion(metric, json);
  if (metric.role != MetricRole::kInput) json["target"] = TargetJson(metric.target);
  Json thresholds = Json::object();
  Put(thresholds, "scaleUp", metric.thresholds.scale_up);
  Put(thresholds, "scaleDown", metric.thresholds.scale_down);
  if (!thresholds.empty()) json["thresholds"] = std::move(thresholds);
  json["validity"] = ValidityJson(metric);
  if (metric.smoothing) {
    json["smoothing"] = {{"window", FormatDuration(metric.smoothing->window)},
                         {"function", NameOf(kFunctions, metric.smoothing->function)}};
  }
  Put(json, "weight", metric.weight);
  Put(json, "policy", metric.policy);
  Put(json, "activationThreshold", metric.activation_threshold);
  if (metric.queue) {
    json["queue"] = {{"backlog", metric.queue->backlog},
                     {"drainTime", FormatDuration(metric.queue->drain_time)}};
  }
  if (metric.step) {
    json["step"] = {{"replicas", metric.step->replicas},
                    {"percent", metric.step->percent},
                    {"cooldown", FormatDuration(metric.step->cooldown)}};
  }
  return json;
}

Json RulesJson(const ScalingRules& rules) {
  Json json = {{"selectPolicy", NameOf(kSelectPolicies, rules.select_policy)},
               {"policies", Json::array()},
               {"confirmations", rules.confirmations}};
  for (const ScalingPolicy& policy : rules.policies) {
    json["policies"].push_back({{"type", NameOf(kPolicyTypes, policy.type)},
                                {"value", policy.value},
                                {"periodSeconds", policy.period_seconds}});
  }
  Put(json, "stabilizationWindowSeconds", rules.stabilization_window_seconds);
  Put(json, "tolerance", rules.tolerance);
  Put(json, "elasticity", rules.elasticity);
  return json;
}

// One of a cron's fields: "*", or its numbers.
std::string BitsText(std::uint64_t bits, int least, int most) {
  std::string text;
  bool all = true;
  for (int i = least; i <= most; ++i) {
    const bool is_set = (bits >> static_cast<unsigned>(i) & 1U) != 0;
    all = all && is_set;
    if (is_set) text += fmt::format("{}{}", text.empty() ? "" : ",", i);
  }
  return all ? "*" : text;
}

std::string CronText(const Cron& cron) {
  return fmt::format("{} {} {} {} {}", BitsText(cron.minutes, 0, 59), BitsText(cron.hours, 0, 23),
                     BitsText(cron.days, 1, 31), BitsText(cron.months, 1, 12),
                     BitsText(cron.weekdays, 0, 6));
}

Json DatesJson(const std::vector<std::chrono::year_month_day>& dates) {
  Json list = Json::array();
  for (const auto& date : dates) {
    list.push_back(fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                               static_cast<unsigned>(date.month()),
                               static_cast<unsigned>(date.day())));
  }
  return list;
}

Json ScheduleJson(const ScheduleSpec& schedule) {
  Json json = {{"name", schedule.name},
               {"timeZone", schedule.zone->name()},
               {"start", CronText(schedule.start)},
               {"duration", FormatDuration(schedule.duration)},
               {"rampUp", FormatDuration(schedule.ramp_up)},
               {"rampDown", FormatDuration(schedule.ramp_down)}};
  Put(json, "minReplicas", schedule.min_replicas);
  Put(json, "maxReplicas", schedule.max_replicas);
  json["excludeDates"] = DatesJson(schedule.exclude_dates);
  json["includeDates"] = DatesJson(schedule.include_dates);
  return json;
}

void PutShape(const WorkloadSpec& spec, Json& json) {
  if (spec.behavior) {
    json["behavior"] = {{"scaleUp", RulesJson(spec.behavior->scale_up)},
                        {"scaleDown", RulesJson(spec.behavior->scale_down)}};
  }
  if (spec.burst) {
    json["burst"] = {{"stableWindow", FormatDuration(spec.burst->stable_window)},
                     {"burstWindowPercent", spec.burst->burst_window_percent},
                     {"thresholdPercent", spec.burst->threshold_percent},
                     {"capacity", NameOf(kCapacities, spec.burst->capacity)}};
  }
  json["combine"] = {{"strategy", NameOf(kStrategies, spec.combine.strategy)}};
  if (spec.combine.formula) json["combine"]["formula"] = spec.combine.formula->text();
  if (!spec.schedules.empty()) {
    json["schedules"] = Json::array();
    for (const ScheduleSpec& schedule : spec.schedules)
      json["schedules"].push_back(ScheduleJson(schedule));
  }
  if (spec.rollout) {
    json["rollout"] = {{"mode", NameOf(kRollouts, spec.rollout->mode)},
                       {"waitMost", FormatDuration(spec.rollout->wait_most)},
                       {"extraPercentMost", spec.rollout->extra_percent_most}};
  }
}

void PutSafety(const WorkloadSpec& spec, Json& json) {
  if (spec.fallback) {
    json["fallback"] = {{"afterFailures", spec.fallback->after_failures},
                        {"afterDuration", FormatDuration(spec.fallback->after_duration)},
                        {"behavior", NameOf(kFallbacks, spec.fallback->behavior)},
                        {"replicas", spec.fallback->replicas}};
  }
  if (spec.idle) {
    json["idleReplicas"] = spec.idle->replicas;
    Put(json, "cooldown", spec.idle->cooldown);
    Put(json, "initialCooldown", spec.idle->initial_cooldown);
  }
  const SafetySpec& safety = spec.safety;
  Json limits = {{"allowScaleToZero", safety.allow_scale_to_zero},
                 {"requireFreshMetricsForScaleDown", safety.require_fresh_for_scale_down}};
  Put(limits, "maxScaleDownPercentPerHour", safety.max_scale_down_percent_per_hour);
  Put(limits, "maxReplicasPerMinute", safety.max_replicas_per_minute);
  Put(limits, "maxReversalsPerHour", safety.max_reversals_per_hour);
  json["safety"] = std::move(limits);
}

// What a cluster adds to an object says nothing of what was asked for.
std::string Asked(WorkloadSpec spec) {
  spec.uid.clear();
  spec.generation = 0;
  spec.created = {};
  return record::PackSpec(spec);
}

}  // namespace

std::string SettingsJson(const WorkloadSpec& spec) {
  Json json = {
      {"scaleTargetRef", RefJson(spec.target)},
      {"minReplicas", spec.min_replicas},
      {"maxReplicas", spec.max_replicas},
      {"mode", ModeName(spec.mode)},
      {"evaluation",
       {{"period", FormatDuration(spec.period)}, {"timeout", FormatDuration(spec.timeout)}}},
      {"metrics", Json::array()}};
  for (const MetricSpec& metric : spec.metrics)
    json["metrics"].push_back(MetricJson(metric));
  PutShape(spec, json);
  PutSafety(spec, json);
  Json object = {{"spec", std::move(json)}};
  if (spec.frozen_until) {
    object["metadata"]["annotations"]["hpaplus.io/freeze"] =
        *spec.frozen_until == Timestamp::max() ? "true" : FormatRfc3339(*spec.frozen_until);
  }
  return Dump(object);
}

bool MeanTheSame(const WorkloadSpec& one, const WorkloadSpec& other) {
  return Asked(one) == Asked(other);
}

}  // namespace hpaplus::rehearse
