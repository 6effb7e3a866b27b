#include "engine/core/activation.h"

#include <vector>

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using testing::kNoon;
using testing::Q;
using testing::seconds;

MetricSpec Metric(MetricType type, MetricRole role = MetricRole::kScale) {
  MetricSpec metric;
  metric.type = type;
  metric.role = role;
  return metric;
}

MetricOutcome Total(std::optional<double> total) {
  MetricOutcome outcome;
  outcome.total = total;
  return outcome;
}

TEST(ActivityOf, IsActiveStrictlyAboveTheThreshold) {
  std::vector<MetricSpec> specs = {Metric(MetricType::kSource)};
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(0)}), Activity::kInactive);
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(0.001)}), Activity::kActive);
  specs[0].activation_threshold = Q("5");
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(5)}), Activity::kInactive);
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(5.1)}), Activity::kActive);
}

TEST(ActivityOf, OneActiveMetricIsEnoughAndOneUnknownIsTooMany) {
  const std::vector<MetricSpec> specs = {Metric(MetricType::kExternal),
                                         Metric(MetricType::kObject, MetricRole::kActivate)};
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(std::nullopt), Total(1)}), Activity::kActive);
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(std::nullopt), Total(0)}), Activity::kUnknown);
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(0), Total(0)}), Activity::kInactive);
  MetricOutcome stood_in = Total(7);
  stood_in.stood_in = true;
  EXPECT_EQ(ActivityOf(specs, std::vector{Total(0), stood_in}), Activity::kUnknown);
}

TEST(ActivityOf, PodsMetricsGuardsAndObserversSayNothing) {
  const std::vector<MetricSpec> specs = {
      Metric(MetricType::kResource), Metric(MetricType::kSource, MetricRole::kGuard),
      Metric(MetricType::kSource, MetricRole::kObserve), Metric(MetricType::kSource)};
  const std::vector outcomes = {Total(9), Total(9), Total(9), Total(0)};
  EXPECT_EQ(ActivityOf(specs, outcomes), Activity::kInactive);
  EXPECT_EQ(ActivityOf(std::span(specs).first(3), std::span(outcomes).first(3)),
            Activity::kUnknown);
}

class ActivateTest : public ::testing::Test {
 protected:
  ActivateTest() {
    spec_.min_replicas = 3;
    spec_.max_replicas = 20;
    spec_.idle = IdleSpec{0, seconds(300), seconds(0)};
    state_ = {true, kNoon};
  }

  StageResult At(Duration later, Activity activity, Replicas current, Replicas asked) {
    return Activate(spec_, activity, kNoon + later, current, asked, state_);
  }

  WorkloadSpec spec_;
  ActivityState state_;
};

TEST_F(ActivateTest, WakesToTheMinimumAndAtLeastToOne) {
  const StageResult out = At(seconds(500), Activity::kActive, 0, 0);
  EXPECT_EQ(out.replicas, 3);
  EXPECT_EQ(out.reason, Reason::kActivated);
  EXPECT_EQ(state_.last_active, kNoon + seconds(500));
  spec_.min_replicas = 0;
  EXPECT_EQ(At(seconds(500), Activity::kActive, 8, 9).replicas, 9);
}

TEST_F(ActivateTest, RestsFromAnySizeOnceTheCooldownIsOver) {
  EXPECT_EQ(At(seconds(300), Activity::kInactive, 10, 9).replicas, 9);
  EXPECT_EQ(At(seconds(300), Activity::kInactive, 10, 9).reason, Reason::kCoolingDown);
  EXPECT_EQ(At(seconds(100), Activity::kInactive, 10, 9).evidence, 200);
  const StageResult out = At(seconds(301), Activity::kInactive, 10, 9);
  EXPECT_EQ(out.replicas, 0);
  EXPECT_EQ(out.reason, Reason::kIdle);
}

TEST_F(ActivateTest, ActivityBeginsTheCooldownAnew) {
  (void)At(seconds(299), Activity::kActive, 5, 5);
  EXPECT_EQ(At(seconds(400), Activity::kInactive, 5, 4).replicas, 4);
  EXPECT_EQ(At(seconds(600), Activity::kInactive, 5, 4).replicas, 0);
}

TEST_F(ActivateTest, WhatIsUnknownSendsNothingToSleepAndWakesNothing) {
  EXPECT_EQ(At(seconds(900), Activity::kUnknown, 5, 4).replicas, 4);
  EXPECT_EQ(At(seconds(900), Activity::kUnknown, 5, 4).reason, Reason::kActivityUnknown);
  EXPECT_EQ(At(seconds(900), Activity::kUnknown, 0, 0).replicas, 0);
  EXPECT_EQ(At(seconds(900), Activity::kUnknown, 2, 2).replicas, 2);
}

TEST_F(ActivateTest, MayRestOnMoreThanNothing) {
  spec_.idle->replicas = 1;
  EXPECT_EQ(At(seconds(301), Activity::kInactive, 10, 9).replicas, 1);
  EXPECT_EQ(At(seconds(1), Activity::kInactive, 1, 1).replicas, 1);
  EXPECT_EQ(At(seconds(1), Activity::kInactive, 0, 0).replicas, 1);
}

TEST_F(ActivateTest, ARestartCountsAsActivityButANewObjectIsJudgedByItsAge) {
  state_ = {};
  EXPECT_EQ(At(seconds(0), Activity::kInactive, 5, 4).replicas, 4);
  EXPECT_EQ(state_.last_active, kNoon);
  state_ = {};
  spec_.created = kNoon - minutes(5);
  EXPECT_EQ(At(seconds(0), Activity::kInactive, 5, 4).replicas, 4);
  state_ = {};
  spec_.created = kNoon - seconds(10);
  EXPECT_EQ(At(seconds(0), Activity::kInactive, 5, 4).replicas, 0);
  state_ = {};
  spec_.idle->initial_cooldown = seconds(60);
  EXPECT_EQ(At(seconds(40), Activity::kInactive, 5, 4).replicas, 4);
  EXPECT_EQ(At(seconds(51), Activity::kInactive, 5, 4).replicas, 0);
}

}  // namespace
}  // namespace hpaplus
