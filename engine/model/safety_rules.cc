#include "engine/model/safety_rules.h"

#include <algorithm>

#include <fmt/core.h>

namespace hpaplus {
namespace {

using Json = RuleChecks::Json;

bool IsOneOf(const std::string& value, std::initializer_list<std::string_view> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

std::string TypeOf(const Json& metric) {
  return RuleChecks::TextOf(RuleChecks::Find(&metric, "type"));
}

bool IsOfWhole(const Json& metric) {
  return IsOneOf(TypeOf(metric), {"Object", "External", "Source", "Formula"});
}

// An absent role is the default.
bool HasRole(const Json& metric, std::initializer_list<std::string_view> roles) {
  const std::string role = RuleChecks::TextOf(RuleChecks::Find(&metric, "role"));
  return IsOneOf(role.empty() ? "Scale" : role, roles);
}

bool IsWholeNumber(const Json* value) {
  return value != nullptr && value->is_number_integer();
}

bool IsNothing(const Json* value) {
  return IsWholeNumber(value) && *value <= 0;
}

bool IsTrue(const Json* value) {
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

template <class F>
bool HasMetric(const Json* metrics, const F& is_wanted) {
  return metrics != nullptr && metrics->is_array() &&
         std::any_of(metrics->begin(), metrics->end(), is_wanted);
}

}  // namespace

void SafetyRules::Check(const Json* spec) {
  for (const char* direction : {"scaleUp", "scaleDown"}) {
    const Json* elasticity = Find(Find(Find(spec, "behavior"), direction), "elasticity");
    const std::string path = fmt::format("spec.behavior.{}.elasticity", direction);
    const auto amount = QuantityOf(elasticity);
    if (amount && amount->Sign() <= 0) Refuse(path, *elasticity, "must be greater than 0");
    if (amount && *amount > *Quantity::Parse("10")) {
      Refuse(path, *elasticity, "must be at most 10");
    }
  }
  CheckIdle(spec);
  CheckFallback(spec);
  CheckMetrics(Find(spec, "metrics"));
}

void SafetyRules::CheckIdle(const Json* spec) {
  const Json* idle = Find(spec, "idleReplicas");
  const Json* least = Find(spec, "minReplicas");
  CheckDuration(Find(spec, "cooldown"), "spec.cooldown", "0s", "24h");
  CheckDuration(Find(spec, "initialCooldown"), "spec.initialCooldown", "0s", "24h");
  if (Count(spec, {"cooldown", "initialCooldown"}) > 0 && idle == nullptr) {
    Refuse("spec", "cooldown and initialCooldown need idleReplicas");
  }
  const bool allowed = IsTrue(Find(Find(spec, "safety"), "allowScaleToZero"));
  if ((IsNothing(idle) || IsNothing(least)) && !allowed) {
    Refuse("spec", "scaling to zero needs safety.allowScaleToZero: true");
  }
  if (!IsWholeNumber(idle)) return;
  if (IsWholeNumber(least) && *idle >= *least) {
    Refuse("spec", "idleReplicas must be below minReplicas");
  }
  const bool woken = HasMetric(Find(spec, "metrics"), [](const Json& metric) {
    return IsOfWhole(metric) && HasRole(metric, {"Scale", "Activate"});
  });
  if (woken) return;
  Refuse("spec",
         "idleReplicas needs an Object, External, Source or Formula metric with role Scale or "
         "Activate: pod metrics vanish with the pods");
}

void SafetyRules::CheckFallback(const Json* spec) {
  const Json* fallback = Find(spec, "fallback");
  const Json* replicas = Find(fallback, "replicas");
  const Json* most = Find(spec, "maxReplicas");
  CheckDuration(Find(fallback, "afterDuration"), "spec.fallback.afterDuration", "1s", "1h");
  const std::string behavior = TextOf(Find(fallback, "behavior"));
  if (IsOneOf(behavior, {"Static", "CurrentIfHigher", "CurrentIfLower"}) && replicas == nullptr) {
    Refuse("spec.fallback", "this fallback behavior needs replicas");
  }
  if (IsWholeNumber(replicas) && IsWholeNumber(most) && *replicas > *most) {
    Refuse("spec", "fallback.replicas must not exceed maxReplicas");
  }
}

void SafetyRules::CheckMetrics(const Json* metrics) {
  if (metrics == nullptr || !metrics->is_array() || metrics->empty()) return;
  for (std::size_t i = 0; i < metrics->size(); ++i)
    CheckMetric((*metrics)[i], fmt::format("spec.metrics[{}]", i));
  const bool votes =
      HasMetric(metrics, [](const Json& metric) { return HasRole(metric, {"Scale"}); });
  if (!votes) Refuse("spec.metrics", "one metric needs role: Scale");
}

// What is only read.
void SafetyRules::CheckInput(const Json& metric, const std::string& path) {
  const bool input = HasRole(metric, {"Input"});
  if (input && !IsOneOf(TypeOf(metric), {"Object", "External", "Source"})) {
    Refuse(path, "role: Input needs an Object, External or Source metric");
  }
  for (const char* key : {"object", "external", "source"}) {
    const Json* block = Find(&metric, key);
    if (block == nullptr || (Find(block, "target") != nullptr) != input) continue;
    Refuse(path, "a target goes with every role but Input");
    break;
  }
  const bool last_good = TextOf(Find(Find(&metric, "validity"), "onMissing")) == "LastGood";
  if (input && (last_good || Count(&metric, {"queue", "step", "policy", "smoothing", "thresholds",
                                             "weight", "activationThreshold"}) > 0)) {
    Refuse(path, "a metric with role Input asks for nothing that could be shaped");
  }
}

void SafetyRules::CheckMetric(const Json& metric, const std::string& path) {
  CheckInput(metric, path);
  CheckValidity(metric, path);
  const Json* thresholds = Find(&metric, "thresholds");
  const auto check = [&](const Json* value, const std::string& place) {
    const auto amount = QuantityOf(value);
    if (amount && amount->Sign() < 0) Refuse(path + place, *value, "must be at least 0");
    return amount;
  };
  const auto up = check(Find(thresholds, "scaleUp"), ".thresholds.scaleUp");
  const auto down = check(Find(thresholds, "scaleDown"), ".thresholds.scaleDown");
  if (up && down && !(*down < *up)) {
    Refuse(path + ".thresholds", "thresholds.scaleDown must be below thresholds.scaleUp");
  }
  const Json* activation = Find(&metric, "activationThreshold");
  (void)check(activation, ".activationThreshold");
  if (activation != nullptr && !IsOfWhole(metric)) {
    Refuse(path, "activationThreshold needs an Object, External, Source or Formula metric");
  }
}

void SafetyRules::CheckValidity(const Json& metric, const std::string& path) {
  const Json* validity = Find(&metric, "validity");
  const Json* good_for = Find(validity, "lastGoodFor");
  CheckDuration(good_for, path + ".validity.lastGoodFor", "1s", "1h");
  const auto least = QuantityOf(Find(validity, "min"));
  const auto most = QuantityOf(Find(validity, "max"));
  if (least && most && *most < *least) {
    Refuse(path + ".validity", "validity.min must not exceed validity.max");
  }
  const Json* step = Find(validity, "maxStepRatio");
  const auto ratio = QuantityOf(step);
  if (ratio && *ratio <= *Quantity::Parse("1")) {
    Refuse(path + ".validity.maxStepRatio", *step, "must be greater than 1");
  }
  if (ratio && *ratio > *Quantity::Parse("1000000")) {
    Refuse(path + ".validity.maxStepRatio", *step, "must be at most 1000000");
  }
  if (step != nullptr && Find(&metric, "step") != nullptr) {
    Refuse(path, "an alarm has no demand, so step goes without validity.maxStepRatio");
  }
  const std::string on_missing = TextOf(Find(validity, "onMissing"));
  if (good_for != nullptr && on_missing != "LastGood") {
    Refuse(path + ".validity", "lastGoodFor needs onMissing: LastGood");
  }
  if (on_missing == "Zero" && !IsOfWhole(metric)) {
    Refuse(path, "onMissing: Zero needs an Object, External, Source or Formula metric");
  }
}

}  // namespace hpaplus
