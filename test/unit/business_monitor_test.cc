#include "collectors/business_monitor.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/business_monitor_reply.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

using test::FakeHttpClient;

using std::chrono::seconds;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

Result<JsonNumber> At(const std::string& path, std::string_view body) {
  return ReadJsonNumbers(body, {&path, 1}).front();
}

double ValueAt(const std::string& path, std::string_view body) {
  const auto number = At(path, body);
  EXPECT_TRUE(number) << number.error().message;
  return number ? number->value : -1;
}

std::string MessageAt(const std::string& path, std::string_view body) {
  const auto number = At(path, body);
  return number ? "it was accepted" : number.error().message;
}

TEST(JsonPath, IsDottedOrAPointer) {
  const std::string_view body = R"({
    "queue": {"depth": 7, "a.b": 8, "0": 9},
    "items": [{"depth": 1}, {"depth": 2.5}],
    "a/b": {"c~d": 3}, "": {"": 4}})";
  EXPECT_EQ(ValueAt("queue.depth", body), 7);
  EXPECT_EQ(ValueAt("/queue/depth", body), 7);
  EXPECT_EQ(ValueAt("items.1.depth", body), 2.5);
  EXPECT_EQ(ValueAt("/items/0/depth", body), 1);
  EXPECT_EQ(ValueAt("/queue/a.b", body), 8);
  EXPECT_EQ(ValueAt("queue.0", body), 9);  // A key that looks like an index.
  EXPECT_EQ(ValueAt("/a~1b/c~0d", body), 3);
  EXPECT_EQ(ValueAt("//", body), 4);
  EXPECT_EQ(ValueAt("0", "[11]"), 11);
}

TEST(JsonPath, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(MessageAt("", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("a..b", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt(".a", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("a.", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("/a~2", "{}"), HasSubstr("~ must be followed by 0 or 1"));
  EXPECT_THAT(MessageAt("/a~", "{}"), HasSubstr("~ must be followed by 0 or 1"));
  EXPECT_EQ(At("a..b", "{}").error().code, ErrorCode::kInvalidArgument);
  std::string deep = "a";
  for (std::size_t i = 1; i < kMostPathSteps; ++i)
    deep += ".a";
  EXPECT_TRUE(ParseJsonPath(deep));
  EXPECT_FALSE(ParseJsonPath(deep + ".a"));
}

TEST(JsonNumber, IsANumberOrAStringThatIsOne) {
  EXPECT_EQ(ValueAt("a", R"({"a": 12})"), 12);
  EXPECT_EQ(ValueAt("a", R"({"a": -0.5})"), -0.5);
  EXPECT_EQ(ValueAt("a", R"({"a": 1e308})"), 1e308);
  EXPECT_EQ(ValueAt("a", R"({"a": 123456789012345678901234567890})"),
            123456789012345678901234567890.0);
  EXPECT_EQ(ValueAt("a", R"({"a": "12"})"), 12);
  EXPECT_EQ(ValueAt("a", R"({"a": "1.5k"})"), 1500);
  EXPECT_EQ(ValueAt("a", R"({"a": "2Mi"})"), 2097152);
  EXPECT_EQ(ValueAt("a", R"({"a": "250m"})"), 0.25);
  EXPECT_EQ(ValueAt("a", R"({"a": "1e3"})"), 1000);
  EXPECT_EQ(ValueAt("a", "{\"a\": \"\\u0031\"}"), 1);
  EXPECT_EQ(At("a", R"({"a": 4.1})")->milli, 4100);
  EXPECT_EQ(At("a", R"({"a": "250m"})")->milli, 250);
}

TEST(JsonNumber, NamesWhatWasFoundInstead) {
  EXPECT_EQ(MessageAt("a", R"({"a": null})"), "business monitor: no number at a: null");
  EXPECT_THAT(MessageAt("a", R"({"a": true})"), HasSubstr("a boolean"));
  EXPECT_THAT(MessageAt("a", R"({"a": {}})"), HasSubstr("an object"));
  EXPECT_THAT(MessageAt("a", R"({"a": []})"), HasSubstr("an array"));
  EXPECT_THAT(MessageAt("a", R"({"a": "soon"})"), HasSubstr("\"soon\""));
  for (const char* text :
       {"", " 1", "1 ", "k", ".", "m", "NaN", "Inf", "1.5x", "0x1", "1e999", "nan(1)"}) {
    const std::string body = std::string(R"({"a": ")") + text + "\"}";
    EXPECT_THAT(MessageAt("a", body), HasSubstr("neither a number nor a quantity")) << text;
  }
  EXPECT_THAT(MessageAt("a.b", R"({"b": 1})"), HasSubstr("there is no key \"a\""));
  EXPECT_THAT(MessageAt("a.b", R"({"a": {}})"), HasSubstr("there is no key \"b\""));
  EXPECT_THAT(MessageAt("a.b", R"({"a": 5})"), HasSubstr("a number before step \"b\""));
  EXPECT_THAT(MessageAt("2", "[1,2]"), HasSubstr("an array of 2 has no element \"2\""));
  EXPECT_THAT(MessageAt("/-", "[1,2]"), HasSubstr("no element \"-\""));
  EXPECT_THAT(MessageAt("/01", "[1,2]"), HasSubstr("no element \"01\""));
  EXPECT_THAT(MessageAt("a", "5"), HasSubstr("neither an object nor an array"));
  EXPECT_THAT(MessageAt("a", R"({"a": 1, "a": 2})"), HasSubstr("occurs twice"));
}

TEST(JsonNumber, RefusesWhatIsNoJson) {
  const std::string good = R"({"queue":{"depth":5,"max":[1,2]},"x":"y"})";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(At("queue.depth", good.substr(0, cut))) << cut;
  }
  EXPECT_TRUE(At("queue.depth", good));
  EXPECT_FALSE(At("queue.depth", good + "{}"));
  EXPECT_FALSE(At("queue.depth", good + "}"));
  const std::string bodies[] = {good + "{}",
                                good + "x",
                                "",
                                " ",
                                "<html>",
                                "\xff",
                                "{\"a\":01}",
                                "{\"a\":1.}",
                                "{\"a\":-}",
                                "{\"a\":1e400}",
                                "{\"a\":nan}",
                                "{\"a\":tru}",
                                "{\"a\" 1}",
                                "{\"a\":\"1}",
                                std::string(100'000, '{'),
                                std::string(100'000, '[')};
  for (const std::string& body : bodies) {
    const auto number = At("a", body);
    ASSERT_FALSE(number) << body.substr(0, 50);
    EXPECT_EQ(number.error().code, ErrorCode::kMalformedData) << body.substr(0, 50);
  }
}

class BusinessMonitorTest : public testing::Test {
 protected:
  ResolvedSource source{.spec = {.type = "HTTP", .endpoint = "http://shop/stats?v=1"}};
  FakeHttpClient http;
  SerialExecutor executor;

  std::vector<ReadingResult> Collect(const std::vector<std::string>& paths) {
    std::vector<MetricQuery> queries;
    for (const std::string& path : paths) {
      MetricQuery query;
      query.expression = path;
      queries.push_back(query);
    }
    auto collector = BusinessMonitorCollector::Create(source, {http, executor});
    EXPECT_TRUE(collector);
    return (*collector)->Collect(queries, {kNow, kNow + seconds(10), {}});
  }

  Error ErrorOf(const std::string& path = "a") { return Collect({path})[0].error(); }
};

TEST_F(BusinessMonitorTest, AsksOnceForAllQueries) {
  source.auth.bearer_token = "secret";
  http.AnswerAlways(R"({"a": 1, "b": {"c": "2k"}})", 200, "application/vnd.shop+json; charset=x");
  const auto results = Collect({"a", "b.c", "missing", "a"});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].url, "http://shop/stats?v=1");
  EXPECT_EQ(http.seen[0].auth->bearer_token, "secret");
  EXPECT_EQ(http.deadline, kNow + seconds(2));
  EXPECT_EQ((*results[0])->values[0].value, 1);
  EXPECT_EQ((*results[0])->values[0].at, kNow);
  EXPECT_EQ((*results[1])->values[0].value, 2000);
  EXPECT_EQ((*results[1])->values[0].milli, 2'000'000);
  EXPECT_FALSE(results[2]);
  EXPECT_TRUE(results[3]);
}

TEST_F(BusinessMonitorTest, IgnoresTheServersIdeaOfTime) {
  http.answer = [](const HttpRequest&) -> Result<HttpResponse> {
    return HttpResponse{200,
                        {{"content-type", "application/json"},
                         {"date", "Thu, 01 Jan 1970 00:00:00 GMT"},
                         {"age", "100000"}},
                        R"({"a": 1})"};
  };
  EXPECT_EQ((*Collect({"a"})[0])->values[0].at, kNow);
}

TEST_F(BusinessMonitorTest, RefusesWhatIsNotCalledJson) {
  http.AnswerAlways(R"({"a": 1})", 200, "text/html");
  EXPECT_THAT(ErrorOf().message, HasSubstr("not JSON but \"text/html\""));
  http.AnswerAlways(R"({"a": 1})", 200, "");
  EXPECT_THAT(ErrorOf().message, HasSubstr("no content type"));
  EXPECT_EQ(ErrorOf().code, ErrorCode::kMalformedData);
  for (const char* type : {"application/json", "text/json", "Application/JSON ;charset=utf-8"}) {
    http.AnswerAlways(R"({"a": 1})", 200, type);
    EXPECT_TRUE(Collect({"a"})[0]) << type;
  }
}

TEST_F(BusinessMonitorTest, TellsStatusesApart) {
  http.AnswerAlways(R"({"a": 1})", 302);
  EXPECT_THAT(ErrorOf().message, HasSubstr("redirects are not followed"));
  EXPECT_EQ(ErrorOf().code, ErrorCode::kInvalidArgument);
  http.AnswerAlways(R"({"a": 1})", 204);
  EXPECT_FALSE(Collect({"a"})[0]);
  http.AnswerAlways(R"({"a": 1})", 500);
  EXPECT_EQ(ErrorOf().code, ErrorCode::kUnavailable);
  http.AnswerAlways(R"({"a": 1})", 401);
  EXPECT_EQ(ErrorOf().code, ErrorCode::kPermissionDenied);
}

TEST_F(BusinessMonitorTest, NamesTheLimitOnBytes) {
  source.spec.max_response_bytes = 5;
  http.AnswerAlways(R"({"a": 1})");
  EXPECT_THAT(ErrorOf().message, HasSubstr("limits.maxResponseBytes, 5"));
  EXPECT_EQ(http.seen[0].max_response_bytes, 5U);
}

TEST_F(BusinessMonitorTest, PassesOnWhatTheClientSays) {
  http.answer = [](const HttpRequest&) {
    return Error{ErrorCode::kDeadlineExceeded, "no answer in time"};
  };
  EXPECT_EQ(ErrorOf().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorOf().message, "business monitor: no answer in time");
}

TEST_F(BusinessMonitorTest, RefusesBadEndpoints) {
  source.spec.endpoint = "grpc://shop";
  const auto made = BusinessMonitorCollector::Create(source, {http, executor});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors
