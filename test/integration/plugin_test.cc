// The gRPC collectors against programs of their own: the examples, as a user runs them, and a
// plug-in that does everything wrong. Skipped, loudly, where Python has no grpc.

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/grpc_collector.h"
#include "collectors/keda_scaler.h"
#include "engine/shell/system_clock.h"
#include "test/support/fake_http_client.h"
#include "test/support/python_server.h"
#include "test/support/test_ca.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PythonServer;
using testing::HasSubstr;

const std::string kExamples = std::string(HPAPLUS_SOURCE_DIR) + "/examples";

class PluginIntegration : public testing::Test {
 protected:
  static void SetUpTestSuite() { has_python_ = !PythonServer::Interpreter().empty(); }

  void SetUp() override {
    if (!has_python_) {
      GTEST_SKIP() << "SKIPPED: no Python with grpc; install Debian's package python3-grpcio";
    }
    source_.spec.name = "plug-in";
    source_.spec.ns = "shop";
    source_.spec.timeout = seconds(20);
    source_.spec.grpc = GrpcSource();
    source_.spec.keda = KedaScalerSource();
  }

  static std::unique_ptr<PythonServer> Run(const std::string& program,
                                           const std::vector<std::string>& arguments) {
    auto started = PythonServer::Start(program, arguments, HPAPLUS_BINARY_DIR "/examples/stubs");
    EXPECT_TRUE(started) << started.error().message;
    return started ? *std::move(started) : nullptr;
  }
  static std::unique_ptr<PythonServer> RunHostile(const std::string& address = "127.0.0.1:0") {
    return Run(std::string(HPAPLUS_SOURCE_DIR) + "/test/integration/hostile_plugin.py", {address});
  }
  std::unique_ptr<PythonServer> RunSpool(std::vector<std::string> arguments) {
    arguments.push_back("--root=" + spool_.path());
    return Run(kExamples + "/collector-plugin/spool.py", arguments);
  }

  std::unique_ptr<Collector> Make(const CollectorFactory& factory, const std::string& endpoint) {
    source_.spec.endpoint = endpoint;
    auto made = factory(source_, {http_, executor_});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : nullptr;
  }
  std::unique_ptr<Collector> MakePlugin(const PythonServer& server,
                                        const std::string& scheme = "grpc://") {
    return Make(GrpcCollector::Factory(), scheme + server.address());
  }

  std::vector<ReadingResult> Ask(Collector& collector, const std::vector<std::string>& expressions,
                                 Duration budget = seconds(20)) {
    std::vector<MetricQuery> queries;
    for (const std::string& expression : expressions)
      queries.push_back({.ns = "shop", .expression = expression});
    const Timestamp now = clock_.Now();
    return collector.Collect(queries, {now, now + budget, stop_.get_token()});
  }
  // The one value of a query's answer, or what is there instead.
  std::string AskOne(Collector& collector, const std::string& expression,
                     Duration budget = seconds(20)) {
    const ReadingResult result = std::move(Ask(collector, {expression}, budget).front());
    if (!result) return std::string(ErrorCodeName(result.error().code));
    if ((*result)->values.size() != 1) return std::to_string((*result)->values.size()) + " values";
    return std::to_string((*result)->values.front().milli);
  }
  // Asks until the answer is as expected; what it was last.
  std::string AskUntil(Collector& collector, const std::string& expression,
                       const std::string& expected) {
    std::string got;
    const Timestamp deadline = clock_.Now() + seconds(30);
    do {
      got = AskOne(collector, expression);
    } while (got != expected && clock_.WaitUntil(clock_.Now() + milliseconds(20), {}) &&
             clock_.Now() < deadline);
    return got;
  }

  static inline bool has_python_ = false;
  SystemClock clock_;
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  std::stop_source stop_;
  test::TempDir spool_;
  ResolvedSource source_;
};

TEST_F(PluginIntegration, TheExampleCountsFiles) {
  spool_.Write("orders/1", "");
  spool_.Write("orders/2", "");
  std::filesystem::create_directory(spool_.path() + "/empty");
  const auto server = RunSpool({});
  const auto collector = MakePlugin(*server);
  const auto results = Ask(*collector, {"orders", "empty", "empty/oldest", "none", "../etc"});
  ASSERT_EQ(results.size(), 5U);
  ASSERT_TRUE(results[0]) << results[0].error().message;
  EXPECT_EQ((*results[0])->values.at(0).value, 2);
  EXPECT_LT(clock_.Now() - (*results[0])->values.at(0).at, seconds(10));
  ASSERT_TRUE(results[1]);
  EXPECT_EQ((*results[1])->values.at(0).value, 0);
  ASSERT_TRUE(results[2]);
  EXPECT_TRUE((*results[2])->values.empty());
  EXPECT_EQ(results[3].error().message, "plug-in: there is no queue none");
  EXPECT_EQ(results[4].error().message, "plug-in: a query is NAME or NAME/oldest");
  spool_.Write("orders/3", "");
  EXPECT_EQ(AskOne(*collector, "orders"), "3000");
}

TEST_F(PluginIntegration, TheExampleGetsItsParameters) {
  spool_.Write("other/orders/1", "");
  const auto server = RunSpool({});
  source_.spec.grpc->parameters["root"] = spool_.path() + "/other";
  EXPECT_EQ(AskOne(*MakePlugin(*server), "orders"), "1000");
}

TEST_F(PluginIntegration, AskedForMoreThanItTakesThePluginIsAskedSeveralTimes) {
  std::vector<std::string> queries;
  for (int i = 0; i < 250; ++i) {
    queries.push_back("q" + std::to_string(i));
    spool_.Write("q" + std::to_string(i) + "/file", "");
  }
  const auto server = RunSpool({});
  const auto collector = MakePlugin(*server);
  for (const ReadingResult& result : Ask(*collector, queries))
    EXPECT_TRUE(result);
}

TEST_F(PluginIntegration, TheExamplePushes) {
  spool_.Write("orders/1", "");
  const auto server = RunSpool({});
  source_.spec.grpc->stream = true;
  const auto collector = MakePlugin(*server);
  EXPECT_EQ(AskOne(*collector, "orders"), "1000");  // Asked for: nothing is pushed yet.
  spool_.Write("orders/2", "");
  EXPECT_EQ(AskUntil(*collector, "orders", "2000"), "2000");
  spool_.Write("orders/3", "");
  EXPECT_EQ(AskUntil(*collector, "orders", "3000"), "3000");
}

TEST_F(PluginIntegration, CredentialsTravelOverTlsOnly) {
  const test::TestCa ca;
  const test::TestCa other_ca;
  const auto ours = ca.Issue({});
  const auto client = ca.Issue({.common_name = "engine"});
  spool_.Write("orders/1", "");
  const auto server = RunSpool({"--tls-cert=" + spool_.Write("cert", ours.certificate_pem),
                                "--tls-key=" + spool_.Write("key", ours.key_pem),
                                "--client-ca=" + spool_.Write("ca", ca.pem()),
                                "--token-file=" + spool_.Write("token", "sesame")});
  source_.auth.ca_pem = ca.pem();
  source_.auth.client_cert_pem = client.certificate_pem;
  source_.auth.client_key_pem = client.key_pem;
  source_.auth.bearer_token = "sesame";
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "1000");

  EXPECT_FALSE(GrpcCollector::Factory()(
      [&] {
        ResolvedSource plain = source_;
        plain.spec.endpoint = "grpc://" + server->address();
        return plain;
      }(),
      {http_, executor_}));
  source_.auth.bearer_token = "mellon";
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "PermissionDenied");
  source_.auth.ca_pem = other_ca.pem();
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "Unavailable");
  source_.auth.ca_pem = ca.pem();
  source_.auth.tls_server_name = "somebody.else";
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "Unavailable");
  source_.auth.tls_server_name = "localhost";
  source_.auth.bearer_token = "sesame";
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "1000");
  source_.auth.client_cert_pem = "";
  source_.auth.client_key_pem = "";
  EXPECT_EQ(AskOne(*MakePlugin(*server, "grpcs://"), "orders"), "Unavailable");
}

TEST_F(PluginIntegration, WrongAnswersAreErrorsAndNoNumbers) {
  const auto server = RunHostile();
  const auto collector = MakePlugin(*server);
  EXPECT_EQ(AskOne(*collector, "too few"), "MalformedData");
  EXPECT_EQ(AskOne(*collector, "too many"), "MalformedData");
  EXPECT_EQ(AskOne(*collector, "many"), "MalformedData");
  EXPECT_EQ(AskOne(*collector, "year 3000"), "MalformedData");
  EXPECT_EQ(AskOne(*collector, "raise"), "Unavailable");
  EXPECT_EQ(AskOne(*collector, "nothing"), "0 values");
  EXPECT_EQ(AskOne(*collector, "nan"), std::to_string(kInvalidMilli));
  EXPECT_EQ(AskOne(*collector, "infinite"), std::to_string(kInvalidMilli));
  EXPECT_EQ(AskOne(*collector, "negative"), "-1000");
  const auto future = Ask(*collector, {"future"}).front();
  ASSERT_TRUE(future);
  EXPECT_GT((*future)->values.at(0).at, clock_.Now() + seconds(3000));
}

TEST_F(PluginIntegration, AHundredMegabytesAreTooMuch) {
  const auto server = RunHostile();
  const auto collector = MakePlugin(*server);
  const auto result = Ask(*collector, {"huge"}).front();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("limits.maxResponseBytes"));
  EXPECT_NE(AskOne(*collector, "pid"), "Unavailable");
}

TEST_F(PluginIntegration, AHangingPluginCostsOnlyTheTimeItHas) {
  const auto server = RunHostile();
  const auto collector = MakePlugin(*server);
  ASSERT_NE(AskOne(*collector, "pid"), "Unavailable");
  const Timestamp before = clock_.Now();
  EXPECT_EQ(AskOne(*collector, "hang", milliseconds(200)), "DeadlineExceeded");
  EXPECT_LT(clock_.Now() - before, seconds(5));

  std::jthread stopper([&] {
    (void)clock_.WaitUntil(clock_.Now() + milliseconds(100), {});
    stop_.request_stop();
  });
  EXPECT_EQ(AskOne(*collector, "hang"), "Unavailable");
  EXPECT_LT(clock_.Now() - before, seconds(10));
}

TEST_F(PluginIntegration, APluginThatDiesComesBack) {
  const auto server = RunHostile();
  const auto collector = MakePlugin(*server);
  const std::string first = AskOne(*collector, "pid");
  EXPECT_EQ(AskOne(*collector, "die"), "Unavailable");
  ASSERT_TRUE(server->process().Wait(seconds(10)));
  EXPECT_EQ(AskOne(*collector, "pid"), "Unavailable");
  const auto again = RunHostile(server->address());
  const std::string second = std::to_string(again->process().pid()) + "000";
  EXPECT_EQ(AskUntil(*collector, "pid", second), second);
  EXPECT_NE(first, second);
}

TEST_F(PluginIntegration, AStreamThatBreaksKeepsItsNumbersAndComesBack) {
  source_.spec.grpc->stream = true;
  source_.spec.grpc->parameters["stream"] = "dies";
  const auto server = RunHostile();
  const auto collector = MakePlugin(*server);
  const std::string first = std::to_string(server->process().pid()) + "000";
  (void)AskOne(*collector, "pid");
  ASSERT_TRUE(server->process().Wait(seconds(10)));
  EXPECT_EQ(AskUntil(*collector, "pid", first), first);  // It died, and what it said still counts.

  source_.spec.grpc->parameters["stream"] = "hangs";
  const auto again = RunHostile(server->address());
  const std::string second = std::to_string(again->process().pid()) + "000";
  EXPECT_EQ(AskUntil(*collector, "pid", second), second);
}

TEST_F(PluginIntegration, AnExternalScalerOfKedaIsASource) {
  const std::string directory = spool_.path() + "/orders";
  spool_.Write("orders/1", "");
  const auto server = Run(kExamples + "/external-scaler/spool_scaler.py", {});
  source_.spec.keda->metadata = {{"target", "2.5"}};
  source_.spec.keda->query_keys = {"directory"};
  const auto collector = Make(KedaScalerCollector::Factory(), "grpc://" + server->address());
  const std::string where = "?directory=" + directory;
  EXPECT_EQ(AskOne(*collector, "waiting-files" + where), "1000");
  EXPECT_EQ(AskOne(*collector, "*" + where), "1000");
  EXPECT_EQ(AskOne(*collector, "isActive()" + where), "1000");
  std::filesystem::remove(directory + "/1");
  EXPECT_EQ(AskOne(*collector, "waiting-files" + where), "0");
  EXPECT_EQ(AskOne(*collector, "isActive()" + where), "0");

  EXPECT_EQ(AskOne(*collector, "waiting-files"), "InvalidArgument");  // No directory.
  EXPECT_EQ(AskOne(*collector, "waiting-files?directory=/nowhere"), "Unavailable");
  const auto wrong = Ask(*collector, {"depth" + where}).front();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "external scaler: there is no metric depth; it has waiting-files");
}

}  // namespace
}  // namespace hpaplus::collectors
