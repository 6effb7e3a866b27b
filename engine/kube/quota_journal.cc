#include "engine/kube/quota_journal.h"

#include <span>
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

struct Said {
  const char* type;
  bool holds;
  std::string reason;
  std::string message;

  [[nodiscard]] const char* status() const { return holds ? "True" : "False"; }
};

// `slot` remembers since when.
template <class Slot>
Json ConditionsJson(std::span<const Said> all, std::int64_t generation, Timestamp now, Slot& slot) {
  Json conditions = Json::array();
  for (const Said& one : all) {
    auto& [status, since] = slot.conditions[one.type];
    if (std::exchange(status, one.status()) != one.status()) since = now;
    conditions.push_back({{"type", one.type},
                          {"status", one.status()},
                          {"observedGeneration", generation},
                          {"lastTransitionTime", FormatRfc3339(since)},
                          {"reason", one.reason},
                          {"message", one.message}});
  }
  return conditions;
}

std::string MeaningOf(std::span<const Said> all, std::int64_t generation) {
  std::string meaning = std::to_string(generation);
  for (const Said& one : all)
    meaning += fmt::format("|{}{}{}", one.status(), one.reason, one.message);
  return meaning;
}

Json ResourceJson(const QuotaRecord& record, const ResourceDecision& one) {
  const QuotaMode mode = record.spec->mode;
  Json line = {{"name", one.name}};
  if (const auto hard = record.HardOf(one)) line["hard"] = Text(one.name, *hard);
  line["used"] = Text(one.name, one.in_use);
  line["demand"] = Text(one.name, one.demand);
  line["share"] = Text(one.name, one.share);
  if (mode == QuotaMode::kAuto || mode == QuotaMode::kRecommend) {
    line["desired"] = Text(one.name, one.target);
  }
  line["reason"] = QuotaReasonName(ReasonOf(one));
  return line;
}

EventSubject SubjectOf(const QuotaSpec& spec) {
  return {"autoscaling.hpaplus.io/v1alpha1", "DynamicQuota", spec.ns, spec.name, spec.uid};
}

}  // namespace

KubeQuotaJournal::KubeQuotaJournal(Config config, Send send, EventWriter& events, Clock& clock)
    : config_(config), send_(std::move(send)), events_(events), clock_(clock) {}

// Writes a status when it means something else, and when its numbers have changed and are old.
void KubeQuotaJournal::Show(const Target& target, std::string meaning, std::string body,
                            Slot& slot) {
  const Timestamp now = clock_.Now();
  const bool is_due = meaning != slot.meaning ||
                      (body != slot.values && now >= slot.written_at + config_.values_spacing);
  if (!is_due || !config_.writes) return;
  slot.meaning = std::move(meaning);
  slot.values = body;
  slot.written_at = now;
  KubeRequest request;
  request.method = "PATCH";
  request.path = kOurs + target.path + "/status?fieldManager=hpaplus";
  request.body = std::move(body);
  request.content_type = "application/merge-patch+json";
  request.verb = "patch";
  request.resource = target.resource + "/status";
  request.priority = Priority::kStatus;
  send_(std::move(request), [path = target.path](const Result<std::string>& result) {
    if (result || result.error().code == ErrorCode::kNotFound) return;
    HPAPLUS_LOG(kWarning, "quota status not written",
                {{"object", path}, {"error", result.error().message}});
  });
}

void KubeQuotaJournal::Warn(const QuotaSpec& spec, const char* reason, std::string note,
                            Timestamp now) {
  if (!config_.writes) return;
  events_.Write({SubjectOf(spec), std::nullopt, true, reason, "Evaluate", std::move(note)}, now);
}

void KubeQuotaJournal::TellWrites(const QuotaRecord& record, Timestamp now) {
  const QuotaSpec& spec = *record.spec;
  for (const ResourceDecision& one : record.decision.resources) {
    const auto written = record.written.find(one.name);
    if (written == record.written.end()) continue;
    const bool grew = !one.hard || written->second > *one.hard;
    const std::string from = one.hard ? Text(one.name, *one.hard) : "no limit";
    const std::string to = Text(one.name, written->second);
    HPAPLUS_LOG(
        kInfo, "quota written",
        {{"quota", spec.ns + "/" + spec.name}, {"resource", one.name}, {"from", from}, {"to", to}});
    if (!config_.writes) continue;
    events_.Write({SubjectOf(spec), std::nullopt, false, grew ? "QuotaGrown" : "QuotaShrunk",
                   "Write", fmt::format("{} of {}: {} -> {}", one.name, spec.quota, from, to)},
                  now);
  }
}

// Events and the log: what was done, and what cannot be, once each time it begins.
void KubeQuotaJournal::Tell(const QuotaRecord& record, Slot& slot, Timestamp now) {
  const QuotaSpec& spec = *record.spec;
  TellWrites(record, now);
  if (!record.failure.empty()) {
    HPAPLUS_LOG(kWarning, "quota not written",
                {{"quota", spec.ns + "/" + spec.name}, {"error", record.failure}});
  }
  const bool is_news = std::exchange(slot.reason, record.reason) != record.reason;
  if (is_news && !record.reason.empty()) {
    const bool conflict = record.reason == "Conflict";
    Warn(spec, conflict ? "QuotaConflict" : "QuotaNotServed",
         fmt::format("{}: {}", record.reason, record.problem), now);
  }
  const bool was_stale = std::exchange(slot.stale, record.decision.stale);
  if (record.decision.stale && !was_stale) {
    Warn(spec, "QuotaStale", "what is in use has not been known for a while", now);
  }
  std::string blocked;
  for (const ResourceDecision& one : record.decision.resources) {
    if (one.demand <= one.target) continue;
    if (!one.deficit && LimitOf(one) != QuotaReason::kPoolShare) continue;
    blocked += fmt::format("{}{} gets {} of {}", blocked.empty() ? "" : ", ", one.name,
                           Text(one.name, one.target), Text(one.name, one.demand));
  }
  const bool was_blocked = !std::exchange(slot.blocked, blocked).empty();
  if (!blocked.empty() && !was_blocked) {
    Warn(spec, "QuotaBlocked", "the pool has not enough: " + blocked, now);
  }
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
    resources.push_back(ResourceJson(record, one));
    if (limit == QuotaReason::kNone) limit = LimitOf(one);
  }
  const bool limited = limit != QuotaReason::kNone;
  const bool stale = record.decision.stale;
  const bool conflict = record.reason == "Conflict";
  const std::string result = record.Result();
  const Said all[] = {
      {"Ready", result == "Decided", result,
       record.problem.empty() ? record.failure : record.problem},
      {"Limited", limited, limited ? std::string(QuotaReasonName(limit)) : "WithinLimits", ""},
      {"Stale", stale, stale ? "NotFresh" : "Fresh", ""},
      {"Conflict", conflict, conflict ? "OtherWriter" : "NoOtherWriter", ""}};
  Json status = {{"observedGeneration", spec.generation},
                 {"conditions", ConditionsJson(all, spec.generation, now, slot)}};
  if (!record.decision.resources.empty()) status["resources"] = resources;
  if (slot.changed_at != Timestamp{}) status["lastChangeTime"] = FormatRfc3339(slot.changed_at);
  Show({"namespaces/" + PercentEncode(spec.ns) + "/dynamicquotas/" + PercentEncode(spec.name),
        "dynamicquotas"},
       MeaningOf(all, spec.generation) + FormatRfc3339(slot.changed_at), Dump({{"status", status}}),
       slot);
}

void KubeQuotaJournal::RecordPool(const PoolRecord& record) {
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
  const Said all[] = {
      {"Ready", ready, ready ? "Decided" : record.reason, record.problem},
      {"Deficit", record.deficit, record.deficit ? "GuaranteesDoNotFit" : "GuaranteesFit", ""}};
  Json status = {{"observedGeneration", spec.generation},
                 {"conditions", ConditionsJson(all, spec.generation, clock_.Now(), slot)}};
  if (!record.resources.empty()) status["resources"] = resources;
  Show({"quotapools/" + PercentEncode(spec.name), "quotapools"}, MeaningOf(all, spec.generation),
       Dump({{"status", status}}), slot);
}

void KubeQuotaJournal::RecordQuotaGone(const std::string& ns, const std::string& name) {
  slots_.erase(ns + "/" + name);
}

void KubeQuotaJournal::RecordPoolGone(const std::string& name) {
  slots_.erase(name);
}

}  // namespace hpaplus::kube
