// Where a connection leads: names, addresses, and the policy on them.

#include "collectors/grpc_connection.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "collectors/grpc_collector.h"
#include "collectors/host_lookup.h"
#include "proto/collector.pb.h"
#include "test/support/fake_http_client.h"
#include "test/support/raw_grpc_server.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RawGrpcCall;
using testing::Contains;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

TEST(HostLookup, AnAddressIsItsOwn) {
  EXPECT_EQ(*LookUpHost("10.0.0.1", seconds(1), {}),
            std::vector<IpAddress>{*IpAddress::Parse("10.0.0.1")});
  EXPECT_EQ(*LookUpHost("fd00::1", seconds(1), {}),
            std::vector<IpAddress>{*IpAddress::Parse("fd00::1")});
}

TEST(HostLookup, FindsWhatIsInTheHostsFile) {
  const auto found = LookUpHost("localhost", seconds(10), {});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, Contains(*IpAddress::Parse("127.0.0.1")));
}

TEST(HostLookup, NamesTheHostThatIsNotThere) {
  const auto found = LookUpHost("no-such-host.invalid", seconds(10), {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("host no-such-host.invalid cannot be looked up: "));
}

TEST(HostLookup, EndsWhenItIsToldTo) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(LookUpHost("no-such-host.invalid", seconds(10), stop.get_token()));
  const auto late = LookUpHost("no-such-host.invalid", Duration(0), {});
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
}

class GrpcEgress : public testing::Test {
 protected:
  static test::RawGrpcAnswer Answer(const RawGrpcCall& call) {
    if (call.method.ends_with("/Describe")) {
      collector::v1::DescribeResponse description;
      description.mutable_capabilities()->set_collect(true);
      return {.messages = {description.SerializeAsString()}};
    }
    collector::v1::CollectResponse response;
    response.add_results()->add_samples()->set_value(1);
    return {.messages = {response.SerializeAsString()}};
  }

  ReadingResult Ask(const std::string& host, const EgressPolicy* egress) {
    ResolvedSource source;
    source.spec.endpoint = "grpc://" + host + ":" + std::to_string(server_.port());
    CollectorDeps deps{http_, executor_};
    deps.egress = egress;
    const auto collector = GrpcCollector::Factory()(source, deps);
    const MetricQuery query{.ns = "shop", .expression = "q"};
    return (*collector)->Collect({&query, 1}, {kNow, kNow + seconds(10), {}}).front();
  }
  static EgressPolicy Allowing(const char* network) {
    return *EgressPolicy::Create({.allow = {*ParseNetwork(network)}});
  }

  test::FakeHttpClient http_;
  SerialExecutor executor_;
  test::RawGrpcServer server_{{.answer = &Answer}};
};

TEST_F(GrpcEgress, LeadsOnlyWhereItMay) {
  const EgressPolicy standard;
  for (const char* host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"}) {
    const auto refused = Ask(host, &standard);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied) << refused.error().message;
    EXPECT_THAT(refused.error().message, HasSubstr("plug-in: "));
  }
  EXPECT_TRUE(server_.calls().empty());
  const EgressPolicy local = Allowing("127.0.0.0/8");
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto allowed = Ask(host, &local);
    EXPECT_TRUE(allowed) << allowed.error().message;
  }
}

TEST_F(GrpcEgress, LeadsAnywhereWithoutAPolicy) {
  EXPECT_TRUE(Ask("127.0.0.1", nullptr));
}

TEST_F(GrpcEgress, AHostThatIsNotThereIsAnError) {
  const auto result = Ask("no-such-host.invalid", nullptr);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("plug-in: host no-such-host.invalid"));
}

TEST(GrpcConnection, IsKeptWhileItsAddressesAreTheSame) {
  ResolvedSource source;
  source.spec.endpoint = "grpc://localhost:1";
  GrpcConnection connection("test", *GrpcEndpoint::Create("test", source), nullptr);
  const CollectContext context{kNow, kNow + seconds(10), {}};
  const auto first = connection.Channel(context);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*connection.Channel({kNow, kNow, {}}), *first);  // There is no time to look it up.
  connection.Failed();
  EXPECT_EQ(*connection.Channel(context), *first);
}

}  // namespace
}  // namespace hpaplus::collectors
