#include "engine/kube/quota_journal.h"

#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/log.h"
#include "engine/base/url.h"

namespace hpaplus::kube {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOurs = "/apis/autoscaling.hpaplus.io/v1alpha1/";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Text(const std::string& resource, Amount amount) {
  return QuantityOf(resource, amount).ToString();
}

// The last stage that changed something, or the first that says why nothing did.
QuotaReason ReasonOf(const ResourceDecision& decision) {
  QuotaReason reason = QuotaReason::kNone;
  for (const QuotaStep& step : decision.steps) {
    if (step.before != step.after || reason == QuotaReason::kNone) reason = step.reason;
  }
  return reason;
}

// Why it gets less than it asks for; kNone when it does not.
QuotaReason LimitOf(const ResourceDecision& decision) {
  QuotaReason reason = QuotaReason::kNone;
  for (const QuotaStep& step : decision.steps) {
    const bool limits = step.stage != QuotaStage::kDemand && step.after < step.before;
    if (limits && decision.target < decision.demand) reason = step.reason;
  }
  return reason;
}

Json ConditionJson(const std::string& type, bool holds, const std::string& reason,
                   const std::string& message, std::int64_t generation, Timestamp since) {
  return {{"type", type},
          {"status", holds ? "True" : "False"},
          {"observedGeneration", generation},
          {"lastTransitionTime", FormatRfc3339(since)},
          {"reason", reason},
          {"message", message}};
}

EventSubject SubjectOf(const QuotaSpec& spec) {
  return {"autoscaling.hpaplus.io/v1alpha1", "DynamicQuota", spec.ns, spec.name, spec.uid};
}

}  // namespace

KubeQuotaJournal::KubeQuotaJournal(Config config, Send send, EventWriter& events, Clock& clock)
    : config_(config), send_(std::move(send)), events_(events), clock_(clock) {}

void KubeQuotaJournal::Write(const std::string& path, const std::string& resource,
                             std::string body) {
  KubeRequest request;
  request.method = "PATCH";
  request.path = kOurs + path + "/status?fieldManager=hpaplus";
  request.body = std::move(body);
  request.content_type = "application/merge-patch+json";
  request.verb = "patch";
  request.resource = resource + "/status";
  request.priority = Priority::kStatus;
  send_(std::move(request), [path](const Result<std::string>& result) {
    if (result || result.error().code == ErrorCode::kNotFound) return;
    HPAPLUS_LOG(kWarning, "quota status not written",
                {{"object", path}, {"error", result.error().message}});
  });
}

// Events and the log: what was done, and what cannot be.
void KubeQuotaJournal::Tell(const QuotaRecord& record, Slot& slot, Timestamp now) {
  const QuotaSpec& spec = *record.spec;
  std::string blocked;
  for (const ResourceDecision& one : record.decision.resources) {
    const auto written = record.written.find(one.name);
    if (written != record.written.end()) {
      const bool grew = !one.hard || written->second > *one.hard;
      const std::string from = one.hard ? Text(one.name, *one.hard) : "no limit";
      const std::string note = fmt::format("{} of {}: {} -> {}", one.name, spec.quota, from,
                                           Text(one.name, written->second));
      HPAPLUS_LOG(kInfo, "quota written",
                  {{"quota", spec.ns + "/" + spec.name},
                   {"resource", one.name},
                   {"from", from},
                   {"to", Text(one.name, written->second)}});
      if (config_.writes) {
        events_.Write({SubjectOf(spec), std::nullopt, false, grew ? "QuotaGrown" : "QuotaShrunk",
                       "Write", note},
                      now);
      }
    }
    if (one.demand > one.target && (one.deficit || LimitOf(one) == QuotaReason::kPoolShare)) {
      blocked += fmt::format("{}{} gets {} of {}", blocked.empty() ? "" : ", ", one.name,
                             Text(one.name, one.target), Text(one.name, one.demand));
    }
  }
  if (!record.failure.empty()) {
    HPAPLUS_LOG(kWarning, "quota not written",
                {{"quota", spec.ns + "/" + spec.name}, {"error", record.failure}});
  }
  if (blocked.empty() == slot.blocked.empty()) return;
  slot.blocked = blocked;
  if (blocked.empty() || !config_.writes) return;
  events_.Write({SubjectOf(spec), std::nullopt, true, "QuotaBlocked", "Evaluate",
                 "the pool has not enough: " + blocked},
                now);
}

void KubeQuotaJournal::RecordQuota(const QuotaRecord& record) {
  const Timestamp now = clock_.Now();
  const QuotaSpec& spec = *record.spec;
  Slot& slot = slots_[spec.ns + "/" + spec.name];
  Tell(record, slot, now);
  if (!record.written.empty()) slot.changed_at = now;

  Json resources = Json::array();
  QuotaReason limit = QuotaReason::kNone;
  for (const ResourceDecision& one : record.decision.resources) {
    Json line = {{"name", one.name}};
    const auto written = record.written.find(one.name);
    if (written != record.written.end()) {
      line["hard"] = Text(one.name, written->second);
    } else if (one.hard) {
      line["hard"] = Text(one.name, *one.hard);
    }
    line["used"] = Text(one.name, one.in_use);
    line["demand"] = Text(one.name, one.demand);
    line["share"] = Text(one.name, one.share);
    if (spec.mode == QuotaMode::kAuto || spec.mode == QuotaMode::kRecommend) {
      line["desired"] = Text(one.name, one.target);
    }
    line["reason"] = QuotaReasonName(ReasonOf(one));
    resources.push_back(std::move(line));
    if (limit == QuotaReason::kNone) limit = LimitOf(one);
  }
  const bool conflict = record.reason == "Conflict";
  struct Said {
    const char* type;
    bool holds;
    std::string reason;
    std::string message;
  };
  const bool ready = record.reason.empty() && record.failure.empty();
  const std::string why = !record.reason.empty() ? record.reason : ready ? "Decided" : "NotWritten";
  const Said all[] = {
      {"Ready", ready, why, !record.problem.empty() ? record.problem : record.failure},
      {"Limited", limit != QuotaReason::kNone,
       limit == QuotaReason::kNone ? "WithinLimits" : std::string(QuotaReasonName(limit)), ""},
      {"Stale", record.decision.stale, record.decision.stale ? "NotFresh" : "Fresh", ""},
      {"Conflict", conflict, conflict ? "OtherWriter" : "NoOtherWriter", ""}};
  Json conditions = Json::array();
  std::string meaning = std::to_string(spec.generation);
  for (const Said& one : all) {
    auto& [status, since] = slot.conditions[one.type];
    const std::string text = one.holds ? "True" : "False";
    if (std::exchange(status, text) != text) since = now;
    conditions.push_back(
        ConditionJson(one.type, one.holds, one.reason, one.message, spec.generation, since));
    meaning += "|" + text + one.reason + one.message;
  }
  meaning += FormatRfc3339(slot.changed_at);
  Json status = {{"observedGeneration", spec.generation}, {"conditions", conditions}};
  if (!record.decision.resources.empty()) status["resources"] = resources;
  if (slot.changed_at != Timestamp{}) status["lastChangeTime"] = FormatRfc3339(slot.changed_at);
  std::string body = Dump({{"status", status}});
  const bool is_due = meaning != slot.meaning ||
                      (body != slot.values && now >= slot.written_at + config_.values_spacing);
  if (!is_due || !config_.writes) return;
  slot.meaning = meaning;
  slot.values = body;
  slot.written_at = now;
  Write("namespaces/" + PercentEncode(spec.ns) + "/dynamicquotas/" + PercentEncode(spec.name),
        "dynamicquotas", std::move(body));
}

void KubeQuotaJournal::RecordPool(const PoolRecord& record) {
  const Timestamp now = clock_.Now();
  const PoolSpec& spec = *record.spec;
  Slot& slot = slots_[spec.name];
  Json resources = Json::array();
  for (const auto& [name, line] : record.resources) {
    resources.push_back({{"name", name},
                         {"capacity", Text(name, line.capacity)},
                         {"granted", Text(name, line.granted)},
                         {"demand", Text(name, line.demand)}});
  }
  const bool ready = record.problem.empty();
  Json conditions = Json::array();
  std::string meaning = std::to_string(spec.generation);
  const auto add = [&](const char* type, bool holds, const std::string& reason,
                       const std::string& message) {
    auto& [status, since] = slot.conditions[type];
    const std::string text = holds ? "True" : "False";
    if (std::exchange(status, text) != text) since = now;
    conditions.push_back(ConditionJson(type, holds, reason, message, spec.generation, since));
    meaning += "|" + text + reason + message;
  };
  add("Ready", ready, ready ? "Decided" : record.reason, record.problem);
  add("Deficit", record.deficit, record.deficit ? "GuaranteesDoNotFit" : "GuaranteesFit", "");
  Json status = {{"observedGeneration", spec.generation}, {"conditions", conditions}};
  if (!record.resources.empty()) status["resources"] = resources;
  std::string body = Dump({{"status", status}});
  const bool is_due = meaning != slot.meaning ||
                      (body != slot.values && now >= slot.written_at + config_.values_spacing);
  if (!is_due || !config_.writes) return;
  slot.meaning = meaning;
  slot.values = body;
  slot.written_at = now;
  Write("quotapools/" + PercentEncode(spec.name), "quotapools", std::move(body));
}

void KubeQuotaJournal::RecordQuotaGone(const std::string& ns, const std::string& name) {
  slots_.erase(ns + "/" + name);
  HPAPLUS_LOG(kInfo, "quota restored", {{"quota", ns + "/" + name}});
}

}  // namespace hpaplus::kube
