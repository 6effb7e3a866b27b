#include "collectors/plugin_reply.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "proto/collector.pb.h"

namespace hpaplus::collectors {
namespace {

namespace v1 = collector::v1;

const Timestamp kNow{std::chrono::seconds(1'700'000'000)};
const PluginAnswerLimits kLimits{.max_samples = 2, .received = kNow};

v1::QueryResult One(double value, std::int64_t at_ms) {
  v1::QueryResult result;
  v1::Sample& sample = *result.add_samples();
  sample.set_value(value);
  sample.set_timestamp_ms(at_ms);
  return result;
}

ScalarSample SampleOf(double value, std::int64_t at_ms) {
  const ReadingResult read = ReadPluginResult(One(value, at_ms), kLimits);
  EXPECT_TRUE(read);
  return read ? (*read)->values.at(0) : ScalarSample();
}

TEST(PluginReply, KeepsTheTimeOfTheSample) {
  const ScalarSample sample = SampleOf(1.5, 1'600'000'000'123);
  EXPECT_EQ(sample.value, 1.5);
  EXPECT_EQ(sample.milli, 1500);
  EXPECT_EQ(sample.at, Timestamp(std::chrono::milliseconds(1'600'000'000'123)));
  EXPECT_EQ((*ReadPluginResult(One(1, 1), kLimits))->received, kNow);
}

TEST(PluginReply, TakesTheTimeOfReceiptOnlyWhereThereIsNone) {
  EXPECT_EQ(SampleOf(1, 0).at, kNow);
  EXPECT_EQ(SampleOf(1, 1).at, Timestamp(std::chrono::milliseconds(1)));
}

TEST(PluginReply, PassesOnWhatTheEngineRefusesByName) {
  EXPECT_EQ(SampleOf(std::nan(""), 0).milli, kInvalidMilli);
  EXPECT_EQ(SampleOf(INFINITY, 0).milli, kInvalidMilli);
  EXPECT_EQ(SampleOf(1e300, 0).milli, kInvalidMilli);
  EXPECT_EQ(SampleOf(-1, 0).milli, -1000);
  EXPECT_GT(SampleOf(1, 1'800'000'000'000).at, kNow);
}

TEST(PluginReply, RefusesTimesThatNobodyCanMean) {
  for (const std::int64_t ms :
       {std::int64_t{-1}, std::int64_t{9'223'372'036'855}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    const ReadingResult read = ReadPluginResult(One(1, ms), kLimits);
    ASSERT_FALSE(read) << ms;
    EXPECT_EQ(read.error().code, ErrorCode::kMalformedData);
  }
}

TEST(PluginReply, NothingIsNothingAndNotZero) {
  const ReadingResult read = ReadPluginResult({}, kLimits);
  ASSERT_TRUE(read);
  EXPECT_TRUE((*read)->values.empty());
}

TEST(PluginReply, RefusesMoreSamplesThanTheSourceMaySend) {
  v1::QueryResult result = One(1, 0);
  *result.add_samples() = result.samples(0);
  EXPECT_TRUE(ReadPluginResult(result, kLimits));
  *result.add_samples() = result.samples(0);
  const ReadingResult read = ReadPluginResult(result, kLimits);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "plug-in: 3 samples for one query are more than limits.maxSeries, 2");
}

TEST(PluginReply, AnErrorCountsMoreThanSamplesBesideIt) {
  const auto code = [](v1::QueryError::Code sent) {
    v1::QueryResult result = One(1, 0);
    result.mutable_error()->set_code(sent);
    const ReadingResult read = ReadPluginResult(result, kLimits);
    EXPECT_FALSE(read);
    return read.error().code;
  };
  EXPECT_EQ(code(v1::QueryError::CODE_UNSPECIFIED), ErrorCode::kUnavailable);
  EXPECT_EQ(code(v1::QueryError::INVALID_ARGUMENT), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(v1::QueryError::NOT_FOUND), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(v1::QueryError::UNAVAILABLE), ErrorCode::kUnavailable);
  EXPECT_EQ(code(v1::QueryError::DEADLINE_EXCEEDED), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(code(v1::QueryError::PERMISSION_DENIED), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(v1::QueryError::MALFORMED_DATA), ErrorCode::kMalformedData);
  EXPECT_EQ(code(static_cast<v1::QueryError::Code>(77)), ErrorCode::kUnavailable);
}

TEST(PluginReply, ShowsTextFromOutsideOnOneShortLine) {
  v1::QueryResult result;
  result.mutable_error()->set_message("a\nb\x1b[31m" + std::string(1000, 'x'));
  const std::string message = ReadPluginResult(result, kLimits).error().message;
  EXPECT_TRUE(message.starts_with("plug-in: a?b?[31mx"));
  EXPECT_LT(message.size(), 300U);
}

TEST(PluginReply, ABatchHasOneResultForEachQuery) {
  v1::CollectResponse response;
  *response.add_results() = One(1, 0);
  *response.add_results() = One(1, -1);
  const auto read = ReadPluginBatch(response, 2, kLimits);
  ASSERT_TRUE(read);
  EXPECT_TRUE((*read)[0]);
  EXPECT_FALSE((*read)[1]);
  EXPECT_EQ(ReadPluginBatch(response, 1, kLimits).error().message,
            "plug-in: 2 results for 1 queries");
  EXPECT_EQ(ReadPluginBatch(response, 3, kLimits).error().code, ErrorCode::kMalformedData);
}

TEST(PluginReply, APushIsUsedAsAWholeOrNotAtAll) {
  v1::StreamResponse response;
  v1::StreamUpdate& first = *response.add_updates();
  first.set_query_index(1);
  *first.mutable_result() = One(7, 0);
  v1::StreamUpdate& second = *response.add_updates();
  second.mutable_result()->mutable_error()->set_message("down");
  const auto read = ReadPluginPush(response, 2, kLimits);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].first, 1U);
  EXPECT_EQ((*(*read)[0].second)->values.at(0).value, 7);
  EXPECT_FALSE((*read)[1].second);

  EXPECT_EQ(ReadPluginPush(response, 1, kLimits).error().message,
            "plug-in: a push for query 1 of 1 queries");
  *second.mutable_result() = One(1, -5);
  EXPECT_EQ(ReadPluginPush(response, 2, kLimits).error().code, ErrorCode::kMalformedData);
}

}  // namespace
}  // namespace hpaplus::collectors
