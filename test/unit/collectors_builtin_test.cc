#include <gtest/gtest.h>

#include "collectors/builtin.h"
#include "test/support/fake_http_client.h"
#include "test/support/fake_pod_directory.h"

namespace hpaplus::collectors {
namespace {

using test::FakeHttpClient;

TEST(BuiltinCollectors, AreFoundByTheTypeOfTheSource) {
  CollectorRegistry registry;
  RegisterBuiltinCollectors(registry);
  FakeHttpClient http;
  SerialExecutor executor;
  for (const char* type : {"Prometheus", "HTTP"}) {
    ResolvedSource source;
    source.spec.type = type;
    source.spec.endpoint = "http://host";
    EXPECT_TRUE(registry.Make(source, {http, executor})) << type;
    source.spec.endpoint = "nonsense";
    EXPECT_FALSE(registry.Make(source, {http, executor})) << type;
  }
  const test::FakePodDirectory pods;
  for (const char* type : {"GRPC", "KedaExternalScaler"}) {
    ResolvedSource source;
    source.spec.type = type;
    source.spec.endpoint = "grpc://host:1";
    EXPECT_TRUE(registry.Make(source, {http, executor})) << type;
    source.spec.endpoint = "http://host:1";
    EXPECT_FALSE(registry.Make(source, {http, executor})) << type;
  }
  ResolvedSource source;
  source.spec.type = "Workload";
  EXPECT_TRUE(registry.Make(source, {http, executor, &pods}));
  source.spec.type = "Cron";
  source.spec.cron = CronSource{*TimeZone::Load("UTC"), {CronSource::Window()}};
  EXPECT_TRUE(registry.Make(source, {http, executor}));
  source.spec.type = "Oracle";
  EXPECT_EQ(registry.Make(source, {http, executor}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors
