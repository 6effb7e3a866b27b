// The memory of what was decided lately: what it gives back, and what it drops first.

#include "engine/record/recent_decisions.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace hpaplus::record {
namespace {

class RecentDecisionsTest : public ::testing::Test {
 protected:
  static WorkloadView View(const std::string& name, const std::string& uid) {
    auto spec = std::make_shared<WorkloadSpec>();
    spec->ns = "shop";
    spec->name = name;
    spec->uid = uid;
    spec->metrics.resize(1);
    spec->metrics[0].name = "depth";
    WorkloadView view;
    view.spec = std::move(spec);
    return view;
  }

  static Decision At(int second, std::uint32_t workload = 0, const std::string& problem = "") {
    Decision decision;
    decision.workload = WorkloadId{workload};
    decision.at = Timestamp(std::chrono::seconds(second));
    decision.current = second;
    decision.desired = second + 1;
    decision.recommended = second + 2;
    decision.known = true;
    decision.metrics.push_back({.proposal = second + 2, .ratio = 1.5, .problem = problem});
    decision.conditions.push_back(
        {ConditionType::kAbleToScale, ConditionStatus::kTrue, Reason::kReadyForNewScale});
    decision.steps.push_back({Stage::kRate, second + 2, second + 1, Reason::kScaleUpLimit, 4, 0});
    return decision;
  }

  static std::vector<int> SecondsOf(const std::vector<PastDecision>& past) {
    std::vector<int> seconds;
    for (const PastDecision& one : past)
      seconds.push_back(one.decision.current);
    return seconds;
  }

  const WorkloadView worker_ = View("worker", "u1");
};

TEST_F(RecentDecisionsTest, GivesBackWhatWasDecidedAndWhatItsTextsAreMadeFrom) {
  RecentDecisions recent({});
  WorkloadView view = worker_;
  view.scale.problem = "deployments.apps \"worker\" not found";
  view.conflict = "HPA shop/worker";
  view.freeze = "ConfigMap hpaplus/hpaplus-freeze";
  recent.RecordDecision(At(1), view);
  const auto past = recent.Of(WorkloadId{0}, "u1");
  ASSERT_EQ(past.size(), 1U);
  EXPECT_EQ(past[0].decision, At(1));
  EXPECT_EQ(past[0].view.spec, worker_.spec);
  EXPECT_EQ(past[0].view.scale.problem, view.scale.problem);
  EXPECT_EQ(past[0].view.conflict, view.conflict);
  EXPECT_EQ(past[0].view.freeze, view.freeze);
  EXPECT_FALSE(past[0].write);
}

TEST_F(RecentDecisionsTest, DropsAnObjectsOldestBeyondItsNumber) {
  RecentDecisions recent({.per_object = 3});
  for (int second = 1; second <= 5; ++second)
    recent.RecordDecision(At(second), worker_);
  EXPECT_EQ(SecondsOf(recent.Of(WorkloadId{0}, "u1")), (std::vector{3, 4, 5}));
  const auto sizes = recent.SizesOf(WorkloadId{0}, "u1");
  ASSERT_EQ(sizes.size(), 3U);
  EXPECT_EQ(sizes[0].at, Timestamp(std::chrono::seconds(3)));
  EXPECT_EQ(sizes[0].desired, 4);
  EXPECT_EQ(recent.totals().decisions, 3U);
}

TEST_F(RecentDecisionsTest, DropsTheOldestOfAllBeyondItsBytes) {
  constexpr std::size_t kMost = 10'000;
  RecentDecisions recent({.per_object = 1000, .bytes_most = kMost});
  const WorkloadView slow = View("slow", "u2");
  recent.RecordDecision(At(0, 7), slow);
  for (int second = 1; second <= 500; ++second) {
    recent.RecordDecision(At(second), worker_);
    ASSERT_LE(recent.totals().bytes, kMost);
  }
  EXPECT_TRUE(recent.Of(WorkloadId{7}, "u2").empty());
  const auto past = SecondsOf(recent.Of(WorkloadId{0}, "u1"));
  EXPECT_GT(past.size(), 10U);
  EXPECT_EQ(past.back(), 500);
  EXPECT_EQ(past.size(), recent.totals().decisions);
}

TEST_F(RecentDecisionsTest, CountsLongTextsAndKeepsNothingThatIsTooLarge) {
  RecentDecisions recent({.per_object = 10, .bytes_most = 5000});
  recent.RecordDecision(At(1), worker_);
  recent.RecordDecision(At(2, 0, std::string(6000, 'x')), worker_);
  EXPECT_EQ(recent.totals().decisions, 0U);
  EXPECT_EQ(recent.totals().bytes, 0U);
  recent.RecordDecision(At(3), worker_);
  EXPECT_EQ(SecondsOf(recent.Of(WorkloadId{0}, "u1")), (std::vector{3}));
}

TEST_F(RecentDecisionsTest, CountsSpecsThatNobodyElseKeepsAnyMore) {
  RecentDecisions recent({});
  recent.RecordDecision(At(1), worker_);
  const std::size_t one = recent.totals().bytes;
  recent.RecordDecision(At(2), worker_);
  EXPECT_EQ(recent.totals().bytes, 2 * one);
  // Read again and equal: it is the same.
  WorkloadView again = worker_;
  again.spec = std::make_shared<WorkloadSpec>(*worker_.spec);
  recent.RecordDecision(At(3), again);
  EXPECT_EQ(recent.totals().bytes, 3 * one);
  EXPECT_EQ(recent.Of(WorkloadId{0}, "u1").back().view.spec, worker_.spec);
  auto edited = std::make_shared<WorkloadSpec>(*worker_.spec);
  edited->max_replicas = 77;
  again.spec = edited;
  recent.RecordDecision(At(4), again);
  EXPECT_GT(recent.totals().bytes, 4 * one + sizeof(WorkloadSpec));
  EXPECT_EQ(recent.Of(WorkloadId{0}, "u1").back().view.spec->max_replicas, 77);
  EXPECT_EQ(recent.Of(WorkloadId{0}, "u1").front().view.spec->max_replicas, 1);
}

TEST_F(RecentDecisionsTest, KnowsWhatBecameOfADecision) {
  RecentDecisions recent({});
  for (int second = 1; second <= 3; ++second)
    recent.RecordDecision(At(second), worker_);
  auto view = std::make_shared<WorkloadView>(worker_);
  view->scale.spec_replicas = 2;
  ScaleCommand command{WorkloadId{0}, view, 3, Timestamp(std::chrono::seconds(2))};
  recent.RecordOutcome({command, Error{ErrorCode::kConflict, "changed under us"}}, {});
  auto past = recent.Of(WorkloadId{0}, "u1");
  ASSERT_TRUE(past[1].write);
  EXPECT_FALSE(past[1].write->written);
  EXPECT_EQ(past[1].write->problem, "changed under us");
  recent.RecordOutcome({command}, {});
  past = recent.Of(WorkloadId{0}, "u1");
  EXPECT_TRUE(past[1].write->written);
  EXPECT_EQ(past[1].write->to, 3);
  EXPECT_FALSE(past[0].write);
  EXPECT_FALSE(past[2].write);
  command.decided_at = Timestamp(std::chrono::seconds(99));
  recent.RecordOutcome({command}, {});  // Of a decision that is not kept any more.
  command.workload = WorkloadId{5};
  recent.RecordOutcome({command}, {});
}

TEST_F(RecentDecisionsTest, ForgetsWhatIsGoneAndTakesNoOtherForIt) {
  RecentDecisions recent({});
  recent.RecordDecision(At(1), worker_);
  EXPECT_TRUE(recent.Of(WorkloadId{0}, "another uid").empty());
  recent.RecordDecision(At(2), View("cart", "u2"));  // Under the same id.
  EXPECT_TRUE(recent.Of(WorkloadId{0}, "u1").empty());
  EXPECT_EQ(SecondsOf(recent.Of(WorkloadId{0}, "u2")), (std::vector{2}));
  recent.RecordGone(WorkloadId{0});
  recent.RecordGone(WorkloadId{9});
  EXPECT_TRUE(recent.Of(WorkloadId{0}, "u2").empty());
  EXPECT_EQ(recent.totals().bytes, 0U);
}

TEST_F(RecentDecisionsTest, IsReadWhileItIsWritten) {
  RecentDecisions recent({.per_object = 20, .bytes_most = 100'000});
  const std::jthread reader([&recent](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto past = recent.Of(WorkloadId{0}, "u1");
      for (std::size_t i = 1; i < past.size(); ++i)
        EXPECT_EQ(past[i].decision.current, past[i - 1].decision.current + 1);
      EXPECT_LE(recent.SizesOf(WorkloadId{0}, "u1").size(), 20U);
    }
  });
  for (int second = 1; second <= 5000; ++second)
    recent.RecordDecision(At(second), worker_);
}

}  // namespace
}  // namespace hpaplus::record
