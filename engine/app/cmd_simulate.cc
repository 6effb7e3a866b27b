#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/model/spec_json.h"
#include "engine/model/validate.h"
#include "engine/model/yaml_json.h"
#include "engine/rehearse/simulate_report.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

Result<std::string> ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (in && !in.bad()) return text;
  return Error{ErrorCode::kNotFound, fmt::format("{}: cannot be read", file)};
}

std::string KindOf(const YamlDocument& document) {
  const auto json = nlohmann::json::parse(document.json, nullptr, false);
  const auto kind = json.find("kind");
  return kind != json.end() && kind->is_string() ? kind->get<std::string>() : "";
}

// The only HPAPlus object of a file, checked as the API server would.
Result<WorkloadSpec> ReadSpec(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  const ValidationReport report = ValidateText(file, *text);
  if (!report.findings.empty()) {
    return Error{ErrorCode::kMalformedData, ToString(report.findings.front())};
  }
  std::optional<WorkloadSpec> found;
  for (const YamlDocument& document : ReadYaml(*text).documents) {
    if (KindOf(document) != "HPAPlus") continue;
    Result<WorkloadSpec> spec = ParseWorkload(document.json);
    if (!spec) return spec.error();
    if (found) {
      return Error{ErrorCode::kMalformedData,
                   fmt::format("{}: more than one HPAPlus object", file)};
    }
    found = *std::move(spec);
  }
  if (found) return *std::move(found);
  return Error{ErrorCode::kMalformedData, fmt::format("{}: no HPAPlus object", file)};
}

Result<rehearse::Trace> ReadTrace(const std::string& file) {
  const Result<std::string> text = ReadFile(file);
  if (!text) return text.error();
  Result<rehearse::Trace> trace = rehearse::Trace::FromCsv(*text);
  if (trace) return trace;
  return Error{trace.error().code, fmt::format("{}: {}", file, trace.error().message)};
}

class Simulation {
 public:
  Simulation(const SimulateOptions& options, WorkloadSpec spec, rehearse::Trace trace)
      : options_(options), spec_(std::move(spec)), trace_(std::move(trace)) {
    run_.plant = {options.capacity_per_replica, options.startup, options.initial};
    run_.step = options.step;
    run_.scrape = options.scrape;
    run_.between = options.linear ? rehearse::Between::kLinear : rehearse::Between::kHold;
    if (options.initial == 0) {
      const Replicas needed = rehearse::Plant(run_.plant).Needed(trace_.points().front().value);
      run_.plant.initial = std::clamp(needed, spec_.min_replicas, spec_.max_replicas);
    }
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
  out << (options.json ? rehearse::SimulateJson(report) + "\n" : rehearse::SimulateTable(report));
  return kExitOk;
}

}  // namespace hpaplus::app
