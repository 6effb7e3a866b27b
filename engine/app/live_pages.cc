#include "engine/app/live_pages.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/decision_json.h"
#include "engine/app/fleet_json.h"
#include "engine/app/history_json.h"
#include "engine/app/quota_page.h"
#include "engine/kube/decision_text.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using Reply = AdminServer::JsonReply;
using record::PastDecision;

constexpr std::string_view kDecisions = "/v1/decisions/";
constexpr std::string_view kHistory = "/v1/history/";

Reply Tell(const Json& json, int status = 200) {
  return {status, json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

Reply NotFound() {
  return Tell({{"error", "not found"}}, 404);
}

Reply Refuse(const std::string& why) {
  return Tell({{"error", why}}, 400);
}

Result<std::vector<PastDecision>> Last(std::vector<PastDecision> past, const std::string& count) {
  std::size_t wanted = 0;
  const char* const end = count.data() + count.size();
  const auto [rest, error] = std::from_chars(count.data(), end, wanted);
  if (error != std::errc() || rest != end || wanted < 1) {
    return Error{ErrorCode::kInvalidArgument, "last: a whole number from 1"};
  }
  if (past.size() > wanted) past.erase(past.begin(), past.end() - static_cast<long>(wanted));
  return past;
}

Result<std::vector<PastDecision>> StoodAt(std::vector<PastDecision> past, const std::string& text) {
  const auto at = ParseRfc3339(text);
  if (!at) return Error{ErrorCode::kInvalidArgument, "at: a time such as 2026-11-23T14:02:17Z"};
  std::erase_if(past, [&at](const PastDecision& one) { return one.decision.at > *at; });
  return Last(std::move(past), "1");
}

// One of last, at and id, as they were asked for.
Result<std::vector<PastDecision>> Choose(std::vector<PastDecision> past,
                                         const AdminServer::Query& query) {
  if (query.size() == 1) {
    const auto& [key, value] = *query.begin();
    if (key == "last") return Last(std::move(past), value);
    if (key == "at") return StoodAt(std::move(past), value);
    if (key == "id") {
      std::erase_if(past, [&id = value](const PastDecision& one) {
        return DecisionId(*one.view.spec, one.decision.at) != id;
      });
      return past;
    }
  }
  return Error{ErrorCode::kInvalidArgument, "one of last, at and id is wanted"};
}

}  // namespace

LivePages::LivePages(const api::DecisionBoard& board, const api::QuotaBoard& quotas,
                     const record::RecentDecisions* recent, Clock& clock, Facts facts)
    : board_(board), quotas_(quotas), recent_(recent), clock_(clock), facts_(std::move(facts)) {}

Reply LivePages::Answer(std::string_view path, const AdminServer::Query& query) const {
  if (path == "/v1/status") return Fleet(query);
  for (const std::string_view root : {kDecisions, kHistory}) {
    if (!path.starts_with(root) || (root == kDecisions && query.empty())) continue;
    const std::string_view name = path.substr(root.size());
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return NotFound();
    const auto entry = board_.Find(name.substr(0, slash), name.substr(slash + 1));
    if (!entry) return NotFound();
    return root == kHistory ? History(entry) : Decisions(entry, query);
  }
  auto page = DecisionPage(board_, path);
  if (!page) page = QuotaPage(quotas_, path);
  return page ? Reply{200, *std::move(page)} : NotFound();
}

Reply LivePages::Fleet(const AdminServer::Query& query) const {
  const auto parsed = ParseFleetQuery(query);
  if (!parsed) return Refuse(parsed.error().message);
  Json json = {{"schema", "hpaplus.io/v1/status"},
               {"now", ToSeconds(clock_.Now().time_since_epoch())},
               {"version", facts_.version},
               {"dryRun", facts_.dry_run}};
  if (recent_ != nullptr) {
    const auto totals = recent_->totals();
    json["kept"] = {{"decisions", totals.decisions},
                    {"bytes", totals.bytes},
                    {"perObject", recent_->config().per_object},
                    {"maxBytes", recent_->config().bytes_most}};
  }
  AddFleet(board_, recent_, *parsed, json);
  return Tell(json);
}

Reply LivePages::History(const api::DecisionBoard::Entry& entry) const {
  const WorkloadSpec& spec = *entry->view->spec;
  Json json = {{"schema", "hpaplus.io/v1/history"},
               {"namespace", spec.ns},
               {"name", spec.name},
               {"min", spec.min_replicas},
               {"max", spec.max_replicas}};
  const auto past = PastOf(*entry);
  if (!past.empty()) {
    json["summary"] = kube::DecisionText(past.back().decision, past.back().view);
    AddHistory(past, json);
    AddShadow(*entry, json);
  }
  return Tell(json);
}

Reply LivePages::Decisions(const api::DecisionBoard::Entry& entry,
                           const AdminServer::Query& query) const {
  const auto chosen = Choose(PastOf(*entry), query);
  if (!chosen) return Refuse(chosen.error().message);
  Json json = {{"schema", "hpaplus.io/v1/explain"}, {"decisions", Json::array()}};
  for (const PastDecision& past : *chosen) {
    Json decision = DecisionJson(past.decision, past.view);
    if (past.write) decision["written"] = WriteText(*past.write);
    if (entry->decision && entry->decision->at == past.decision.at) AddShadow(*entry, decision);
    json["decisions"].push_back(std::move(decision));
  }
  return Tell(json);
}

std::vector<PastDecision> LivePages::PastOf(const api::BoardEntry& entry) const {
  if (!entry.decision) return {};
  std::vector<PastDecision> past;
  if (recent_ != nullptr) past = recent_->Of(entry.decision->workload, entry.view->spec->uid);
  if (past.empty()) {
    past.push_back({*entry.decision, *entry.view, std::nullopt});
    past.back().view.spec = entry.decided;
  }
  return past;
}

}  // namespace hpaplus::app
