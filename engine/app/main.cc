// The command line: what there is, and which exit code comes of it. Everything else is elsewhere.

#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "engine/app/version.h"
#include "engine/shell/signals.h"

namespace {

namespace app = hpaplus::app;

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
                  "HOST:PORT of metrics, health and decisions; offline: 127.0.0.1:8080")
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

int Main(int argc, char** argv) {
  CLI::App cli("HPAPlus scales Kubernetes workloads, up to once a second each.", "hpaplus");
  cli.footer(kFooter);
  cli.require_subcommand(1);

  app::RunOptions run;
  app::ValidateOptions validate;
  app::DecideOptions decide;
  std::string version_output;
  std::string validate_output;
  AddRun(cli, run);
  AddVersion(cli, version_output);
  AddValidate(cli, validate, validate_output);
  AddDecide(cli, decide);

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
  hpaplus::BlockSignals();  // Before any thread exists.
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
