#include "engine/kube/status_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/kube/decision_text.h"
#include "engine/kube/metric_text.h"

namespace hpaplus::kube {
namespace {

using Json = nlohmann::ordered_json;
// As an API server gives back fields without a schema: keys in order of the alphabet.
using SortedJson = nlohmann::json;

// What the schema admits.
constexpr std::size_t kLongestMessage = 1024;
constexpr std::size_t kLongestTargets = 4096;
constexpr std::size_t kMostLimits = 16;

std::string Cut(std::string text, std::size_t most) {
  if (text.size() > most) text.resize(most);
  return text;
}

class Conditions {
 public:
  Conditions(const StatusInput& in, const ObjectStatus& previous) : in_(in), previous_(previous) {}

  void Set(std::string_view type, ConditionStatus status, std::string_view reason,
           std::string message) {
    StatusCondition condition;
    condition.type = type;
    condition.status = status;
    condition.reason = reason;
    condition.message = Cut(std::move(message), kLongestMessage);
    condition.observed_generation = in_.generation;
    const StatusCondition* const before = previous_.Find(type);
    condition.last_transition =
        before != nullptr && before->status == status && before->last_transition != Timestamp{}
            ? before->last_transition
            : std::chrono::floor<std::chrono::seconds>(in_.decision.at);
    conditions_.push_back(std::move(condition));
  }

  void Set(const Condition& condition) {
    Set(ConditionTypeName(condition.type), condition.status, ReasonName(condition.reason),
        ConditionText(condition, in_.decision, in_.view));
  }

  [[nodiscard]] const StatusCondition* Find(std::string_view type) const {
    const auto at = std::ranges::find(conditions_, type, &StatusCondition::type);
    return at == conditions_.end() ? nullptr : &*at;
  }

  // What this evaluation says nothing about stays.
  void KeepOthers() {
    for (const StatusCondition& condition : previous_.conditions) {
      const bool stays = Find(condition.type) == nullptr && IsConfigured(condition.type);
      if (stays) conditions_.push_back(condition);
    }
  }

  // In one order whatever was said first, so that equal statuses compare equal.
  [[nodiscard]] std::vector<StatusCondition> Take() {
    std::ranges::stable_sort(conditions_, {}, [](const auto& one) { return Rank(one.type); });
    conditions_.shrink_to_fit();  // One of thousands that are kept.
    return std::move(conditions_);
  }

 private:
  // A fallback that is no longer in the spec is no longer active.
  [[nodiscard]] bool IsConfigured(std::string_view type) const {
    const WorkloadSpec& spec = *in_.view.spec;
    if (type == ConditionTypeName(ConditionType::kFallbackActive)) return spec.fallback.has_value();
    if (type == ConditionTypeName(ConditionType::kFlapping)) {
      return spec.safety.max_reversals_per_hour.has_value();
    }
    return type != ConditionTypeName(ConditionType::kOverloaded);  // Said as long as it holds.
  }

  static std::size_t Rank(std::string_view type) {
    constexpr std::array<std::string_view, 10> kOrder = {
        "Ready",          "AbleToScale", "ScalingActive", "ScalingLimited", "MetricsFresh",
        "FallbackActive", "Flapping",    "Overloaded",    "Frozen",         "DryRun"};
    return static_cast<std::size_t>(std::ranges::find(kOrder, type) - kOrder.begin());
  }

  const StatusInput& in_;
  const ObjectStatus& previous_;
  std::vector<StatusCondition> conditions_;
};

void SetFresh(const StatusInput& in, Conditions& conditions) {
  const Decision& decision = in.decision;
  if (decision.metrics.empty()) {
    return conditions.Set("MetricsFresh", ConditionStatus::kUnknown, "NotAsked",
                          "this evaluation needed no metrics");
  }
  const auto unknown = FirstUnknownMetric(decision);
  if (!unknown) {
    return conditions.Set("MetricsFresh", ConditionStatus::kTrue, "AllMetricsFresh",
                          "every metric has fresh samples");
  }
  const std::vector<MetricSpec>& metrics = in.view.spec->metrics;
  const MetricOutcome& outcome = decision.metrics[*unknown];
  conditions.Set("MetricsFresh", ConditionStatus::kFalse, ReasonName(outcome.reason),
                 *unknown < metrics.size() ? MetricText(outcome, metrics[*unknown]) : "");
}

// Only for an object that is, or was, frozen.
void SetFrozen(const StatusInput& in, const ObjectStatus& previous, Conditions& conditions) {
  const bool frozen = IsFrozen(in.view, in.decision.at);
  if (!frozen && previous.Find("Frozen") == nullptr) return;
  conditions.Set("Frozen", frozen ? ConditionStatus::kTrue : ConditionStatus::kFalse,
                 ReasonName(frozen ? Reason::kFrozen : Reason::kNotFrozen),
                 frozen ? FreezeText(in.view) : "sizes are written");
}

// The summary: whether this object does its work.
StatusCondition Ready(const StatusInput& in, const Conditions& conditions) {
  StatusCondition ready;
  ready.status = ConditionStatus::kFalse;
  if (!in.spec_problem.empty()) {
    ready.reason = "SpecInvalid";
    ready.message = in.spec_problem;
    return ready;
  }
  for (const ConditionType type : {ConditionType::kAbleToScale, ConditionType::kScalingActive}) {
    const StatusCondition* const part = conditions.Find(ConditionTypeName(type));
    // At zero replicas by hand is how one switches scaling off; nothing is wrong with that.
    const bool is_off = part != nullptr && (part->reason == ReasonName(Reason::kScalingDisabled) ||
                                            part->reason == ReasonName(Reason::kIdle));
    if (part == nullptr || part->status == ConditionStatus::kTrue || is_off) continue;
    ready.status = part->status;
    ready.reason = part->reason;
    ready.message = part->message;
    return ready;
  }
  ready.status = ConditionStatus::kTrue;
  ready.reason = in.view.spec->mode == Mode::kDryRun ? "DryRun" : "Ready";
  ready.message = in.view.spec->mode == Mode::kDryRun ? "decides and explains, but writes no size"
                                                      : "scaling as specified";
  return ready;
}

std::vector<StatusCondition> MakeConditions(const StatusInput& in, const ObjectStatus& previous) {
  Conditions conditions(in, previous);
  if (in.write_failure) {
    conditions.Set(ConditionTypeName(ConditionType::kAbleToScale), ConditionStatus::kFalse,
                   ReasonName(Reason::kFailedUpdateScale), in.write_failure->message);
  }
  for (const Condition& condition : in.decision.conditions) {
    if (conditions.Find(ConditionTypeName(condition.type)) == nullptr) conditions.Set(condition);
  }
  SetFresh(in, conditions);
  const bool dry = in.view.spec->mode == Mode::kDryRun;
  conditions.Set("DryRun", dry ? ConditionStatus::kTrue : ConditionStatus::kFalse,
                 dry ? "ModeDryRun" : "ModeWrites",
                 dry ? "no size is written" : "sizes are written");
  SetFrozen(in, previous, conditions);
  const StatusCondition ready = Ready(in, conditions);
  conditions.Set("Ready", ready.status, ready.reason, ready.message);
  conditions.KeepOthers();
  return conditions.Take();
}

bool SameDecision(const LastDecision& a, const LastDecision& b) {
  return a.from == b.from && a.to == b.to && a.metric == b.metric && a.reason == b.reason &&
         a.limited_by == b.limited_by;
}

// Nothing when this evaluation neither changes the size nor is kept from changing it.
std::optional<LastDecision> MakeLastDecision(const StatusInput& in) {
  const Decision& decision = in.decision;
  const auto limits = LimitingSteps(decision);
  if (!decision.known || (!decision.changes_scale() && limits.empty())) return std::nullopt;
  LastDecision last;
  last.time = std::chrono::floor<std::chrono::seconds>(decision.at);
  last.from = decision.current;
  last.to = decision.desired;
  last.raw = decision.metrics.empty() ? decision.desired : decision.recommended;
  if (const auto winner = WinningMetric(decision)) {
    if (*winner < in.view.spec->metrics.size()) last.metric = in.view.spec->metrics[*winner].name;
    last.reason = ReasonName(decision.metrics[*winner].reason);
  } else {
    for (const DecisionStep& step : decision.steps) {
      if (step.before != step.after) last.reason = ReasonName(step.reason);
    }
  }
  for (const DecisionStep* step : limits) {
    if (last.limited_by.size() < kMostLimits)
      last.limited_by.emplace_back(ReasonName(step->reason));
  }
  last.message = Cut(DecisionText(decision, in.view), kLongestMessage);
  return last;
}

std::optional<ShadowStatus> MakeShadow(const ShadowState* shadow) {
  if (shadow == nullptr) return std::nullopt;
  return ShadowStatus{
      shadow->replicas,
      shadow->ready,
      std::chrono::floor<std::chrono::seconds>(shadow->since),
      FormatDuration(std::chrono::floor<std::chrono::milliseconds>(shadow->startup)),
      !shadow->known,
      shadow->demand_hidden};
}

SortedJson QuantityJson(std::int64_t milli, Quantity::Format format) {
  return Quantity::FromMilli(milli, format).ToString();
}

SortedJson CurrentValueJson(const MetricOutcome& outcome, const MetricSpec& metric) {
  const auto format =
      metric.resource == "memory" ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI;
  SortedJson current = SortedJson::object();
  if (outcome.average_utilization) current["averageUtilization"] = *outcome.average_utilization;
  if (outcome.average_value_milli) {
    current["averageValue"] = QuantityJson(*outcome.average_value_milli, format);
  }
  if (outcome.value_milli) {
    current["value"] = QuantityJson(*outcome.value_milli, format);
  } else if (outcome.value && std::isfinite(*outcome.value)) {
    constexpr double kLargest = 9e15;  // Thousandths of more do not fit.
    const double bounded = std::clamp(*outcome.value, -kLargest, kLargest);
    current["value"] = QuantityJson(std::llround(bounded * 1000), format);
  }
  return current;
}

SortedJson MetricJson(const MetricOutcome& outcome, const MetricSpec& metric) {
  SortedJson body;
  std::string field;
  switch (metric.type) {
    case MetricType::kResource:
      field = "resource";
      body["name"] = metric.resource;
      break;
    case MetricType::kContainerResource:
      field = "containerResource";
      body["name"] = metric.resource;
      body["container"] = metric.container;
      break;
    case MetricType::kPods:
      field = "pods";
      body["metric"]["name"] = metric.metric;
      break;
    case MetricType::kObject:
      field = "object";
      body["metric"]["name"] = metric.metric;
      body["describedObject"] = {{"apiVersion", metric.described_object.api_version},
                                 {"kind", metric.described_object.kind},
                                 {"name", metric.described_object.name}};
      break;
    case MetricType::kExternal:
      field = "external";
      body["metric"]["name"] = metric.metric;
      break;
    case MetricType::kSource:
    case MetricType::kFormula:
      field = metric.type == MetricType::kFormula ? "formula" : "source";
      body["name"] = metric.name;
      break;
    case MetricType::kUnknown:
      return {};
  }
  body["current"] = CurrentValueJson(outcome, metric);
  return {{"type", MetricTypeName(metric.type)}, {field, std::move(body)}};
}

template <class AnyJson>
std::string Dump(const AnyJson& json) {
  return json.dump(-1, ' ', false, AnyJson::error_handler_t::replace);
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json TimeJson(const std::optional<Timestamp>& at) {
  return at ? Json(FormatRfc3339(*at)) : Json(nullptr);
}

Json LastDecisionJson(const std::optional<LastDecision>& last) {
  if (!last) return nullptr;
  return {{"time", FormatRfc3339(last->time)},
          {"from", last->from},
          {"to", last->to},
          {"raw", last->raw},
          {"metric", last->metric},
          {"reason", last->reason},
          {"limitedBy", last->limited_by},
          {"message", last->message}};
}

Json ShadowJson(const std::optional<ShadowStatus>& shadow) {
  if (!shadow) return nullptr;
  return {{"replicas", shadow->replicas},
          {"readyReplicas", shadow->ready},
          {"since", FormatRfc3339(shadow->since)},
          {"startup", shadow->startup},
          {"holds", shadow->holds},
          {"demandHidden", shadow->demand_hidden}};
}

Json ConditionJson(const StatusCondition& condition) {
  return {{"type", condition.type},
          {"status", ConditionStatusName(condition.status)},
          {"observedGeneration", condition.observed_generation},
          {"lastTransitionTime", FormatRfc3339(condition.last_transition)},
          {"reason", condition.reason},
          {"message", condition.message}};
}

}  // namespace

ObjectStatus MakeStatus(const StatusInput& in, const ObjectStatus& previous) {
  const Decision& decision = in.decision;
  ObjectStatus status;
  status.observed_generation = in.generation;
  if (in.view.scale.status == ScaleStatus::kKnown) {
    status.current = decision.current;
    status.desired = decision.known ? decision.desired : previous.desired;
    if (!decision.metrics.empty() && decision.known) status.recommended = decision.recommended;
  } else {
    status.current = previous.current;
    status.desired = previous.desired;
  }
  status.last_scale_time = previous.last_scale_time;
  status.targets = Cut(TargetsText(decision, *in.view.spec), kLongestTargets);
  status.current_metrics = CurrentMetricsJson(decision, *in.view.spec);
  status.conditions = MakeConditions(in, previous);
  status.shadow = MakeShadow(in.shadow);
  status.last_decision = previous.last_decision;
  if (auto last = MakeLastDecision(in)) {
    const bool same = previous.last_decision && SameDecision(*last, *previous.last_decision);
    if (!same || !in.changed_before) status.last_decision = std::move(last);
  }
  return status;
}

ObjectStatus WithOutcome(ObjectStatus status, const ScaleOutcome& outcome, Timestamp at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  const std::string_view type = ConditionTypeName(ConditionType::kAbleToScale);
  auto able = std::ranges::find(status.conditions, type, &StatusCondition::type);
  if (able == status.conditions.end()) {
    able = status.conditions.insert(able, StatusCondition{});
    able->type = type;
    able->last_transition = second;
  }
  const ConditionStatus now = outcome.result ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  if (std::exchange(able->status, now) != now) able->last_transition = second;
  able->observed_generation = outcome.command.view->spec->generation;
  if (outcome.result) {
    able->reason = ReasonName(Reason::kSucceededRescale);
    able->message = "the size was set to " + std::to_string(outcome.command.replicas);
    status.last_scale_time = second;
    status.current = outcome.command.replicas;
    status.desired = outcome.command.replicas;
  } else {
    able->reason = ReasonName(Reason::kFailedUpdateScale);
    able->message = Cut(outcome.result.error().message, kLongestMessage);
  }
  return status;
}

bool SameMeaning(const ObjectStatus& a, const ObjectStatus& b) {
  const auto same_condition = [](const StatusCondition& x, const StatusCondition& y) {
    return x.type == y.type && x.status == y.status && x.reason == y.reason &&
           x.observed_generation == y.observed_generation;
  };
  const bool same_last = a.last_decision.has_value() == b.last_decision.has_value() &&
                         (!a.last_decision || (a.last_decision->time == b.last_decision->time &&
                                               SameDecision(*a.last_decision, *b.last_decision)));
  return a.observed_generation == b.observed_generation && a.current == b.current &&
         a.desired == b.desired && a.last_scale_time == b.last_scale_time && same_last &&
         std::ranges::equal(a.conditions, b.conditions, same_condition);
}

std::string StatusPatch(const ObjectStatus& status) {
  Json body;
  body["observedGeneration"] = status.observed_generation;
  body["currentReplicas"] = OrNull(status.current);
  body["desiredReplicas"] = OrNull(status.desired);
  body["recommendedReplicas"] = OrNull(status.recommended);
  body["lastScaleTime"] = TimeJson(status.last_scale_time);
  body["targets"] = status.targets;
  body["lastDecision"] = LastDecisionJson(status.last_decision);
  body["shadow"] = ShadowJson(status.shadow);
  Json metrics = Json::parse(status.current_metrics, nullptr, false);
  body["currentMetrics"] = metrics.is_array() ? std::move(metrics) : Json(nullptr);
  body["conditions"] = Json::array();
  for (const StatusCondition& condition : status.conditions)
    body["conditions"].push_back(ConditionJson(condition));
  Json patch;
  patch["status"] = std::move(body);
  return Dump(patch);
}

std::string CurrentMetricsJson(const Decision& decision, const WorkloadSpec& spec) {
  SortedJson metrics = SortedJson::array();
  const std::size_t count = std::min(decision.metrics.size(), spec.metrics.size());
  for (std::size_t i = 0; i < count; ++i) {
    const MetricOutcome& outcome = decision.metrics[i];
    const bool input = spec.metrics[i].role == MetricRole::kInput && !IsUnknown(outcome);
    const bool known = (outcome.proposal || input) && spec.metrics[i].type != MetricType::kUnknown;
    if (known) metrics.push_back(MetricJson(outcome, spec.metrics[i]));
  }
  return metrics.empty() ? "" : Dump(metrics);
}

}  // namespace hpaplus::kube
