#include "engine/app/tune_demand.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/app/prometheus_import.h"
#include "engine/eval/read_plan.h"
#include "engine/rehearse/import.h"
#include "engine/rehearse/plan.h"

namespace hpaplus::app {
namespace {

using rehearse::TuneDemand;

Result<TuneDemand> FromTrace(const TuneOptions& options) {
  Result<rehearse::Trace> trace = ReadTrace(options.trace_file);
  if (!trace) return trace.error();
  TuneDemand demand;
  demand.from = "trace";
  demand.name = options.trace_file;
  demand.trace = *std::move(trace);
  demand.start = options.start;
  return demand;
}

Result<TuneDemand> FromRecording(const TuneOptions& options, const WorkloadSpec& spec) {
  rehearse::ClosedLoopOptions closed;
  closed.object = options.object.empty() ? WorkloadName(spec) : options.object;
  closed.metric = options.metric;
  closed.plant.capacity_per_replica = options.capacity_per_replica;
  closed.plant.startup = options.startup;
  Result<rehearse::ClosedLoop> loop = rehearse::ReadClosedLoop(options.recording, closed);
  if (!loop) return loop.error();
  TuneDemand demand;
  demand.from = "recording";
  demand.name = options.recording;
  demand.trace = loop->demand.trace;
  demand.start = loop->demand.start;
  demand.notes = loop->notes;
  const std::vector<std::string> limits = rehearse::NotesOf(loop->demand);
  demand.notes.insert(demand.notes.end(), limits.begin(), limits.end());
  demand.recording = *std::move(loop);
  return demand;
}

// The PromQL of the metric that is named, or of the first that asks for a size.
Result<std::string> QueryOf(const TuneOptions& options, const WorkloadSpec& spec) {
  if (!options.prometheus.query.empty()) return options.prometheus.query;
  const auto fits = [&options](const MetricSpec& metric) {
    return options.metric.empty() ? metric.role == MetricRole::kScale && !metric.step
                                  : metric.name == options.metric;
  };
  const auto found = std::ranges::find_if(spec.metrics, fits);
  if (found == spec.metrics.end()) {
    return Error{ErrorCode::kInvalidArgument,
                 options.metric.empty() ? "the object has no metric that asks for a size"
                                        : fmt::format("there is no metric \"{}\"", options.metric)};
  }
  // One that is about each replica says nothing of the whole.
  const bool of_whole =
      found->type == MetricType::kSource && found->target.type == TargetType::kAverageValue;
  if (!of_whole) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("the metric \"{}\" has no query whose answer is all of the demand; "
                             "--query says what to ask",
                             found->name)};
  }
  WorkloadView view;
  view.spec = std::make_shared<const WorkloadSpec>(spec);
  const auto planned = PlanReads(view, PodMetricsFrom::kMetricsServer);
  const auto& read = planned[static_cast<std::size_t>(found - spec.metrics.begin())];
  if (!read) return read.error();
  return read->query.expression;
}

Result<TuneDemand> FromPrometheus(const TuneOptions& options, const WorkloadSpec& spec,
                                  Clock& clock, std::ostream& err) {
  Result<std::string> query = QueryOf(options, spec);
  if (!query) return query.error();
  PrometheusRange range = options.prometheus;
  range.query = *std::move(query);
  Result<std::vector<TimedValue>> series = ReadPrometheus(range, clock, err);
  if (!series) return series.error();
  const Result<rehearse::Imported> imported = rehearse::MakeTrace(*std::move(series));
  if (!imported) return imported.error();
  Result<rehearse::Trace> trace = rehearse::Trace::FromCsv(imported->csv);
  if (!trace) return trace.error();
  TuneDemand demand;
  demand.from = "prometheus";
  demand.name = range.query;
  demand.trace = *std::move(trace);
  demand.start = imported->start;
  demand.notes = {
      fmt::format("{} points from {} on", imported->points, FormatRfc3339(imported->start, true))};
  std::string changes = rehearse::ImportNotes(*imported);
  if (!changes.empty()) demand.notes.push_back(std::move(changes));
  return demand;
}

}  // namespace

Result<TuneDemand> ReadTuneDemand(const TuneOptions& options, const WorkloadSpec& spec,
                                  Clock& clock, std::ostream& err) {
  if (!options.recording.empty()) return FromRecording(options, spec);
  if (!options.prometheus.url.empty()) return FromPrometheus(options, spec, clock, err);
  return FromTrace(options);
}

}  // namespace hpaplus::app
