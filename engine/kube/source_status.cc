#include "engine/kube/source_status.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "engine/kube/status_reply.h"

namespace hpaplus::kube {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kReady = "Ready";
constexpr std::size_t kLongestMessage = 1024;  // What the schema admits.

struct Verdict {
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
};

Verdict OfHealth(const SourceHealth& health, const StatusCondition& previous) {
  if (health.left_alone) return {ConditionStatus::kFalse, "NotAnswering", health.problem};
  if (health.failing) return {ConditionStatus::kFalse, "NoUsableAnswer", health.problem};
  const bool is_early = health.failures > 0 && previous.status != ConditionStatus::kTrue;
  if (is_early) return {previous.status, previous.reason, previous.message};
  return {ConditionStatus::kTrue, "Answering", "it answers"};
}

Verdict Judge(const SourceObject& object, const std::string& not_usable, const SourceHealth& health,
              const SourceStatus& previous) {
  constexpr std::string_view kOldStays = "; what there was before stays in force";
  if (!object.problem.empty()) {
    return {ConditionStatus::kFalse, object.reason,
            object.problem + std::string(object.in_force ? kOldStays : "")};
  }
  if (!not_usable.empty()) return {ConditionStatus::kFalse, "NotUsable", not_usable};
  const Verdict not_asked{ConditionStatus::kUnknown, "NotAsked", "no object has asked it yet"};
  const StatusCondition& ready = previous.ready;
  const bool is_known = previous.observed_generation == object.generation &&
                        (ready.reason == "Answering" || ready.reason == "NotAnswering" ||
                         ready.reason == "NoUsableAnswer");
  if (!health.asked)
    return is_known ? Verdict{ready.status, ready.reason, ready.message} : not_asked;
  return OfHealth(health, is_known ? ready
                                   : StatusCondition{.status = not_asked.status,
                                                     .reason = not_asked.reason,
                                                     .message = not_asked.message});
}

Json TimeJson(const std::optional<Timestamp>& at) {
  return at ? Json(FormatRfc3339(*at)) : Json(nullptr);
}

}  // namespace

SourceStatus MakeSourceStatus(const SourceObject& object, const std::string& not_usable,
                              const SourceHealth& health, const SourceStatus& previous,
                              Timestamp now) {
  const auto seconds = [](Timestamp at) { return std::chrono::floor<std::chrono::seconds>(at); };
  Verdict verdict = Judge(object, not_usable, health, previous);
  if (verdict.message.size() > kLongestMessage) verdict.message.resize(kLongestMessage);
  SourceStatus status;
  status.observed_generation = object.generation;
  status.last_success = previous.last_success;
  if (health.last_success) status.last_success = seconds(*health.last_success);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  status.failures = health.asked ? static_cast<std::int64_t>(std::min(health.failures, kMost))
                                 : previous.failures;
  status.breaker_open = health.asked ? health.left_alone : previous.breaker_open;
  const bool stays = previous.ready.type == kReady && previous.ready.status == verdict.status &&
                     previous.ready.last_transition != Timestamp{};
  status.ready = {std::string(kReady),
                  verdict.status,
                  std::move(verdict.reason),
                  std::move(verdict.message),
                  stays ? previous.ready.last_transition : seconds(now),
                  object.generation};
  return status;
}

bool SameMeaning(const SourceStatus& a, const SourceStatus& b) {
  return a.observed_generation == b.observed_generation && a.breaker_open == b.breaker_open &&
         a.ready.type == b.ready.type && a.ready.status == b.ready.status &&
         a.ready.reason == b.ready.reason;
}

std::string SourceStatusPatch(const SourceStatus& status, const std::string& uid) {
  const Json ready = {{"type", status.ready.type},
                      {"status", ConditionStatusName(status.ready.status)},
                      {"observedGeneration", status.ready.observed_generation},
                      {"lastTransitionTime", FormatRfc3339(status.ready.last_transition)},
                      {"reason", status.ready.reason},
                      {"message", status.ready.message}};
  Json patch;
  patch["metadata"] = {{"uid", uid}};
  patch["status"] = {{"observedGeneration", status.observed_generation},
                     {"lastSuccessTime", TimeJson(status.last_success)},
                     {"consecutiveFailures", status.failures},
                     {"breaker", status.breaker_open ? "Open" : "Closed"},
                     {"conditions", Json::array({ready})}};
  return patch.dump(-1, ' ', false, Json::error_handler_t::replace);
}

SourceStatus ParseSourceStatus(std::string_view json) {
  SourceStatus status;
  const Result<ObjectStatus> common = ParseObjectStatus(json);
  if (!common) return status;
  status.observed_generation = common->observed_generation;
  if (const StatusCondition* ready = common->Find(kReady)) status.ready = *ready;
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element node;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return status;
  if (root["status"].get(node) != simdjson::SUCCESS) return status;
  std::string_view text;
  if (node["lastSuccessTime"].get_string().get(text) == simdjson::SUCCESS) {
    if (const Result<Timestamp> at = ParseRfc3339(text)) status.last_success = *at;
  }
  std::int64_t failures = 0;
  if (node["consecutiveFailures"].get_int64().get(failures) == simdjson::SUCCESS) {
    status.failures = std::max<std::int64_t>(failures, 0);
  }
  if (node["breaker"].get_string().get(text) == simdjson::SUCCESS) {
    status.breaker_open = text == "Open";
  }
  return status;
}

}  // namespace hpaplus::kube
