#include <gtest/gtest.h>

#include "engine/api/otlp_metrics.h"
#include "proto/otlp_metrics.pb.h"

namespace hpaplus::api {
namespace {

namespace otlp = opentelemetry::proto::collector::metrics::v1;
using std::chrono::seconds;

constexpr Timestamp kNow{seconds(1'700'000'000)};

void SetAttribute(otlp::KeyValue& attribute, const std::string& key, const std::string& value) {
  attribute.set_key(key);
  attribute.mutable_value()->set_string_value(value);
}

class OtlpTest : public testing::Test {
 protected:
  push::MemoryBudget budget_{16U << 20U};
  push::SourceSamples source_{{}, budget_, 16U << 20U};
  otlp::ExportMetricsServiceRequest request_;
  otlp::ResourceMetrics& resource_ = *request_.add_resource_metrics();
  otlp::ScopeMetrics& scope_ = *resource_.add_scope_metrics();

  static std::uint64_t Nanos(int second) {
    return static_cast<std::uint64_t>((kNow + seconds(second)).time_since_epoch().count());
  }

  otlp::Metric& Metric(const std::string& name) {
    otlp::Metric& metric = *scope_.add_metrics();
    metric.set_name(name);
    return metric;
  }

  static otlp::NumberDataPoint& Set(otlp::NumberDataPoint* point, int second, double value) {
    point->set_time_unix_nano(Nanos(second));
    point->set_as_double(value);
    return *point;
  }

  push::PushTally Append() { return AppendOtlp(request_, source_, kNow); }

  // "name{a="b"}" of each series to its samples.
  std::map<std::string, std::vector<TimedValue>> Kept() {
    std::map<std::string, std::vector<TimedValue>> kept;
    for (const auto& series : source_.Catalog()->series) {
      std::string text;
      for (const auto& [name, value] : *series.labels)
        text += (text.empty() ? "" : ",") + name + "=" + value;
      kept[text] = source_.Read({{series.id}}, 1000)[0];
    }
    return kept;
  }
};

TEST_F(OtlpTest, MakesLabelsOfAttributes) {
  SetAttribute(*resource_.mutable_resource()->add_attributes(), "service.name", "checkout");
  SetAttribute(*resource_.mutable_resource()->add_attributes(), "who", "resource");
  SetAttribute(*scope_.mutable_scope()->add_attributes(), "who", "scope");
  SetAttribute(*scope_.mutable_scope()->add_attributes(), "lib", "x");
  otlp::NumberDataPoint& point =
      Set(Metric("queue.depth").mutable_gauge()->add_data_points(), 0, 7);
  SetAttribute(*point.add_attributes(), "who", "point");
  otlp::KeyValue& number = *point.add_attributes();
  number.set_key("2shard");
  number.mutable_value()->set_int_value(-3);
  otlp::KeyValue& truth = *point.add_attributes();
  truth.set_key("ok");
  truth.mutable_value()->set_bool_value(true);
  otlp::KeyValue& real = *point.add_attributes();
  real.set_key("ratio");
  real.mutable_value()->set_double_value(0.5);
  EXPECT_EQ(Append().written, 1U);
  const auto kept = Kept();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.begin()->first,
            "_2shard=-3,__name__=queue_depth,lib=x,ok=true,ratio=0.5,service_name=checkout,"
            "who=point");
  EXPECT_EQ(kept.begin()->second, (std::vector<TimedValue>{{kNow, 7}}));
}

TEST_F(OtlpTest, TakesGaugesAndTotalsAsTheyAre) {
  otlp::NumberDataPoint& whole = *Metric("a").mutable_gauge()->add_data_points();
  whole.set_time_unix_nano(Nanos(-1));
  whole.set_as_int(-5);
  otlp::Sum& sum = *Metric("b").mutable_sum();
  sum.set_aggregation_temporality(otlp::AGGREGATION_TEMPORALITY_CUMULATIVE);
  Set(sum.add_data_points(), -1, 100);
  Set(sum.add_data_points(), 0, 130);
  EXPECT_EQ(Append().written, 3U);
  EXPECT_EQ(Kept()["__name__=a"], (std::vector<TimedValue>{{kNow - seconds(1), -5}}));
  EXPECT_EQ(Kept()["__name__=b"], (std::vector<TimedValue>{{kNow - seconds(1), 100}, {kNow, 130}}));
}

TEST_F(OtlpTest, AddsUpDeltas) {
  otlp::Sum& sum = *Metric("b").mutable_sum();
  sum.set_aggregation_temporality(otlp::AGGREGATION_TEMPORALITY_DELTA);
  Set(sum.add_data_points(), -2, 5);
  Set(sum.add_data_points(), -1, 3);
  Set(sum.add_data_points(), -1, 3);  // Sent again.
  const push::PushTally tally = Append();
  EXPECT_EQ(tally.written, 2U);
  EXPECT_EQ(tally.late, 1U);
  EXPECT_EQ(Kept()["__name__=b"],
            (std::vector<TimedValue>{{kNow - seconds(2), 5}, {kNow - seconds(1), 8}}));
}

TEST_F(OtlpTest, KeepsCountAndSumOfDistributions) {
  otlp::Histogram& histogram = *Metric("h").mutable_histogram();
  histogram.set_aggregation_temporality(otlp::AGGREGATION_TEMPORALITY_CUMULATIVE);
  otlp::HistogramDataPoint& point = *histogram.add_data_points();
  point.set_time_unix_nano(Nanos(0));
  point.set_count(4);
  point.set_sum(2.5);
  otlp::ExponentialHistogram& exponential = *Metric("e").mutable_exponential_histogram();
  exponential.set_aggregation_temporality(otlp::AGGREGATION_TEMPORALITY_DELTA);
  exponential.add_data_points()->set_time_unix_nano(Nanos(0));
  otlp::SummaryDataPoint& summary = *Metric("s").mutable_summary()->add_data_points();
  summary.set_time_unix_nano(Nanos(0));
  summary.set_count(2);
  EXPECT_EQ(Append().written, 3U);
  auto kept = Kept();
  EXPECT_EQ(kept.size(), 5U);
  EXPECT_EQ(kept["__name__=h_count"][0].value, 4);
  EXPECT_EQ(kept["__name__=h_sum"][0].value, 2.5);
  EXPECT_EQ(kept["__name__=e_count"][0].value, 0);
  EXPECT_EQ(kept["__name__=s_count"][0].value, 2);
  EXPECT_EQ(kept["__name__=s_sum"][0].value, 0);
}

TEST_F(OtlpTest, HasNothingWhereTheSenderHasNothing) {
  Set(Metric("a").mutable_gauge()->add_data_points(), -1, 7);
  otlp::NumberDataPoint& gone = *Metric("a").mutable_gauge()->add_data_points();
  gone.set_time_unix_nano(Nanos(0));
  gone.set_flags(1);
  EXPECT_EQ(Append().written, 2U);
  EXPECT_TRUE(Kept()["__name__=a"].empty());
}

TEST_F(OtlpTest, RefusesPointsThatSayTooLittle) {
  otlp::NumberDataPoint& listed = Set(Metric("a").mutable_gauge()->add_data_points(), 0, 1);
  listed.add_attributes()->set_key("list");
  Metric("b").mutable_gauge()->add_data_points()->set_time_unix_nano(Nanos(0));
  Set(Metric("c").mutable_sum()->add_data_points(), 0, 1);  // Of no temporality.
  Set(Metric("").mutable_gauge()->add_data_points(), 0, 1);
  Set(Metric("d").mutable_gauge()->add_data_points(), 100, 1);  // In the future.
  Set(Metric("e").mutable_gauge()->add_data_points(), 0, 1);
  Set(Metric("e").mutable_gauge()->add_data_points(), -400, 1);  // Late.
  (void)Metric("f");
  const push::PushTally tally = Append();
  EXPECT_EQ(tally.refused, 5U);
  EXPECT_EQ(tally.problem, "a: attribute list is neither a text nor a number");
  EXPECT_EQ(tally.written, 1U);
  EXPECT_EQ(tally.late, 1U);
}

TEST_F(OtlpTest, RefusesTooManyAttributes) {
  otlp::NumberDataPoint& point = Set(Metric("a").mutable_gauge()->add_data_points(), 0, 1);
  for (int i = 0; i < 64; ++i)
    SetAttribute(*point.add_attributes(), "l" + std::to_string(i), "v");
  EXPECT_EQ(Append().problem, "more than 64 labels");
}

TEST(PrometheusName, HasOnlyWhatIsAllowed) {
  EXPECT_EQ(PrometheusName("http.server.request-duration", true), "http_server_request_duration");
  EXPECT_EQ(PrometheusName("a:b", true), "a:b");
  EXPECT_EQ(PrometheusName("a:b", false), "a_b");
  EXPECT_EQ(PrometheusName("9a", false), "_9a");
  EXPECT_EQ(PrometheusName("", true), "");
}

}  // namespace
}  // namespace hpaplus::api
