#include "engine/rehearse/simulate_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/rehearse/report_json.h"

namespace hpaplus::rehearse {
namespace {

// Seconds of the trace for one of the clock on the wall; 0: not measured.
double Speedup(const PolicyRun& run) {
  return run.wall_seconds > 0 ? run.scores.seconds / run.wall_seconds : 0;
}

Json ChangesJson(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& change : changes) {
    Json entry = {{"t_seconds", change.seconds}, {"from", change.from}, {"to", change.to}};
    if (change.reason != Reason::kNone) {
      entry["stage"] = StageName(change.stage);
      entry["reason"] = ReasonName(change.reason);
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json RunJson(const PolicyRun& run) {
  Json json = {{"name", run.name}};
  AddScores(run.scores, json);
  json["decisions"] = run.decisions;
  json["speedup"] = Speedup(run);
  json["size_changes"] = ChangesJson(run.changes);
  return json;
}

}  // namespace

std::string SimulateJson(const SimulateReport& report) {
  const RunOptions& options = report.options;
  Json json = {{"schema", "hpaplus.io/simulate/v1"},
               {"trace",
                {{"file", report.trace},
                 {"seconds", report.trace_seconds},
                 {"peak", report.trace_peak},
                 {"between", options.between == Between::kHold ? "hold" : "linear"}}},
               {"plant", PlantJson(options)},
               {"policies", Json::array()}};
  for (const PolicyRun& run : report.runs)
    json["policies"].push_back(RunJson(run));
  return Dump(json);
}

std::string SimulateTable(const SimulateReport& report) {
  constexpr double kPercent = 100;
  std::size_t width = 6;
  for (const PolicyRun& run : report.runs)
    width = std::max(width, run.name.size());
  std::string out = fmt::format(
      "{}: {} of demand, peak {:g}; {:g} per replica, {} until one serves\n\n", report.trace,
      FormatDuration(std::chrono::seconds(static_cast<std::int64_t>(report.trace_seconds))),
      report.trace_peak, report.options.plant.capacity_per_replica,
      FormatDuration(report.options.plant.startup));
  out += fmt::format("{:<{}} {:>13} {:>8} {:>12} {:>12} {:>8} {:>9} {:>8} {:>8} {:>7} {:>9}\n",
                     "policy", width, "replica-hours", "short", "missing", "unneeded", "changes",
                     "reversals", "p50", "p99", "worst", "speed");
  for (const PolicyRun& run : report.runs) {
    const Scores& scores = run.scores;
    out += fmt::format(
        "{:<{}} {:>13.1f} {:>7.2f}% {:>12.0f} {:>12.0f} {:>8} {:>9} {:>7.0f}s {:>7.0f}s {:>6.0f}% "
        "{:>8.0f}x\n",
        run.name, width, scores.replica_hours, scores.under_provisioned_time_share * kPercent,
        scores.under_provisioned_area, scores.over_provisioned_area, scores.changes,
        scores.reversals, scores.reaction_p50_seconds, scores.reaction_p99_seconds,
        scores.worst_minute * kPercent, Speedup(run));
  }
  out +=
      "\nshort: share of the time with fewer replicas than needed; missing, unneeded: "
      "replica-seconds;\np50, p99: how long a shortage lasts; worst: what was missing of the worst "
      "minute's need.\n";
  return out;
}

}  // namespace hpaplus::rehearse
