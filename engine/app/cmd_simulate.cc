#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/rehearse_files.h"
#include "engine/rehearse/html_report.h"
#include "engine/rehearse/report_page.h"
#include "engine/rehearse/simulate_report.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

class Simulation {
 public:
  Simulation(const SimulateOptions& options, WorkloadSpec spec, rehearse::Trace trace)
      : options_(options), spec_(std::move(spec)), trace_(std::move(trace)) {
    run_ = RunOptionsOf(options, spec_, trace_);
  }

  Status Add(const std::string& policy) {
    const Timestamp begin = clock_.Now();
    Result<rehearse::PolicyRun> run = Run(policy);
    if (!run) return run.error();
    run->wall_seconds = ToSeconds(clock_.Now() - begin);
    report_.runs.push_back(*std::move(run));
    return Done{};
  }

  [[nodiscard]] rehearse::SimulateReport Report() && {
    report_.trace = options_.trace_file;
    report_.trace_seconds = trace_.seconds();
    report_.trace_peak = trace_.peak();
    report_.options = run_;
    return std::move(report_);
  }

  [[nodiscard]] const rehearse::Trace& trace() const { return trace_; }

 private:
  Result<rehearse::PolicyRun> Run(const std::string& policy) {
    if (policy == "static") return rehearse::RunStatic(trace_, run_);
    if (policy == "oracle") return rehearse::RunOracle(trace_, run_);
    if (policy == "hpa-default") {
      const WorkloadSpec hpa = rehearse::HpaDefault(spec_);
      if (!hpa.metrics.empty()) return RunSpec(policy, hpa);
      return Error{ErrorCode::kMalformedData,
                   "hpa-default: the object has no metric that an HPA could have"};
    }
    if (policy == "kpa-default") {
      return RunSpec(policy, rehearse::KpaDefault(spec_, options_.capacity_per_replica));
    }
    if (policy == options_.spec_file) return RunSpec(policy, spec_);
    const Result<WorkloadSpec> spec = ReadSpec(policy);
    if (!spec) return spec.error();
    return RunSpec(policy, *spec);
  }

  rehearse::PolicyRun RunSpec(const std::string& name, const WorkloadSpec& spec) {
    return rehearse::RunEngine(name, spec, trace_, run_, policies::MakeBuiltinPolicies,
                               options_.start);
  }

  const SimulateOptions& options_;
  const WorkloadSpec spec_;
  const rehearse::Trace trace_;
  rehearse::RunOptions run_;
  rehearse::SimulateReport report_;
  SystemClock clock_;
};

int Fail(const Error& error, std::ostream& err) {
  err << "hpaplus simulate: " << error.message << "\n";
  return error.code == ErrorCode::kNotFound ? kExitFailed : ExitCodeOf(error.code);
}

}  // namespace

int Simulate(const SimulateOptions& options, std::ostream& out, std::ostream& err) {
  Result<WorkloadSpec> spec = ReadSpec(options.spec_file);
  if (!spec) return Fail(spec.error(), err);
  Result<rehearse::Trace> trace = ReadTrace(options.trace_file);
  if (!trace) return Fail(trace.error(), err);
  Simulation simulation(options, *std::move(spec), *std::move(trace));
  std::vector<std::string> policies = {options.spec_file};
  policies.insert(policies.end(), options.others.begin(), options.others.end());
  for (const std::string& policy : policies) {
    if (const Status run = simulation.Add(policy); !run) return Fail(run.error(), err);
  }
  const rehearse::SimulateReport report = std::move(simulation).Report();
  switch (options.format) {
    case ReportFormat::kTable:
      out << rehearse::SimulateTable(report);
      break;
    case ReportFormat::kJson:
      out << rehearse::SimulateJson(report) << "\n";
      break;
    case ReportFormat::kHtml:
      out << rehearse::HtmlReport(
          rehearse::SimulatePage(report, simulation.trace(), options.start));
      break;
  }
  return kExitOk;
}

}  // namespace hpaplus::app
