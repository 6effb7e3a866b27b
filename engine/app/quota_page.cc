#include "engine/app/quota_page.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace hpaplus::app {
namespace {

using Json = nlohmann::ordered_json;
using api::QuotaRound;

constexpr std::string_view kRoot = "/v1/quotas";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string_view ModeName(QuotaMode mode) {
  switch (mode) {
    case QuotaMode::kOff:
      return "Off";
    case QuotaMode::kDryRun:
      return "DryRun";
    case QuotaMode::kRecommend:
      return "Recommend";
    case QuotaMode::kAuto:
      return "Auto";
  }
  return "";
}

// An amount as a quantity, and its number in the resource's unit under `numbers`.
class AmountsJson {
 public:
  explicit AmountsJson(const std::string& resource) : resource_(resource) {}

  void Add(const char* key, std::optional<Amount> amount) {
    if (!amount) {
      json_[key] = numbers_[key] = nullptr;
      return;
    }
    const Quantity quantity = QuantityOf(resource_, *amount);
    json_[key] = quantity.ToString();
    numbers_[key] = quantity.AsDouble();
  }
  [[nodiscard]] Json Take() {
    json_["numbers"] = std::move(numbers_);
    return std::move(json_);
  }

 private:
  const std::string& resource_;
  Json json_ = Json::object();
  Json numbers_ = Json::object();
};

// What convinced a stage is an amount, or a number of seconds or percent.
Json EvidenceJson(const std::string& resource, const QuotaStep& step) {
  switch (step.stage) {
    case QuotaStage::kHysteresis:
      return {{"percent", step.evidence}};
    case QuotaStage::kCooldown:
      return {{"windowSeconds", step.evidence}};
    case QuotaStage::kDemand:
    case QuotaStage::kInUse:
      return {{"inUse", QuantityOf(resource, step.evidence).ToString()}};
    case QuotaStage::kShare:
      return {{"ceiling", QuantityOf(resource, step.evidence).ToString()}};
    case QuotaStage::kStep:
      return {{"most", QuantityOf(resource, step.evidence).ToString()}};
    case QuotaStage::kSlack:
      return {{"granted", QuantityOf(resource, step.evidence).ToString()}};
    case QuotaStage::kFreshness:
    case QuotaStage::kFreeze:
    case QuotaStage::kMode:
      break;
  }
  return Json::object();
}

Json StepsJson(const ResourceDecision& decision) {
  Json steps = Json::array();
  for (const QuotaStep& step : decision.steps) {
    Json json = {{"stage", QuotaStageName(step.stage)},
                 {"before", QuantityOf(decision.name, step.before).ToString()},
                 {"after", QuantityOf(decision.name, step.after).ToString()},
                 {"reason", QuotaReasonName(step.reason)}};
    json.update(EvidenceJson(decision.name, step));
    steps.push_back(std::move(json));
  }
  return steps;
}

Json ResourceJson(const QuotaRecord& record, const ResourceDecision& one, bool with_steps) {
  const QuotaSpec& spec = *record.spec;
  const std::optional<Amount> hard = record.HardOf(one);
  const auto resource = std::ranges::find(spec.resources, one.name, &QuotaResource::name);
  AmountsJson amounts(one.name);
  amounts.Add("before", one.hard);
  amounts.Add("hard", hard);
  amounts.Add("used", one.in_use);
  amounts.Add("wanted", one.demand);
  amounts.Add("share", one.share);
  amounts.Add("target", one.target);
  amounts.Add("unmet", std::max<Amount>(one.demand - hard.value_or(one.demand), 0));
  if (resource != spec.resources.end()) {
    amounts.Add("guaranteed", resource->min);
    amounts.Add("max", resource->max);
  }
  Json json = {{"name", one.name}};
  json.update(amounts.Take());
  json["written"] = record.written.contains(one.name);
  json["deficit"] = one.deficit;
  if (with_steps) json["steps"] = StepsJson(one);
  return json;
}

Json RoundJson(const QuotaRound& round, bool with_steps) {
  const QuotaRecord& record = round.record;
  Json json = {{"at", FormatRfc3339(record.decision.at, true)},
               {"since", FormatRfc3339(round.since, true)},
               {"result", record.Result()},
               {"problem", OrNull(record.problem.empty() ? record.failure : record.problem)},
               {"acts", record.decision.acts},
               {"stale", record.decision.stale},
               {"resources", Json::array()}};
  for (const ResourceDecision& one : record.decision.resources)
    json["resources"].push_back(ResourceJson(record, one, with_steps));
  return json;
}

Json SpecJson(const QuotaSpec& spec) {
  return {{"namespace", spec.ns},
          {"name", spec.name},
          {"quota", spec.quota},
          {"pool", OrNull(spec.pool)},
          {"mode", ModeName(spec.mode)}};
}

Json PoolJson(const PoolRecord& record) {
  const PoolSpec& spec = *record.spec;
  Json json = {{"name", spec.name},
               {"parent", OrNull(spec.parent)},
               {"at", FormatRfc3339(record.at, true)},
               {"result", record.reason.empty() ? "Decided" : record.reason},
               {"problem", OrNull(record.problem)},
               {"deficit", record.deficit},
               {"resources", Json::array()}};
  for (const auto& [name, line] : record.resources) {
    AmountsJson amounts(name);
    amounts.Add("capacity", line.capacity);
    amounts.Add("granted", line.granted);
    amounts.Add("wanted", line.demand);
    Json resource = {{"name", name}};
    resource.update(amounts.Take());
    json["resources"].push_back(std::move(resource));
  }
  return json;
}

std::string AllOf(const api::QuotaBoard& board) {
  Json json = {
      {"schema", "hpaplus.io/v1/quotas"}, {"quotas", Json::array()}, {"pools", Json::array()}};
  for (const QuotaRound& round : board.Last()) {
    Json one = SpecJson(*round.record.spec);
    one.update(RoundJson(round, false));
    json["quotas"].push_back(std::move(one));
  }
  for (const PoolRecord& pool : board.Pools())
    json["pools"].push_back(PoolJson(pool));
  return Dump(json);
}

}  // namespace

std::optional<std::string> QuotaPage(const api::QuotaBoard& board, std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  if (path.empty() || path == "/") return AllOf(board);
  const auto slash = path.find('/', 1);
  if (path.front() != '/' || slash == std::string_view::npos) return std::nullopt;
  const auto entry = board.Find(path.substr(1, slash - 1), path.substr(slash + 1));
  if (!entry) return std::nullopt;
  Json json = {{"schema", "hpaplus.io/v1/quota"}};
  json.update(SpecJson(*entry->spec));
  for (const auto& [key, rounds] :
       {std::pair("rounds", &entry->rounds), std::pair("writes", &entry->writes)}) {
    json[key] = Json::array();
    for (const QuotaRound& round : *rounds)
      json[key].push_back(RoundJson(round, true));
  }
  return Dump(json);
}

}  // namespace hpaplus::app
