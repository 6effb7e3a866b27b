#include "engine/app/fleet_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/decision_json.h"
#include "engine/app/last_word.h"
#include "engine/kube/decision_text.h"
#include "engine/model/mode_name.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using Order = FleetQuery::Order;
using api::BoardEntry;
using api::DecisionBoard;

constexpr std::size_t kRowsMost = 500;
constexpr std::size_t kTextMost = 200;
constexpr std::size_t kSizesMost = 60;  // Of a sparkline.

constexpr std::pair<std::string_view, Order> kOrders[] = {{"name", Order::kName},
                                                          {"attention", Order::kAttention},
                                                          {"change", Order::kChange},
                                                          {"replicas", Order::kReplicas},
                                                          {"oldest", Order::kOldest}};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// An object of the table, with what it is found and sorted by.
struct Row {
  DecisionBoard::Entry entry;
  LastWord word;
  std::int64_t key = 0;  // The least first; equal ones by name, as the board gives them.
};

bool Matches(const Row& row, const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const WorkloadSpec& spec = *row.entry->view->spec;
  const std::string text = Lower(fmt::format(
      "{}/{} {}/{} {} {} {} {}", spec.ns, spec.name, spec.target.kind, spec.target.name,
      ModeName(spec.mode), LastWordKindName(row.word.kind), row.word.by, row.word.reason));
  return std::ranges::all_of(
      words, [&text](const auto& word) { return text.find(word) != std::string::npos; });
}

std::int64_t KeyOf(const Row& row, Order order) {
  const Decision* decision = row.entry->decision.get();
  switch (order) {
    case Order::kName:
      return 0;
    case Order::kAttention:
      if (decision == nullptr || row.word.kind == LastWord::Kind::kHeld) return 0;
      return row.word.kind == LastWord::Kind::kLimited ? 1 : 2;
    case Order::kChange:
      return decision != nullptr ? -std::abs(std::int64_t{decision->desired} - decision->current)
                                 : 0;
    case Order::kReplicas:
      return decision != nullptr ? -std::int64_t{decision->desired} : 0;
    case Order::kOldest:
      return decision != nullptr ? decision->at.time_since_epoch().count() : 0;
  }
  return 0;
}

std::vector<std::string> WordsOf(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c != ' ') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

Json SizesJson(const BoardEntry& entry, const record::RecentDecisions* recent) {
  Json sizes = Json::array();
  if (recent == nullptr) return sizes;
  const auto kept = recent->SizesOf(entry.decision->workload, entry.view->spec->uid);
  for (std::size_t i = kept.size() - std::min(kept.size(), kSizesMost); i < kept.size(); ++i) {
    sizes.push_back({ToSeconds(kept[i].at.time_since_epoch()), kept[i].current, kept[i].desired});
  }
  return sizes;
}

Json RowJson(const Row& row, const record::RecentDecisions* recent) {
  const BoardEntry& entry = *row.entry;
  const WorkloadSpec& spec = *entry.view->spec;
  Json json = {{"namespace", spec.ns},
               {"name", spec.name},
               {"target", fmt::format("{}/{}", spec.target.kind, spec.target.name)},
               {"mode", ModeName(spec.mode)},
               {"periodSeconds", ToSeconds(spec.period)},
               {"min", spec.min_replicas},
               {"max", spec.max_replicas}};
  if (!entry.decision) {
    json["summary"] = "not evaluated yet";
    return json;
  }
  const Decision& decision = *entry.decision;
  WorkloadView view = *entry.view;
  view.spec = entry.decided;
  json["t"] = ToSeconds(decision.at.time_since_epoch());
  json["current"] = decision.current;
  json["desired"] = decision.desired;
  json["lastWord"] = {
      {"kind", LastWordKindName(row.word.kind)}, {"by", row.word.by}, {"reason", row.word.reason}};
  json["summary"] = kube::DecisionText(decision, view);
  json["sizes"] = SizesJson(entry, recent);
  AddShadow(entry, json);
  return json;
}

}  // namespace

Result<FleetQuery> ParseFleetQuery(const AdminServer::Query& query) {
  const auto invalid = [](std::string what) {
    return Error{ErrorCode::kInvalidArgument, std::move(what)};
  };
  FleetQuery parsed;
  for (const auto& [key, value] : query) {
    if (key == "q") {
      if (value.size() > kTextMost) return invalid(fmt::format("q: at most {} bytes", kTextMost));
      parsed.text = Lower(value);
    } else if (key == "sort") {
      const auto* const found =
          std::ranges::find(kOrders, value, [](const auto& order) { return order.first; });
      if (found == std::end(kOrders)) {
        return invalid("sort: name, attention, change, replicas or oldest");
      }
      parsed.order = found->second;
    } else if (key == "limit") {
      const char* const end = value.data() + value.size();
      const auto [rest, error] = std::from_chars(value.data(), end, parsed.limit);
      if (error != std::errc() || rest != end || parsed.limit < 1 || parsed.limit > kRowsMost) {
        return invalid(fmt::format("limit: a whole number from 1 to {}", kRowsMost));
      }
    } else {
      return invalid("there are q, sort and limit");
    }
  }
  return parsed;
}

void AddFleet(const DecisionBoard& board, const record::RecentDecisions* recent,
              const FleetQuery& query, Json& out) {
  const std::vector<std::string> words = WordsOf(query.text);
  std::vector<Row> rows;
  std::size_t objects = 0;
  std::size_t held = 0;
  std::size_t limited = 0;
  for (auto& entry : board.All()) {
    ++objects;
    Row row{std::move(entry), {}, 0};
    if (row.entry->decision) row.word = LastWordOf(*row.entry->decision);
    held += row.word.kind == LastWord::Kind::kHeld ? 1 : 0;
    limited += row.word.kind == LastWord::Kind::kLimited ? 1 : 0;
    if (!Matches(row, words)) continue;
    row.key = KeyOf(row, query.order);
    rows.push_back(std::move(row));
  }
  std::ranges::stable_sort(rows, {}, &Row::key);
  out["objects"] = objects;
  out["held"] = held;
  out["limited"] = limited;
  out["matched"] = rows.size();
  out["rows"] = Json::array();
  for (std::size_t i = 0; i < rows.size() && i < query.limit; ++i)
    out["rows"].push_back(RowJson(rows[i], recent));
}

}  // namespace hpaplus::app
