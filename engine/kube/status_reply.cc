#include "engine/kube/status_reply.h"

#include <limits>

#include <simdjson.h>

namespace hpaplus::kube {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostConditions = 32;

std::string Text(dom::element object, std::string_view key) {
  std::string_view text;
  if (object[key].get_string().get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

std::optional<std::int64_t> Integer(dom::element object, std::string_view key) {
  std::int64_t number = 0;
  if (object[key].get_int64().get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

std::optional<Replicas> Size(dom::element object, std::string_view key) {
  const auto number = Integer(object, key);
  if (!number || *number < 0 || *number > std::numeric_limits<Replicas>::max()) return std::nullopt;
  return static_cast<Replicas>(*number);
}

std::optional<Timestamp> Time(dom::element object, std::string_view key) {
  const Result<Timestamp> at = ParseRfc3339(Text(object, key));
  return at ? std::optional(*at) : std::nullopt;
}

StatusCondition ReadCondition(dom::element item) {
  StatusCondition condition;
  condition.type = Text(item, "type");
  const std::string status = Text(item, "status");
  condition.status = status == "True"    ? ConditionStatus::kTrue
                     : status == "False" ? ConditionStatus::kFalse
                                         : ConditionStatus::kUnknown;
  condition.reason = Text(item, "reason");
  condition.message = Text(item, "message");
  condition.last_transition = Time(item, "lastTransitionTime").value_or(Timestamp{});
  condition.observed_generation = Integer(item, "observedGeneration").value_or(0);
  return condition;
}

std::optional<LastDecision> ReadLastDecision(dom::element status) {
  dom::element item;
  if (status["lastDecision"].get(item) != simdjson::SUCCESS || !item.is_object()) {
    return std::nullopt;
  }
  LastDecision last;
  last.time = Time(item, "time").value_or(Timestamp{});
  last.from = Size(item, "from").value_or(0);
  last.to = Size(item, "to").value_or(0);
  last.raw = Size(item, "raw").value_or(0);
  last.metric = Text(item, "metric");
  last.reason = Text(item, "reason");
  last.message = Text(item, "message");
  dom::array limits;
  if (item["limitedBy"].get_array().get(limits) != simdjson::SUCCESS) return last;
  for (const dom::element limit : limits) {
    std::string_view text;
    if (limit.get_string().get(text) == simdjson::SUCCESS) last.limited_by.emplace_back(text);
  }
  return last;
}

bool Flag(dom::element object, std::string_view key) {
  bool flag = false;
  return object[key].get_bool().get(flag) == simdjson::SUCCESS && flag;
}

std::optional<ShadowStatus> ReadShadow(dom::element status) {
  dom::element item;
  if (status["shadow"].get(item) != simdjson::SUCCESS || !item.is_object()) return std::nullopt;
  ShadowStatus shadow;
  shadow.replicas = Size(item, "replicas").value_or(0);
  shadow.ready = Size(item, "readyReplicas").value_or(0);
  shadow.since = Time(item, "since").value_or(Timestamp{});
  shadow.startup = Text(item, "startup");
  shadow.holds = Flag(item, "holds");
  shadow.demand_hidden = Flag(item, "demandHidden");
  return shadow;
}

}  // namespace

Result<ObjectStatus> ParseObjectStatus(std::string_view json) {
  static thread_local dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    return Error{ErrorCode::kMalformedData,
                 std::string("status: ") + simdjson::error_message(error)};
  }
  ObjectStatus status;
  if (!root.is_object()) return Error{ErrorCode::kMalformedData, "status: not an object"};
  dom::element node;
  if (root["status"].get(node) != simdjson::SUCCESS || !node.is_object()) return status;
  status.observed_generation = Integer(node, "observedGeneration").value_or(0);
  status.current = Size(node, "currentReplicas");
  status.desired = Size(node, "desiredReplicas");
  status.recommended = Size(node, "recommendedReplicas");
  status.last_scale_time = Time(node, "lastScaleTime");
  status.targets = Text(node, "targets");
  status.last_decision = ReadLastDecision(node);
  status.shadow = ReadShadow(node);
  dom::element metrics;
  if (node["currentMetrics"].get(metrics) == simdjson::SUCCESS && metrics.is_array()) {
    status.current_metrics = simdjson::minify(metrics);
  }
  dom::array conditions;
  if (node["conditions"].get_array().get(conditions) != simdjson::SUCCESS) return status;
  for (const dom::element item : conditions) {
    if (status.conditions.size() == kMostConditions) break;
    if (item.is_object()) status.conditions.push_back(ReadCondition(item));
  }
  return status;
}

}  // namespace hpaplus::kube
