// Groups of a Prometheus source, from the objects' queries to the requests that they cost.

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
using std::chrono::seconds;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

MetricQuery Query(std::string expression, std::string ns = "shop") {
  MetricQuery query;
  query.ns = std::move(ns);
  query.expression = std::move(expression);
  return query;
}

std::string Series(const std::string& ns, const std::string& app, const std::string& value,
                   const std::string& part = "") {
  return fmt::format(R"({{"metric":{{"namespace":"{}","app":"{}"{}}},"value":[1700000000,"{}"]}})",
                     ns, app, part, value);
}

std::string Vector(const std::vector<std::string>& series) {
  return fmt::format(R"({{"status":"success","data":{{"resultType":"vector","result":[{}]}}}})",
                     fmt::join(series, ","));
}

class PrometheusGroups : public testing::Test {
 protected:
  PrometheusGroups() {
    source.spec.type = "Prometheus";
    source.spec.endpoint = "http://prom:9090";
    source.spec.prometheus =
        PrometheusSource{.groups = {{.name = "rps",
                                     .query = "sum by (namespace, app) (rate(x[10s]))",
                                     .by = {"namespace", "app"}},
                                    {.name = "errors", .query = "1+errors", .by = {"namespace"}}}};
  }

  std::unique_ptr<Collector> Make() { return *factory(source, {http, executor}); }

  std::vector<ReadingResult> Collect(Collector& collector, const std::vector<MetricQuery>& queries,
                                     Timestamp now = kNow) {
    return collector.Collect(queries, {now, now + seconds(1), stop.get_token()});
  }

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries) {
    return Collect(*Make(), queries);
  }

  ResolvedSource source;
  test::FakeHttpClient http;
  SerialExecutor executor;
  std::stop_source stop;
  CollectorFactory factory = PrometheusCollector::Factory();
};

TEST_F(PrometheusGroups, OneRequestAnswersAll) {
  http.AnswerAlways(
      Vector({Series("shop", "web", "5"), Series("bank", "web", "6"), Series("shop", "api", "7")}));
  const auto results = Collect({Query("rps{app='web'}"), Query("rps{app='web'}", "bank"),
                                Query("rps{app='api'}"), Query("rps{app='gone'}")});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_THAT(http.seen[0].url,
              HasSubstr("query=" + PercentEncode("sum by (namespace, app) (rate(x[10s]))") + "&"));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(results[i]);
    ASSERT_EQ((*results[i])->values.size(), 1U);
    EXPECT_EQ((*results[i])->values[0].value, 5 + static_cast<double>(i));
    EXPECT_EQ((*results[i])->values[0].at, kNow);
    EXPECT_EQ((*results[i])->received, kNow);
  }
  ASSERT_TRUE(results[3]) << "what the answer lacks is no error";
  EXPECT_TRUE((*results[3])->values.empty()) << "and it is not zero";
}

TEST_F(PrometheusGroups, WhatIsThereTwiceIsNoNumber) {
  http.AnswerAlways(Vector(
      {Series("shop", "web", "5", R"(,"pod":"a")"), Series("shop", "web", "5", R"(,"pod":"b")")}));
  const auto results = Collect({Query("rps{app='web'}")});
  ASSERT_TRUE(results[0]);
  EXPECT_EQ((*results[0])->values.size(), 2U);
}

TEST_F(PrometheusGroups, AsksAgainOnlyWhenItsAnswerHasAged) {
  http.AnswerAlways(Vector({Series("shop", "web", "5")}));
  const auto one = Make();
  const auto other = Make();
  (void)Collect(*one, {Query("rps{app='web'}")});
  const auto results = Collect(*other, {Query("rps{app='web'}")}, kNow + milliseconds(249));
  EXPECT_EQ(http.seen.size(), 1U) << "the collectors of a source share its answers";
  ASSERT_TRUE(results[0]);
  EXPECT_EQ((*results[0])->received, kNow);
  (void)Collect(*other, {Query("rps{app='web'}")}, kNow + milliseconds(250));
  EXPECT_EQ(http.seen.size(), 2U);
  source.spec.generation = 2;
  (void)Collect(*Make(), {Query("rps{app='web'}")}, kNow + milliseconds(250));
  EXPECT_EQ(http.seen.size(), 3U) << "another version of the source asks itself";
}

TEST_F(PrometheusGroups, AskBeforeTheQueriesOfTheObjectsOwn) {
  http.AnswerAlways(Vector({Series("shop", "web", "5")}));
  const auto results = Collect(
      {Query("1+x"), Query("rps{app='web'}"), Query("errors"), Query("1+x"), Query("rps{}")});
  EXPECT_THAT(http.batches, testing::ElementsAre(2, 1));
  ASSERT_TRUE(results[0]);
  EXPECT_EQ(*results[0], *results[3]);
  EXPECT_TRUE(results[1]);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[4].error().code, ErrorCode::kInvalidArgument);
}

TEST_F(PrometheusGroups, AFailureIsThatOfAllAndAskedAgain) {
  const auto collector = Make();
  http.answer = [](const HttpRequest&) {
    return Error{ErrorCode::kUnavailable, "connection refused"};
  };
  auto results = Collect(*collector, {Query("rps{app='web'}"), Query("rps{app='api'}")});
  EXPECT_EQ(results[0].error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(results[1].error().message, "prometheus: connection refused");
  http.AnswerAlways(Vector({Series("shop", "web", "5")}));
  EXPECT_TRUE(Collect(*collector, {Query("rps{app='web'}")})[0]);
  // That a query is wrong is an answer, and not asked again at once.
  http.AnswerAlways(R"({"status":"error","errorType":"bad_data","error":"parse error"})", 400);
  results = Collect(*collector, {Query("rps{app='web'}")}, kNow + seconds(1));
  EXPECT_EQ(results[0].error().message, "prometheus: bad_data: parse error");
  EXPECT_EQ(http.seen.size(), 3U);
  EXPECT_FALSE(Collect(*collector, {Query("rps{app='web'}")}, kNow + milliseconds(1100))[0]);
  EXPECT_EQ(http.seen.size(), 3U);
}

TEST_F(PrometheusGroups, NamesTheLimitThatAnAnswerHits) {
  source.spec.max_series = 2;
  http.AnswerAlways(
      Vector({Series("shop", "a", "1"), Series("shop", "b", "1"), Series("shop", "c", "1")}));
  const Error error = Collect({Query("rps{app='a'}")})[0].error();
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_EQ(error.message, "prometheus: more series than limits.maxSeries, 2 (group rps)");
  source.spec.max_series = 3;
  EXPECT_TRUE(Collect({Query("rps{app='a'}")})[0]);
  source.spec.max_response_bytes = 20;
  EXPECT_THAT(Collect({Query("rps{app='a'}")})[0].error().message,
              HasSubstr("limits.maxResponseBytes, 20"));
}

TEST_F(PrometheusGroups, TakeTheTimesThatTheSourceAsksFor) {
  source.spec.max_series = 2;
  source.spec.prometheus->groups[0].timestamp = "min by (namespace, app) (timestamp(x))";
  const std::string part = R"(,"hpaplus_part":"time")";
  http.AnswerAlways(
      Vector({Series("shop", "a", "1"), Series("shop", "b", "1"),
              Series("shop", "a", "1699999990", part), Series("bank", "a", "1699999980", part)}));
  const auto results =
      Collect({Query("rps{app='a'}"), Query("rps{app='b'}"), Query("rps{app='a'}", "bank")});
  EXPECT_THAT(http.seen[0].url, HasSubstr("hpaplus_part"));
  ASSERT_TRUE(results[0]) << results[0].error().message;
  EXPECT_EQ((*results[0])->values.at(0).at, kNow - seconds(10));
  EXPECT_EQ((*results[1])->values.at(0).at, Timestamp()) << "without a time: as old as can be";
  EXPECT_TRUE((*results[2])->values.empty()) << "a time is no number";
}

TEST_F(PrometheusGroups, WaitForNoOneButTheirOwnTurn) {
  // Somebody else is asking, and never comes back: the group is asked again after its deadline.
  const auto stuck = Make();
  http.answer = [&](const HttpRequest&) -> Result<HttpResponse> {
    if (http.seen.size() > 1) return Error{ErrorCode::kUnavailable, "nobody answers"};
    // While the first one asks, another finds no answer yet and is stopped while it waits.
    stop.request_stop();
    const auto other = Collect(*Make(), {Query("rps{app='web'}")});
    EXPECT_EQ(other[0].error().code, ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(http.seen.size(), 1U);
    return HttpResponse{
        200, {{"content-type", "application/json"}}, Vector({Series("shop", "web", "5")})};
  };
  EXPECT_TRUE(Collect(*stuck, {Query("rps{app='web'}")})[0]);
}

TEST_F(PrometheusGroups, WhoComesMeanwhileGetsTheAnswerBefore) {
  const auto collector = Make();
  http.AnswerAlways(Vector({Series("shop", "web", "5")}));
  (void)Collect(*collector, {Query("rps{app='web'}")});
  std::vector<ReadingResult> meanwhile;
  http.answer = [&](const HttpRequest&) -> Result<HttpResponse> {
    meanwhile = Collect(*Make(), {Query("rps{app='web'}")}, kNow + seconds(1));
    return HttpResponse{
        200, {{"content-type", "application/json"}}, Vector({Series("shop", "web", "6")})};
  };
  const auto results = Collect(*collector, {Query("rps{app='web'}")}, kNow + seconds(1));
  EXPECT_EQ((*results[0])->values.at(0).value, 6);
  EXPECT_EQ((*meanwhile.at(0))->values.at(0).value, 5);
  EXPECT_EQ((*meanwhile.at(0))->values.at(0).at, kNow) << "and it says how old it is";
  EXPECT_EQ(http.seen.size(), 2U);
}

}  // namespace
}  // namespace hpaplus::collectors
