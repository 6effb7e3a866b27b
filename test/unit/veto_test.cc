#include "engine/core/veto.h"

#include <vector>

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Q;

MetricSpec Metric(MetricRole role) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.role = role;
  metric.target = {TargetType::kValue, Q("100"), std::nullopt, std::nullopt};
  return metric;
}

MetricOutcome Known(double ratio) {
  MetricOutcome outcome;
  outcome.ratio = ratio;
  outcome.proposal = 7;
  return outcome;
}

class VetoTest : public ::testing::Test {
 protected:
  std::optional<StageResult> Shrinking(bool require_fresh = true) {
    return Veto(specs_, outcomes_, require_fresh, 10, 6);
  }

  std::vector<MetricSpec> specs_ = {Metric(MetricRole::kScale), Metric(MetricRole::kGuard)};
  std::vector<MetricOutcome> outcomes_ = {Known(0.5), Known(0.9)};
};

TEST_F(VetoTest, AGuardBelowItsTargetObjectsToNothing) {
  EXPECT_EQ(Shrinking()->replicas, 6);
  EXPECT_EQ(Shrinking()->reason, Reason::kNoVeto);
  outcomes_[1] = Known(1.0);
  EXPECT_EQ(Shrinking()->replicas, 6);
}

TEST_F(VetoTest, AGuardAboveItsTargetForbidsShrinkingAndNothingElse) {
  outcomes_[1] = Known(1.001);
  EXPECT_EQ(Shrinking()->replicas, 10);
  EXPECT_EQ(Shrinking()->reason, Reason::kGuardObjects);
  EXPECT_EQ(Shrinking()->index, 1U);
  EXPECT_EQ(Shrinking()->evidence, 1.001);
  EXPECT_EQ(Veto(specs_, outcomes_, true, 10, 14)->replicas, 14);
}

TEST_F(VetoTest, AGuardWithAThresholdObjectsUnlessItIsBelowThat) {
  specs_[1].thresholds.scale_down = Q("60");
  EXPECT_EQ(Shrinking()->reason, Reason::kGuardObjects);
  outcomes_[1] = Known(0.6);
  EXPECT_EQ(Shrinking()->reason, Reason::kGuardObjects);
  outcomes_[1] = Known(0.59);
  EXPECT_EQ(Shrinking()->replicas, 6);
}

TEST_F(VetoTest, AnUnknownGuardForbidsShrinking) {
  outcomes_[1].proposal.reset();
  EXPECT_EQ(Shrinking(false)->replicas, 10);
  EXPECT_EQ(Shrinking(false)->reason, Reason::kGuardUnknown);
  outcomes_[1] = Known(0.5);
  outcomes_[1].stood_in = true;
  EXPECT_EQ(Shrinking(false)->reason, Reason::kGuardUnknown);
}

TEST_F(VetoTest, WhatOnlyStandsInShrinksNothingUnlessAllowed) {
  specs_.pop_back();
  outcomes_.pop_back();
  outcomes_[0].stood_in = true;
  EXPECT_TRUE(LacksFreshVotes(specs_, outcomes_));
  EXPECT_EQ(Shrinking(true)->replicas, 10);
  EXPECT_EQ(Shrinking(true)->reason, Reason::kMetricsNotFresh);
  EXPECT_EQ(Shrinking(false)->replicas, 6);
}

TEST_F(VetoTest, IsNoStageWithoutGuardsAndWithFreshVotes) {
  specs_.pop_back();
  outcomes_.pop_back();
  EXPECT_FALSE(LacksFreshVotes(specs_, outcomes_));
  EXPECT_FALSE(Shrinking());
}

TEST_F(VetoTest, WhoeverOnlyObservesHasNoVeto) {
  specs_[1].role = MetricRole::kObserve;
  outcomes_[1] = MetricOutcome();
  EXPECT_FALSE(LacksFreshVotes(specs_, outcomes_));
  EXPECT_FALSE(Shrinking());
}

}  // namespace
}  // namespace hpaplus
