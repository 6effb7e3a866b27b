#include <gtest/gtest.h>

#include "collectors/builtin.h"
#include "test/support/fake_http_client.h"

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
  ResolvedSource source;
  source.spec.type = "Oracle";
  EXPECT_EQ(registry.Make(source, {http, executor}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors
