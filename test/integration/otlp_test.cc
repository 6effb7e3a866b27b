// A client in Python sends OTLP to our gRPC server, and a query of the Push collector sees it.
// Skipped, loudly, where Python has no grpc.

#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/push.h"
#include "engine/api/grpc_server.h"
#include "engine/api/otlp_service.h"
#include "engine/shell/system_clock.h"
#include "test/support/child_process.h"
#include "test/support/fake_http_client.h"
#include "test/support/python_server.h"
#include "test/support/temp_dir.h"
#include "test/support/test_ca.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;

class OtlpIntegration : public testing::Test {
 protected:
  SystemClock clock_;
  push::PushSources sources_{{}, clock_};
  push::PushCounts counts_;
  std::string unready_;
  std::shared_ptr<grpc::Service> service_ =
      api::MakeOtlpMetricsService(sources_, counts_, clock_, [this] { return unready_; });
  std::unique_ptr<api::GrpcServer> server_;
  test::TempDir directory_;
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  std::unique_ptr<Collector> collector_;

  void SetUp() override {
    if (test::PythonServer::Interpreter().empty()) {
      GTEST_SKIP() << "SKIPPED: no Python with grpc; install Debian's package python3-grpcio";
    }
    ResolvedSource source;
    source.spec.ns = "shop";
    source.spec.name = "orders";
    source.spec.type = "Push";
    source.spec.push = PushSource();
    source.auth.bearer_token = "t0ken";
    sources_.Set(source);
    CollectorDeps deps{http_, executor_};
    deps.pushed = &sources_;
    collector_ = *collectors::PushCollector::Create(source, deps);
  }

  void Start(api::GrpcServer::Config config = {}) {
    config.host = "127.0.0.1";
    config.port = 0;
    auto server = api::GrpcServer::Start(config, {service_.get()});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  // What the client prints.
  std::string Send(const std::string& source, const std::string& token, const std::string& value,
                   const std::string& ca_file = "") {
    support::ChildProcess::Options options;
    options.arguments = {test::PythonServer::Interpreter(),
                         HPAPLUS_SOURCE_DIR "/test/integration/send_otlp.py",
                         "127.0.0.1:" + std::to_string(server_->port()),
                         source,
                         token,
                         value};
    if (!ca_file.empty()) options.arguments.push_back(ca_file);
    options.environment = {"PYTHONPATH=" HPAPLUS_BINARY_DIR "/examples/stubs",
                           "PYTHONDONTWRITEBYTECODE=1"};
    options.output_file = directory_.path() + "/output";
    auto client = support::ChildProcess::Start(options);
    EXPECT_TRUE(client);
    EXPECT_EQ((*client)->Wait(seconds(60)), 0);
    std::ifstream in(options.output_file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::vector<ScalarSample> Ask(const std::string& expression) {
    const MetricQuery query{.ns = "shop", .expression = expression};
    const Timestamp now = clock_.Now();
    const auto results = collector_->Collect({&query, 1}, {now, now + seconds(1), {}});
    EXPECT_TRUE(results[0]) << results[0].error().message;
    return results[0] ? (*results[0])->values : std::vector<ScalarSample>();
  }
};

TEST_F(OtlpIntegration, SeesWhatAClientSends) {
  Start();
  EXPECT_EQ(Send("shop/orders", "t0ken", "42.5"), "OK 1\n");
  const auto values = Ask("queue_depth{service_name=\"checkout\"}");
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].value, 42.5);
  EXPECT_LT(clock_.Now() - values[0].at, seconds(30));
  EXPECT_EQ(counts_.written_samples, 1U);
  EXPECT_EQ(counts_.refused_samples, 1U);
}

TEST_F(OtlpIntegration, TellsStrangersAndTheHastyApart) {
  Start();
  EXPECT_EQ(Send("shop/orders", "guess", "1"), "UNAUTHENTICATED 0\n");
  EXPECT_EQ(Send("other/orders", "t0ken", "1"), "UNAUTHENTICATED 0\n");
  EXPECT_EQ(Send("", "t0ken", "1"), "INVALID_ARGUMENT 0\n");
  unready_ = "the sources are being read";
  EXPECT_EQ(Send("shop/orders", "t0ken", "1"), "UNAVAILABLE 0\n");
  EXPECT_EQ(counts_.refused_requests, 4U);
  EXPECT_TRUE(Ask("queue_depth").empty());
}

TEST_F(OtlpIntegration, RefusesALargerMessageThanItTakes) {
  Start({.message_bytes_most = 50});
  EXPECT_EQ(Send("shop/orders", "t0ken", "1"), "RESOURCE_EXHAUSTED 0\n");
}

TEST_F(OtlpIntegration, SpeaksTls) {
  const test::TestCa ca;
  const test::CertificatePair pair = ca.Issue({});
  Start({.certificate_file = directory_.Write("tls.crt", pair.certificate_pem),
         .key_file = directory_.Write("tls.key", pair.key_pem)});
  EXPECT_EQ(Send("shop/orders", "t0ken", "3", directory_.Write("ca.crt", ca.pem())), "OK 1\n");
  EXPECT_EQ(Ask("queue_depth").size(), 1U);
  const test::TestCa other;
  EXPECT_THAT(Send("shop/orders", "t0ken", "3", directory_.Write("ca.crt", other.pem())),
              testing::EndsWith("UNAVAILABLE 0\n"));
}

TEST_F(OtlpIntegration, SaysWhyItCannotStart) {
  Start();
  api::GrpcServer::Config taken{.host = "127.0.0.1", .port = server_->port()};
  EXPECT_EQ(api::GrpcServer::Start(taken, {}).error().code, ErrorCode::kUnavailable);
  api::GrpcServer::Config no_file;
  no_file.certificate_file = no_file.key_file = "/nowhere.pem";
  const auto failed = api::GrpcServer::Start(no_file, {});
  EXPECT_EQ(failed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(failed.error().message, "grpc: cannot read /nowhere.pem");
}

}  // namespace
}  // namespace hpaplus
