#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "engine/app/budget_executor.h"
#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/rehearse_files.h"
#include "engine/app/tune_demand.h"
#include "engine/base/hash.h"
#include "engine/model/validate.h"
#include "engine/rehearse/html_report.h"
#include "engine/rehearse/report_page.h"
#include "engine/rehearse/tune_report.h"
#include "engine/rehearse/yaml_text.h"
#include "engine/shell/cpu_budget.h"
#include "engine/shell/signals.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

using rehearse::SearchSpace;
using rehearse::TuneProgress;

constexpr double kPercent = 100;

// A bar on a terminal, else a line now and then.
class ProgressBar {
 public:
  ProgressBar(std::ostream& err, bool quiet)
      : err_(err), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

  void Show(const TuneProgress& progress) {
    constexpr double kLineEvery = 10;
    if (quiet_ || progress.best == nullptr || progress.seconds < 1) return;
    if (!terminal_ && progress.seconds - shown_ < kLineEvery) return;
    shown_ = progress.seconds;
    err_ << (terminal_ ? "\r" : "") << Line(progress) << (terminal_ ? "\x1b[K" : "\n")
         << std::flush;
    begun_ = true;
  }

  void End() {
    if (terminal_ && begun_) err_ << "\n";
  }

 private:
  static std::string Line(const TuneProgress& progress) {
    constexpr std::size_t kCells = 20;
    const double share = progress.candidates > 0 ? static_cast<double>(progress.tried) /
                                                       static_cast<double>(progress.candidates)
                                                 : progress.seconds / progress.seconds_most;
    const double done = std::min(share, 1.0);
    const auto full = static_cast<std::size_t>(done * kCells);
    std::string bar;
    for (std::size_t i = 0; i < kCells; ++i)
      bar += i < full ? "█" : "░";
    const rehearse::Scores& best = progress.best->scores.plain;
    return fmt::format(
        "Searching  {}  {} policies, {:.0f}/s   best {:.1f} replica-hours, short {:.3f} %{}   ETA "
        "{:.0f} s",
        bar, progress.tried, static_cast<double>(progress.tried) / progress.seconds,
        best.replica_hours, best.under_provisioned_time_share * kPercent,
        progress.best->standing.excess > 0 ? ", goal not met yet" : "",
        done > 0 ? progress.seconds * (1 - done) / done : 0);
  }

  std::ostream& err_;
  const bool quiet_;
  const bool terminal_;
  double shown_ = 0;
  bool begun_ = false;
};

// What a state is about: everything that the results depend on but how long it is searched.
std::string KeyOf(const TuneOptions& options, const SpecFile& file,
                  const rehearse::TuneDemand& demand, const rehearse::Objective& objective) {
  std::string text = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", file.json, options.capacity_per_replica,
      options.startup.count(), options.step.count(), options.scrape.count(), options.initial,
      options.linear, demand.start.time_since_epoch().count(), options.seed, objective.text);
  for (const rehearse::Trace::Point& point : demand.trace.points())
    fmt::format_to(std::back_inserter(text), "|{},{}", point.seconds, point.value);
  return fmt::format("{:016x}", Fnv1a(text));
}

int Say(const Error& error, std::ostream& err) {
  err << "hpaplus tune: " << error.message << "\n";
  return ExitCodeOf(error.code);
}

// What is not of a Prometheus: an input that makes no sense, a file.
int Fail(const Error& error, std::ostream& err) {
  const int code = Say(error, err);
  if (error.code == ErrorCode::kInvalidArgument) return kExitUnparseable;
  return error.code == ErrorCode::kUnavailable ? kExitFailed : code;
}

// The object with what was found, checked as a user's would be.
Status Write(const std::string& file, const std::string& json) {
  const std::string text =
      "# Written by hpaplus tune; comments of the file that it comes from are not in it.\n" +
      rehearse::YamlOf(json);
  const ValidationReport report = ValidateText(file, text);
  if (!report.findings.empty()) {
    return Error{ErrorCode::kMalformedData, ToString(report.findings.front())};
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (out) return Done{};
  return Error{ErrorCode::kUnavailable, fmt::format("{}: cannot be written", file)};
}

// Runs while this thread waits for signals: the first one ends the search, a second the process.
Result<rehearse::TuneResult> RunUntilSignal(rehearse::Tuning& tuning, int& signal) {
  constexpr Duration kLook = std::chrono::milliseconds(50);
  std::optional<Result<rehearse::TuneResult>> result;
  std::atomic<bool> done = false;
  std::jthread search([&](const std::stop_token& stop) {
    result.emplace(tuning.Run(stop));
    done = true;
  });
  while (!done) {
    const int got = WaitForSignal(kLook);
    if (got == 0) continue;
    if (signal != 0) std::_Exit(kExitInterrupted);
    signal = got;
    search.request_stop();
  }
  search.join();
  return *std::move(result);
}

struct Inputs {
  SpecFile file;
  rehearse::Objective objective;
  SearchSpace space;
};

Result<Inputs> Read(const TuneOptions& options) {
  Result<SpecFile> file = ReadSpecFile(options.spec_file);
  if (!file) return file.error();
  const std::string wanted =
      options.objective.empty() ? std::string(rehearse::Objective::kDefault) : options.objective;
  Result<rehearse::Objective> objective = rehearse::Objective::Parse(wanted);
  if (!objective) return objective.error();
  Result<SearchSpace> space = SearchSpace::Create(file->json, options.capacity_per_replica);
  if (!space) return space.error();
  return Inputs{*std::move(file), *std::move(objective), *std::move(space)};
}

rehearse::TuneOptions SearchOptions(const TuneOptions& options, const Inputs& inputs,
                                    const rehearse::TuneDemand& demand) {
  rehearse::TuneOptions search;
  search.run = RunOptionsOf(options, inputs.file.spec, demand.trace);
  search.run.plant.initial = options.initial;
  search.objective = inputs.objective;
  search.start = demand.start;
  search.seed = options.seed;
  search.budget = options.budget;
  search.candidates = options.candidates;
  return search;
}

rehearse::TuneReport ReportOf(const TuneOptions& options, const Inputs& inputs,
                              rehearse::TuneDemand demand, int threads,
                              rehearse::TuneResult result) {
  rehearse::TuneReport report;
  report.spec = options.spec_file;
  report.run = RunOptionsOf(options, inputs.file.spec, demand.trace);
  report.demand = std::move(demand);
  report.objective = inputs.objective;
  report.seed = options.seed;
  report.threads = threads;
  if (result.chosen) {
    report.patch =
        rehearse::PatchYaml(inputs.space.Apply(result.chosen->settings), result.chosen->settings);
  }
  report.result = std::move(result);
  return report;
}

}  // namespace

int Tune(const TuneOptions& options, std::ostream& out, std::ostream& err) {
  Result<Inputs> inputs = Read(options);
  if (!inputs) return Fail(inputs.error(), err);
  SystemClock clock;
  Result<rehearse::TuneDemand> demand = ReadTuneDemand(options, inputs->file.spec, clock, err);
  if (!demand) {
    const bool asked = !options.prometheus.url.empty();
    return asked ? Say(demand.error(), err) : Fail(demand.error(), err);
  }
  std::optional<rehearse::TuneState> state;
  if (!options.state_file.empty()) {
    auto opened = rehearse::TuneState::Open(
        options.state_file, KeyOf(options, inputs->file, *demand, inputs->objective));
    if (!opened) return Fail(opened.error(), err);
    state = *std::move(opened);
  }
  const int threads = CpuBudget(options.threads);
  BudgetExecutor executor(ExecutorPriority::kNormal);
  executor.Follow(threads);
  ProgressBar bar(err, options.progress == "none");
  const PolicyFactory policies = policies::MakeBuiltinPolicies;
  rehearse::Tuning tuning(
      {inputs->file.spec, inputs->space, demand->trace, policies, executor, clock,
       state ? &*state : nullptr, [&bar](const TuneProgress& progress) { bar.Show(progress); }},
      SearchOptions(options, *inputs, *demand));
  int signal = 0;
  Result<rehearse::TuneResult> result = RunUntilSignal(tuning, signal);
  bar.End();
  if (!result) return Fail(result.error(), err);
  if (!result->state_problem.empty()) err << "hpaplus tune: " << result->state_problem << "\n";
  const rehearse::TuneReport report =
      ReportOf(options, *inputs, *std::move(demand), threads, *std::move(result));
  switch (options.format) {
    case ReportFormat::kTable:
      out << rehearse::TuneTable(report, inputs->space);
      break;
    case ReportFormat::kJson:
      out << rehearse::TuneJson(report, inputs->space) << "\n";
      break;
    case ReportFormat::kHtml:
      out << rehearse::HtmlReport(rehearse::TunePage(report, inputs->space));
      break;
  }
  if (!options.write_file.empty() && report.result.chosen) {
    const Status written =
        Write(options.write_file, inputs->space.Apply(report.result.chosen->settings));
    if (!written) return Fail(written.error(), err);
  }
  if (signal != 0) return signal == SIGINT ? kExitInterrupted : kExitTerminated;
  return report.result.better ? kExitOk : kExitFindings;
}

}  // namespace hpaplus::app
