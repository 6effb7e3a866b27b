#include "engine/core/dead_band.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Q;

MetricSpec Metric(MetricType type, TargetType target, const char* goal) {
  MetricSpec metric;
  metric.type = type;
  metric.target.type = target;
  if (target == TargetType::kValue) metric.target.value = Q(goal);
  if (target == TargetType::kAverageValue) metric.target.average_value = Q(goal);
  if (target == TargetType::kUtilization) metric.target.average_utilization = std::stoi(goal);
  metric.thresholds = {Q("130"), Q("80")};
  return metric;
}

StageResult Keep(const MetricSpec& metric, double ratio, Replicas asked) {
  MetricOutcome outcome;
  outcome.ratio = ratio;
  outcome.proposal = asked;
  outcome.reason = asked > 10 ? Reason::kAboveTarget : Reason::kBelowTarget;
  return KeepInDeadBand(metric, outcome, 10);
}

TEST(DeadBand, NothingMovesBetweenTheThresholdsAndBothBelongToTheBand) {
  const MetricSpec metrics[] = {
      Metric(MetricType::kSource, TargetType::kAverageValue, "100"),
      Metric(MetricType::kExternal, TargetType::kAverageValue, "100"),
      Metric(MetricType::kObject, TargetType::kValue, "100"),
      Metric(MetricType::kResource, TargetType::kUtilization, "100"),
  };
  for (const MetricSpec& metric : metrics) {
    SCOPED_TRACE(MetricTypeName(metric.type));
    EXPECT_EQ(Keep(metric, 1.3, 13).replicas, 10);
    EXPECT_EQ(Keep(metric, 1.3, 13).reason, Reason::kWithinThresholds);
    EXPECT_EQ(Keep(metric, 1.3001, 14).replicas, 14);
    EXPECT_EQ(Keep(metric, 1.3001, 14).reason, Reason::kAboveTarget);
    EXPECT_EQ(Keep(metric, 0.8, 8).replicas, 10);
    EXPECT_EQ(Keep(metric, 0.7999, 8).replicas, 8);
    EXPECT_EQ(Keep(metric, 1, 10).replicas, 10);
    EXPECT_EQ(Keep(metric, 1.3, 13).evidence, 1.3);
  }
}

TEST(DeadBand, IsExactWhereThousandthsAre) {
  MetricSpec metric = Metric(MetricType::kPods, TargetType::kAverageValue, "120m");
  metric.thresholds = {Q("130m"), Q("70m")};
  EXPECT_EQ(Keep(metric, 130.0 / 120.0, 11).replicas, 10);
  EXPECT_EQ(Keep(metric, 131.0 / 120.0, 11).replicas, 11);
  EXPECT_EQ(Keep(metric, 70.0 / 120.0, 6).replicas, 10);
}

TEST(DeadBand, OneThresholdLeavesTheOtherDirectionAlone) {
  MetricSpec metric = Metric(MetricType::kSource, TargetType::kValue, "100");
  metric.thresholds.scale_down.reset();
  EXPECT_EQ(Keep(metric, 0.9, 9).replicas, 9);
  EXPECT_EQ(Keep(metric, 1.2, 12).replicas, 10);
  EXPECT_TRUE(HasThresholds(metric));
  metric.thresholds.scale_up.reset();
  EXPECT_FALSE(HasThresholds(metric));
}

TEST(DeadBand, LeavesAloneWhatStaysAnyway) {
  const MetricSpec metric = Metric(MetricType::kSource, TargetType::kAverageValue, "100");
  EXPECT_EQ(Keep(metric, 1, 10).reason, Reason::kBelowTarget);
}

TEST(DeadBand, MeasuresByTheTargetThatTheTypeNames) {
  MetricSpec metric = Metric(MetricType::kObject, TargetType::kValue, "200");
  metric.target.average_value = Q("100");
  EXPECT_EQ(Keep(metric, 0.66, 11).replicas, 11) << "130 of 200";
  metric.target.type = TargetType::kAverageValue;
  EXPECT_EQ(Keep(metric, 1.3, 11).replicas, 10) << "130 of 100";
  metric.target.average_value.reset();
  EXPECT_EQ(Keep(metric, 0.66, 11).replicas, 11) << "there is only the one";
}

}  // namespace
}  // namespace hpaplus
