#include <limits>

#include <gtest/gtest.h>

#include "collectors/push.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;
using test::FakeHttpClient;

constexpr Timestamp kNow{seconds(1'700'000'000)};

class FakePushed final : public PushedSamples {
 public:
  std::vector<std::pair<Labels, std::vector<TimedValue>>> series;
  std::shared_ptr<const PushedCatalog> catalog;
  bool there = true;

  void Publish() {
    auto made = std::make_shared<PushedCatalog>();
    for (std::size_t i = 0; i < series.size(); ++i)
      made->series.push_back({i, std::make_shared<const Labels>(series[i].first)});
    catalog = std::move(made);
  }

  [[nodiscard]] Result<std::shared_ptr<const PushedCatalog>> Catalog(
      const SourceName& source) const override {
    if (!there) return Error{ErrorCode::kNotFound, source + " is gone"};
    EXPECT_EQ(source, "MetricSource/shop/orders");
    return catalog;
  }
  [[nodiscard]] std::vector<std::vector<TimedValue>> Read(const SourceName& /*source*/,
                                                          std::span<const std::uint64_t> ids,
                                                          std::size_t newest_most) const override {
    std::vector<std::vector<TimedValue>> read;
    for (const std::uint64_t id : ids) {
      const auto& samples = series.at(id).second;
      const auto count = static_cast<std::ptrdiff_t>(std::min(newest_most, samples.size()));
      read.emplace_back(samples.end() - count, samples.end());
    }
    return read;
  }
};

class PushCollectorTest : public testing::Test {
 protected:
  FakePushed pushed_;
  FakeHttpClient http_;
  SerialExecutor executor_;
  std::unique_ptr<Collector> collector_;

  void SetUp() override {
    ResolvedSource source;
    source.spec.ns = "shop";
    source.spec.name = "orders";
    CollectorDeps deps{http_, executor_};
    EXPECT_EQ(PushCollector::Create(source, deps).error().code, ErrorCode::kInvalidArgument);
    deps.pushed = &pushed_;
    collector_ = *PushCollector::Create(source, deps);
    pushed_.series = {
        {{{"__name__", "depth"}, {"queue", "a"}}, {At(-30, 1), At(-10, 7)}},
        {{{"__name__", "depth"}, {"queue", "b"}}, {At(-20, 3)}},
        {{{"__name__", "total"}}, {At(-40, 0), At(-20, 100), At(-10, 5), At(0, 25)}},
        {{{"__name__", "new"}}, {At(0, 1000)}},
        {{{"__name__", "ended"}}, {}},
    };
    pushed_.Publish();
  }

  static TimedValue At(int second, double value) { return {kNow + seconds(second), value}; }

  std::vector<ScalarSample> Ask(const std::string& query) {
    const std::vector<MetricQuery> queries = {{.ns = "shop", .expression = query}};
    const auto results = collector_->Collect(queries, {kNow, kNow + seconds(1), {}});
    EXPECT_EQ(results.size(), 1U);
    EXPECT_TRUE(results.at(0)) << results.at(0).error().message;
    if (!results.at(0)) return {};
    EXPECT_EQ((*results.at(0))->received, kNow);
    return (*results.at(0))->values;
  }
};

TEST_F(PushCollectorTest, GivesTheNewestSampleWithItsOwnTime) {
  const auto values = Ask("depth{queue=\"a\"}");
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].value, 7);
  EXPECT_EQ(values[0].milli, 7000);
  EXPECT_EQ(values[0].at, kNow - seconds(10));
}

TEST_F(PushCollectorTest, ShowsThatThereAreSeveral) {
  EXPECT_EQ(Ask("depth").size(), 2U);  // For the engine to call InvalidData.
}

TEST_F(PushCollectorTest, AddsUpWithTheAgeOfTheOldest) {
  const auto values = Ask("sum(depth)");
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].value, 10);
  EXPECT_EQ(values[0].at, kNow - seconds(20));
}

TEST_F(PushCollectorTest, CountsFromZeroWhereACounterStartedAgain) {
  const auto values = Ask("rate(total[30s])");
  ASSERT_EQ(values.size(), 1U);
  EXPECT_EQ(values[0].value, 25.0 / 20);  // 100 to 5 is a start, then 20 more.
  EXPECT_EQ(values[0].at, kNow);
}

TEST_F(PushCollectorTest, MakesNoRateOfOneSample) {
  EXPECT_TRUE(Ask("rate(new[30s])").empty());
  EXPECT_TRUE(Ask("sum(rate(new[30s]))").empty());
}

TEST_F(PushCollectorTest, HasNothingWhereNothingIs) {
  EXPECT_TRUE(Ask("ended").empty());
  EXPECT_TRUE(Ask("never").empty());
  EXPECT_TRUE(Ask("sum(never)").empty());
}

TEST_F(PushCollectorTest, PassesNanAndNegativeNumbersOn) {
  pushed_.series[0].second.push_back(At(0, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(Ask("depth{queue=\"a\"}")[0].milli, kInvalidMilli);
  EXPECT_EQ(Ask("sum(depth)")[0].milli, kInvalidMilli);
  pushed_.series[1].second.push_back(At(0, -1));
  EXPECT_EQ(Ask("depth{queue=\"b\"}")[0].milli, -1000);
}

TEST_F(PushCollectorTest, SeesSeriesThatCome) {
  EXPECT_TRUE(Ask("later").empty());
  pushed_.series.push_back({{{"__name__", "later"}}, {At(0, 4)}});
  pushed_.Publish();
  EXPECT_EQ(Ask("later").size(), 1U);
}

TEST_F(PushCollectorTest, RefusesWhatItCannotAnswer) {
  const std::vector<MetricQuery> queries = {
      {.expression = "depth{"}, {.expression = ""}, {.type = MetricType::kExternal}};
  const auto results = collector_->Collect(queries, {kNow, kNow + seconds(1), {}});
  ASSERT_EQ(results.size(), 3U);
  for (const auto& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(result.error().message.starts_with("push: ")) << result.error().message;
  }
}

// The contract's other sentences; it cannot run here, as no state makes one of several questions
// fail.
TEST_F(PushCollectorTest, LooksAtNothingWhenItIsTooLateOrStopped) {
  const std::vector<MetricQuery> queries(2, MetricQuery{.expression = "depth"});
  std::stop_source stop;
  for (const auto& result : collector_->Collect(queries, {kNow, kNow, stop.get_token()}))
    EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  stop.request_stop();
  const auto stopped = collector_->Collect(queries, {kNow, kNow + seconds(1), stop.get_token()});
  ASSERT_EQ(stopped.size(), 2U);
  for (const auto& result : stopped)
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(collector_->Collect({}, {kNow, kNow + seconds(1), {}}).empty());
  EXPECT_EQ(collector_->name(), "push");
}

TEST_F(PushCollectorTest, SaysThatTheSourceIsGone) {
  pushed_.there = false;
  const std::vector<MetricQuery> queries(2);
  const auto results = collector_->Collect(queries, {kNow, kNow + seconds(1), {}});
  ASSERT_EQ(results.size(), 2U);
  for (const auto& result : results)
    EXPECT_EQ(result.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hpaplus::collectors
