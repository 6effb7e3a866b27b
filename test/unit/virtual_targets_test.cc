#include "engine/app/virtual_targets.h"

#include <gtest/gtest.h>

#include "engine/api/decision_board.h"

namespace hpaplus::app {
namespace {

class VirtualTargetsTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const WorkloadSpec> Spec(const std::string& name, Replicas most = 50) {
    WorkloadSpec spec;
    spec.ns = "shop";
    spec.name = name;
    spec.uid = "shop/" + name;
    spec.min_replicas = 2;
    spec.max_replicas = most;
    return std::make_shared<const WorkloadSpec>(spec);
  }

  std::vector<WorkloadUpdate> Take() {
    auto updates = targets_.TakeChanges();
    board_.Follow(updates);
    for (const WorkloadUpdate& update : updates) {
      if (update.view) view_ = update.view;
      if (!update.view) targets_.RecordGone(update.id);
    }
    return updates;
  }

  Decision Decided(Replicas recommended, bool known = true) {
    Decision decision;
    decision.current = view_->scale.spec_replicas;
    decision.recommended = decision.desired = recommended;
    decision.known = known;
    decision.metrics.resize(1);
    targets_.RecordDecision(decision, *view_);
    return decision;
  }

  Result<Done> Write(Replicas replicas) {
    targets_.Start({WorkloadId{0}, view_, replicas, {}});
    return targets_.TakeOutcomes().at(0).result;
  }

  int wakes_ = 0;
  api::DecisionBoard board_;
  VirtualTargets targets_{board_, [this] { ++wakes_; }};
  std::shared_ptr<const WorkloadView> view_;
};

TEST_F(VirtualTargetsTest, BeginAtTheLeastSizeWithAllPodsReady) {
  targets_.Put(Spec("a"));
  EXPECT_EQ(wakes_, 1);
  ASSERT_EQ(Take().size(), 1U);
  EXPECT_EQ(view_->scale.spec_replicas, 2);
  EXPECT_EQ(view_->pods.size(), 2U);
  EXPECT_TRUE(Take().empty());
}

TEST_F(VirtualTargetsTest, TakeTheSizeThatMetricsAskForFirstAndKeepThatDecisionToThemselves) {
  targets_.Put(Spec("a"));
  (void)Take();
  Decided(0, false);
  EXPECT_TRUE(board_.Find("shop", "a")->decision);  // Known or not is the reader's business.
  Decided(30);
  EXPECT_EQ(board_.Find("shop", "a")->decision->desired, 0);
  EXPECT_FALSE(Write(4));  // What was decided at the size that was made up.
  (void)Take();
  EXPECT_EQ(view_->scale.spec_replicas, 30);
  Decided(31);
  EXPECT_EQ(board_.Find("shop", "a")->decision->desired, 31);
}

TEST_F(VirtualTargetsTest, FirstSizesKeepTheBounds) {
  targets_.Put(Spec("a", 10));
  (void)Take();
  Decided(30);
  (void)Take();
  EXPECT_EQ(view_->scale.spec_replicas, 10);
}

TEST_F(VirtualTargetsTest, FollowEachDecisionAtOnce) {
  targets_.Put(Spec("a"));
  (void)Take();
  Decided(2);
  EXPECT_TRUE(Write(9));
  EXPECT_FALSE(Write(10));  // With a view that is not the newest.
  (void)Take();
  EXPECT_EQ(view_->scale.spec_replicas, 9);
  EXPECT_TRUE(Write(10));
}

TEST_F(VirtualTargetsTest, KeepTheSizeWhenTheSpecChanges) {
  targets_.Put(Spec("a"));
  (void)Take();
  Decided(2);
  EXPECT_TRUE(Write(9));
  targets_.Put(Spec("a", 20));
  ASSERT_EQ(Take().size(), 1U);
  EXPECT_EQ(view_->spec->max_replicas, 20);
  EXPECT_EQ(view_->scale.spec_replicas, 9);
}

TEST_F(VirtualTargetsTest, ReportAnObjectGoneBeforeItsIdIsUsedAgain) {
  targets_.Put(Spec("a"));
  (void)Take();
  targets_.Remove("shop/a");
  targets_.Put(Spec("b"));
  const auto updates = Take();
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].view, nullptr);
  EXPECT_EQ(updates[1].id, WorkloadId{1});
  targets_.Put(Spec("c"));
  EXPECT_EQ(Take().at(0).id, WorkloadId{0});
  EXPECT_EQ(board_.Find("shop", "a"), nullptr);
  EXPECT_EQ(board_.All().size(), 2U);
}

TEST_F(VirtualTargetsTest, ForgetWhatNobodyHasEverSeen) {
  targets_.Put(Spec("a"));
  targets_.Remove("shop/a");
  targets_.Remove("shop/a");
  EXPECT_TRUE(Take().empty());
  targets_.Put(Spec("b"));
  EXPECT_EQ(Take().at(0).id, WorkloadId{0});
}

TEST_F(VirtualTargetsTest, RefuseACommandForAnObjectThatIsGone) {
  targets_.Put(Spec("a"));
  (void)Take();
  targets_.Remove("shop/a");
  const auto result = Write(5);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kGone);
}

}  // namespace
}  // namespace hpaplus::app
