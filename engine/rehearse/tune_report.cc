#include "engine/rehearse/tune_report.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kPercent = 100;
constexpr double kDay = 86'400;
constexpr std::size_t kFrontMost = 200;  // In a report; the ends of a longer one are kept.

double PerSecond(const TuneResult& result) {
  const auto tried = static_cast<double>(result.tried.size() - result.resumed);
  return result.search_wall_seconds > 0 ? tried / result.search_wall_seconds : 0;
}

Json SettingsJson(const std::vector<Setting>& settings) {
  Json json = Json::object();
  for (const Setting& setting : settings)
    json[setting.path] = Json::parse(setting.value);
  return json;
}

Json ScoresJson(const Scores& scores) {
  Json json = Json::object();
  AddScores(scores, json);
  return json;
}

Json PolicyJson(const TunedPolicy& policy) {
  Json json = {{"name", policy.name}};
  if (!policy.settings.empty()) json["settings"] = SettingsJson(policy.settings);
  json["search"] = ScoresJson(policy.search.plain);
  json["under_stress"] = ScoresJson(policy.search.stressed);
  json["aside"] = ScoresJson(policy.aside.scores);
  return json;
}

Json SideJson(const std::optional<Sensitivity::Side>& side) {
  if (!side) return nullptr;
  Json json = {{"value", Json::parse(side->choice)}};
  AddScores(side->scores, json);
  return json;
}

// As many of them as are read, evenly.
std::vector<std::size_t> Thinned(std::size_t count, std::size_t most) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < std::min(count, most); ++i)
    kept.push_back(count <= most ? i : i * (count - 1) / (most - 1));
  return kept;
}

double PerDay(std::int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) * kDay / seconds : 0;
}

std::string Lasting(double seconds) {
  return FormatDuration(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

// "12.3 % cheaper", "1.0 % dearer".
std::string Compared(double value, double with, std::string_view less, std::string_view more) {
  if (value == with) return fmt::format("as {} as", less == "cheaper" ? "dear" : "long short");
  if (with <= 0) return fmt::format("{} than", more);
  const double percent = (value / with - 1) * kPercent;
  return fmt::format("{:.1f} % {} than", std::abs(percent), percent < 0 ? less : more);
}

std::string RowOf(std::string_view name, const Scores& scores) {
  return fmt::format(
      "{:<12} {:>13.1f} {:>8.3f}% {:>12.0f} {:>11.0f} {:>11.0f} {:>7.0f}s {:>6.0f}%\n", name,
      scores.replica_hours, scores.under_provisioned_time_share * kPercent,
      scores.under_provisioned_area, PerDay(scores.changes, scores.seconds),
      PerDay(scores.reversals, scores.seconds), scores.reaction_p99_seconds,
      scores.worst_minute * kPercent);
}

std::string ShortValue(const std::string& choice) {
  const Json value = Json::parse(choice);
  if (value.is_string()) return value;
  if (!value.is_array()) return value.dump();
  return fmt::format("{}%/{}s", value[0]["value"].get<int>(), value[0]["periodSeconds"].get<int>());
}

std::string NotesText(const TuneDemand& demand) {
  if (demand.recording) return FoundDemandText(*demand.recording);
  return demand.notes.empty() ? "" : fmt::format("{}\n", fmt::join(demand.notes, "; "));
}

std::string PoliciesTable(const TuneResult& result) {
  std::string out;
  for (const bool aside : {false, true}) {
    out += fmt::format("{:<12} {:>13} {:>9} {:>12} {:>11} {:>11} {:>8} {:>7}\n",
                       aside ? "kept aside" : "searched on", "replica-hours", "short", "missing",
                       "changes/day", "turns/day", "p99", "worst");
    for (const TunedPolicy* policy :
         {&result.hpa, &result.current, result.chosen ? &*result.chosen : nullptr}) {
      if (policy == nullptr) continue;
      out += RowOf(policy->name, aside ? policy->aside.scores : policy->search.plain);
    }
    out += "\n";
  }
  return out;
}

std::string FrontTable(const TuneResult& result) {
  constexpr std::size_t kRows = 12;
  std::string out =
      fmt::format("Pareto front ({} of {} policies)\n", result.front.size(), result.tried.size());
  for (const std::size_t i : Thinned(result.front.size(), kRows)) {
    const Tried& tried = result.front[i];
    out += RowOf(tried.standing.excess <= 0 ? "  goal met" : "", tried.scores.plain);
  }
  return out + "\n";
}

std::string KnobsTable(const TuneResult& result) {
  std::string out =
      "setting, and what its neighbours would do to replica-hours and the time short\n";
  for (const Sensitivity& one : result.sensitivity) {
    std::string line = fmt::format("  {} = {}", one.name, ShortValue(one.chosen));
    for (const auto& side : {one.lower, one.higher}) {
      if (!side) continue;
      const Scores& chosen = result.chosen->search.plain;
      line += fmt::format(
          "   {}: {:+.1f} %, {:+.3f} %", ShortValue(side->choice),
          (side->scores.replica_hours / chosen.replica_hours - 1) * kPercent,
          (side->scores.under_provisioned_time_share - chosen.under_provisioned_time_share) *
              kPercent);
    }
    out += line + "\n";
  }
  return out + "\n";
}

}  // namespace

std::string TuneVerdict(const TuneReport& report) {
  const TuneResult& result = report.result;
  if (!result.chosen) return "Nothing was tried, so nothing was found.";
  const Scores& tuned = result.chosen->aside.scores;
  const Scores& hpa = result.hpa.aside.scores;
  return fmt::format(
      "{} On the part of the trace kept aside the tuned policy is {} hpa-default and {} it: {:.1f} "
      "replica-hours instead of {:.1f}, {:.3f} % of the time short instead of {:.3f} %.",
      result.meets ? "The objective is met where it was searched."
                   : "No policy was found that meets the objective; this one comes nearest.",
      Compared(tuned.replica_hours, hpa.replica_hours, "cheaper", "dearer"),
      Compared(tuned.under_provisioned_time_share, hpa.under_provisioned_time_share,
               "less time short", "longer short"),
      tuned.replica_hours, hpa.replica_hours, tuned.under_provisioned_time_share * kPercent,
      hpa.under_provisioned_time_share * kPercent);
}

std::string TuneJson(const TuneReport& report, const SearchSpace& space) {
  const TuneResult& result = report.result;
  Json json = {{"schema", "hpaplus.io/tune/v1"},
               {"verdict",
                {{"text", TuneVerdict(report)},
                 {"meets_objective", result.meets},
                 {"better_than_hpa_default", result.better},
                 {"interrupted", result.interrupted}}},
               {"trace",
                {{"from", report.demand.from},
                 {"file", report.demand.name},
                 {"seconds", report.demand.trace.seconds()},
                 {"peak", report.demand.trace.peak()},
                 {"between", report.run.between == Between::kHold ? "hold" : "linear"},
                 {"search_from_seconds", result.split.search_from},
                 {"search_until_seconds", result.split.search_until}}},
               {"plant", PlantJson(report.run)},
               {"search",
                {{"objective", report.objective.text},
                 {"seed", report.seed},
                 {"policies", result.tried.size()},
                 {"resumed", result.resumed},
                 {"seconds", result.search_wall_seconds},
                 {"policies_per_second", PerSecond(result)},
                 {"threads", report.threads}}},
               {"spec", report.spec},
               {"policies", Json::array()}};
  if (const auto& recording = report.demand.recording) {
    const auto& fit = recording->demand.fit_error;
    json["demand"] = Json::parse(FoundDemandJson(*recording));
    json["plant"]["fit_error"] = fit ? Json(*fit) : Json(nullptr);
  }
  json["notes"] = report.demand.notes;
  json["policies"].push_back(PolicyJson(result.hpa));
  json["policies"].push_back(PolicyJson(result.current));
  if (result.chosen) json["policies"].push_back(PolicyJson(*result.chosen));
  json["pareto"] = Json::array();
  for (const std::size_t i : Thinned(result.front.size(), kFrontMost)) {
    const Tried& tried = result.front[i];
    Json entry = {{"settings", SettingsJson(space.Settings(tried.point))},
                  {"meets_objective", tried.standing.excess <= 0}};
    AddScores(tried.scores.plain, entry);
    json["pareto"].push_back(std::move(entry));
  }
  json["sensitivity"] = Json::array();
  for (const Sensitivity& one : result.sensitivity) {
    json["sensitivity"].push_back({{"setting", one.name},
                                   {"chosen", Json::parse(one.chosen)},
                                   {"lower", SideJson(one.lower)},
                                   {"higher", SideJson(one.higher)}});
  }
  json["patch"] = report.patch;
  return Dump(json);
}

std::string TuneTable(const TuneReport& report, const SearchSpace& /*space*/) {
  const TuneResult& result = report.result;
  std::string out = fmt::format("{}\n\n", TuneVerdict(report));
  out += fmt::format(
      "{}: searched on {}, kept the last {} aside; {} policies, {:.0f} a second on {} threads, "
      "seed "
      "{}\nobjective: {}\n",
      report.demand.name, Lasting(result.split.search_until - result.split.search_from),
      Lasting(result.split.seconds - result.split.search_until), result.tried.size(),
      PerSecond(result), report.threads, report.seed, report.objective.text);
  out += NotesText(report.demand) + "\n" + PoliciesTable(result);
  if (!result.chosen) return out;
  return out + FrontTable(result) + KnobsTable(result) + report.patch;
}

}  // namespace hpaplus::rehearse
