#include "collectors/prometheus.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/url.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

using test::FakeHttpClient;

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000) + milliseconds(250)};

MetricQuery Query(std::string expression) {
  MetricQuery query;
  query.expression = std::move(expression);
  return query;
}

std::string Reply(const std::string& value) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)"
         R"({"metric":{},"value":[1700000000.25,")" +
         value + R"("]}]}})";
}

class PrometheusTest : public testing::Test {
 protected:
  ResolvedSource source{.spec = {.type = "Prometheus", .endpoint = "http://prom:9090"}};
  FakeHttpClient http;
  SerialExecutor executor;
  std::stop_source stop;

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries,
                                     Duration budget = seconds(10)) {
    auto collector = PrometheusCollector::Create(source, {http, executor});
    EXPECT_TRUE(collector);
    return (*collector)->Collect(queries, {kNow, kNow + budget, stop.get_token()});
  }

  Error CreateError(std::string endpoint) {
    source.spec.endpoint = std::move(endpoint);
    const auto made = PrometheusCollector::Create(source, {http, executor});
    return made ? Error{ErrorCode::kGone, "it was accepted"} : made.error();
  }
};

TEST_F(PrometheusTest, AsksAsOfNowWithTheTimeThatIsLeft) {
  http.AnswerAlways(Reply("5"));
  const auto results = Collect({Query("sum(rate(x{a=\"b\"}[1m])) + 1")});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].method, "GET");
  EXPECT_EQ(http.seen[0].url,
            "http://prom:9090/api/v1/query?query=sum%28rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29%29%20"
            "%2B%201&time=1700000000.250&timeout=2.000");
  EXPECT_EQ(http.deadline, kNow + seconds(2));  // The source's own time-out.
  EXPECT_FALSE(http.seen[0].accepts_gzip);
  ASSERT_TRUE(results[0]);
  EXPECT_EQ((*results[0])->values[0].value, 5);
  EXPECT_EQ((*results[0])->values[0].at, kNow);
  EXPECT_EQ((*results[0])->received, kNow);
}

TEST_F(PrometheusTest, AsksWhenAPlainSelectorsSampleWasMeasured) {
  http.AnswerAlways(R"({"status":"success","data":{"resultType":"vector","result":[
      {"metric":{"__name__":"x"},"value":[1700000000.25,"5"]},
      {"metric":{"hpaplus_part":"time"},"value":[1700000000.25,"1699999990.5"]}]}})");
  const auto results = Collect({Query("x{a='b'}"), Query("x{a='b'} + 0")});
  ASSERT_EQ(http.seen.size(), 2U);
  EXPECT_THAT(http.seen[0].url,
              HasSubstr("query=" +
                        PercentEncode("(x{a='b'}\n) or label_replace((timestamp(x{a='b'})"
                                      "\n), \"hpaplus_part\", \"time\", \"\", \"\")") +
                        "&time"));
  ASSERT_TRUE(results[0]);
  ASSERT_EQ((*results[0])->values.size(), 1U);
  EXPECT_EQ((*results[0])->values[0].value, 5);
  EXPECT_EQ((*results[0])->values[0].at, kNow - milliseconds(9750));
  EXPECT_THAT(http.seen[1].url, HasSubstr("query=" + PercentEncode("x{a='b'} + 0") + "&time"));
  EXPECT_EQ((*results[1])->values.size(), 2U);

  source.spec.prometheus = PrometheusSource{.sample_time = false};
  (void)Collect({Query("x")});
  EXPECT_THAT(http.seen[2].url, HasSubstr("query=x&time"));
}

TEST_F(PrometheusTest, SendsTheParametersThatTheSourceNames) {
  http.AnswerAlways(Reply("5"));
  source.spec.prometheus = PrometheusSource{.query_parameters = {{"dedup", "true"}, {"x y", "&"}},
                                            .namespace_parameter = "tenant"};
  MetricQuery shop = Query("1+x");
  shop.ns = "shop";
  MetricQuery bank = shop;
  bank.ns = "b&k";
  (void)Collect({shop, bank, shop});
  ASSERT_EQ(http.seen.size(), 2U) << "asked once for each namespace";
  EXPECT_THAT(http.seen[0].url, testing::EndsWith("query=1%2Bx&tenant=shop&time=1700000000.250"
                                                  "&timeout=2.000&dedup=true&x%20y=%26"));
  EXPECT_THAT(http.seen[1].url, HasSubstr("&tenant=b%26k&"));
}

TEST_F(PrometheusTest, RefusesAPartOfAnAnswerUnlessToldOtherwise) {
  http.AnswerAlways(R"({"status":"success","isPartial":true,"data":{"resultType":"vector",
      "result":[{"metric":{},"value":[1700000000.25,"5"]}]}})");
  EXPECT_EQ(Collect({Query("1+x")})[0].error().code, ErrorCode::kMalformedData);
  source.spec.prometheus = PrometheusSource{.accepts_partial = true};
  EXPECT_TRUE(Collect({Query("1+x")})[0]);
}

TEST_F(PrometheusTest, NeverWaitsLongerThanItsCaller) {
  http.AnswerAlways(Reply("5"));
  (void)Collect({Query("x")}, milliseconds(300));
  EXPECT_EQ(http.deadline, kNow + milliseconds(300));
  EXPECT_THAT(http.seen[0].url, testing::EndsWith("&timeout=0.300"));
}

TEST_F(PrometheusTest, TakesAnEndpointWithAPath) {
  http.AnswerAlways(Reply("5"));
  source.spec.endpoint = "https://host/prom/tenant/";
  (void)Collect({Query("x")});
  EXPECT_THAT(http.seen[0].url, testing::StartsWith("https://host/prom/tenant/api/v1/query?"));
}

TEST_F(PrometheusTest, PostsLongQueries) {
  http.AnswerAlways(Reply("5"));
  std::string expression(5000, 'x');
  expression += "*1";
  (void)Collect({Query(expression)});
  EXPECT_EQ(http.seen[0].method, "POST");
  EXPECT_EQ(http.seen[0].url, "http://prom:9090/api/v1/query");
  EXPECT_EQ(http.seen[0].body,
            "query=" + expression.substr(0, 5000) + "%2A1&time=1700000000.250&timeout=2.000");
  EXPECT_THAT(http.seen[0].headers, testing::Contains(std::pair<std::string, std::string>(
                                        "Content-Type", "application/x-www-form-urlencoded")));
}

TEST_F(PrometheusTest, AsksEqualQueriesOnce) {
  http.answer = [](const HttpRequest& request) -> Result<HttpResponse> {
    const bool a = request.url.find("query=1%2Ba&") != std::string::npos;
    return HttpResponse{200, {{"content-type", "application/json"}}, Reply(a ? "1" : "2")};
  };
  const auto results = Collect({Query("1+a"), Query("1+b"), Query("1+a")});
  EXPECT_EQ(http.seen.size(), 2U);
  EXPECT_EQ((*results[0])->values[0].value, 1);
  EXPECT_EQ((*results[1])->values[0].value, 2);
  EXPECT_EQ(*results[0], *results[2]);  // The very same reading.
}

TEST_F(PrometheusTest, HasNoMoreUnderWayThanAllowed) {
  http.AnswerAlways(Reply("5"));
  source.spec.max_concurrent = 2;
  const auto results = Collect({Query("a"), Query("b"), Query("c"), Query("d"), Query("e")});
  EXPECT_THAT(http.batches, ElementsAre(2, 2, 1));
  EXPECT_EQ(results.size(), 5U);
}

TEST_F(PrometheusTest, StopsBetweenBatches) {
  source.spec.max_concurrent = 1;
  http.answer = [this](const HttpRequest&) -> Result<HttpResponse> {
    stop.request_stop();
    return HttpResponse{200, {{"content-type", "application/json"}}, Reply("5")};
  };
  const auto results = Collect({Query("a"), Query("b")});
  EXPECT_EQ(http.seen.size(), 1U);
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, ErrorCode::kUnavailable);
}

TEST_F(PrometheusTest, SendsTheCredentialsToEveryQuery) {
  http.AnswerAlways(Reply("5"));
  source.auth.bearer_token = "secret";
  (void)Collect({Query("a"), Query("b")});
  ASSERT_EQ(http.seen.size(), 2U);
  EXPECT_EQ(http.seen[0].auth->bearer_token, "secret");
  EXPECT_EQ(http.seen[0].auth, http.seen[1].auth);  // One pointer: connections are reused.
}

TEST_F(PrometheusTest, TellsWhatTheStatusMeans) {
  const auto code_of = [&](int status) {
    http.AnswerAlways("<html>", status, "text/html");
    return Collect({Query("x")})[0].error().code;
  };
  EXPECT_EQ(code_of(401), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code_of(403), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code_of(404), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(400), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(302), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(429), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(500), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(504), ErrorCode::kDeadlineExceeded);
}

TEST_F(PrometheusTest, PrefersPrometheusOwnWordsToTheStatus) {
  http.AnswerAlways(R"({"status":"error","errorType":"bad_data","error":"parse error"})", 400);
  EXPECT_EQ(Collect({Query("x")})[0].error().message, "prometheus: bad_data: parse error");
  http.AnswerAlways(R"({"message":"from a proxy"})", 503);
  EXPECT_EQ(Collect({Query("x")})[0].error().message, "prometheus: HTTP status 503");
  // A status other than 200 is never a reading, whatever the body says.
  http.AnswerAlways(Reply("5"), 500);
  EXPECT_EQ(Collect({Query("x")})[0].error().code, ErrorCode::kUnavailable);
}

TEST_F(PrometheusTest, RefusesALoginPage) {
  http.AnswerAlways("<html>Please log in</html>", 200, "text/html; charset=utf-8");
  const Error error = Collect({Query("x")})[0].error();
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_THAT(error.message, HasSubstr("text/html"));
}

TEST_F(PrometheusTest, NamesTheLimitOnBytes) {
  source.spec.max_response_bytes = 10;
  http.AnswerAlways(Reply("5"));
  const Error error = Collect({Query("x")})[0].error();
  EXPECT_EQ(http.seen[0].max_response_bytes, 10U);
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_THAT(error.message, HasSubstr("limits.maxResponseBytes, 10"));
}

TEST_F(PrometheusTest, DoesNotAskWhatItCannotAnswer) {
  http.AnswerAlways(Reply("5"));
  MetricQuery pods = Query("x");
  pods.type = MetricType::kPods;
  const auto results = Collect({Query(""), pods, Query("x")});
  EXPECT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(results[0].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(results[1].error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(results[2]);
}

TEST_F(PrometheusTest, RefusesBadEndpoints) {
  EXPECT_EQ(CreateError("ftp://x").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CreateError("https://").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CreateError("https:///path").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CreateError("http://a b/").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CreateError("http://a/#b").code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(CreateError("http://a/?b").code, ErrorCode::kInvalidArgument);
  const Error error = CreateError("https://user:hunter2@host/");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace hpaplus::collectors
