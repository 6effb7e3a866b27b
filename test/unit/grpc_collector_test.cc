// The collector of plug-ins against a server in this process that says whatever the test wants.

#include "collectors/grpc_collector.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/system_clock.h"
#include "proto/collector.pb.h"
#include "test/support/fake_http_client.h"
#include "test/support/raw_grpc_server.h"

namespace hpaplus::collectors {
namespace {

namespace v1 = collector::v1;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::RawGrpcAnswer;
using test::RawGrpcCall;
using testing::HasSubstr;

const Timestamp kStart{seconds(1'700'000'000)};

std::string Push(std::uint32_t index, double value, Timestamp at = kStart) {
  v1::StreamResponse response;
  v1::StreamUpdate& update = *response.add_updates();
  update.set_query_index(index);
  v1::Sample& sample = *update.mutable_result()->add_samples();
  sample.set_value(value);
  sample.set_timestamp_ms(std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count());
  return response.SerializeAsString();
}

class GrpcCollectorTest : public testing::Test {
 protected:
  GrpcCollectorTest() {
    description_.mutable_capabilities()->set_collect(true);
    source_.spec.name = "plug-in";
    source_.spec.ns = "shop";
    source_.spec.endpoint = "grpc://" + server_.address();
    source_.spec.grpc = GrpcSource();
  }

  // Answers each query with the number of the Collect() that asked it.
  RawGrpcAnswer Answer(const RawGrpcCall& call) {
    if (call.method.ends_with("/Describe")) return {.messages = {description_.SerializeAsString()}};
    if (call.method.ends_with("/Stream")) {
      ++streams_;
      return {.messages = first_pushes_, .stays_open = true};
    }
    if (fails_) return {.code = 14, .message = "down"};
    const int number = ++collects_;
    v1::CollectRequest request;
    if (!request.ParseFromString(call.request)) return {.code = 3};
    v1::CollectResponse response;
    for (int i = 0; i < request.queries_size(); ++i)
      response.add_results()->add_samples()->set_value(number);
    return {.messages = {response.SerializeAsString()}};
  }

  std::unique_ptr<Collector> Make() {
    auto made = factory_(source_, {http_, executor_});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : nullptr;
  }
  std::vector<ReadingResult> Ask(Collector& collector, const std::vector<std::string>& expressions,
                                 Duration after = {}) {
    std::vector<MetricQuery> queries;
    for (const std::string& expression : expressions)
      queries.push_back({.ns = "shop", .expression = expression});
    const Timestamp now = kStart + after;
    return collector.Collect(queries, {now, now + seconds(10), {}});
  }
  // Asks until the one query has that value; false when that takes too long.
  bool BecomesValue(Collector& collector, double value, Duration after = {}) {
    return Becomes([&] {
      const auto result = std::move(Ask(collector, {"q"}, after).front());
      return result && (*result)->values.size() == 1 && (*result)->values[0].value == value;
    });
  }
  bool Becomes(const std::function<bool()>& what) {
    const Timestamp deadline = clock_.Now() + seconds(20);
    while (clock_.Now() < deadline) {
      if (what()) return true;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(5), {});
    }
    return false;
  }
  void OnlyPush() {
    description_.mutable_capabilities()->set_collect(false);
    description_.mutable_capabilities()->set_stream(true);
    source_.spec.grpc->stream = true;
  }

  SystemClock clock_;
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  ResolvedSource source_;
  CollectorFactory factory_ = GrpcCollector::Factory();
  v1::DescribeResponse description_;       // Set before the first call.
  std::vector<std::string> first_pushes_;  // Likewise.
  std::atomic<int> collects_ = 0;
  std::atomic<int> streams_ = 0;
  std::atomic<bool> fails_ = false;
  test::RawGrpcServer server_{{.answer = [this](const RawGrpcCall& c) { return Answer(c); }}};
};

TEST_F(GrpcCollectorTest, AsksEqualQueriesOnceAndTellsTheParameters) {
  source_.spec.grpc->parameters = {{"depth", "total"}};
  const auto collector = Make();
  const auto results = Ask(*collector, {"a", "b", "a"});
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(*results[0], *results[2]);
  const auto calls = server_.calls();
  ASSERT_EQ(calls.size(), 2U);
  v1::CollectRequest request;
  ASSERT_TRUE(request.ParseFromString(calls[1].request));
  EXPECT_EQ(request.queries_size(), 2);
  EXPECT_EQ(request.queries(0).expression(), "a");
  EXPECT_EQ(request.queries(0).namespace_(), "shop");
  EXPECT_EQ(request.parameters().at("depth"), "total");
  EXPECT_GT(calls[1].time_left, seconds(0));
  EXPECT_LE(calls[1].time_left, source_.spec.timeout + test::kGrpcRounding);
}

TEST_F(GrpcCollectorTest, KeepsToTheLimitsOfThePlugin) {
  description_.mutable_limits()->set_max_queries(2);
  const auto collector = Make();
  for (const ReadingResult& result : Ask(*collector, {"a", "b", "c", "d", "e"}))
    EXPECT_TRUE(result);
  EXPECT_EQ(collects_, 3);
}

TEST_F(GrpcCollectorTest, CollectorsOfOneSourceShareWhatTheyKnow) {
  const auto one = Make();
  const auto other = Make();
  (void)Ask(*one, {"a"});
  (void)Ask(*other, {"a"});
  EXPECT_EQ(server_.calls().size(), 3U);  // One Describe.
  source_.spec.generation = 2;
  (void)Ask(*Make(), {"a"});
  EXPECT_EQ(server_.calls().size(), 5U);
}

TEST_F(GrpcCollectorTest, RefusesWhatItCannotAsk) {
  const auto collector = Make();
  const MetricQuery queries[] = {{.type = MetricType::kPods, .expression = "a"}, {}};
  const auto results = collector->Collect(queries, {kStart, kStart + seconds(1), {}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(results[1].error().message, "plug-in: the query is empty");
  EXPECT_TRUE(server_.calls().empty());
}

TEST_F(GrpcCollectorTest, SaysWhenAPluginCanDoNothingOfUse) {
  description_.mutable_capabilities()->set_collect(false);
  EXPECT_THAT(Ask(*Make(), {"a"}).front().error().message, HasSubstr("neither"));
  description_.mutable_capabilities()->set_stream(true);
  source_.spec.generation = 2;
  EXPECT_THAT(Ask(*Make(), {"a"}).front().error().message, HasSubstr("mode"));
}

TEST_F(GrpcCollectorTest, WhatIsPushedIsThereAtOnceWithItsAge) {
  OnlyPush();
  const auto collector = Make();
  EXPECT_EQ(Ask(*collector, {"q"}).front().error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(Becomes([&] { return server_.open_calls() == 1; }));
  server_.Push(Push(0, 5, kStart - seconds(3)));
  ASSERT_TRUE(BecomesValue(*collector, 5));
  const auto first = Ask(*collector, {"q"}).front();
  EXPECT_EQ((*first)->values[0].at, kStart - seconds(3));
  server_.Push(Push(0, 6, kStart));
  EXPECT_TRUE(BecomesValue(*collector, 6));
}

TEST_F(GrpcCollectorTest, ASilentStreamGrowsOld) {
  OnlyPush();
  first_pushes_ = {Push(0, 5, kStart)};
  const auto collector = Make();
  ASSERT_TRUE(BecomesValue(*collector, 5));
  const auto later = Ask(*collector, {"q"}, minutes(5)).front();
  ASSERT_TRUE(later);
  EXPECT_EQ((*later)->values[0].at, kStart);  // For the engine to find it stale.
}

TEST_F(GrpcCollectorTest, ASilentStreamIsAskedWhereItCanBe) {
  OnlyPush();
  description_.mutable_capabilities()->set_collect(true);
  first_pushes_ = {Push(0, 500, kStart)};
  const auto collector = Make();
  ASSERT_TRUE(BecomesValue(*collector, 500));
  const int before = collects_;
  EXPECT_TRUE(BecomesValue(*collector, 500, seconds(10)));
  EXPECT_EQ(collects_, before);
  EXPECT_TRUE(BecomesValue(*collector, before + 1, seconds(60)));
}

TEST_F(GrpcCollectorTest, KeepsTheNewestByItsOwnTime) {
  OnlyPush();
  first_pushes_ = {Push(0, 1, kStart - seconds(1)), Push(0, 2, kStart - seconds(5)),
                   Push(0, 3, kStart - seconds(2)), Push(1, 4)};
  const auto collector = Make();
  (void)Ask(*collector, {"q", "r"});
  ASSERT_TRUE(Becomes([&] { return Ask(*collector, {"r"}).front().has_value(); }));
  EXPECT_TRUE(BecomesValue(*collector, 1));
}

TEST_F(GrpcCollectorTest, APushedErrorTakesThePlaceOfANumber) {
  OnlyPush();
  first_pushes_ = {Push(0, 5)};
  const auto collector = Make();
  ASSERT_TRUE(BecomesValue(*collector, 5));
  v1::StreamResponse response;
  v1::QueryError& error = *response.add_updates()->mutable_result()->mutable_error();
  error.set_code(v1::QueryError::PERMISSION_DENIED);
  error.set_message("no more");
  server_.Push(response.SerializeAsString());
  EXPECT_TRUE(Becomes([&] {
    const auto result = std::move(Ask(*collector, {"q"}).front());
    return !result && result.error().message == "plug-in: no more";
  }));
}

TEST_F(GrpcCollectorTest, OpensAnotherStreamForOtherQueriesButNotOften) {
  OnlyPush();
  const auto collector = Make();
  (void)Ask(*collector, {"a"});
  ASSERT_TRUE(Becomes([&] { return streams_ == 1; }));
  (void)Ask(*collector, {"b"}, seconds(1));
  (void)Ask(*collector, {"a"}, seconds(6));
  ASSERT_TRUE(Becomes([&] { return streams_ == 2 && server_.open_calls() == 1; }));
  v1::StreamRequest request;
  ASSERT_TRUE(request.ParseFromString(server_.calls().back().request));
  EXPECT_EQ(request.queries_size(), 2);
  (void)Ask(*collector, {"a", "b"}, seconds(60));
  EXPECT_EQ(streams_, 2);
}

TEST_F(GrpcCollectorTest, ForgetsQueriesThatNobodyAsksAnyMore) {
  OnlyPush();
  const auto collector = Make();
  (void)Ask(*collector, {"a"});
  ASSERT_TRUE(Becomes([&] { return streams_ == 1; }));
  (void)Ask(*collector, {"b"}, minutes(11));
  ASSERT_TRUE(Becomes([&] { return streams_ == 2; }));
  v1::StreamRequest request;
  ASSERT_TRUE(request.ParseFromString(server_.calls().back().request));
  ASSERT_EQ(request.queries_size(), 1);
  EXPECT_EQ(request.queries(0).expression(), "b");
}

TEST_F(GrpcCollectorTest, ABrokenStreamIsOpenedAgainWithBackOff) {
  OnlyPush();
  const auto collector = Make();
  (void)Ask(*collector, {"q"});
  ASSERT_TRUE(Becomes([&] { return server_.open_calls() == 1; }));
  server_.EndOpenCalls(14, "restarting");
  ASSERT_TRUE(Becomes([&] {
    return Ask(*collector, {"q"}).front().error().message == "plug-in: UNAVAILABLE: restarting";
  }));
  EXPECT_EQ(streams_, 1);
  (void)Ask(*collector, {"q"}, minutes(1));
  EXPECT_TRUE(Becomes([&] { return streams_ == 2; }));
}

TEST_F(GrpcCollectorTest, ANonsensePushEndsTheStreamAndIsNotUsed) {
  OnlyPush();
  first_pushes_ = {Push(0, 5), Push(7, 6)};
  const auto collector = Make();
  ASSERT_TRUE(BecomesValue(*collector, 5));
  EXPECT_TRUE(Becomes([&] { return server_.open_calls() == 0; }));
  EXPECT_TRUE(BecomesValue(*collector, 5));
}

TEST_F(GrpcCollectorTest, AFloodEndsTheStream) {
  OnlyPush();
  first_pushes_.assign(5'000, "");
  const auto collector = Make();
  (void)Ask(*collector, {"q"});
  EXPECT_TRUE(Becomes([&] {
    const auto result = std::move(Ask(*collector, {"q"}).front());
    return result.error().message == "plug-in: more than 1000 pushes in a second";
  }));
}

TEST_F(GrpcCollectorTest, EndsItsStreamWhenItIsGone) {
  OnlyPush();
  auto collector = Make();
  (void)Ask(*collector, {"q"});
  ASSERT_TRUE(Becomes([&] { return server_.open_calls() == 1; }));
  collector.reset();
  EXPECT_TRUE(Becomes([&] { return server_.open_calls() == 0; }));
}

TEST_F(GrpcCollectorTest, APluginIsDescribedAgainAfterAFailure) {
  const auto collector = Make();
  ASSERT_TRUE(Ask(*collector, {"q"}).front());
  ASSERT_TRUE(Ask(*collector, {"q"}).front());
  EXPECT_EQ(server_.calls().size(), 3U);
  fails_ = true;
  EXPECT_EQ(Ask(*collector, {"q"}).front().error().message, "plug-in: UNAVAILABLE: down");
  fails_ = false;
  ASSERT_TRUE(Ask(*collector, {"q"}).front());
  EXPECT_TRUE(server_.calls()[4].method.ends_with("/Describe"));
}

}  // namespace
}  // namespace hpaplus::collectors
