// One reconciliation around a decision: writes, retries, status and memory.

#include "engine/replay/hpa_round.h"

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::replay {
namespace {

using std::chrono::milliseconds;
using testing::AnswerNumber;
using testing::Bench;
using testing::kNoon;
using testing::Q;
using testing::Rules;
using testing::seconds;
using enum RoundFaults::Put;

// Five replicas of which a metric makes eight.
class HpaRound : public ::testing::Test {
 protected:
  HpaRound() {
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
    bench_.spec->metrics = {metric};
    bench_.spec->behavior =
        Rules({{ScalingPolicyType::kPods, 40, 15}}, {{ScalingPolicyType::kPods, 40, 15}});
    bench_.policies = policies::MakeBuiltinPolicies(*bench_.spec);
    bench_.readings = {AnswerNumber(80)};
    status_.desired_replicas = 5;
  }

  RoundResult Run() {
    return RunHpaRound({bench_.now, bench_.config, bench_.view, bench_.policies, bench_.readings,
                        faults_, false, scale_to_zero_},
                       status_, bench_.history);
  }

  [[nodiscard]] const StoredCondition& AbleToScale() const { return status_.conditions.front(); }

  Bench bench_;
  HpaStatus status_;
  RoundFaults faults_;
  bool scale_to_zero_ = false;
};

TEST_F(HpaRound, WritesTheSizeAndRemembersIt) {
  const RoundResult result = Run();
  EXPECT_TRUE(result.rescaled);
  EXPECT_EQ(result.puts, (std::vector<ScalePut>{{8, kOk}}));
  EXPECT_EQ(result.action, "scale_up");
  EXPECT_EQ(status_.desired_replicas, 8);
  EXPECT_EQ(status_.last_scale_time, kNoon);
  EXPECT_EQ(AbleToScale().reason, "SucceededRescale");
  EXPECT_EQ(bench_.history.scale_ups, (std::vector<ScaleEvent>{{3, kNoon, false}}));
}

TEST_F(HpaRound, TriesFiveTimesOnConflictsTenMillisecondsApart) {
  faults_.scale_puts = {kConflict, kConflict, kConflict, kConflict};
  const RoundResult result = Run();
  EXPECT_TRUE(result.rescaled);
  EXPECT_EQ(result.puts.size(), 5U);
  EXPECT_EQ(bench_.history.scale_ups,
            (std::vector<ScaleEvent>{{3, kNoon + milliseconds(40), false}}));
}

TEST_F(HpaRound, GivesUpAfterTheFifthConflict) {
  faults_.scale_puts = {kConflict, kConflict, kConflict, kConflict, kConflict};
  const RoundResult result = Run();
  EXPECT_FALSE(result.rescaled);
  EXPECT_EQ(result.puts.size(), 5U);
  EXPECT_EQ(result.events.front().name, "FailedRescale");
  EXPECT_EQ(result.error_label, "internal");
  EXPECT_EQ(status_.desired_replicas, 5);
  EXPECT_EQ(AbleToScale().reason, "FailedUpdateScale");
  EXPECT_TRUE(bench_.history.scale_ups.empty());
}

TEST_F(HpaRound, DoesNotRepeatAnyOtherFailure) {
  faults_.scale_puts = {kError};
  EXPECT_EQ(Run().puts.size(), 1U);
}

TEST_F(HpaRound, LeavesTheStoredStatusWhenItCannotBeWritten) {
  const HpaStatus before = status_;
  faults_.status_put_fails = true;
  const RoundResult result = Run();
  EXPECT_TRUE(result.rescaled);
  EXPECT_FALSE(result.status_written);
  EXPECT_EQ(result.events.back().name, "FailedUpdateStatus");
  EXPECT_EQ(status_, before);
}

TEST_F(HpaRound, WritesNothingWhenNothingChanged) {
  bench_.readings = {AnswerNumber(50)};
  EXPECT_TRUE(Run().status_written);
  EXPECT_FALSE(Run().status_written);
}

TEST_F(HpaRound, SaysThatItWentToZeroAndCameBack) {
  scale_to_zero_ = true;
  bench_.spec->metrics[0].type = MetricType::kExternal;
  bench_.spec->min_replicas = 0;
  bench_.policies = policies::MakeBuiltinPolicies(*bench_.spec);
  bench_.readings = {AnswerNumber(0)};
  ASSERT_TRUE(Run().rescaled);
  EXPECT_EQ(status_.conditions.back(),
            (StoredCondition{"ScaledToZero", "True", "ScaledToZero", kNoon, ""}));
  bench_.view.scale.spec_replicas = 0;
  bench_.view.scaled_to_zero = true;
  bench_.readings = {AnswerNumber(25)};
  ASSERT_TRUE(Run().rescaled);
  EXPECT_EQ(status_.desired_replicas, 3);
  EXPECT_EQ(status_.conditions.back(),
            (StoredCondition{"ScaledToZero", "False", "NotScaledToZero", kNoon, ""}));
}

TEST_F(HpaRound, ForgetsWhoChoseZeroWithoutTheGate) {
  status_.conditions.push_back({"ScaledToZero", "True", "ScaledToZero", kNoon, ""});
  bench_.view.scale.spec_replicas = 0;
  EXPECT_FALSE(Run().rescaled);
  for (const StoredCondition& condition : status_.conditions)
    EXPECT_NE(condition.type, "ScaledToZero");
}

TEST_F(HpaRound, AFailedRoundKeepsTheDesiredSizeAndSaysSo) {
  status_.desired_replicas = 7;
  bench_.readings = {Error{ErrorCode::kUnavailable, "down"}};
  const RoundResult result = Run();
  EXPECT_EQ(status_.desired_replicas, 7);
  EXPECT_EQ(status_.current_replicas, 5);
  EXPECT_EQ(result.error_label, "internal");
  ASSERT_EQ(result.events.size(), 2U);
  EXPECT_EQ(result.events[0].name, "FailedGetSourceMetric");
  EXPECT_EQ(result.events[1].name, "FailedComputeMetricsReplicas");
}

TEST_F(HpaRound, AConditionKeepsItsTimeWhileItsStatusStays) {
  (void)Run();
  EXPECT_EQ(AbleToScale().since, kNoon);
  bench_.view.scale.spec_replicas = 8;
  bench_.now += seconds(15) + milliseconds(500);
  (void)Run();
  EXPECT_EQ(AbleToScale().reason, "ReadyForNewScale");
  EXPECT_EQ(AbleToScale().since, kNoon);
  bench_.view.scale.status = ScaleStatus::kFailed;
  (void)Run();
  EXPECT_EQ(AbleToScale().status, "False");
  EXPECT_EQ(AbleToScale().since, kNoon + seconds(15));
}

}  // namespace
}  // namespace hpaplus::replay
