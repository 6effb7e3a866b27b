#include "engine/app/config.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kHead =
    "apiVersion: autoscaling.hpaplus.io/v1alpha1\n"
    "kind: ControllerConfiguration\n";

std::vector<std::string> ProblemsOf(const std::string& yaml) {
  ConfigProblems problems;
  EXPECT_EQ(ParseConfig(yaml, "c.yaml", problems), std::nullopt) << yaml;
  return problems.lines;
}

TEST(ConfigTest, HasADefaultForEverything) {
  ConfigProblems problems;
  const auto config = ParseConfig(kHead, "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_EQ(config->engine.threads, 0);
  EXPECT_EQ(config->kubernetes.qps, 400);
  EXPECT_EQ(config->http.port, 8080);
  EXPECT_FALSE(config->dry_run);
}

TEST(ConfigTest, ReadsTheFileOfTheDocumentationAsTheDefaults) {
  std::ifstream in(HPAPLUS_SOURCE_DIR "/docs/configuration.md");
  const std::string page(std::istreambuf_iterator<char>(in), {});
  const auto begin = page.find("```yaml\n") + 8;
  const std::string yaml = page.substr(begin, page.find("```", begin) - begin);
  ConfigProblems problems;
  const auto config = ParseConfig(yaml, "configuration.md", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  const ControllerConfig defaults;
  EXPECT_EQ(config->engine.max_objects, defaults.engine.max_objects);
  EXPECT_EQ(config->engine.tolerance, defaults.engine.tolerance);
  EXPECT_EQ(config->engine.downscale_stabilization, defaults.engine.downscale_stabilization);
  EXPECT_EQ(config->engine.cpu_initialization_period, defaults.engine.cpu_initialization_period);
  EXPECT_EQ(config->engine.initial_readiness_delay, defaults.engine.initial_readiness_delay);
  EXPECT_EQ(config->kubernetes.qps, defaults.kubernetes.qps);
  EXPECT_EQ(config->kubernetes.burst, defaults.kubernetes.burst);
  EXPECT_EQ(config->kubernetes.request_timeout, defaults.kubernetes.request_timeout);
  EXPECT_EQ(config->sources.threads, defaults.sources.threads);
  EXPECT_EQ(config->sources.threads_per_source, defaults.sources.threads_per_source);
  EXPECT_EQ(config->sources.metrics_server_share_for, defaults.sources.metrics_server_share_for);
  EXPECT_EQ(config->sources.pod_metrics, defaults.sources.pod_metrics);
  EXPECT_EQ(config->sources.kubelet, defaults.sources.kubelet);
  EXPECT_EQ(config->http.page, defaults.http.page);
  EXPECT_EQ(config->http.names, defaults.http.names);
  EXPECT_EQ(config->history.per_object, defaults.history.per_object);
  EXPECT_EQ(config->history.bytes_most, defaults.history.bytes_most);
  EXPECT_EQ(config->safety.window, defaults.safety.window);
  EXPECT_EQ(config->safety.max_replicas_added, defaults.safety.max_replicas_added);
  EXPECT_EQ(config->safety.max_replicas_removed, defaults.safety.max_replicas_removed);
  EXPECT_EQ(config->safety.freeze_config_map, defaults.safety.freeze_config_map);
  EXPECT_EQ(config->sources.files_directory, "") << "sources of type File are off";
  EXPECT_EQ(config->http.host, defaults.http.host);
  EXPECT_EQ(config->http.port, defaults.http.port);
  EXPECT_EQ(config->http.objects_max, defaults.http.objects_max);
  EXPECT_EQ(config->log_level, defaults.log_level);
}

TEST(ConfigTest, ReadsWhatDiffers) {
  ConfigProblems problems;
  const auto config = ParseConfig(std::string(kHead) +
                                      "dryRun: true\n"
                                      "engine: {threads: 3, tolerance: \"50m\"}\n"
                                      "kubernetes: {namespace: shop, requestTimeout: 800ms}\n"
                                      "http: {listen: \"127.0.0.1:0\"}\n"
                                      "sources: {filesDirectory: /var/files, probeFirst: 2s, "
                                      "probeMost: 1m}\n"
                                      "safety: {window: 5m, maxReplicasRemoved: 200, "
                                      "suspectSources: false}\n"
                                      "freeze: {configMap: \"\"}\n"
                                      "logging: {level: debug}\n",
                                  "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_TRUE(config->dry_run);
  EXPECT_EQ(config->engine.threads, 3);
  EXPECT_EQ(config->engine.tolerance, 0.05);
  EXPECT_EQ(config->kubernetes.ns, "shop");
  EXPECT_EQ(config->kubernetes.request_timeout, std::chrono::milliseconds(800));
  EXPECT_EQ(config->http.host, "127.0.0.1");
  EXPECT_EQ(config->http.port, 0);
  EXPECT_EQ(config->sources.files_directory, "/var/files");
  EXPECT_EQ(config->sources.probe_first, std::chrono::seconds(2));
  EXPECT_EQ(config->sources.probe_most, std::chrono::minutes(1));
  EXPECT_EQ(config->safety.window, std::chrono::minutes(5));
  EXPECT_FALSE(config->safety.max_replicas_added);
  EXPECT_EQ(config->safety.max_replicas_removed, 200);
  EXPECT_FALSE(config->safety.suspect_sources);
  EXPECT_EQ(config->safety.freeze_config_map, "");
  EXPECT_EQ(config->log_level, LogLevel::kDebug);
}

TEST(ConfigTest, WantsTheLongestWaitForAProbeToBeOne) {
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "sources: {probeMost: 900ms}\n"),
              ElementsAre("c.yaml:3:11: sources.probeMost: must not be below probeFirst"));
}

TEST(ConfigTest, NamesThePlaceOfAnUnknownKey) {
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "engine:\n  threads: 2\n  thread: 2\n"),
              ElementsAre("c.yaml:5:3: engine.thread: unknown key"));
}

TEST(ConfigTest, NamesThePlaceOfADuplicateKey) {
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "dryRun: true\ndryRun: false\n"),
              ElementsAre(::testing::StartsWith("c.yaml:4:1: ")));
}

TEST(ConfigTest, ReportsAllProblemsAtOnce) {
  EXPECT_THAT(
      ProblemsOf(std::string(kHead) + "engine: {threads: 0, tolerance: 1}\n"
                                      "kubernetes: {qps: -1, burst: many, requestTimeout: 5}\n"
                                      "http: {listen: \"8080\"}\nlogging: {level: loud}\n"),
      SizeIs(::testing::Ge(6U)));
}

TEST(ConfigTest, RefusesSafetyThatMakesNoSense) {
  ConfigProblems problems;
  EXPECT_FALSE(ParseConfig(std::string(kHead) + "safety: {window: 2h, maxReplicasAdded: 0}\n"
                                                "freeze: {configMap: Hpaplus_Freeze}\n",
                           "c.yaml", problems));
  ASSERT_EQ(problems.lines.size(), 3U);
  EXPECT_NE(problems.lines[0].find("safety.window: must be a duration"), std::string::npos);
  EXPECT_NE(problems.lines[1].find("safety.maxReplicasAdded: must be a whole"), std::string::npos);
  EXPECT_NE(problems.lines[2].find("freeze.configMap: must be the name"), std::string::npos);
}

TEST(ConfigTest, ReadsHowKubeletsAreAsked) {
  ConfigProblems problems;
  const auto config = ParseConfig(
      std::string(kHead) +
          "sources:\n  podMetrics: Kubelet\n"
          "  kubelet: {via: APIServer, port: 10255, caFile: ca.crt, timeout: 3s, shareFor: 500ms,\n"
          "    rateWindow: 10s, maxConcurrent: 5, maxResponseBytes: 4096}\n",
      "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_EQ(config->sources.pod_metrics, PodMetricsFrom::kKubelet);
  const ControllerConfig::Kubelet wanted = {.through_api_server = true,
                                            .port = 10255,
                                            .ca_file = "ca.crt",
                                            .timeout = std::chrono::seconds(3),
                                            .share_for = std::chrono::milliseconds(500),
                                            .rate_window = std::chrono::seconds(10),
                                            .concurrent_most = 5,
                                            .response_bytes_most = 4096};
  EXPECT_EQ(config->sources.kubelet, wanted);
}

TEST(ConfigTest, RefusesKubeletsThatMakeNoSense) {
  EXPECT_THAT(
      ProblemsOf(std::string(kHead) + "sources:\n  podMetrics: kubelet\n"
                                      "  kubelet: {via: Proxy, port: 0, rateWindow: 10ms}\n"),
      ElementsAre("c.yaml:4:3: sources.podMetrics: must be MetricsServer or Kubelet",
                  "c.yaml:5:13: sources.kubelet.via: must be Node or APIServer",
                  ::testing::HasSubstr("sources.kubelet.port: must be a whole number"),
                  ::testing::HasSubstr("sources.kubelet.rateWindow: must be a duration")));
}

TEST(ConfigTest, ReadsWhereSendersAreListenedTo) {
  ConfigProblems problems;
  const auto none = ParseConfig(kHead, "c.yaml", problems);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->push.listen);
  const auto config =
      ParseConfig(std::string(kHead) +
                      "push:\n  listen: \":9201\"\n  otlpListen: \"127.0.0.1:4317\"\n"
                      "  threads: 4\n"
                      "  maxConnections: 7\n  maxBytes: 1048576\n"
                      "  tls: {certFile: c, keyFile: k, clientCAFile: a}\n",
                  "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_EQ(config->push.listen, std::pair(std::string("0.0.0.0"), 9201));
  EXPECT_EQ(config->push.otlp_listen, std::pair(std::string("127.0.0.1"), 4317));
  EXPECT_EQ(config->push.threads, 4);
  EXPECT_EQ(config->push.connections_most, 7U);
  EXPECT_EQ(config->push.bytes_most, 1048576U);
  EXPECT_EQ(config->push.certificate_file, "c");
  EXPECT_EQ(config->push.key_file, "k");
  EXPECT_EQ(config->push.client_ca_file, "a");
}

TEST(ConfigTest, ReadsTheLimitsOfTheScaler) {
  ConfigProblems problems;
  const auto config = ParseConfig(
      std::string(kHead) +
          "grpc: {maxConnections: 5, maxConnectionsPerPeer: 4, maxStreams: 3, maxTriggers: 2}\n",
      "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_EQ(config->grpc.connections_most, 5U);
  EXPECT_EQ(config->grpc.connections_per_peer_most, 4U);
  EXPECT_EQ(config->grpc.streams_most, 3U);
  EXPECT_EQ(config->grpc.triggers_most, 2U);
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "grpc: {maxConnectionsPerPeer: 0}\n"),
              ElementsAre(HasSubstr("grpc.maxConnectionsPerPeer")));
}

TEST(ConfigTest, RefusesAListenerThatMakesNoSense) {
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "push: {listen: here}\n"),
              ElementsAre(HasSubstr("push.listen: must be HOST:PORT or :PORT")));
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "push: {otlpListen: \"4317\"}\n"),
              ElementsAre(HasSubstr("push.otlpListen: must be HOST:PORT or :PORT")));
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "push: {tls: {certFile: c}}\n"),
              ElementsAre(HasSubstr("push.tls: needs certFile and keyFile")));
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "push: {tls: {clientCAFile: c}}\n"),
              ElementsAre(HasSubstr("push.tls: clientCAFile goes with certFile and keyFile")));
}

TEST(ConfigTest, RefusesWhatIsNoConfiguration) {
  EXPECT_THAT(ProblemsOf("apiVersion: v1\nkind: Pod\n"),
              Contains(HasSubstr("c.yaml:2:1: kind: must be ControllerConfiguration")));
  EXPECT_THAT(ProblemsOf(""), SizeIs(1));
  EXPECT_THAT(ProblemsOf("[1, 2"), SizeIs(1));
  EXPECT_THAT(ProblemsOf("[1, 2]"), Contains(HasSubstr("must be a mapping")));
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "engine: 3\n"),
              ElementsAre("c.yaml:3:1: engine: must be a mapping"));
}

TEST(ParseListenTest, ReadsHostAndPort) {
  EXPECT_EQ(ParseListen(":8080"), (std::pair<std::string, int>("0.0.0.0", 8080)));
  EXPECT_EQ(ParseListen("127.0.0.1:0"), (std::pair<std::string, int>("127.0.0.1", 0)));
  for (const char* text : {"", ":", "8080", ":80800", ":-1", ":8o", "host"}) {
    EXPECT_EQ(ParseListen(text), std::nullopt) << text;
  }
}

TEST(ConfigTest, ReadsWhereSourcesMayLead) {
  ConfigProblems problems;
  const auto config = ParseConfig(std::string(kHead) +
                                      "sources: {egress: {allow: [127.0.0.1, 'fd00::/8'], deny: "
                                      "[10.96.0.1]}}\n",
                                  "c.yaml", problems);
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->sources.egress.Check("127.0.0.1"));
  EXPECT_FALSE(config->sources.egress.Check("127.0.0.2"));
  EXPECT_FALSE(config->sources.egress.Check("10.96.0.1"));
  EXPECT_TRUE(config->sources.egress.Check("10.96.0.2"));
}

TEST(ConfigTest, NamesTheNetworkThatIsNone) {
  const auto problem = [](const std::string& egress) {
    ConfigProblems problems;
    EXPECT_FALSE(ParseConfig(std::string(kHead) + "sources: {egress: " + egress + "}\n", "c.yaml",
                             problems));
    return problems.lines.empty() ? "" : problems.lines.front();
  };
  EXPECT_THAT(problem("{deny: [10.0.0.1/8]}"),
              HasSubstr("sources.egress.deny: \"10.0.0.1/8\" has bits behind the prefix"));
  EXPECT_THAT(problem("{allow: 10.0.0.0/8}"), HasSubstr("must be a list of strings"));
  EXPECT_THAT(problem("{allow: [10.0.0.0/8], deny: [10.0.0.0/8]}"),
              HasSubstr("10.0.0.0/8 is both allowed and denied"));
}

TEST(ConfigTest, ReadsWhereKedaIsServed) {
  ConfigProblems problems;
  const auto config = ParseConfig(std::string(kHead) +
                                      "grpc:\n  listen: \":9443\"\n"
                                      "  tls: {certFile: a, keyFile: b, clientCAFile: c}\n"
                                      "  clients: [keda-operator]\n  maxStreams: 7\n"
                                      "  expireAfter: 1m\n  keepalive: 5s\n",
                                  "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_EQ(config->grpc.listen->second, 9443);
  EXPECT_THAT(config->grpc.clients, ElementsAre("keda-operator"));
  EXPECT_EQ(config->grpc.streams_most, 7U);
  EXPECT_EQ(config->grpc.expire_after, std::chrono::minutes(1));
}

TEST(ConfigTest, ServesKedaBeyondThisHostOnlyWithCertificatesOfBothSides) {
  const std::string wanted = "wanted beyond this host";
  const auto problems = [](const std::string& grpc) {
    return ProblemsOf(std::string(kHead) + "grpc: {" + grpc + "}\n");
  };
  EXPECT_THAT(problems("listen: \":1\""), Contains(HasSubstr(wanted)));
  EXPECT_THAT(problems("listen: \":1\", tls: {certFile: a, keyFile: b}"),
              Contains(HasSubstr(wanted)));
  EXPECT_THAT(problems("listen: nowhere"), Contains(HasSubstr("c.yaml:3:8: grpc.listen: must be")));
  EXPECT_THAT(problems("tls: {certFile: a}"), Contains(HasSubstr("needs certFile and keyFile")));
  EXPECT_THAT(problems("tls: {clientCAFile: a}"), Contains(HasSubstr("goes with certFile")));
  EXPECT_THAT(problems("clients: [a]"), Contains(HasSubstr("needs clientCAFile")));
  for (const char* host : {"127.0.0.1:1", "localhost:1", "[::1]:1"}) {
    ConfigProblems none;
    EXPECT_TRUE(
        ParseConfig(std::string(kHead) + "grpc: {listen: \"" + host + "\"}\n", "c.yaml", none))
        << host;
  }
  ConfigProblems none;
  EXPECT_TRUE(
      ParseConfig(std::string(kHead) + "grpc: {listen: \":1\", insecure: true}\n", "c.yaml", none));
}

TEST(ConfigTest, ReadsWhoMaySeeThePageAndWhatItRemembers) {
  ConfigProblems problems;
  const auto config = ParseConfig(std::string(kHead) +
                                      "http: {page: false, hosts: [scaling.example.com]}\n"
                                      "history: {perObject: 0, maxBytes: 1048576}\n",
                                  "c.yaml", problems);
  ASSERT_TRUE(config) << problems.lines[0];
  EXPECT_FALSE(config->http.page);
  EXPECT_THAT(config->http.names, ElementsAre("scaling.example.com"));
  EXPECT_EQ(config->history.per_object, 0U);
  EXPECT_EQ(config->history.bytes_most, 1U << 20U);
  EXPECT_THAT(ProblemsOf(std::string(kHead) + "history: {perObject: -1, maxBytes: 1}\n"),
              SizeIs(2));
}

}  // namespace
}  // namespace hpaplus::app
