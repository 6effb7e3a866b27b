#include "engine/core/past_windows.h"

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::kNoon;
using testing::Q;

MetricSpec Source(std::string name) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = std::move(name);
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
  metric.smoothing = Smoothing{minutes(5), SmoothingFunction::kMax};
  return metric;
}

MetricSpec Input(std::string name) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = std::move(name);
  metric.role = MetricRole::kInput;
  return metric;
}

PastReading Past(std::vector<std::pair<Duration, double>> numbers) {
  Reading reading;
  for (const auto& [ago, value] : numbers)
    reading.values.push_back({kNoon - ago, value, kInvalidMilli});
  return std::make_shared<const Reading>(std::move(reading));
}

// Which windows of this one metric can be filled.
std::size_t Fillable(const MetricSpec& metric) {
  WorkloadSpec spec;
  spec.metrics = {metric};
  return WindowsToFill(spec).size();
}

TEST(PastWindows, AreThoseWhoseDemandNeedsNoPods) {
  EXPECT_EQ(Fillable(Source("load")), 1U);
  MetricSpec metric = Source("load");
  metric.smoothing.reset();
  EXPECT_EQ(Fillable(metric), 0U) << "there is no window";
  metric = Source("load");
  metric.target = {TargetType::kValue, Q("10"), std::nullopt, std::nullopt};
  EXPECT_EQ(Fillable(metric), 0U) << "it took the ready pods of then";
  metric = Source("load");
  metric.policy = "square_root";
  EXPECT_EQ(Fillable(metric), 0U) << "nobody knows what it looks at";
  for (const MetricType type : {MetricType::kExternal, MetricType::kObject, MetricType::kPods,
                                MetricType::kResource, MetricType::kContainerResource}) {
    metric = Source("load");
    metric.type = type;
    EXPECT_EQ(Fillable(metric), 0U) << "a metrics API has no past";
  }
}

TEST(PastWindows, TakeTheInputsOfFormulasAndQueues) {
  WorkloadSpec spec;
  spec.metrics = {Input("a"), Source("arrivals"), Source("computed"), Input("b")};
  spec.metrics[1].queue = QueueSpec{"b", seconds(60)};
  spec.metrics[2].type = MetricType::kFormula;
  const std::vector<std::string> names = {"a", "arrivals", "computed", "b"};
  spec.metrics[2].formula = *Formula::Compile("a + b", names);
  const auto windows = WindowsToFill(spec);
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].metric, 1U);
  EXPECT_EQ(windows[0].inputs, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(windows[1].metric, 2U);
  EXPECT_EQ(windows[1].inputs, (std::vector<std::size_t>{0, 3}));
  spec.metrics[3].type = MetricType::kExternal;
  EXPECT_EQ(WindowsToFill(spec).size(), 0U) << "one of their inputs has no past";
}

class FillWindowTest : public ::testing::Test {
 protected:
  // What the next decision says of a number of 10, which is a demand of 1.
  Replicas Recommended() {
    bench_.readings.assign(bench_.spec->metrics.size(), testing::AnswerNumber(10));
    bench_.policies = policies::MakeBuiltinPolicies(*bench_.spec);
    return bench_.Decide().recommended;
  }

  std::size_t Fill(const std::vector<PastReading>& past) {
    bench_.policies = policies::MakeBuiltinPolicies(*bench_.spec);
    std::size_t samples = 0;
    for (const PastWindow& window : WindowsToFill(*bench_.spec)) {
      samples +=
          FillWindow({bench_.config, bench_.view, bench_.policies, past}, window, bench_.history);
    }
    return samples;
  }

  testing::Bench bench_{5};
};

TEST_F(FillWindowTest, RemembersWhatWasMeasuredBeforeTheStart) {
  bench_.spec->metrics = {Source("load")};
  EXPECT_EQ(Fill({Past({{minutes(6), 900}, {minutes(4), 120}, {minutes(1), 70}})}), 3U);
  EXPECT_EQ(Recommended(), 12) << "the largest within five minutes before the newest";
}

TEST_F(FillWindowTest, WithoutAPastTheWindowStartsEmpty) {
  bench_.spec->metrics = {Source("load")};
  EXPECT_EQ(Fill({nullptr}), 0U);
  EXPECT_EQ(Fill({Past({})}), 0U);
  EXPECT_EQ(Recommended(), 1);
}

TEST_F(FillWindowTest, TakesNothingThatTodayWouldBeNoNumber) {
  bench_.spec->metrics = {Source("load")};
  bench_.spec->metrics[0].validity.max = Q("100");
  EXPECT_EQ(Fill({Past({{minutes(4), 120}, {minutes(3), -5}, {minutes(2), 40}})}), 1U);
  EXPECT_EQ(Recommended(), 4);
}

TEST_F(FillWindowTest, GoesBeforeWhatHasBeenSeenSince) {
  bench_.spec->metrics = {Source("load")};
  EXPECT_EQ(Recommended(), 1);
  EXPECT_EQ(Fill({Past({{minutes(4), 120}, {-minutes(1), 700}})}), 2U);
  bench_.now += seconds(15);
  EXPECT_EQ(Recommended(), 12) << "and what is newer does not count as old";
}

TEST_F(FillWindowTest, ComputesAFormulaWhereAllItsInputsAreKnown) {
  MetricSpec computed = Source("computed");
  computed.type = MetricType::kFormula;
  const std::vector<std::string> names = {"computed", "queue", "workers"};
  computed.formula = *Formula::Compile("queue / workers", names);
  bench_.spec->metrics = {computed, Input("queue"), Input("workers")};
  EXPECT_EQ(Fill({nullptr, Past({{minutes(4), 400}, {minutes(3), 900}, {minutes(2), 500}}),
                  Past({{minutes(4), 4}, {minutes(2), 0}})}),
            1U)
      << "of one moment a number is missing, of another there is no quotient";
  EXPECT_EQ(Recommended(), 10);
  EXPECT_EQ(Fill({nullptr, Past({{minutes(4), 400}}), nullptr}), 0U);
}

}  // namespace
}  // namespace hpaplus
