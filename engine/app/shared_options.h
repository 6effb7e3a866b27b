#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/app/commands.h"
#include "engine/base/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hpaplus::app {

// What several subcommands take, for those who put together a command line. All references must
// outlive its parsing.

/// A duration above zero, as Go writes it, or so many days or weeks: "7d", "2w".
CLI::Option* AddDuration(CLI::App* command, const std::string& name, Duration& duration,
                         const std::string& what);
CLI::Option* AddTime(CLI::App* command, const std::string& name,
                     const std::function<void(Timestamp)>& take, const std::string& what);
void AddReportFormat(CLI::App* command, ReportFormat& format);
void AddOutput(CLI::App* command, std::string& output, std::vector<std::string> formats);

CLI::Option* AddTrace(CLI::App* command, std::string& file);
CLI::Option* AddStart(CLI::App* command, Timestamp& start);
/// The object, and the plant that meets a demand.
void AddDemand(CLI::App* command, DemandOptions& options);
/// What is asked of a Prometheus, besides whom and what; `step` is the name of how finely.
void AddRange(CLI::App* command, CLI::Option* prometheus, const std::string& step,
              PrometheusRange& range);

}  // namespace hpaplus::app
