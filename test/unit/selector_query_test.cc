#include "collectors/selector_query.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;

constexpr SeriesLabel kOrders[] = {
    {"__name__", "queue_depth"}, {"queue", "orders"}, {"zone", "eu-1"}};

SelectorQuery Parsed(std::string_view text) {
  auto query = ParseSelectorQuery(text);
  EXPECT_TRUE(query) << text << ": " << query.error().message;
  return query ? *query : SelectorQuery();
}

std::string Problem(std::string_view text) {
  const auto query = ParseSelectorQuery(text);
  EXPECT_FALSE(query) << text;
  if (query) return "none";
  EXPECT_EQ(query.error().code, ErrorCode::kInvalidArgument);
  return query.error().message;
}

ScalarSample At(int second, double value) {
  return {Timestamp(seconds(second)), value, 0};
}

TEST(SelectorQuery, ReadsAMetricAlone) {
  const SelectorQuery query = Parsed("  queue:depth ");
  EXPECT_EQ(query.metric, "queue:depth");
  EXPECT_TRUE(query.matchers.empty());
  EXPECT_EQ(query.aggregation, Aggregation::kNone);
  EXPECT_FALSE(query.rate_range);
}

TEST(SelectorQuery, SelectsByEveryKindOfMatcher) {
  const std::pair<const char*, bool> cases[] = {
      {R"(queue_depth)", true},
      {R"(queue_depth{})", true},
      {R"(other)", false},
      {R"(queue_depth{queue="orders"})", true},
      {R"(queue_depth{queue='orders',})", true},
      {R"(queue_depth{queue=`orders`})", true},
      {R"(queue_depth{queue="order"})", false},
      {R"(queue_depth{queue!="orders"})", false},
      {R"(queue_depth{queue=~"ord.*", zone=~"eu-\\d"})", true},
      {R"(queue_depth{queue=~"ord"})", false},  // Anchored.
      {R"(queue_depth{queue!~"ord.*"})", false},
      {R"(queue_depth{missing=""})", true},
      {R"(queue_depth{missing=~".*"})", true},
      {R"(queue_depth{missing!=""})", false},
      {R"({__name__="queue_depth"})", true},
      {R"({__name__=~"queue_.*"})", true},
      {R"({zone="eu-1"})", true},
  };
  for (const auto& [text, selected] : cases)
    EXPECT_EQ(Parsed(text).Selects(kOrders), selected) << text;
}

TEST(SelectorQuery, ReadsEscapesInValues) {
  const SelectorQuery query = Parsed(R"(m{a="\\\"\n\t\'", b=`\n`})");
  ASSERT_EQ(query.matchers.size(), 2U);
  EXPECT_EQ(query.matchers[0].value(), "\\\"\n\t'");
  EXPECT_EQ(query.matchers[1].value(), "\\n");
}

TEST(SelectorQuery, ReadsAggregationsAndRates) {
  EXPECT_EQ(Parsed("sum(m)").aggregation, Aggregation::kSum);
  EXPECT_EQ(Parsed("avg (m)").aggregation, Aggregation::kAverage);
  EXPECT_EQ(Parsed("max(m)").aggregation, Aggregation::kMax);
  EXPECT_EQ(Parsed("min(m)").aggregation, Aggregation::kMin);
  EXPECT_EQ(Parsed("count(m)").aggregation, Aggregation::kCount);
  const SelectorQuery quantile = Parsed(R"(quantile( 0.9 , rate(m{a="b"}[1m30s])))");
  EXPECT_EQ(quantile.aggregation, Aggregation::kQuantile);
  EXPECT_EQ(quantile.quantile, 0.9);
  EXPECT_EQ(quantile.metric, "m");
  EXPECT_EQ(quantile.rate_range, seconds(90));
  EXPECT_EQ(Parsed("rate(m[30s])").rate_range, seconds(30));
}

TEST(SelectorQuery, TakesTheNamesOfFunctionsForMetricsToo) {
  EXPECT_EQ(Parsed("sum").metric, "sum");
  EXPECT_EQ(Parsed("max{a=\"b\"}").metric, "max");
  EXPECT_EQ(Parsed("sum(rate)").metric, "rate");
}

TEST(SelectorQuery, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(Problem(""), "query, character 1: expected a metric or \"{\"");
  EXPECT_EQ(Problem("m{"), "query, character 3: expected a label or \"}\"");
  EXPECT_EQ(Problem("m{a"), "query, character 4: expected one of = != =~ !~");
  EXPECT_EQ(Problem("m{a=b}"), "query, character 5: expected a value in quotes");
  EXPECT_EQ(Problem("m{a=\"b}"), "query, character 5: expected a value whose quote is closed");
  EXPECT_EQ(Problem("m{a=\"b\" c}"), "query, character 9: expected \",\" or \"}\"");
  EXPECT_EQ(Problem("m{a=\"\\x\"}"), R"(query, character 6: expected one of \\ \" \' \n \t)");
  EXPECT_EQ(Problem("m n"), "query, character 3: expected the end");
  EXPECT_EQ(Problem("sum(m"), "query, character 6: expected \")\"");
  EXPECT_EQ(Problem("sum(max(m))"), "query, character 8: expected \")\"");
  EXPECT_EQ(Problem("sum by (a) (m)"), "query, character 5: expected the end");
  EXPECT_EQ(Problem("quantile(1.1, m)"), "query, character 10: expected a number from 0 to 1");
  EXPECT_EQ(Problem("quantile(0.5 m)"), "query, character 10: expected a number from 0 to 1");
  EXPECT_EQ(Problem("rate(m)"), "query, character 7: expected \"[\" and a range, such as [30s]");
  EXPECT_EQ(Problem("rate(m[0s])"),
            "query, character 8: expected a positive duration, such as 30s");
  EXPECT_EQ(Problem("rate(m[30s)"),
            "query, character 8: expected a positive duration, such as 30s");
  EXPECT_EQ(Problem("{}"), "query, character 3: the selector fits a series without labels");
  EXPECT_EQ(Problem("{a=~\".*\"}"),
            "query, character 10: the selector fits a series without labels");
  EXPECT_EQ(Problem("m{__name__=\"n\"}"), "query, character 15: the metric is named twice");
  EXPECT_EQ(Problem("m{a=~\"(\"}"), "query, character 9: the expression \"(\": missing ): (");
}

TEST(SelectorQuery, HasLimits) {
  EXPECT_EQ(Problem(std::string(8193, 'm')), "query: longer than 8192 characters");
  EXPECT_NE(Problem("m{a=~\"" + std::string(257, 'a') + "\"}").find("longer than 256"),
            std::string::npos);
  EXPECT_NE(Problem("m{a=~\"((a{1000}){1000}){1000}\"}").find("the expression"), std::string::npos);
  std::string many = "m{";
  for (int i = 0; i < 65; ++i)
    many += "a=\"b\",";
  EXPECT_NE(Problem(many + "}").find("more than 64 matchers"), std::string::npos);
}

TEST(SelectorQuery, AggregatesWithTheAgeOfTheOldest) {
  const std::vector<ScalarSample> series = {At(30, 4), At(10, 1), At(20, 7)};
  const std::pair<const char*, double> cases[] = {
      {"sum(m)", 12},  {"avg(m)", 4},           {"max(m)", 7},         {"min(m)", 1},
      {"count(m)", 3}, {"quantile(0.5, m)", 4}, {"quantile(1, m)", 7}, {"quantile(0.25, m)", 2.5}};
  for (const auto& [text, value] : cases) {
    const auto all = Aggregate(Parsed(text), series);
    ASSERT_EQ(all.size(), 1U) << text;
    EXPECT_EQ(all[0].value, value) << text;
    EXPECT_EQ(all[0].milli, static_cast<std::int64_t>(value * 1000)) << text;
    EXPECT_EQ(all[0].at, Timestamp(seconds(10))) << text;
  }
  EXPECT_EQ(Aggregate(Parsed("m"), series).size(), 3U);
}

TEST(SelectorQuery, AggregatesNothingToNothing) {
  for (const char* text : {"m", "sum(m)", "count(m)", "quantile(0.5, m)"})
    EXPECT_TRUE(Aggregate(Parsed(text), {}).empty()) << text;
}

TEST(SelectorQuery, PassesNanOn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* text : {"sum(m)", "avg(m)", "max(m)", "min(m)", "quantile(0.5, m)"}) {
    const auto all = Aggregate(Parsed(text), {At(1, 1), At(2, nan), At(3, 3)});
    ASSERT_EQ(all.size(), 1U) << text;
    EXPECT_TRUE(std::isnan(all[0].value)) << text;
    EXPECT_EQ(all[0].milli, kInvalidMilli) << text;
  }
}

std::optional<ScalarSample> Rate(std::vector<std::pair<int, double>> samples, int now = 100) {
  std::vector<TimedValue> values;
  for (const auto& [second, value] : samples)
    values.push_back({Timestamp(seconds(second)), value});
  return RateOf(values, seconds(30), Timestamp(seconds(now)));
}

TEST(RateOf, DividesTheIncreaseByTheTimeBetween) {
  const auto rate = Rate({{80, 100}, {90, 140}, {100, 160}});
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->value, 3);
  EXPECT_EQ(rate->milli, 3000);
  EXPECT_EQ(rate->at, Timestamp(seconds(100)));
}

TEST(RateOf, LeavesOutWhatIsOlderThanTheRange) {
  EXPECT_EQ(Rate({{70, 0}, {80, 100}, {100, 120}})->value, 1);
  EXPECT_EQ(Rate({{71, 0}, {100, 58}})->value, 2);
}

TEST(RateOf, TakesAFallForANewStartAtZero) {
  EXPECT_EQ(Rate({{80, 1000}, {90, 1010}, {100, 30}})->value, 2);
}

TEST(RateOf, SaysNothingFromOneSample) {
  EXPECT_FALSE(Rate({}));
  EXPECT_FALSE(Rate({{100, 500}}));
  EXPECT_FALSE(Rate({{60, 1}, {100, 500}}));
}

}  // namespace
}  // namespace hpaplus::collectors
