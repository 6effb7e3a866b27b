#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/plan_quota.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/log.h"
#include "engine/rehearse/closed_loop.h"
#include "engine/rehearse/html_report.h"
#include "engine/rehearse/plan.h"
#include "engine/rehearse/report_page.h"
#include "engine/rehearse/spec_settings.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

class Planner {
 public:
  Planner(const PlanOptions& options, SpecFile planned)
      : options_(options), planned_(std::move(planned)) {
    plan_.file = options.files.front();
    plan_.object = WorkloadName(planned_.spec);
  }

  Status Make() {
    if (const Status read = TakeOldFile(); !read) return read.error();
    if (const Status read = TakeRecordedObject(); !read) return read.error();
    plan_.means_the_same = before_ && rehearse::MeanTheSame(*before_, planned_.spec);
    if (const Status rehearsed = TakePast(); !rehearsed) return rehearsed.error();
    plan_.warnings = rehearse::WarningsOf(plan_);
    return Done{};
  }

  [[nodiscard]] const rehearse::Plan& plan() const { return plan_; }
  [[nodiscard]] std::string Text() const {
    switch (options_.format) {
      case ReportFormat::kJson:
        return rehearse::PlanJson(plan_) + "\n";
      case ReportFormat::kHtml:
        return rehearse::HtmlReport(rehearse::PlanPage(plan_, *demand_));
      case ReportFormat::kTable:
        break;
    }
    return rehearse::PlanTable(plan_);
  }

 private:
  Status TakeOldFile() {
    if (options_.against.empty()) return Done{};
    Result<SpecFile> old = ReadSpecFile(options_.against);
    if (!old) return old.error();
    if (const std::string name = WorkloadName(old->spec); name != plan_.object) {
      return Error{ErrorCode::kMalformedData,
                   fmt::format("{}: has {}, and {} has {}", options_.against, name, plan_.file,
                               plan_.object)};
    }
    return Compare(old->json, planned_.json, old->spec, options_.against);
  }

  Status TakeRecordedObject() {
    if (options_.recording.empty()) return Done{};
    const auto last =
        rehearse::DecideLastAgain(options_.recording, planned_.spec, policies::MakeBuiltinPolicies);
    if (!last) return last.error();
    plan_.now = last->effect;
    if (!before_) {
      return Compare(rehearse::SettingsJson(*last->spec), rehearse::SettingsJson(planned_.spec),
                     *last->spec, options_.recording);
    }
    if (!rehearse::MeanTheSame(*before_, *last->spec)) {
      plan_.notes.push_back(
          fmt::format("the object that was recorded is not that of {}", options_.against));
    }
    return Done{};
  }

  Status Compare(const std::string& before, const std::string& after, const WorkloadSpec& spec,
                 const std::string& where) {
    auto fields = rehearse::DiffFields(before, after);
    if (!fields) return fields.error();
    plan_.fields = *std::move(fields);
    plan_.against = where;
    before_ = spec;
    return Done{};
  }

  Status TakePast() {
    if (options_.capacity_per_replica <= 0) {
      if (!options_.recording.empty()) {
        plan_.notes.emplace_back("the past is rehearsed with --capacity-per-replica only");
      }
      return Done{};
    }
    Result<rehearse::PlanDemand> demand =
        options_.recording.empty() ? FromTrace() : FromRecording();
    if (!demand) return demand.error();
    demand->over = options_.over;
    if (demand->trace.seconds() < ToSeconds(options_.over)) {
      plan_.notes.push_back(
          fmt::format("the demand is shorter than {}", FormatDuration(options_.over)));
    }
    Note(rehearse::NotesOf(planned_.spec));
    demand_ = *std::move(demand);
    plan_.past = rehearse::Rehearse(*demand_, before_ ? &*before_ : nullptr, planned_.spec,
                                    policies::MakeBuiltinPolicies);
    return Done{};
  }

  Result<rehearse::PlanDemand> FromTrace() {
    Result<rehearse::Trace> trace = ReadTrace(options_.trace_file);
    if (!trace) return trace.error();
    DemandOptions demand;
    demand.capacity_per_replica = options_.capacity_per_replica;
    demand.startup = options_.startup;
    const rehearse::RunOptions run =
        RunOptionsOf(demand, before_ ? *before_ : planned_.spec, *trace);
    return rehearse::PlanDemand{options_.trace_file, *std::move(trace), run, options_.start, {}};
  }

  Result<rehearse::PlanDemand> FromRecording() {
    rehearse::ClosedLoopOptions closed;
    closed.object = plan_.object;
    closed.metric = options_.metric;
    closed.plant.capacity_per_replica = options_.capacity_per_replica;
    closed.plant.startup = options_.startup;
    Result<rehearse::ClosedLoop> loop = rehearse::ReadClosedLoop(options_.recording, closed);
    if (!loop) return loop.error();
    Note(loop->notes);
    Note(rehearse::NotesOf(loop->demand));
    return rehearse::PlanDemand{
        options_.recording, std::move(loop->demand.trace), loop->options, loop->demand.start, {}};
  }

  void Note(const std::vector<std::string>& notes) {
    plan_.notes.insert(plan_.notes.end(), notes.begin(), notes.end());
  }

  const PlanOptions& options_;
  const SpecFile planned_;
  std::optional<WorkloadSpec> before_;
  std::optional<rehearse::PlanDemand> demand_;
  rehearse::Plan plan_;
};

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus plan: " << error.message << "\n";
  return error.code == ErrorCode::kNotFound ? kExitFailed : ExitCodeOf(error.code);
}

}  // namespace

int Plan(const PlanOptions& options, std::ostream& out, std::ostream& err) {
  SetLogLevel(LogLevel::kError);  // What the engine notes belongs to the world that is rehearsed.
  if (ArePlansOfQuotas(options.files)) return PlanQuotas(options, out, err);
  if (options.files.size() != 1) {
    err << "hpaplus plan: -f wants one file with an HPAPlus object\n";
    return kExitUsage;
  }
  if (options.capacity_per_replica > 0 && options.recording.empty() && options.trace_file.empty()) {
    err << "hpaplus plan: --capacity-per-replica needs --recording or --trace\n";
    return kExitUsage;
  }
  if (options.capacity_per_replica <= 0 && options.format == ReportFormat::kHtml) {
    err << "hpaplus plan: -o html draws the past, which needs --capacity-per-replica\n";
    return kExitUsage;
  }
  Result<SpecFile> planned = ReadSpecFile(options.files.front());
  if (!planned) return Fail(planned.error(), err);
  Planner planner(options, *std::move(planned));
  if (const Status made = planner.Make(); !made) return Fail(made.error(), err);
  out << planner.Text();
  return options.exit_code && planner.plan().has_changes() ? kExitFindings : kExitOk;
}

}  // namespace hpaplus::app
