#include "collectors/prometheus_reply.h"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using testing::HasSubstr;

constexpr ReplyLimits kMany{.max_series = 1000};

std::string Vector(const std::string& series) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
}

std::string Series(const std::string& seconds, const std::string& value) {
  return R"({"metric":{"job":"a"},"value":[)" + seconds + ",\"" + value + "\"]}";
}

Result<std::vector<ScalarSample>> Parse(const std::string& body, const ReplyLimits& limits = kMany,
                                        bool with_times = false) {
  return ParsePrometheusReply(body, limits, with_times);
}

Error ErrorOf(const std::string& body, const ReplyLimits& limits = kMany) {
  const auto samples = Parse(body, limits);
  return samples ? Error{ErrorCode::kGone, "it was accepted"} : samples.error();
}

TEST(PrometheusReply, GivesAllSeriesOfAVector) {
  const auto samples =
      Parse(Vector(Series("1700000000.5", "1.5") + "," + Series("1700000001", "-2")), kMany);
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ((*samples)[0].value, 1.5);
  EXPECT_EQ((*samples)[0].milli, 1500);
  EXPECT_EQ((*samples)[0].at.time_since_epoch(), std::chrono::nanoseconds(1700000000500000000));
  EXPECT_EQ((*samples)[1].value, -2);
  EXPECT_EQ((*samples)[1].milli, -2000);
}

TEST(PrometheusReply, GivesAScalar) {
  const auto samples =
      Parse(R"({"data":{"result":[1700000000.25,"42"],"resultType":"scalar"},"status":"success"})",
            kMany);
  ASSERT_TRUE(samples) << samples.error().message;
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(samples->front().value, 42);
}

TEST(PrometheusReply, AnEmptyVectorIsNothingAndNotZero) {
  const auto samples = Parse(Vector(""), kMany);
  ASSERT_TRUE(samples);
  EXPECT_TRUE(samples->empty());
}

TEST(PrometheusReply, PassesOnNumbersThatCannotBeActedOn) {
  const auto samples = Parse(Vector(Series("1", "NaN") + "," + Series("1", "+Inf") + "," +
                                    Series("1", "-Inf") + "," + Series("1", "1e308")),
                             kMany);
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 4U);
  EXPECT_TRUE(std::isnan((*samples)[0].value));
  EXPECT_EQ((*samples)[1].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ((*samples)[2].value, -std::numeric_limits<double>::infinity());
  EXPECT_EQ((*samples)[3].value, 1e308);
  for (const ScalarSample& sample : *samples)
    EXPECT_EQ(sample.milli, kInvalidMilli);
}

TEST(PrometheusReply, KeepsDuplicateSeries) {
  const auto samples = Parse(Vector(Series("1", "7") + "," + Series("1", "7")), kMany);
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->size(), 2U);
}

TEST(PrometheusReply, PassesOverFieldsItDoesNotKnowAndAdvice) {
  const auto samples = Parse(
      R"({"warnings":["PromQL info: metric might not be a counter"],"status":"success",
          "isPartial":false,"data":{"stats":{"timings":{}},"resultType":"vector","result":[
            {"metric":{},"value":[1,"5"],"extra":[[]]}]},"infos":["PromQL info: x"]} )");
  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_EQ(samples->front().value, 5);
  EXPECT_TRUE(
      Parse(R"({"status":"success","warnings":null,"data":{"resultType":"vector","result":[]}})"));
}

// What Thanos (warnings), Prometheus with a remote read (warnings) and VictoriaMetrics' cluster
// (isPartial) say about an answer that lacks a part.
TEST(PrometheusReply, TakesAPartForTheWholeOnlyWhereThatIsAccepted) {
  const std::string data =
      R"("data":{"resultType":"vector","result":[{"metric":{},"value":[1,"5"]}]}})";
  const std::string thanos =
      R"({"status":"success","warnings":["No StoreAPIs matched for this query"],)" + data;
  const Error error = ErrorOf(thanos);
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_EQ(error.message,
            "prometheus: the answer may lack a part: No StoreAPIs matched for this query");
  EXPECT_THAT(
      ErrorOf(R"({"status":"success","warnings":["PromQL info: a","PromQL warning: b"],)" + data)
          .message,
      HasSubstr("PromQL warning: b"));
  const std::string victoria = R"({"status":"success","isPartial":true,)" + data;
  EXPECT_THAT(ErrorOf(victoria).message, HasSubstr("isPartial"));
  for (const std::string& body : {thanos, victoria}) {
    const auto accepted = Parse(body, {.accepts_partial = true});
    ASSERT_TRUE(accepted);
    EXPECT_EQ(accepted->front().value, 5);
  }
  EXPECT_EQ(ErrorOf(R"({"status":"success","isPartial":"no",)" + data).code,
            ErrorCode::kMalformedData);
  EXPECT_EQ(ErrorOf(R"({"status":"success","warnings":"no",)" + data).code,
            ErrorCode::kMalformedData);
  EXPECT_EQ(ErrorOf(R"({"status":"success","warnings":[1],)" + data).code,
            ErrorCode::kMalformedData);
}

TEST(PrometheusReply, GivesNumbersTheTimesThatStandBesideThem) {
  const auto series = [](const std::string& labels, const std::string& value) {
    return R"({"metric":{)" + labels + R"(},"value":[1700000000,")" + value + "\"]}";
  };
  const std::string number = series(R"("__name__":"x")", "5");
  const auto time = [&](const std::string& value) {
    return series(R"("hpaplus_part":"time")", value);
  };
  const auto at = [&](const std::string& body) {
    const auto samples = Parse(Vector(body), kMany, true);
    EXPECT_TRUE(samples);
    EXPECT_EQ(samples->size(), 1U);
    return samples->front().at.time_since_epoch();
  };
  EXPECT_EQ(at(number + "," + time("1699999990.5")), std::chrono::milliseconds(1699999990500));
  EXPECT_EQ(at(time("1699999991") + "," + number + "," + time("1699999990")),
            std::chrono::seconds(1699999990));
  for (const char* none : {"NaN", "-1", "+Inf", "1e300"})
    EXPECT_EQ(at(number + "," + time(none)), Duration(0)) << none;
  EXPECT_EQ(at(number), Duration(0)) << "without a time it is as old as can be";
  // Who did not ask for times gets whatever labels there are.
  EXPECT_EQ(Parse(Vector(number + "," + time("1")))->size(), 2U);
}

TEST(PrometheusReply, GivesTheLabelsThatAreAskedFor) {
  std::vector<std::string> keys;
  const std::string by[] = {"namespace", "app"};
  const auto series = [](const std::string& labels) {
    return R"({"metric":{)" + labels + R"(},"value":[1,"5"]})";
  };
  const Status read = ReadPrometheusReply(
      Vector(series(R"("app":"a","namespace":"shop","x":"y")") + "," + series(R"("app":"\u0062")") +
             "," + R"({"value":[1,"5"],"metric":{"namespace":"1:"}})"),
      by, kMany, [&](const ReplySeries& one) { keys.emplace_back(one.key); });
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(keys, testing::ElementsAre("4:shop1:a", "0:1:b", "2:1:0:"));
  EXPECT_FALSE(ReadPrometheusReply(Vector(series(R"("app":5)")), by, kMany, [](const auto&) {}));
  EXPECT_FALSE(ReadPrometheusReply(Vector(R"({"metric":[],"value":[1,"5"]})"), by, kMany,
                                   [](const auto&) {}));
}

TEST(PrometheusReply, TellsPrometheusOwnWordsOfAFailedQuery) {
  const auto reply = [](const std::string& type) {
    return R"({"status":"error","errorType":")" + type + R"(","error":"it\nbroke"})";
  };
  const Error bad = ErrorOf(reply("bad_data"));
  EXPECT_EQ(bad.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(bad.message, "prometheus: bad_data: it?broke");
  EXPECT_EQ(ErrorOf(reply("execution")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(reply("timeout")).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorOf(reply("internal")).code, ErrorCode::kUnavailable);
  // VictoriaMetrics' types are statuses.
  EXPECT_EQ(ErrorOf(reply("422")).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ErrorOf(reply("429")).code, ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorOf(reply("503")).code, ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorOf(R"({"status":"error","data":null,"errorType":"canceled"})").code,
            ErrorCode::kUnavailable);
}

TEST(PrometheusReply, RefusesResultsThatAreNoNumbers) {
  const Error range = ErrorOf(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]}})");
  EXPECT_EQ(range.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(range.message, HasSubstr("range vector"));
  const Error text =
      ErrorOf(R"({"status":"success","data":{"resultType":"string","result":[1,"hello"]}})");
  EXPECT_EQ(text.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(text.message, HasSubstr("string"));
  const Error histogram = ErrorOf(Vector(R"({"metric":{},"histogram":[1,{"count":"1"}]})"));
  EXPECT_EQ(histogram.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(histogram.message, HasSubstr("histogram"));
}

TEST(PrometheusReply, NamesTheLimitOnSeries) {
  const std::string two = Vector(Series("1", "1") + "," + Series("1", "2"));
  EXPECT_TRUE(Parse(two, {.max_series = 2}));
  const Error error = ErrorOf(two, {.max_series = 1});
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_THAT(error.message, HasSubstr("limits.maxSeries, 1"));
}

TEST(PrometheusReply, RefusesTimesOutsideOurs) {
  EXPECT_TRUE(Parse(Vector(Series("0", "1")), kMany));
  for (const char* seconds : {"-1", "253402300799", "1e300"}) {
    EXPECT_THAT(ErrorOf(Vector(Series(seconds, "1"))).message, HasSubstr("1970..2262")) << seconds;
  }
  EXPECT_EQ(ErrorOf(Vector(Series("\"1\"", "1"))).code, ErrorCode::kMalformedData);
}

TEST(PrometheusReply, UsesNoPartOfMalformedReplies) {
  const std::string good = Vector(Series("1700000000", "5"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(ErrorOf(good.substr(0, cut)).code, ErrorCode::kMalformedData) << cut;
  }
  EXPECT_TRUE(Parse(good, kMany));
  EXPECT_TRUE(Parse(good + "\n", kMany));
  const std::string bodies[] = {
      good + "{}",
      good + "x",
      "",
      "null",
      "[]",
      "12",
      "<html></html>",
      "{}",
      "\xff\xfe",
      std::string(100'000, '['),
      R"({"status":"success"})",
      R"({"status":"success","data":null})",
      R"({"status":"success","data":[]})",
      R"({"status":"success","data":{"resultType":"vector"}})",
      R"({"status":"success","data":{"resultType":"vector","result":null}})",
      R"({"status":"success","data":{"resultType":"vector","result":{}}})",
      R"({"status":"success","data":{"resultType":"vector","result":[],"result":[]}})",
      R"({"status":"success","data":{"resultType":"tensor","result":[]}})",
      R"({"status":"success","data":{"resultType":1,"result":[]}})",
      R"({"status":"maybe","data":{"resultType":"vector","result":[]}})",
      R"({"status":7,"data":{"resultType":"vector","result":[]}})",
      R"({"data":{"resultType":"vector","result":[]}})",
      R"({"status":"success","data":{"resultType":"scalar","result":[]}})",
      Vector("1"),
      Vector("{}"),
      Vector(R"({"metric":{}})"),
      Vector(R"({"value":5})"),
      Vector(R"({"value":[]})"),
      Vector(R"({"value":[1]})"),
      Vector(R"({"value":[1,"2","3"]})"),
      Vector(R"({"value":[1,2]})"),
      Vector(R"({"value":[1,"2"],"value":[1,"2"]})"),
      Vector(R"({"value":[null,"2"]})"),
      Vector(R"({"value":["1","2"]})"),
      Vector(Series("1", "")),
      Vector(Series("1", "1e999")),
      Vector(Series("1", "5 ")),
      Vector(Series("1", "0x5")),
      Vector(Series("1", "5")) + std::string(1, '\0') + "{",
  };
  for (const std::string& body : bodies) {
    const Error error = ErrorOf(body);
    EXPECT_EQ(error.code, ErrorCode::kMalformedData) << body.substr(0, 200);
    EXPECT_THAT(error.message, testing::StartsWith("prometheus: "));
    EXPECT_THAT(error.message, testing::Not(HasSubstr("\n")));
  }
}

}  // namespace
}  // namespace hpaplus::collectors
