// The command line: what there is, and which exit code comes of it. Everything else is elsewhere.

#include <exception>
#include <functional>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/shared_options.h"
#include "engine/app/version.h"
#include "engine/shell/signals.h"

namespace {

namespace app = hpaplus::app;

using app::AddDuration;
using app::AddOutput;
using app::AddReportFormat;
using app::AddTime;

constexpr const char* kFooter =
    "Exit codes: 0 done; 1 failed; 2 findings; 64 wrong usage; 65 unparseable input; 69 API "
    "server\n"
    "unreachable; 77 not permitted; 78 bad configuration; 130, 143 stopped before it was done.";

void AddRun(CLI::App& cli, app::RunOptions& options) {
  CLI::App* run = cli.add_subcommand("run", "Scale the workloads of a cluster");
  run->footer(
      "Examples:\n"
      "  hpaplus run                                        in a pod, or with ~/.kube/config\n"
      "  hpaplus run --context staging --dry-run            decide and log, write nothing\n"
      "  hpaplus run --cluster embedded --write-kubeconfig demo.kubeconfig\n"
      "                                                     try it out without a cluster\n"
      "  hpaplus run --offline objects.yaml sources.yaml    only decide and serve, "
      "docs/offline.md");
  run->add_option("--config", options.config_file, "Configuration file, docs/configuration.md")
      ->type_name("FILE");
  run->add_option("--kubeconfig", options.kubeconfig,
                  "Default: $KUBECONFIG, the pod's service account, ~/.kube/config")
      ->type_name("FILE");
  run->add_option("--context", options.context, "Context of the kubeconfig")->type_name("C");
  run->add_option("-n,--namespace", options.ns, "Only this namespace's objects")->type_name("NS");
  run->add_flag("--dry-run", options.dry_run,
                "Read and decide, but write no sizes, no status and no events");
  run->add_option_function<std::string>(
         "--cluster",
         [&options](const std::string& cluster) { options.embedded = cluster == "embedded"; },
         "\"embedded\" brings a small API server of its own, for trying out and testing")
      ->check(CLI::IsMember({"embedded"}))
      ->type_name("embedded");
  run->add_option("--offline", options.offline,
                  "Run from files with objects and sources, without a cluster; writes nothing")
      ->excludes("--kubeconfig", "--context", "--namespace", "--cluster")
      ->type_name("FILE");
  run->add_option("--http-listen", options.http_listen,
                  "HOST:PORT of the status page, metrics and health; offline: 127.0.0.1:8080")
      ->type_name("HOST:PORT");
  run->add_option("--grpc-listen", options.grpc_listen,
                  "HOST:PORT of the external scaler for KEDA; offline: 127.0.0.1:9443")
      ->type_name("HOST:PORT");
  run->add_option("--pod-metrics", options.pod_metrics,
                  "Who tells what pods use: MetricsServer, or Kubelet for short periods")
      ->check(CLI::IsMember({"MetricsServer", "Kubelet"}))
      ->excludes("--offline")
      ->type_name("WHO");
  run->add_option("--push-listen", options.push_listen,
                  "HOST:PORT where Prometheus' remote write is received")
      ->type_name("HOST:PORT");
  run->add_option("--otlp-listen", options.otlp_listen,
                  "HOST:PORT where OpenTelemetry metrics are received, by gRPC")
      ->type_name("HOST:PORT");
  run->add_option("--record", options.record,
                  "Directory to record in what is decided, and from what, docs/recording.md")
      ->type_name("DIR");
  run->add_option("--embedded-listen", options.embedded_listen,
                  "Address of the embedded cluster; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  run->add_option("--write-kubeconfig", options.write_kubeconfig,
                  "Write a kubeconfig for the embedded cluster")
      ->type_name("FILE");
}

void AddVersion(CLI::App& cli, std::string& output) {
  CLI::App* version = cli.add_subcommand("version", "Print the version");
  version->add_option("-o,--output", output, "\"json\" for programs")
      ->check(CLI::IsMember({"json"}))
      ->type_name("json");
}

void AddValidate(CLI::App& cli, app::ValidateOptions& options, std::string& output) {
  CLI::App* validate = cli.add_subcommand(
      "validate", "Check HPAPlus, MetricSource and ClusterMetricSource objects in files");
  validate->footer(
      "Checks what the API server checks, without one. Other kinds are skipped.\n"
      "Example: hpaplus validate -f k8s/checkout.yaml -f -");
  validate->add_option("-f,--filename", options.files, "YAML or JSON; - is standard input")
      ->required()
      ->type_name("FILE");
  validate->add_option("-o,--output", output, "\"json\" for programs")
      ->check(CLI::IsMember({"json"}))
      ->type_name("json");
}

void AddDecide(CLI::App& cli, app::DecideOptions& options) {
  CLI::App* decide = cli.add_subcommand(
      "decide", "Answer situations on standard input with decisions, one JSON object a line");
  decide->footer(
      "Needs no cluster. The format is in docs/decide.md.\n"
      "Example: hpaplus decide < examples/decide/cpu.jsonl");
  decide->add_flag("--counterfactuals", options.counterfactuals,
                   "Also say which change of an input would have changed the decision");
}

void AddSimulate(CLI::App& cli, app::SimulateOptions& options) {
  CLI::App* simulate = cli.add_subcommand(
      "simulate", "Run an HPAPlus object under a recorded demand, beside other policies");
  simulate->footer(
      "Needs no cluster. What is modelled and what the figures mean is in docs/simulate.md.\n"
      "Example:\n"
      "  hpaplus simulate --spec examples/simulate/web.yaml --trace examples/simulate/day.csv \\\n"
      "    --capacity-per-replica 20 --repeat hpa-default --repeat oracle");
  app::AddDemand(simulate, options);
  app::AddTrace(simulate, options.trace_file)->required();
  app::AddStart(simulate, options.start);
  simulate
      ->add_option("--repeat", options.others,
                   "Another policy on the same trace: an HPAPlus file, hpa-default, kpa-default, "
                   "static or oracle; may be repeated")
      ->type_name("POLICY");
  AddReportFormat(simulate, options.format);
}

// Where the demand comes from.
void AddTuneDemand(CLI::App* tune, app::TuneOptions& options) {
  auto* from = tune->add_option_group("demand", "Where the demand comes from: one of these");
  auto* trace = app::AddTrace(from, options.trace_file);
  auto* recording = from->add_option("--recording", options.recording,
                                     "What hpaplus run --record wrote: a segment, or a directory")
                        ->type_name("REC");
  auto* prometheus = from->add_option("--prometheus", options.prometheus.url,
                                      "A Prometheus, or what speaks its API")
                         ->type_name("URL");
  from->require_option(1);
  app::AddStart(tune, options.start)->needs(trace);
  tune->add_option("--object", options.object,
                   "Of the recording, whose demand counts; default: that of --spec")
      ->needs(recording)
      ->type_name("NS/NAME");
  tune->add_option("--metric", options.metric,
                   "Of the recording or of --spec, that the demand is found in; default: the first "
                   "that asks for a size")
      ->excludes(trace)
      ->type_name("NAME");
  tune->add_option("--query", options.prometheus.query,
                   "PromQL with one series as its answer, all of the demand; default: the metric's")
      ->needs(prometheus)
      ->type_name("Q");
  options.prometheus.over = std::chrono::days(7);
  app::AddRange(tune, prometheus, "--resolution", options.prometheus);
}

void AddTune(CLI::App& cli, app::TuneOptions& options) {
  CLI::App* tune = cli.add_subcommand(
      "tune", "Search for better settings of an HPAPlus object under a recorded demand");
  tune->footer(
      "Needs no cluster. What is searched and how it is judged is in docs/tune.md.\n"
      "Ctrl-C ends the search and prints what was found.\n"
      "Example:\n"
      "  hpaplus tune --spec examples/simulate/web.yaml --trace examples/simulate/day.csv \\\n"
      "    --capacity-per-replica 20 --budget 20s --write tuned.yaml\n"
      "  hpaplus tune --spec web.yaml --recording /var/lib/hpaplus --capacity-per-replica 20\n"
      "  hpaplus tune --spec web.yaml --prometheus http://prometheus:9090 --over 7d \\\n"
      "    --capacity-per-replica 20");
  app::AddDemand(tune, options);
  AddTuneDemand(tune, options);
  tune->add_option("--objective", options.objective,
                   "What is best, like \"cost subject to under<0.1%,changes<200/day\"; default: "
                   "cheaper than hpa-default and short for less time")
      ->type_name("TEXT");
  AddDuration(tune, "--budget", options.budget, "How long to search");
  tune->add_option("--candidates", options.candidates,
                   "Try so many policies instead, however long it takes: the same on any machine")
      ->check(CLI::Range(1, 100'000))
      ->type_name("N");
  tune->add_option("--seed", options.seed, "Of the search")->capture_default_str()->type_name("N");
  tune->add_option("--threads", options.threads, "Default: as many as the process may use")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  tune->add_option("--state", options.state_file,
                   "Keep what was tried here, and go on from it the next time")
      ->type_name("FILE");
  tune->add_option("--write", options.write_file, "Write the tuned object here, as YAML")
      ->type_name("FILE");
  tune->add_option("--progress", options.progress, "\"none\": say nothing while it lasts")
      ->check(CLI::IsMember({"auto", "none"}))
      ->default_str("auto")
      ->type_name("HOW");
  AddReportFormat(tune, options.format);
}

void AddReplay(CLI::App& cli, app::ReplayOptions& options) {
  CLI::App* replay = cli.add_subcommand("replay", "Decide a recording again");
  replay->footer(
      "Open loop, every decision is made again from what it was made from; closed loop, the "
      "demand\n"
      "is found again in what was measured, and a model of the replicas serves it. docs/replay.md\n"
      "Examples:\n"
      "  hpaplus replay /var/lib/hpaplus --verify\n"
      "  hpaplus replay day.hpar --closed-loop --capacity-per-replica 20 --repeat hpa-default");
  replay->add_option("RECORDING", options.recording, "A segment, or a directory of them")
      ->required();
  auto* verify = replay->add_flag("--verify", options.verify,
                                  "Exit with 2 at the first decision that is another one now");
  replay->add_option("--object", options.object, "Only this one")->type_name("NS/NAME");
  auto* capacity = replay
                       ->add_option("--capacity-per-replica", options.capacity_per_replica,
                                    "How much of the demand one replica serves")
                       ->check(CLI::PositiveNumber)
                       ->type_name("X");
  auto* closed = replay->add_flag("--closed-loop", options.closed_loop,
                                  "Let decisions change what is measured next");
  closed->needs(capacity)->excludes(verify);
  capacity->needs(closed);
  AddDuration(replay, "--startup", options.startup, "How long a new replica takes to serve");
  replay->add_option("--metric", options.metric, "The metric that the demand is found in")
      ->needs(closed)
      ->type_name("NAME");
  replay
      ->add_option("--repeat", options.others,
                   "Another policy on the same demand: an HPAPlus file, hpa-default, kpa-default, "
                   "static or oracle; may be repeated")
      ->needs(closed)
      ->type_name("POLICY");
  AddOutput(replay, options.output, {"table", "json", "ndjson", "html"});
}

void AddRecord(CLI::App& cli, app::RecordOptions& options) {
  CLI::App* record =
      cli.add_subcommand("record", "Make a demand that was measured elsewhere into a trace");
  record->footer(
      "What a controller decides is recorded by hpaplus run --record. docs/record.md\n"
      "Examples:\n"
      "  hpaplus record --from-prometheus http://prometheus:9090 --over 24h \\\n"
      "    --query 'sum(rate(http_requests_total{app=\"web\"}[1m]))' --output-file web.csv\n"
      "  hpaplus record --from-openmetrics dump.txt --series 'queue_length{queue=\"mail\"}'");
  auto* from = record->add_option_group("from", "Where it comes from");
  from->add_option("--from-csv", options.csv_file, "Lines of t_seconds,value")->type_name("FILE");
  auto* openmetrics = from->add_option("--from-openmetrics", options.openmetrics_file,
                                       "Samples with timestamps, as OpenMetrics writes them")
                          ->type_name("FILE");
  auto* prometheus =
      from->add_option("--from-prometheus", options.url, "A Prometheus, or what speaks its API")
          ->type_name("URL");
  from->require_option(1);
  auto* series = record
                     ->add_option("--series", options.series,
                                  "A metric's name, with its labels where there are several")
                     ->needs(openmetrics)
                     ->type_name("SERIES");
  openmetrics->needs(series);
  auto* query = record->add_option("--query", options.query, "PromQL with one series as its answer")
                    ->needs(prometheus)
                    ->type_name("Q");
  prometheus->needs(query);
  app::AddRange(record, prometheus, "--step", options);
  record->add_option("--output-file", options.output_file, "Default: standard output")
      ->type_name("FILE");
}

void AddExplain(CLI::App& cli, app::ExplainOptions& options, std::string& output) {
  CLI::App* explain =
      cli.add_subcommand("explain", "Say why an object was given its size, or its quota");
  explain->footer(
      "Every stage of a decision, from what it was given to what it made of it. docs/explain.md\n"
      "Examples:\n"
      "  hpaplus explain shop/web --url http://127.0.0.1:8080 --last 5\n"
      "  hpaplus explain --quota shop/team --url http://127.0.0.1:8080 --last 3\n"
      "  hpaplus explain shop/web --recording /var/lib/hpaplus --at 2026-11-23T14:02:17Z\n"
      "  hpaplus explain shop/web --recording day.hpar --what-if 'metrics[rps].target=150'");
  auto* what = explain->add_option_group("what", "Of what");
  what->add_option("OBJECT", options.object, "NAMESPACE/NAME of an HPAPlus object");
  what->add_option("--quota", options.quota, "A DynamicQuota of a running engine instead")
      ->type_name("NS/NAME");
  what->require_option(1);
  auto* from = explain->add_option_group("from", "Who knows");
  from->add_option("--recording", options.recording, "A segment, or a directory of them")
      ->type_name("REC");
  from->add_option("--url", options.url, "A running engine, where it serves /metrics")
      ->type_name("URL");
  from->require_option(1);
  auto* last = explain->add_option("--last", options.last, "So many decisions, the newest last")
                   ->check(CLI::Range(1, 1000))
                   ->capture_default_str()
                   ->type_name("N");
  auto* at = AddTime(
                 explain, "--at", [&options](hpaplus::Timestamp time) { options.at = time; },
                 "The decision that stood at that time")
                 ->excludes(last);
  explain->add_option("--decision", options.decision, "The decision with this id")
      ->excludes(last)
      ->excludes(at)
      ->type_name("ID");
  explain
      ->add_option("--what-if", options.what_if,
                   "Also decide with one setting of the object changed, as path=value")
      ->type_name("CHANGE");
  AddOutput(explain, output, {"table", "json"});
}

void AddPlan(CLI::App& cli, app::PlanOptions& options) {
  CLI::App* plan = cli.add_subcommand("plan", "Say what applying files would change");
  plan->footer(
      "Needs no cluster: which fields differ, what the last recorded decision would have been, "
      "and\n"
      "what would have been different over the past. Applies nothing. docs/plan.md\n"
      "Examples:\n"
      "  hpaplus plan -f web.yaml --against web-now.yaml --exit-code\n"
      "  hpaplus plan -f web.yaml --recording /var/lib/hpaplus --capacity-per-replica 20\n"
      "  hpaplus plan -f quotas.yaml --against cluster.json      who gains and who loses quota");
  plan->add_option("-f,--file", options.files,
                   "One HPAPlus object, or DynamicQuotas and QuotaPools")
      ->required()
      ->type_name("FILE");
  plan->add_option("--against", options.against, "The object as it is; default: as it was recorded")
      ->type_name("FILE");
  auto* recording =
      plan->add_option("--recording", options.recording, "A segment, or a directory of them")
          ->type_name("REC");
  auto* trace = app::AddTrace(plan, options.trace_file)->excludes(recording);
  auto* capacity = plan->add_option("--capacity-per-replica", options.capacity_per_replica,
                                    "How much of the demand one replica serves")
                       ->check(CLI::PositiveNumber)
                       ->type_name("X");
  trace->needs(capacity);
  AddDuration(plan, "--startup", options.startup, "How long a new replica takes to serve");
  plan->add_option("--metric", options.metric, "The metric that the demand is found in")
      ->needs(recording)
      ->type_name("NAME");
  AddDuration(plan, "--over", options.over, "How much of the past counts");
  app::AddStart(plan, options.start);
  plan->add_flag("--exit-code", options.exit_code, "Exit with 2 when something would change");
  AddReportFormat(plan, options.format);
}

void AddTest(CLI::App& cli, app::TestOptions& options) {
  CLI::App* test = cli.add_subcommand("test", "Run unit tests of HPAPlus objects");
  test->footer(
      "Needs no cluster. The format is in docs/test.md. Exits with 2 when a test fails.\n"
      "Example: hpaplus test examples/test/outage.test.yaml -o junit");
  test->add_option("FILE", options.files, "YAML with policies and tests")->required();
  AddOutput(test, options.output, {"table", "json", "junit"});
}

int Main(int argc, char** argv) {
  CLI::App cli("HPAPlus scales Kubernetes workloads, up to once a second each.", "hpaplus");
  cli.footer(kFooter);
  cli.require_subcommand(1);

  app::RunOptions run;
  app::ValidateOptions validate;
  app::DecideOptions decide;
  std::string version_output;
  std::string validate_output;
  app::SimulateOptions simulate;
  app::TuneOptions tune;
  app::ReplayOptions replay;
  app::RecordOptions record;
  app::ExplainOptions explain;
  std::string explain_output;
  app::PlanOptions plan;
  app::TestOptions test;
  AddRun(cli, run);
  AddVersion(cli, version_output);
  AddValidate(cli, validate, validate_output);
  AddDecide(cli, decide);
  AddSimulate(cli, simulate);
  AddTune(cli, tune);
  AddReplay(cli, replay);
  AddRecord(cli, record);
  AddExplain(cli, explain, explain_output);
  AddPlan(cli, plan);
  AddTest(cli, test);

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? app::kExitOk : app::kExitUsage;
  }

  if (cli.got_subcommand("version")) {
    std::cout << (version_output == "json" ? app::VersionJson() : app::VersionText()) << "\n";
    return app::kExitOk;
  }
  if (cli.got_subcommand("validate")) {
    validate.json = validate_output == "json";
    return app::Validate(validate, std::cout, std::cerr);
  }
  if (cli.got_subcommand("decide")) {
    std::ios::sync_with_stdio(false);
    return app::DecideStream(decide, std::cin, std::cout, std::cerr);
  }
  if (cli.got_subcommand("simulate")) {
    return app::Simulate(simulate, std::cout, std::cerr);
  }
  if (cli.got_subcommand("replay")) return app::Replay(replay, std::cout, std::cerr);
  if (cli.got_subcommand("test")) return app::Test(test, std::cout, std::cerr);
  if (cli.got_subcommand("explain")) {
    explain.json = explain_output == "json";
    return app::Explain(explain, std::cout, std::cerr);
  }
  if (cli.got_subcommand("plan")) return app::Plan(plan, std::cout, std::cerr);
  if (cli.got_subcommand("record")) {
    record.progress = isatty(STDERR_FILENO) != 0;
    return app::Record(record, std::cout, std::cerr);
  }
  hpaplus::BlockSignals();  // Before any thread exists.
  if (cli.got_subcommand("tune")) {
    tune.prometheus.progress = isatty(STDERR_FILENO) != 0 && tune.progress != "none";
    return app::Tune(tune, std::cout, std::cerr);
  }
  return app::RunController(run, std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {  // Only CLI11 and the standard library throw up to here.
    std::cerr << "hpaplus: " << error.what() << "\n";
    return app::kExitFailed;
  }
}
