#include "engine/app/live_pages.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/decision_json.h"
#include "engine/app/explainer.h"
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
constexpr std::size_t kWhatIfMost = 500;

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
  return Error{ErrorCode::kInvalidArgument,
               "one of last, at and id is wanted, and perhaps whatIf beside it"};
}

}  // namespace

Reply LivePages::Answer(std::string_view path, const AdminServer::Query& query) const {
  if (path == "/v1/status") return Fleet(query);
  for (const std::string_view root : {kDecisions, kHistory}) {
    if (!path.starts_with(root) || (root == kDecisions && query.empty())) continue;
    const std::string_view name = path.substr(root.size());
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return NotFound();
    const auto entry = from_.board.Find(name.substr(0, slash), name.substr(slash + 1));
    if (!entry) return NotFound();
    return root == kHistory ? History(entry) : Decisions(entry, query);
  }
  auto page = DecisionPage(from_.board, path);
  if (!page) page = QuotaPage(from_.quotas, path);
  return page ? Reply{200, *std::move(page)} : NotFound();
}

Reply LivePages::Fleet(const AdminServer::Query& query) const {
  const auto parsed = ParseFleetQuery(query);
  if (!parsed) return Refuse(parsed.error().message);
  Json json = {{"schema", "hpaplus.io/v1/status"},
               {"now", ToSeconds(from_.clock.Now().time_since_epoch())},
               {"version", facts_.version},
               {"dryRun", facts_.dry_run}};
  if (from_.recent != nullptr) {
    const auto totals = from_.recent->totals();
    json["kept"] = {{"decisions", totals.decisions},
                    {"bytes", totals.bytes},
                    {"perObject", from_.recent->config().per_object},
                    {"maxBytes", from_.recent->config().bytes_most}};
  }
  AddFleet(from_.board, from_.recent, *parsed, json);
  return Tell(json);
}

Reply LivePages::History(const api::DecisionBoard::Entry& entry) const {
  const WorkloadSpec& spec = *entry->view->spec;
  Json json = {{"schema", "hpaplus.io/v1/history"},
               {"namespace", spec.ns},
               {"name", spec.name},
               {"min", spec.min_replicas},
               {"max", spec.max_replicas}};
  Look(*entry);
  const auto past = PastOf(*entry);
  if (!past.empty()) {
    json["summary"] = kube::DecisionText(past.back().decision, past.back().view);
    AddHistory(past, json);
    AddShadow(*entry, json);
  }
  return Tell(json);
}

Reply LivePages::Decisions(const api::DecisionBoard::Entry& entry, AdminServer::Query query) const {
  std::string what_if;
  if (const auto wanted = query.find("whatIf"); wanted != query.end()) {
    what_if = wanted->second;
    query.erase(wanted);
  }
  if (what_if.size() > kWhatIfMost) return Refuse("whatIf is too long");
  const auto chosen = Choose(PastOf(*entry), query);
  if (!chosen) return Refuse(chosen.error().message);
  Look(*entry);
  const auto rounds = RoundsOf(*entry);
  Json json = {{"schema", "hpaplus.io/v1/explain"}, {"decisions", Json::array()}};
  for (const PastDecision& past : *chosen) {
    Json decision = DecisionJson(past.decision, past.view);
    if (past.write) decision["written"] = WriteText(*past.write);
    if (entry->decision && entry->decision->at == past.decision.at) AddShadow(*entry, decision);
    const auto round = std::ranges::find_if(
        rounds, [&past](const auto& one) { return one->at == past.decision.at; });
    if (round != rounds.end()) {
      const Situation situation{*round, (*round)->history, facts_.decide, std::nullopt};
      const Status added = AddAlternatives(situation, what_if, decision);
      if (!added) return Refuse(added.error().message);
    }
    json["decisions"].push_back(std::move(decision));
  }
  return Tell(json);
}

void LivePages::Look(const api::BoardEntry& entry) const {
  if (from_.watched != nullptr && entry.decision)
    from_.watched->Watch(entry.decision->workload, from_.clock.Now());
}

record::WatchedRounds::Rounds LivePages::RoundsOf(const api::BoardEntry& entry) const {
  if (from_.watched == nullptr || !entry.decision) return {};
  auto rounds = from_.watched->Of(entry.decision->workload);
  // Another object may have had that id.
  std::erase_if(rounds, [&uid = entry.view->spec->uid](const auto& round) {
    return round->view->spec->uid != uid;
  });
  return rounds;
}

std::vector<PastDecision> LivePages::PastOf(const api::BoardEntry& entry) const {
  if (!entry.decision) return {};
  std::vector<PastDecision> past;
  if (from_.recent != nullptr)
    past = from_.recent->Of(entry.decision->workload, entry.view->spec->uid);
  if (past.empty()) {
    past.push_back({*entry.decision, *entry.view, std::nullopt});
    past.back().view.spec = entry.decided;
  }
  return past;
}

}  // namespace hpaplus::app
