#include "engine/app/shared_options.h"

#include <charconv>
#include <cstdint>
#include <utility>

#include <CLI/CLI.hpp>

namespace hpaplus::app {
namespace {

// "7d", "2w", and what ParseDuration reads.
Result<Duration> ParseDays(const std::string& text) {
  constexpr std::uint32_t kMost = 3660;
  const bool weeks = text.ends_with('w');
  if (!weeks && !text.ends_with('d')) return ParseDuration(text);
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest != end || count > kMost) {
    return Error{ErrorCode::kMalformedData, "is no number of days"};
  }
  return Duration(std::chrono::days(weeks ? 7 * count : count));
}

}  // namespace

CLI::Option* AddDuration(CLI::App* command, const std::string& name, Duration& duration,
                         const std::string& what) {
  return command
      ->add_option_function<std::string>(
          name,
          [&duration, name](const std::string& text) {
            const auto parsed = ParseDays(text);
            if (!parsed || *parsed <= Duration::zero()) {
              throw CLI::ValidationError(name, "\"" + text + "\" is no duration above 0, like 30s");
            }
            duration = *parsed;
          },
          what)
      ->default_str(FormatDuration(duration))
      ->type_name("DURATION");
}

void AddReportFormat(CLI::App* command, ReportFormat& format) {
  command
      ->add_option_function<std::string>(
          "-o,--output",
          [&format](const std::string& name) {
            if (name == "json") format = ReportFormat::kJson;
            if (name == "html") format = ReportFormat::kHtml;
          },
          "\"table\" for people, \"json\" for programs, \"html\" for a page with charts")
      ->check(CLI::IsMember({"table", "json", "html"}))
      ->default_str("table")
      ->type_name("FORMAT");
}

CLI::Option* AddTime(CLI::App* command, const std::string& name,
                     const std::function<void(Timestamp)>& take, const std::string& what) {
  const auto read = [name, take](const std::string& text) {
    const auto at = ParseRfc3339(text);
    if (!at) throw CLI::ValidationError(name, "\"" + text + "\" is no RFC 3339 time");
    take(*at);
  };
  return command->add_option_function<std::string>(name, read, what)->type_name("TIME");
}

CLI::Option* AddStart(CLI::App* command, Timestamp& start) {
  return AddTime(
             command, "--start", [&start](Timestamp at) { start = at; },
             "When the trace begins, for schedules")
      ->default_str(FormatRfc3339(start));
}

CLI::Option* AddTrace(CLI::App* command, std::string& file) {
  return command->add_option("--trace", file, "CSV with the header t_seconds,value")
      ->type_name("FILE");
}

void AddRange(CLI::App* command, CLI::Option* prometheus, const std::string& step,
              PrometheusRange& range) {
  AddDuration(command, "--over", range.over, "How far back")->needs(prometheus);
  AddDuration(command, step, range.step, "Between two samples")->needs(prometheus);
  AddTime(
      command, "--end", [&range](Timestamp at) { range.end = at; }, "Until when; default: now")
      ->needs(prometheus);
  command->add_option("--token-file", range.token_file, "A bearer token for the Prometheus")
      ->needs(prometheus)
      ->type_name("FILE");
}

void AddDemand(CLI::App* command, DemandOptions& options) {
  command->add_option("--spec", options.spec_file, "A file with one HPAPlus object")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--capacity-per-replica", options.capacity_per_replica,
                   "How much of the demand one replica serves, in the demand's unit")
      ->required()
      ->check(CLI::PositiveNumber)
      ->type_name("X");
  AddDuration(command, "--startup", options.startup, "How long a new replica takes to serve");
  AddDuration(command, "--step", options.step, "How often demand and capacity are compared");
  AddDuration(command, "--scrape", options.scrape, "How often the workload is measured");
  command
      ->add_option("--initial", options.initial,
                   "Replicas at the start; default: what the first point needs")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--between", [&options](const std::string& how) { options.linear = how == "linear"; },
          "Between two points of the trace: \"hold\" the first, or a \"linear\" change")
      ->check(CLI::IsMember({"hold", "linear"}))
      ->default_str("hold")
      ->type_name("HOW");
}

void AddOutput(CLI::App* command, std::string& output, std::vector<std::string> formats) {
  std::string what = "\"table\" for people, \"json\" for programs";
  if (formats.size() > 2) what += ", or \"" + formats.back() + "\"";
  output = "table";
  command->add_option("-o,--output", output, what)
      ->check(CLI::IsMember(std::move(formats)))
      ->capture_default_str()
      ->type_name("FORMAT");
}

}  // namespace hpaplus::app
