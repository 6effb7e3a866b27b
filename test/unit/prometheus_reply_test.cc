#include "collectors/prometheus_reply.h"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using testing::HasSubstr;

constexpr std::size_t kMany = 1000;

std::string Vector(const std::string& series) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
}

std::string Series(const std::string& seconds, const std::string& value) {
  return R"({"metric":{"job":"a"},"value":[)" + seconds + ",\"" + value + "\"]}";
}

Error ErrorOf(const std::string& body, std::size_t max_series = kMany) {
  const auto samples = ParsePrometheusReply(body, max_series);
  return samples ? Error{ErrorCode::kGone, "it was accepted"} : samples.error();
}

TEST(PrometheusReply, GivesAllSeriesOfAVector) {
  const auto samples = ParsePrometheusReply(
      Vector(Series("1700000000.5", "1.5") + "," + Series("1700000001", "-2")), kMany);
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 2U);
  EXPECT_EQ((*samples)[0].value, 1.5);
  EXPECT_EQ((*samples)[0].milli, 1500);
  EXPECT_EQ((*samples)[0].at.time_since_epoch(), std::chrono::nanoseconds(1700000000500000000));
  EXPECT_EQ((*samples)[1].value, -2);
  EXPECT_EQ((*samples)[1].milli, -2000);
}

TEST(PrometheusReply, GivesAScalar) {
  const auto samples = ParsePrometheusReply(
      R"({"data":{"result":[1700000000.25,"42"],"resultType":"scalar"},"status":"success"})",
      kMany);
  ASSERT_TRUE(samples) << samples.error().message;
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(samples->front().value, 42);
}

TEST(PrometheusReply, AnEmptyVectorIsNothingAndNotZero) {
  const auto samples = ParsePrometheusReply(Vector(""), kMany);
  ASSERT_TRUE(samples);
  EXPECT_TRUE(samples->empty());
}

TEST(PrometheusReply, PassesOnNumbersThatCannotBeActedOn) {
  const auto samples =
      ParsePrometheusReply(Vector(Series("1", "NaN") + "," + Series("1", "+Inf") + "," +
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
  const auto samples =
      ParsePrometheusReply(Vector(Series("1", "7") + "," + Series("1", "7")), kMany);
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->size(), 2U);
}

TEST(PrometheusReply, IgnoresWarningsAndUnknownFields) {
  const auto samples = ParsePrometheusReply(
      R"({"warnings":["partial response"],"status":"success","isPartial":true,
          "data":{"stats":{"timings":{}},"resultType":"vector","result":[
            {"metric":{},"value":[1,"5"],"extra":[[]]}]},"infos":[1]} )",
      kMany);
  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_EQ(samples->front().value, 5);
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
  EXPECT_TRUE(ParsePrometheusReply(two, 2));
  const Error error = ErrorOf(two, 1);
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_THAT(error.message, HasSubstr("limits.maxSeries, 1"));
}

TEST(PrometheusReply, RefusesTimesOutsideOurs) {
  EXPECT_TRUE(ParsePrometheusReply(Vector(Series("0", "1")), kMany));
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
  EXPECT_TRUE(ParsePrometheusReply(good, kMany));
  EXPECT_TRUE(ParsePrometheusReply(good + "\n", kMany));
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
