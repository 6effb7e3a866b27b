#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/log.h"
#include "engine/record/open_loop.h"
#include "engine/rehearse/closed_loop.h"
#include "engine/rehearse/html_report.h"
#include "engine/rehearse/open_loop_page.h"
#include "engine/rehearse/report_page.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus replay: " << error.message << "\n";
  if (error.code == ErrorCode::kInvalidArgument) return kExitUsage;
  return error.code == ErrorCode::kNotFound ? kExitFailed : ExitCodeOf(error.code);
}

void Print(const std::vector<std::string>& lines, const char* what, std::ostream& err) {
  for (const std::string& line : lines)
    err << "hpaplus replay: " << what << line << "\n";
}

int ReplayOpenLoop(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  record::OpenLoopOptions open;
  open.object = options.object;
  open.until_first_difference = options.verify;
  rehearse::OpenLoopPage page;
  if (options.output == "html") {
    open.on_decision = [&page](const Round& round, const record::Redecision& again) {
      page.Take(round, again);
    };
  }
  if (options.output == "ndjson") {
    open.on_decision = [&out](const Round& round, const record::Redecision& again) {
      out << record::DecisionLine(round, again) << "\n";
    };
  }
  const auto result = record::ReplayOpen(options.recording, policies::MakeBuiltinPolicies, open);
  if (!result) return Fail(result.error(), err);
  if (options.output == "json") {
    out << record::OpenLoopJson(*result, options.recording) << "\n";
  } else if (options.output == "html") {
    out << rehearse::HtmlReport(page.Page(*result, options.recording));
  } else if (options.output != "ndjson") {
    out << record::OpenLoopTable(*result, options.recording);
  }
  Print(result->notes, "", err);
  Print(result->damage, "", err);
  if (!result->damage.empty()) return kExitUnparseable;
  if (result->decisions == 0) {
    err << "hpaplus replay: there is no decision"
        << (options.object.empty() ? "" : " of " + options.object) << "\n";
    return kExitFailed;
  }
  if (!options.verify || result->verified()) return kExitOk;
  if (result->first_difference) {
    const auto& first = *result->first_difference;
    err << "hpaplus replay: " << FormatRfc3339(first.at, true) << " " << first.object << ": "
        << first.what << "\n";
  } else {
    err << "hpaplus replay: " << result->undecidable << " decisions could not be made again\n";
  }
  return kExitFindings;
}

int ReplayClosedLoop(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  rehearse::ClosedLoopOptions closed;
  closed.object = options.object;
  closed.metric = options.metric;
  closed.plant.capacity_per_replica = options.capacity_per_replica;
  closed.plant.startup = options.startup;
  const auto loop = rehearse::ReadClosedLoop(options.recording, closed);
  if (!loop) return Fail(loop.error(), err);
  const rehearse::Trace& trace = loop->demand.trace;
  std::vector<rehearse::PolicyRun> runs;
  const auto run = [&](std::string name, const WorkloadSpec& spec) {
    runs.push_back(rehearse::RunEngine(std::move(name), spec, trace, loop->options,
                                       policies::MakeBuiltinPolicies, loop->demand.start));
  };
  run("replayed", loop->spec);
  for (const std::string& other : options.others) {
    if (other == "static") {
      runs.push_back(rehearse::RunStatic(trace, loop->options));
    } else if (other == "oracle") {
      runs.push_back(rehearse::RunOracle(trace, loop->options));
    } else if (other == "hpa-default") {
      run(other, rehearse::HpaDefault(loop->spec));
    } else if (other == "kpa-default") {
      run(other, rehearse::KpaDefault(loop->spec, options.capacity_per_replica));
    } else {
      const Result<WorkloadSpec> spec = ReadSpec(other);
      if (!spec) return Fail(spec.error(), err);
      run(other, *spec);
    }
  }
  Print(loop->notes, "", err);
  if (options.output == "html") {
    out << rehearse::HtmlReport(rehearse::ClosedLoopPage(*loop, options.recording, runs));
  } else {
    out << (options.output == "json"
                ? rehearse::ClosedLoopJson(*loop, options.recording, runs) + "\n"
                : rehearse::ClosedLoopTable(*loop, options.recording, runs));
  }
  return kExitOk;
}

}  // namespace

int Replay(const ReplayOptions& options, std::ostream& out, std::ostream& err) {
  SetLogLevel(LogLevel::kError);  // What the engine notes belongs to the world that is replayed.
  return options.closed_loop ? ReplayClosedLoop(options, out, err)
                             : ReplayOpenLoop(options, out, err);
}

}  // namespace hpaplus::app
