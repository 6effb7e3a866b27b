#include "engine/rehearse/closed_loop.h"

#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/record/recording.h"
#include "engine/rehearse/simulate_report.h"

namespace hpaplus::rehearse {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kPercent = 100;

SimulateReport ReportOf(const ClosedLoop& loop, const std::string& recording,
                        const std::vector<PolicyRun>& runs) {
  SimulateReport report;
  report.trace = recording;
  report.trace_seconds = loop.demand.trace.seconds();
  report.trace_peak = loop.demand.trace.peak();
  report.options = loop.options;
  report.runs.push_back(RecordedRun(loop));
  report.runs.insert(report.runs.end(), runs.begin(), runs.end());
  return report;
}

}  // namespace

Result<ClosedLoop> ReadClosedLoop(const std::filesystem::path& recording,
                                  const ClosedLoopOptions& options) {
  Result<record::RecordingReader> reader = record::RecordingReader::Open(recording);
  if (!reader) return reader.error();
  std::map<std::string, DemandBuilder> builders;
  std::map<std::string, std::shared_ptr<const WorkloadSpec>> specs;
  for (;;) {
    const Result<std::optional<record::Entry>> entry = reader->Next();
    if (!entry) return entry.error();
    if (!*entry) break;
    if ((*entry)->kind != record::EntryKind::kRound) continue;
    const Round& round = *(*entry)->round;
    const std::string name = WorkloadName(*round.view->spec);
    if (!options.object.empty() && name != options.object) continue;
    specs[name] = round.view->spec;
    builders.try_emplace(name, options.metric, options.plant).first->second.Take(round);
  }
  if (builders.size() != 1) {
    const std::string which = options.object.empty() ? "any object" : options.object;
    if (builders.empty()) {
      return Error{ErrorCode::kNotFound, fmt::format("the recording has no decision of {}", which)};
    }
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the recording has {} objects; name one, like {}", builders.size(),
                             builders.begin()->first)};
  }
  Result<Reconstruction> demand = builders.begin()->second.Build();
  if (!demand) return demand.error();
  ClosedLoop loop;
  loop.demand = *std::move(demand);
  loop.spec = *specs.begin()->second;
  loop.options.plant = options.plant;
  loop.options.plant.initial = loop.demand.initial;
  loop.notes = reader->notes();
  return loop;
}

std::string FoundDemandJson(const ClosedLoop& loop) {
  const Reconstruction& demand = loop.demand;
  const Json found = {{"object", WorkloadName(loop.spec)},
                      {"metric", demand.metric},
                      {"start", FormatRfc3339(demand.start, true)},
                      {"moments", demand.moments},
                      {"unknown", demand.unknown},
                      {"saturated", demand.saturated},
                      {"longest_gap_seconds", ToSeconds(demand.longest_gap)}};
  return found.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PolicyRun RecordedRun(const ClosedLoop& loop) {
  PolicyRun recorded;
  recorded.name = "recorded";
  recorded.scores = loop.demand.recorded;
  recorded.changes = loop.demand.changes;
  recorded.initial = loop.demand.initial;
  return recorded;
}

std::string ClosedLoopJson(const ClosedLoop& loop, const std::string& recording,
                           const std::vector<PolicyRun>& runs) {
  Json json = Json::parse(SimulateJson(ReportOf(loop, recording, runs)));
  json["schema"] = "hpaplus.io/replay/v1";
  const Reconstruction& demand = loop.demand;
  json["loop"] = "closed";
  json["demand"] = Json::parse(FoundDemandJson(loop));
  json["plant"]["fit_error"] = demand.fit_error ? Json(*demand.fit_error) : Json(nullptr);
  json["notes"] = loop.notes;
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string FoundDemandText(const ClosedLoop& loop) {
  const Reconstruction& demand = loop.demand;
  std::string out = fmt::format(
      "closed loop: the demand of {} found again in {}, and served by a model of its replicas\n"
      "{} of {} moments unknown, the longest gap {}",
      WorkloadName(loop.spec), demand.metric, demand.unknown, demand.moments,
      FormatDuration(demand.longest_gap));
  if (demand.saturated > 0) {
    out += fmt::format("; saturated in {}: the demand may have been larger", demand.saturated);
  }
  return out + (demand.fit_error
                    ? fmt::format("\nfit: modelled replicas are {:.1f} % off those recorded\n",
                                  *demand.fit_error * kPercent)
                    : std::string("\nfit: unknown, the recording has no pods\n"));
}

std::string ClosedLoopTable(const ClosedLoop& loop, const std::string& recording,
                            const std::vector<PolicyRun>& runs) {
  return FoundDemandText(loop) + "\n" + SimulateTable(ReportOf(loop, recording, runs));
}

}  // namespace hpaplus::rehearse
