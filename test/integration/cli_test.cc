// The built binary as its user meets it: arguments in, exit code and output out.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "test/support/child_process.h"

namespace hpaplus {
namespace {

namespace fs = std::filesystem;
using support::ChildProcess;
using ::testing::HasSubstr;

constexpr auto kLong = std::chrono::seconds(30);
constexpr auto kStopWithin = std::chrono::seconds(5);

class CliTest : public ::testing::Test {
 protected:
  CliTest() : work_(fs::temp_directory_path() / ("hpaplus-cli-" + std::to_string(getpid()))) {
    fs::create_directories(work_);
  }
  ~CliTest() override { fs::remove_all(work_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(work_ / name) << text;
    return (work_ / name).string();
  }

  std::unique_ptr<ChildProcess> Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), HPAPLUS_BINARY_DIR "/hpaplus");
    auto process = ChildProcess::Start({.arguments = arguments,
                                        .environment = {"KUBECONFIG=/nowhere", "HOME=/nowhere"},
                                        .output_file = (work_ / "output").string()});
    EXPECT_TRUE(process) << process.error().message;
    return std::move(*process);
  }

  int Run(const std::vector<std::string>& arguments) {
    return Start(arguments)->Wait(kLong).value_or(-1);
  }

  std::string Output() {
    std::ifstream in(work_ / "output");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  bool OutputComesToHold(const std::string& text) {
    for (int i = 0; i < 600; ++i) {
      if (Output().find(text) != std::string::npos) return true;
      PauseShortly();
    }
    return false;
  }

  static void PauseShortly() {
    static_cast<void>(ChildProcess::Start({.arguments = {"sleep", "0.05"}})->get()->Wait(kLong));
  }

  const fs::path work_;
};

constexpr const char* kConfig =
    "apiVersion: autoscaling.hpaplus.io/v1alpha1\n"
    "kind: ControllerConfiguration\n"
    "http: {listen: \"127.0.0.1:0\"}\n";

TEST_F(CliTest, PrintsItsVersion) {
  EXPECT_EQ(Run({"version"}), 0);
  EXPECT_THAT(Output(), HasSubstr("hpaplus 0."));
  EXPECT_EQ(Run({"version", "-o", "json"}), 0);
  EXPECT_THAT(Output(), HasSubstr("\"schema\":\"hpaplus.io/v1/version\""));
}

TEST_F(CliTest, EndsWith64OnWrongUsage) {
  EXPECT_EQ(Run({}), 64);
  EXPECT_EQ(Run({"runn"}), 64);
  EXPECT_EQ(Run({"run", "--cluster", "real"}), 64);
  EXPECT_EQ(Run({"validate"}), 64);
  EXPECT_EQ(Run({"version", "--output", "yaml"}), 64);
}

TEST_F(CliTest, HelpsAtEveryLevel) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(Output(), HasSubstr("Exit codes"));
  EXPECT_EQ(Run({"run", "--help"}), 0);
  EXPECT_THAT(Output(), HasSubstr("--dry-run"));
}

TEST_F(CliTest, EndsWith78OnABadConfigurationAndNamesThePlace) {
  EXPECT_EQ(Run({"run", "--config", Write("c.yaml", std::string(kConfig) + "enigne: {}\n")}), 78);
  EXPECT_THAT(Output(), HasSubstr("c.yaml:4:1: enigne: unknown key"));
  EXPECT_EQ(Run({"run", "--config", (work_ / "none.yaml").string()}), 78);
  EXPECT_THAT(Output(), HasSubstr("cannot read"));
}

TEST_F(CliTest, EndsWith69WhenTheApiServerIsUnreachable) {
  const std::string kubeconfig = Write(
      "kubeconfig",
      "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
      "contexts: [{name: a, context: {cluster: a, user: a}}]\n"
      "clusters: [{name: a, cluster: {server: \"http://127.0.0.1:1\"}}]\nusers: [{name: a}]\n");
  EXPECT_EQ(Run({"run", "--config", Write("c.yaml", kConfig), "--kubeconfig", kubeconfig}), 69);
}

TEST_F(CliTest, SaysWhenThereIsNoKubeconfig) {
  EXPECT_NE(Run({"run", "--kubeconfig", (work_ / "none").string()}), 0);
  EXPECT_THAT(Output(), HasSubstr("none"));
}

TEST_F(CliTest, RunsFromFilesWithoutAClusterAndServesDecisions) {
  const std::string objects = Write(
      "objects.yaml",
      "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: MetricSource\n"
      "metadata: {name: night, namespace: shop}\n"
      "spec:\n  type: Cron\n  cron:\n    timeZone: UTC\n    windows:\n"
      "    - {name: on, start: \"* * * * *\", end: \"30 4 29 2 *\", desiredReplicas: 4}\n---\n"
      "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: HPAPlus\n"
      "metadata: {name: worker, namespace: shop}\nspec:\n"
      "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}\n"
      "  minReplicas: 1\n  maxReplicas: 9\n  evaluation: {period: 1s}\n  metrics:\n"
      "  - name: night\n    type: Source\n    source:\n      ref: {name: night}\n"
      "      query: \"on\"\n      target: {type: AverageValue, averageValue: \"1\"}\n");
  auto process = Start({"run", "--offline", objects, "--http-listen", "127.0.0.1:0"});
  ASSERT_TRUE(OutputComesToHold("http_port")) << Output();
  const std::string output = Output();
  const auto at = output.find("\"http_port\":") + 12;
  const std::string port = output.substr(at, output.find_first_not_of("0123456789", at) - at);
  const std::string page = (work_ / "page").string();
  for (int i = 0; i < 200; ++i) {
    auto curl = ChildProcess::Start(
        {.arguments = {"curl", "-s", "127.0.0.1:" + port + "/v1/decisions/shop/worker"},
         .output_file = page});
    ASSERT_TRUE(curl);
    (void)(*curl)->Wait(kLong);
    std::ifstream in(page);
    const std::string body{std::istreambuf_iterator<char>(in), {}};
    if (body.find("\"steps\":[{\"stage\"") != std::string::npos) break;
    ASSERT_LT(i, 199) << body << Output();
    PauseShortly();
  }
  process->Signal(SIGTERM);
  EXPECT_EQ(process->Wait(kStopWithin), 0);
}

TEST_F(CliTest, EndsWith78OnFilesThatMakeNoSenseAndNamesThePlace) {
  const std::string bad = Write("bad.yaml",
                                "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: HPAPlus\n"
                                "metadata: {name: a, namespace: b}\nspec: {maxReplicas: none}\n");
  EXPECT_EQ(Run({"run", "--offline", bad}), 78);
  EXPECT_THAT(Output(), HasSubstr("bad.yaml:4:8: HPAPlus b/a: spec.maxReplicas"));
  EXPECT_EQ(Run({"run", "--offline", (work_ / "none").string()}), 1);
  EXPECT_THAT(Output(), HasSubstr("cannot read"));
  EXPECT_EQ(Run({"run", "--offline", bad, "--kubeconfig", "x"}), 64);
}

TEST_F(CliTest, ValidatesFiles) {
  const std::string good = Write("good.yaml",
                                 "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: HPAPlus\n"
                                 "metadata: {name: a, namespace: b}\n"
                                 "spec:\n  scaleTargetRef: {kind: Deployment, name: x}\n"
                                 "  maxReplicas: 5\n---\napiVersion: v1\nkind: Service\n");
  EXPECT_EQ(Run({"validate", "-f", good}), 0);
  EXPECT_THAT(Output(), HasSubstr("1 objects checked, 1 skipped: 0 problems"));

  const std::string bad = Write("bad.yaml",
                                "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: HPAPlus\n"
                                "metadata: {name: a, namespace: b}\n"
                                "spec:\n  scaleTargetRef: {kind: Deployment, name: x}\n"
                                "  maxReplica: 5\n");
  EXPECT_EQ(Run({"validate", "-f", good, "-f", bad}), 2);
  EXPECT_THAT(Output(), HasSubstr("bad.yaml:6:"));
  EXPECT_EQ(Run({"validate", "-f", bad, "-o", "json"}), 2);
  EXPECT_THAT(Output(), HasSubstr("\"path\":\"spec.maxReplica\""));
  EXPECT_EQ(Run({"validate", "-f", (work_ / "none.yaml").string()}), 1);
}

TEST_F(CliTest, StopsWithinFiveSecondsOnSigterm) {
  for (const int signal : {SIGTERM, SIGINT}) {
    auto process = Start({"run", "--config", Write("c.yaml", kConfig), "--cluster", "embedded",
                          "--write-kubeconfig", (work_ / "kubeconfig").string()});
    ASSERT_TRUE(OutputComesToHold("\"msg\":\"started\"")) << Output();
    process->Signal(signal);
    EXPECT_EQ(process->Wait(kStopWithin), 0) << Output();
  }
}

TEST_F(CliTest, RefusesToRunWhereItsPortIsTaken) {
  auto first = Start({"run", "--config", Write("c.yaml", kConfig), "--cluster", "embedded",
                      "--write-kubeconfig", (work_ / "kubeconfig").string()});
  ASSERT_TRUE(OutputComesToHold("\"msg\":\"started\""));
  const std::string output = Output();
  const auto at = output.find("\"http_port\":") + 12;
  const std::string port = output.substr(at, output.find_first_of(",}", at) - at);
  const std::string taken =
      Write("taken.yaml",
            "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: ControllerConfiguration\n"
            "http: {listen: \"127.0.0.1:" +
                port + "\"}\n");
  EXPECT_EQ(Run({"run", "--config", taken, "--cluster", "embedded", "--write-kubeconfig",
                 (work_ / "other").string()}),
            69);
}

class SimulateTest : public CliTest {
 protected:
  static std::string Example(const std::string& name) {
    return HPAPLUS_SOURCE_DIR "/examples/simulate/" + name;
  }

  // With the example's files where none are given.
  int Simulate(std::vector<std::string> more, std::string spec = Example("web.yaml"),
               std::string trace = Example("day.csv")) {
    std::vector<std::string> arguments = {"simulate", "--spec",         std::move(spec),
                                          "--trace",  std::move(trace), "--capacity-per-replica",
                                          "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
};

TEST_F(SimulateTest, ComparesTheExampleWithOtherPolicies) {
  ASSERT_EQ(Simulate({"--repeat", "hpa-default", "--repeat", "kpa-default", "--repeat", "static",
                      "--repeat", "oracle", "-o", "json"}),
            0)
      << Output();
  const auto json = nlohmann::json::parse(Output(), nullptr, false);
  ASSERT_TRUE(json.is_object()) << Output();
  EXPECT_EQ(json["schema"], "hpaplus.io/simulate/v1");
  const auto& policies = json["policies"];
  ASSERT_EQ(policies.size(), 5U);
  EXPECT_LT(policies[0]["under_provisioned_time_share"],
            policies[1]["under_provisioned_time_share"]);
  EXPECT_LT(policies[0]["replica_hours"], policies[1]["replica_hours"]);
  EXPECT_EQ(policies[4]["under_provisioned_area"], 0);
  EXPECT_GT(policies[0]["speedup"], 1000);
  EXPECT_EQ(policies[0]["size_changes"].size(), policies[0]["changes"]);
}

TEST_F(SimulateTest, ShowsATableToPeople) {
  ASSERT_EQ(Simulate({"--startup", "1m", "--between", "linear"}), 0) << Output();
  EXPECT_THAT(Output(), HasSubstr("20 per replica, 1m0s until one serves"));
  EXPECT_THAT(Output(), HasSubstr("replica-hours"));
}

TEST_F(SimulateTest, NamesThePlaceOfWhatIsWrong) {
  const std::string bad_trace = Write("bad.csv", "t_seconds,value\n0,1\n1,-5\n");
  EXPECT_EQ(Simulate({}, Example("web.yaml"), bad_trace), 65);
  EXPECT_THAT(Output(), HasSubstr("bad.csv: line 3: the value is negative"));
  const std::string bad_spec = Write("bad.yaml",
                                     "apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: HPAPlus\n"
                                     "metadata: {name: web}\nspec: {maxReplicas: 3}\n");
  EXPECT_EQ(Simulate({}, bad_spec), 65);
  EXPECT_THAT(Output(), HasSubstr("bad.yaml:4:1: HPAPlus web: spec.scaleTargetRef"));
  EXPECT_EQ(Simulate({}, Write("none.yaml", "kind: Pod\napiVersion: v1\n")), 65);
  EXPECT_THAT(Output(), HasSubstr("none.yaml: no HPAPlus object"));
  EXPECT_EQ(Simulate({}, "/nowhere.yaml"), 1);
  EXPECT_THAT(Output(), HasSubstr("/nowhere.yaml: cannot be read"));
  EXPECT_EQ(Simulate({"--repeat", "/nowhere.yaml"}), 1);
  EXPECT_EQ(Simulate({"--startup", "0s"}), 64);
  EXPECT_EQ(Simulate({"--start", "yesterday"}), 64);
}

class TuneTest : public SimulateTest {
 protected:
  int Tune(std::vector<std::string> more, std::string trace = Example("day.csv")) {
    std::vector<std::string> arguments = {"tune",    "--spec",         Example("web.yaml"),
                                          "--trace", std::move(trace), "--capacity-per-replica",
                                          "20",      "--progress",     "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
};

TEST_F(TuneTest, WritesAnObjectThatCanBeUsed) {
  const std::string tuned = (work_ / "tuned.yaml").string();
  const int code = Tune({"--candidates", "200", "--write", tuned, "-o", "json"});
  const auto json = nlohmann::json::parse(Output(), nullptr, false);
  ASSERT_TRUE(json.is_object()) << Output();
  EXPECT_EQ(json["schema"], "hpaplus.io/tune/v1");
  EXPECT_EQ(code, json["verdict"]["better_than_hpa_default"] ? 0 : 2);
  EXPECT_TRUE(json["verdict"]["meets_objective"]);
  EXPECT_GE(json["search"]["policies"], 200);
  ASSERT_EQ(json["policies"].size(), 3U);
  EXPECT_EQ(json["policies"][2]["name"], "tuned");
  EXPECT_FALSE(json["pareto"].empty());
  EXPECT_EQ(Run({"validate", "-f", tuned}), 0) << Output();
  EXPECT_EQ(Simulate({}, tuned), 0) << Output();
}

TEST_F(TuneTest, GoesOnFromItsStateAndRefusesThatOfAnother) {
  const std::string state = (work_ / "state").string();
  (void)Tune({"--candidates", "32", "--state", state, "-o", "json"});
  (void)Tune({"--candidates", "64", "--state", state, "-o", "json"});
  EXPECT_EQ(nlohmann::json::parse(Output())["search"]["resumed"], 32);
  EXPECT_EQ(Tune({"--candidates", "64", "--state", state, "--seed", "2"}), 1);
  EXPECT_THAT(Output(), HasSubstr("the state of a search for something else"));
}

TEST_F(TuneTest, SaysWhatIsWrong) {
  EXPECT_EQ(Tune({"--objective", "cheap"}), 65);
  EXPECT_THAT(Output(), HasSubstr("objective: the goal is not"));
  EXPECT_EQ(Tune({"--candidates", "0"}), 64);
  EXPECT_EQ(Tune({"--budget", "soon"}), 64);
  EXPECT_EQ(Tune({}, "/nowhere.csv"), 1);
  EXPECT_THAT(Output(), HasSubstr("/nowhere.csv: cannot be read"));
  EXPECT_EQ(Tune({"--candidates", "32", "--write", "/nowhere/tuned.yaml"}), 1);
}

}  // namespace
}  // namespace hpaplus
