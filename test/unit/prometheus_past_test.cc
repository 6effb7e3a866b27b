// The past of metrics, from what is asked of it to the requests that it costs.

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/prometheus.h"
#include "engine/base/url.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000) + milliseconds(250)};

MetricQuery Query(std::string expression, Duration past = minutes(10)) {
  MetricQuery query;
  query.ns = "shop";
  query.expression = std::move(expression);
  query.past = past;
  return query;
}

std::string Series(const std::string& app, const std::vector<std::pair<int, double>>& points) {
  std::string values;
  for (const auto& [at, value] : points)
    values += fmt::format("{}[{},\"{}\"]", values.empty() ? "" : ",", at, value);
  return fmt::format(R"({{"metric":{{"namespace":"shop","app":"{}"}},"values":[{}]}})", app,
                     values);
}

std::string Matrix(const std::vector<std::string>& series) {
  return fmt::format(R"({{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}})",
                     fmt::join(series, ","));
}

class PrometheusPast : public testing::Test {
 protected:
  PrometheusPast() {
    source.spec.type = "Prometheus";
    source.spec.endpoint = "http://prom:9090";
    source.spec.prometheus = PrometheusSource{
        .groups = {
            {.name = "rps", .query = "sum by (namespace, app) (x)", .by = {"namespace", "app"}}}};
    collector = *factory(source, {http, executor});
  }

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries,
                                     Timestamp now = kNow) {
    return collector->Collect(queries, {now, now + seconds(1), stop.get_token()});
  }

  std::string ErrorOf(const std::string& body) {
    http.AnswerAlways(body);
    const auto results = Collect({Query("load")});
    return results[0] ? "" : results[0].error().message;
  }

  ResolvedSource source;
  test::FakeHttpClient http;
  SerialExecutor executor;
  std::stop_source stop;
  CollectorFactory factory = PrometheusCollector::Factory();
  std::unique_ptr<Collector> collector;
};

std::vector<double> Numbers(const ReadingResult& reading) {
  std::vector<double> numbers;
  for (const ScalarSample& sample : (*reading)->values)
    numbers.push_back(sample.value);
  return numbers;
}

TEST_F(PrometheusPast, AsksForARangeOnAGridThatEndsAStepBeforeNow) {
  http.AnswerAlways(Matrix({Series("web", {{1'699'999'990, 4}, {1'699'999'995, 5}})}));
  const auto results = Collect({Query("sum(rate(x[1m]))")});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].url,
            "http://prom:9090/api/v1/query_range?query=" + PercentEncode("sum(rate(x[1m]))") +
                "&start=1699999395&end=1699999995&step=5&timeout=0.750")
      << "some of the time is kept for the present";
  ASSERT_TRUE(results[0]);
  EXPECT_THAT(Numbers(results[0]), ElementsAre(4, 5));
  EXPECT_EQ((*results[0])->values[0].at, Timestamp(seconds(1'699'999'990)));
  EXPECT_EQ((*results[0])->received, kNow);
}

TEST_F(PrometheusPast, NeverAsksForMoreStepsThanItTakes) {
  http.AnswerAlways(Matrix({}));
  for (const Duration past : {Duration(seconds(1)), Duration(seconds(61)), Duration(minutes(60))})
    (void)Collect({Query("load", past)});
  EXPECT_THAT(http.seen[0].url, HasSubstr("&start=1699999998&end=1699999999&step=1&"));
  EXPECT_THAT(http.seen[1].url, HasSubstr("&start=1699999938&end=1699999999&step=1&"));
  EXPECT_THAT(http.seen[2].url, HasSubstr("&start=1699996350&end=1699999950&step=30&"));
}

TEST_F(PrometheusPast, AsksOneQuestionForEqualOnes) {
  http.AnswerAlways(Matrix({Series("web", {{1'699'999'990, 4}})}));
  const auto results = Collect({Query("load"), Query("other"), Query("load")});
  EXPECT_EQ(http.seen.size(), 2U);
  for (const ReadingResult& result : results)
    EXPECT_THAT(Numbers(result), ElementsAre(4));
}

TEST_F(PrometheusPast, AsksTheSourceOnceForAGroupHoweverManyAskForTheirPart) {
  http.AnswerAlways(Matrix({Series("web", {{1'699'999'990, 4}, {1'699'999'995, 5}}),
                            Series("api", {{1'699'999'990, 6}})}));
  auto results = Collect(
      {Query("rps{app='web'}"), Query("rps{app='api'}", minutes(30)), Query("rps{app='gone'}")});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_THAT(http.seen[0].url,
              HasSubstr("query_range?query=" + PercentEncode("sum by (namespace, app) (x)") +
                        "&start=1699998180&end=1699999980&step=15&"));
  EXPECT_THAT(Numbers(results[0]), ElementsAre(4, 5)) << "oldest first";
  EXPECT_THAT(Numbers(results[1]), ElementsAre(6));
  EXPECT_THAT(Numbers(results[2]), ElementsAre());

  const auto other = *factory(source, {http, executor});
  results = other->Collect(std::vector{Query("rps{app='web'}")},
                           {kNow + seconds(59), kNow + seconds(60), stop.get_token()});
  EXPECT_EQ(http.seen.size(), 1U) << "nor does another collector of the source ask within a minute";
  EXPECT_THAT(Numbers(results[0]), ElementsAre(4, 5));
  (void)Collect({Query("rps{app='web'}")}, kNow + seconds(60));
  EXPECT_EQ(http.seen.size(), 2U);
}

TEST_F(PrometheusPast, LetsGoOfTheAnswerWhenNobodyAsksAnyMore) {
  http.AnswerAlways(Matrix({Series("web", {{1'699'999'990, 4}})}));
  (void)Collect({Query("rps{app='web'}")});
  (void)Collect({Query("load", Duration())}, kNow + minutes(5));
  const auto results = Collect({Query("rps{app='web'}")}, kNow + minutes(5));
  EXPECT_EQ(http.seen.size(), 3U);
  EXPECT_THAT(Numbers(results[0]), ElementsAre(4));
}

TEST_F(PrometheusPast, StandsBesideThePresentInOneBatch) {
  http.answer = [](const HttpRequest& request) -> Result<HttpResponse> {
    const bool range = request.url.find("query_range") != std::string::npos;
    const std::string body =
        range ? Matrix({Series("web", {{1'699'999'990, 4}})})
              : R"({"status":"success","data":{"resultType":"scalar","result":[1700000000,"9"]}})";
    return HttpResponse{200, {{"content-type", "application/json"}}, body};
  };
  const auto results =
      Collect({Query("a"), Query("b", Duration()), Query("c"), Query("d", Duration())});
  EXPECT_THAT(Numbers(results[0]), ElementsAre(4));
  EXPECT_THAT(Numbers(results[1]), ElementsAre(9));
  EXPECT_THAT(Numbers(results[2]), ElementsAre(4));
  EXPECT_THAT(Numbers(results[3]), ElementsAre(9));
}

TEST_F(PrometheusPast, SaysWhatIsWrongAndGivesNothingOfIt) {
  EXPECT_THAT(
      ErrorOf(Matrix({Series("web", {{1'699'999'990, 4}}), Series("api", {{1'699'999'990, 5}})})),
      HasSubstr("several series have a past"));
  std::vector<std::pair<int, double>> many;
  for (int i = 0; i < 122; ++i)
    many.emplace_back(1'699'999'000 + i, i);
  EXPECT_THAT(ErrorOf(Matrix({Series("web", many)})), HasSubstr("more than 121 samples"));
  EXPECT_THAT(ErrorOf(R"({"status":"success","data":{"resultType":"vector","result":[]}})"),
              HasSubstr("a range query has a result of type \"vector\""));
  EXPECT_THAT(ErrorOf(R"({"status":"error","errorType":"bad_data","error":"parse error"})"),
              HasSubstr("bad_data: parse error"));
  EXPECT_THAT(ErrorOf(Matrix({R"({"metric":{},"histograms":[[1699999990,{"count":"1"}]]})"})),
              HasSubstr("histogram"));
  EXPECT_THAT(ErrorOf(Matrix({R"({"metric":{},"values":[4]})"})), HasSubstr("a sample"));
  http.AnswerAlways(Matrix({}));
  EXPECT_THAT(Collect({Query("rps{nobody='x'}")})[0].error().message, HasSubstr("rps"));
  EXPECT_FALSE(Collect({Query("")})[0]);
}

}  // namespace
}  // namespace hpaplus::collectors
