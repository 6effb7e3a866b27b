#include "collectors/keda_scaler.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/keda_query.h"
#include "collectors/keda_reply.h"
#include "proto/externalscaler.pb.h"
#include "test/support/fake_http_client.h"
#include "test/support/raw_grpc_server.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;
using test::RawGrpcAnswer;
using test::RawGrpcCall;
using testing::HasSubstr;
using Asks = KedaQuery::Asks;

const Timestamp kNow{seconds(1'700'000'000)};
const KedaScalerSource kSource{.metadata = {{"host", "h"}}, .query_keys = {"queue", "shard"}};

TEST(KedaQuery, NamesAMetricOrTheOnlyOneOrActivity) {
  EXPECT_EQ(*ParseKedaQuery("s-Q_1.x", kSource),
            (KedaQuery{Asks::kMetric, "s-Q_1.x", {{"host", "h"}}}));
  EXPECT_EQ(ParseKedaQuery("*", kSource)->asks, Asks::kOnlyMetric);
  EXPECT_EQ(ParseKedaQuery("isActive()", kSource)->asks, Asks::kActivity);
  EXPECT_EQ(*ParseKedaQuery("m?queue=a%20%26b&shard=", kSource),
            (KedaQuery{Asks::kMetric, "m", {{"host", "h"}, {"queue", "a &b"}, {"shard", ""}}}));
}

TEST(KedaQuery, RefusesWhatIsNoQuery) {
  for (const char* text : {"", "?queue=a", "a b", "a/b", "isActive()x", "m?", "m?queue",
                           "m?queue=%", "m?queue=%2", "m?queue=%zz", "m?queue=a&", "m?queue=a&&"}) {
    EXPECT_FALSE(ParseKedaQuery(text, kSource)) << text;
  }
  EXPECT_FALSE(ParseKedaQuery(std::string(9000, 'a'), kSource));
}

// The source's owner decides where the scaler looks, not whoever writes a query.
TEST(KedaQuery, SetsOnlyWhatTheSourceLetsItSet) {
  EXPECT_THAT(ParseKedaQuery("m?host=evil", kSource).error().message, HasSubstr("queryKeys"));
  EXPECT_THAT(ParseKedaQuery("m?other=a", kSource).error().message,
              HasSubstr("sets other, which is not among the queryKeys of the source"));
  EXPECT_THAT(ParseKedaQuery("m?queue=a&queue=b", kSource).error().message, HasSubstr("twice"));
}

double ValueOf(std::int64_t whole, double fraction) {
  externalscaler::GetMetricsResponse response;
  externalscaler::MetricValue& value = *response.add_metricvalues();
  value.set_metricvalue(whole);
  value.set_metricvaluefloat(fraction);
  const ReadingResult read = ReadKedaValues(response, 1, kNow);
  EXPECT_TRUE(read);
  EXPECT_EQ((*read)->values.at(0).at, kNow);
  return (*read)->values.at(0).value;
}

TEST(KedaReply, PrefersTheFloat) {
  EXPECT_EQ(ValueOf(22, 22.222), 22.222);
  EXPECT_EQ(ValueOf(22, 0), 22);  // From before there were floats.
  EXPECT_EQ(ValueOf(0, 0), 0);
  EXPECT_EQ(ValueOf(0, 0.4), 0.4);
}

// KEDA takes these for 0 and scales in.
TEST(KedaReply, NeverTakesNonsenseForZero) {
  EXPECT_TRUE(std::isnan(ValueOf(0, std::nan(""))));
  EXPECT_TRUE(std::isnan(ValueOf(7, std::nan(""))));
  EXPECT_EQ(ValueOf(0, -1), -1);
  EXPECT_EQ(ValueOf(-5, 0), -5);
  EXPECT_EQ(ValueOf(0, INFINITY), INFINITY);
  EXPECT_TRUE((*ReadKedaValues({}, 1, kNow))->values.empty());
}

TEST(KedaReply, KeepsToTheLimits) {
  externalscaler::GetMetricsResponse values;
  values.add_metricvalues();
  values.add_metricvalues();
  EXPECT_EQ((*ReadKedaValues(values, 2, kNow))->values.size(), 2U);
  EXPECT_EQ(ReadKedaValues(values, 1, kNow).error().code, ErrorCode::kMalformedData);

  externalscaler::GetMetricSpecResponse specs;
  EXPECT_EQ(ReadKedaSpecs(specs).error().message, "external scaler: it has no metrics");
  specs.add_metricspecs();
  EXPECT_EQ(ReadKedaSpecs(specs).error().message,
            "external scaler: one of its metrics has no name");
  specs.mutable_metricspecs(0)->set_metricname("a");
  EXPECT_EQ(*ReadKedaSpecs(specs), std::vector<std::string>{"a"});
  for (int i = 0; i < 100; ++i)
    specs.add_metricspecs()->set_metricname("b");
  EXPECT_FALSE(ReadKedaSpecs(specs));
}

class KedaScaler : public testing::Test {
 protected:
  KedaScaler() {
    source_.spec.name = "scaler";
    source_.spec.ns = "shop";
    source_.spec.endpoint = "grpc://" + server_.address();
    source_.spec.keda = kSource;
  }

  RawGrpcAnswer Answer(const RawGrpcCall& call) {
    if (call.method == "/externalscaler.ExternalScaler/GetMetricSpec") {
      externalscaler::GetMetricSpecResponse specs;
      for (const std::string& name : metrics_)
        specs.add_metricspecs()->set_metricname(name);
      return {.messages = {specs.SerializeAsString()}};
    }
    if (call.method == "/externalscaler.ExternalScaler/IsActive") {
      externalscaler::IsActiveResponse active;
      active.set_result(true);
      return {.messages = {active.SerializeAsString()}};
    }
    externalscaler::GetMetricsResponse values;
    values.add_metricvalues()->set_metricvaluefloat(2.5);
    return {.messages = {values.SerializeAsString()}};
  }

  std::unique_ptr<Collector> Make() { return *factory_(source_, {http_, executor_}); }
  static std::vector<ReadingResult> Ask(Collector& collector,
                                        const std::vector<std::string>& expressions,
                                        Duration after = {}) {
    std::vector<MetricQuery> queries;
    for (const std::string& expression : expressions)
      queries.push_back({.ns = "team", .expression = expression});
    return collector.Collect(queries, {kNow + after, kNow + after + seconds(10), {}});
  }
  [[nodiscard]] std::size_t Calls(const std::string& method) const {
    std::size_t count = 0;
    for (const RawGrpcCall& call : server_.calls())
      count += call.method.ends_with(method) ? 1U : 0U;
    return count;
  }

  test::FakeHttpClient http_;
  SerialExecutor executor_;
  ResolvedSource source_;
  CollectorFactory factory_ = KedaScalerCollector::Factory();
  std::vector<std::string> metrics_ = {"orders"};
  test::RawGrpcServer server_{{.answer = [this](const RawGrpcCall& c) { return Answer(c); }}};
};

TEST_F(KedaScaler, TellsTheScalerWhomTheQuestionIsAbout) {
  const auto results = Ask(*Make(), {"orders?queue=q", "isActive()"});
  ASSERT_TRUE(results[0]) << results[0].error().message;
  EXPECT_EQ((*results[0])->values.at(0).value, 2.5);
  EXPECT_EQ((*results[1])->values.at(0).value, 1);
  for (const RawGrpcCall& call : server_.calls()) {
    if (!call.method.ends_with("/GetMetrics")) continue;
    externalscaler::GetMetricsRequest request;
    ASSERT_TRUE(request.ParseFromString(call.request));
    EXPECT_EQ(request.metricname(), "orders");
    EXPECT_EQ(request.scaledobjectref().name(), "scaler");
    EXPECT_EQ(request.scaledobjectref().namespace_(), "team");
    EXPECT_EQ(request.scaledobjectref().scalermetadata().at("host"), "h");
    EXPECT_EQ(request.scaledobjectref().scalermetadata().at("queue"), "q");
  }
}

TEST_F(KedaScaler, AsksForItsMetricsOnceAMinute) {
  const auto collector = Make();
  EXPECT_TRUE(Ask(*collector, {"orders", "*"}).front());
  EXPECT_TRUE(Ask(*collector, {"orders"}, seconds(59)).front());
  EXPECT_EQ(Calls("/GetMetricSpec"), 1U);
  EXPECT_TRUE(Ask(*collector, {"orders"}, seconds(60)).front());
  EXPECT_EQ(Calls("/GetMetricSpec"), 2U);
  EXPECT_TRUE(Ask(*collector, {"isActive()"}, seconds(200)).front());
  EXPECT_EQ(Calls("/GetMetricSpec"), 2U);
}

TEST_F(KedaScaler, KnowsWhichMetricsThereAre) {
  metrics_ = {"orders", "returns"};
  const auto results = Ask(*Make(), {"order", "*", "returns", "no such/query"});
  EXPECT_EQ(results[0].error().message,
            "external scaler: there is no metric order; it has orders, returns");
  EXPECT_EQ(results[1].error().message,
            "external scaler: it has several metrics; it has orders, returns");
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(Calls("/GetMetrics"), 1U);
}

TEST_F(KedaScaler, AScalerWithoutMetricsIsAnError) {
  metrics_ = {};
  EXPECT_EQ(Ask(*Make(), {"orders"}).front().error().code, ErrorCode::kMalformedData);
}

}  // namespace
}  // namespace hpaplus::collectors
