#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::app {

struct RunOptions {
  std::string config_file;
  std::string kubeconfig;  // Empty: $KUBECONFIG, ~/.kube/config, or the pod's service account.
  std::string context;
  std::string ns;  // Only objects of this namespace; empty: as the configuration says.
  bool dry_run = false;
  std::string pod_metrics;  // "MetricsServer", "Kubelet"; empty: as the configuration says.
  std::string otlp_listen;  // The same.
  std::string push_listen;  // Empty: as the configuration says.
  bool embedded = false;    // --cluster embedded
  std::string embedded_listen = "127.0.0.1:0";  // Where the embedded cluster serves.
  std::string write_kubeconfig;                 // For the embedded cluster.
  std::vector<std::string> offline;             // Files to run from, without any cluster.
  std::string http_listen;                      // Empty: as the configuration says.
  std::string grpc_listen;                      // The same.
  std::string record;                           // The same: record.directory.
};

struct ValidateOptions {
  std::vector<std::string> files;  // "-" is standard input.
  bool json = false;
};

struct DecideOptions {
  bool counterfactuals = false;  // Also which change of an input would have changed a decision.
};

/// A recorded demand and the plant that meets it.
struct DemandOptions {
  std::string spec_file;
  std::string trace_file;
  double capacity_per_replica = 0;  // > 0, in the trace's unit.
  Duration startup = std::chrono::seconds(30);
  Duration step = std::chrono::seconds(1);
  Duration scrape = std::chrono::seconds(1);
  Replicas initial = 0;  // 0: what the trace's first point needs.
  bool linear = false;   // Between two points of the trace, instead of holding the first.
  Timestamp start{std::chrono::days(20'458)};  // When the trace begins, for schedules: a Monday.
};

/// What is asked of a Prometheus, or of what speaks its API.
struct PrometheusRange {
  std::string url;
  std::string query;
  Duration over = std::chrono::hours(24);
  Duration step = std::chrono::seconds(15);
  std::optional<Timestamp> end;  // Null: now.
  std::string token_file;
  bool progress = false;  // Whether `err` is a terminal.
};

enum class ReportFormat { kTable, kJson, kHtml };

struct SimulateOptions : DemandOptions {
  std::vector<std::string> others;  // Files of other HPAPlus objects, or built-in policies.
  ReportFormat format = ReportFormat::kTable;
};

/// Of a trace, a recording, or a Prometheus.
struct TuneOptions : DemandOptions {
  std::string recording;       // A segment, or a directory of them.
  std::string object;          // Of it, "namespace/name"; empty: that of the file.
  PrometheusRange prometheus;  // Without a query: that of the object's metric.
  std::string metric;          // That the demand is found in; empty: the first.
  std::string objective;       // Empty: better than hpa-default in both.
  std::uint64_t seed = 1;
  Duration budget = std::chrono::seconds(60);
  std::size_t candidates = 0;  // So many instead of a budget; 0: a budget.
  int threads = 0;             // 0: as many as the process may use.
  std::string state_file;      // Empty: nothing is kept.
  std::string write_file;      // The tuned object; empty: it is not written.
  std::string progress;        // "auto", "none".
  ReportFormat format = ReportFormat::kTable;
};

struct ReplayOptions {
  std::string recording;  // A segment, or a directory of them.
  std::string object;     // "namespace/name"; empty: all, closed loop the only one.
  bool verify = false;    // Until a decision is another one.
  std::string metric;     // Closed loop: that the demand is found in; empty: the first.
  bool closed_loop = false;
  double capacity_per_replica = 0;  // Closed loop: > 0.
  Duration startup = std::chrono::seconds(30);
  std::vector<std::string> others;  // Closed loop: as SimulateOptions.
  std::string output;               // "table", "json", "ndjson", "html".
};

struct RecordOptions : PrometheusRange {  // One of the three: a Prometheus,
  std::string csv_file;
  std::string openmetrics_file;
  std::string series;       // OpenMetrics: which.
  std::string output_file;  // Empty: standard output.
};

struct ExplainOptions {
  std::string object;     // "namespace/name"; one of the two.
  std::string quota;      // The same, of a DynamicQuota; from a running engine only.
  std::string recording;  // One of the two.
  std::string url;        // Of a running engine's admin server.
  std::size_t last = 1;
  std::optional<Timestamp> at;  // The last decision until then.
  std::string decision;         // By its id.
  std::string what_if;          // "path=value"
  bool json = false;
};

struct PlanOptions {
  /// One with an HPAPlus object, or any number with DynamicQuotas and QuotaPools.
  std::vector<std::string> files;
  std::string against;    // The object as it is; empty: that of the recording. Quotas: the cluster.
  std::string recording;  // One of the two, or none.
  std::string trace_file;
  double capacity_per_replica = 0;  // > 0; 0: the past is not rehearsed.
  Duration startup = std::chrono::seconds(30);
  std::string metric;  // Of a recording, that the demand is found in; empty: the first.
  Duration over = std::chrono::hours(24);
  Timestamp start = DemandOptions().start;  // Of a trace.
  bool exit_code = false;                   // Exits with 2 when something would change.
  ReportFormat format = ReportFormat::kTable;
};

struct TestOptions {
  std::vector<std::string> files;
  std::string output;  // "table", "json", "junit".
};

/// Each runs one subcommand to its end and returns the exit code (exit_codes.h). Data goes to
/// `out`, talk to `err`.
[[nodiscard]] int RunController(const RunOptions& options, std::ostream& err);
[[nodiscard]] int Validate(const ValidateOptions& options, std::ostream& out, std::ostream& err);
/// Answers each line of `in`, a case, by a line, before it reads the next: docs/decide.md.
[[nodiscard]] int DecideStream(const DecideOptions& options, std::istream& in, std::ostream& out,
                               std::ostream& err);

/// Runs an object, and others to compare it with, under a recorded demand: docs/simulate.md.
[[nodiscard]] int Simulate(const SimulateOptions& options, std::ostream& out, std::ostream& err);

/// Searches for better settings of an object under a recorded demand: docs/tune.md.
[[nodiscard]] int Tune(const TuneOptions& options, std::ostream& out, std::ostream& err);
/// Decides a recording again, open or closed loop: docs/replay.md.
[[nodiscard]] int Replay(const ReplayOptions& options, std::ostream& out, std::ostream& err);
/// Says why an object was given the size it was, or a DynamicQuota its quota: docs/explain.md.
[[nodiscard]] int Explain(const ExplainOptions& options, std::ostream& out, std::ostream& err);
/// Says what applying a file would change: docs/plan.md.
[[nodiscard]] int Plan(const PlanOptions& options, std::ostream& out, std::ostream& err);
/// Runs unit tests of policies: docs/test.md.
[[nodiscard]] int Test(const TestOptions& options, std::ostream& out, std::ostream& err);
/// Makes a series that was measured elsewhere into a trace: docs/record.md.
[[nodiscard]] int Record(const RecordOptions& options, std::ostream& out, std::ostream& err);

}  // namespace hpaplus::app
