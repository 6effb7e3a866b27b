// What becomes of the sizes that the engine wants written.

#include <gtest/gtest.h>

#include "test/unit/engine_fixture.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::EngineTest;
using testing::FakeWorld;
using testing::kCart;
using testing::kShop;
using testing::SpecWith;
using testing::ViewOf;

TEST_F(EngineTest, AP3_DecidesAgainOnTheFreshViewAfterAConflict) {
  Make();
  const WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  ASSERT_EQ(world_.commands.size(), 1U);
  Set(kShop, ViewOf(spec, 4, "2"));
  Settle(Error{ErrorCode::kConflict, "modified"});
  TickAfter(milliseconds(10));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[1].current, 4) << "the old view was used again";
  ASSERT_EQ(world_.commands.size(), 2U);
  EXPECT_EQ(world_.commands[1].replicas, 6);
  EXPECT_EQ(world_.commands[1].view->scale.resource_version, "2");
  EXPECT_TRUE(world_.requests.empty()) << "the readings were asked again";
}

TEST_F(EngineTest, AP3_GivesUpAfterThreeConflictsUntilTheNextPeriod) {
  Make();
  const WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  for (int i = 0; i < 10; ++i) {
    if (world_.commands.size() > world_.settled.size()) {
      Settle(Error{ErrorCode::kConflict, "modified"});
    }
    TickAfter(milliseconds(10));
  }
  EXPECT_EQ(world_.commands.size(), 4U) << "one, and three more tries";
  Evaluate(6);
  EXPECT_EQ(world_.commands.size(), 5U) << "the next period starts afresh";
}

TEST_F(EngineTest, S8_WithdrawsACommandWhenTheObjectIsPaused) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  ASSERT_EQ(world_.commands.size(), 1U);
  spec.mode = Mode::kPaused;
  ++spec.generation;
  Set(kShop, ViewOf(spec, 2));
  TickAfter(milliseconds(1));
  EXPECT_FALSE(world_.cancelled.empty());
}

TEST_F(EngineTest, AP20_WithdrawsACommandWhenAnotherAutoscalerShowsUp) {
  Make();
  const WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  ASSERT_EQ(world_.commands.size(), 1U);
  auto shared = std::make_shared<WorkloadView>(*ViewOf(spec, 2));
  shared->conflict = "HorizontalPodAutoscaler shop";
  Set(kShop, shared);
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.cancelled, std::vector<WorkloadId>{kShop});
}

TEST_F(EngineTest, WithdrawsACommandOfAnOldGenerationOrAnObjectThatIsGone) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  spec.max_replicas = 3;
  ++spec.generation;
  Set(kShop, ViewOf(spec, 2));
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.cancelled.size(), 1U);
  Set(kShop, nullptr);
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.cancelled.size(), 2U);
  EXPECT_EQ(world_.gone, std::vector<WorkloadId>{kShop});
  Settle(Error{ErrorCode::kGone, "withdrawn"});
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.settled.size(), 1U) << "the outcome is recorded though the object is gone";
}

TEST_F(EngineTest, OneCommandAtATimeAndWhatWaitsIsKeptUpToDate) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  Evaluate(6);
  Evaluate(7);
  EXPECT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.commands.size(), 1U);
  ASSERT_EQ(world_.replacements.size(), 1U);
  EXPECT_EQ(world_.replacements[0].replicas, 7);
  Settle(Error{ErrorCode::kGone, "withdrawn"});
  Evaluate(8);
  EXPECT_EQ(world_.commands.size(), 2U);
  EXPECT_EQ(world_.replacements.size(), 1U);
}

TEST_F(EngineTest, DL14_WritesRefusedForGoodAreTriedLessAndLess) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"load"});
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  for (int i = 0; i < 600; ++i) {
    Evaluate(6);
    if (world_.commands.size() > world_.settled.size()) {
      Settle(Error{ErrorCode::kPermissionDenied, "forbidden"});
    }
  }
  EXPECT_GE(world_.decisions.size(), 600U) << "deciding goes on";
  EXPECT_LE(world_.commands.size(), 12U);
  EXPECT_GE(world_.commands.size(), 8U);
  const std::size_t before = world_.commands.size();
  ++spec.generation;
  spec.max_replicas = 50;
  Set(kShop, ViewOf(spec, 2));
  TickAfter(milliseconds(1));
  Evaluate(6);
  EXPECT_EQ(world_.commands.size(), before + 1) << "a changed object is tried at once";
}

TEST_F(EngineTest, AnUnreachableServerIsTriedAgainEveryPeriod) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  for (int i = 0; i < 30; ++i) {
    Evaluate(6);
    if (world_.commands.size() > world_.settled.size()) {
      Settle(Error{ErrorCode::kUnavailable, "refused"});
    }
  }
  EXPECT_GE(world_.commands.size(), 29U);
}

// A rate policy of 4 pods a minute: what counts against it must count once.
WorkloadSpec FourPodsAMinute() {
  WorkloadSpec spec = SpecWith("shop", {"load"});
  spec.behavior->scale_up.policies = {{ScalingPolicyType::kPods, 4, 60}};
  return spec;
}

TEST_F(EngineTest, S5_AWrittenSizeCountsAgainstTheRate) {
  Make();
  Set(kShop, ViewOf(FourPodsAMinute(), 2));
  engine_->Tick();
  Evaluate(20);
  ASSERT_EQ(world_.commands.back().replicas, 6);
  Set(kShop, ViewOf(FourPodsAMinute(), 6, "2"));
  Settle(Done{});
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 6) << "the budget was spent twice";
}

TEST_F(EngineTest, S5_AWriteWithoutAnAnswerCountsWhenItsSizeShowsUp) {
  Make();
  Set(kShop, ViewOf(FourPodsAMinute(), 2));
  engine_->Tick();
  Evaluate(20);
  Settle(Error{ErrorCode::kDeadlineExceeded, "no answer"});
  TickAfter(milliseconds(1));
  Set(kShop, ViewOf(FourPodsAMinute(), 6, "2"));
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 6) << "the lost write was forgotten";
  ASSERT_EQ(world_.settled.size(), 2U);
  EXPECT_TRUE(world_.settled.back().second) << "its arrival is journalled";
}

TEST_F(EngineTest, S5_AWriteWhoseSizeShowsUpBeforeItsAnswerIsLostCountsToo) {
  Make();
  Set(kShop, ViewOf(FourPodsAMinute(), 2));
  engine_->Tick();
  Evaluate(20);
  Set(kShop, ViewOf(FourPodsAMinute(), 6, "2"));
  TickAfter(milliseconds(1));
  Settle(Error{ErrorCode::kUnavailable, "connection reset"});
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 6) << "the lost write was forgotten";
}

TEST_F(EngineTest, S5_ALostWriteAndItsRepetitionCountOnce) {
  Make();
  WorkloadSpec spec = FourPodsAMinute();
  spec.behavior->scale_up.policies = {{ScalingPolicyType::kPods, 8, 60}};
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(6);
  Settle(Error{ErrorCode::kDeadlineExceeded, "no answer"});
  Evaluate(6);
  ASSERT_EQ(world_.commands.size(), 2U);
  Set(kShop, ViewOf(spec, 6, "2"));  // Seen before the answer to the second one.
  TickAfter(milliseconds(1));
  Settle(Done{});
  TickAfter(milliseconds(1));
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 10) << "4 of 8 are left";
}

TEST_F(EngineTest, ASpecChangeKeepsTheHistoryAndAnotherObjectStartsAfresh) {
  Make();
  WorkloadSpec spec = FourPodsAMinute();
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(20);
  Set(kShop, ViewOf(spec, 6, "2"));
  Settle(Done{});
  TickAfter(milliseconds(1));
  ++spec.generation;
  spec.max_replicas = 60;
  Set(kShop, ViewOf(spec, 6, "2"));
  TickAfter(milliseconds(1));
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 6) << "a spec edit gave a fresh budget";
  spec.uid = "another";
  Set(kShop, ViewOf(spec, 6, "2"));
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.gone, std::vector<WorkloadId>{kShop});
  Evaluate(20);
  EXPECT_EQ(world_.decisions.back().desired, 10);
}

TEST_F(EngineTest, RunEndsWithTheOutcomesOfWhatItHasStarted) {
  // Stops at the second wait, when a command is under way, and answers in the grace.
  class StoppingWorld : public Clock {
   public:
    StoppingWorld(FakeWorld& fake, std::stop_source& stop) : fake_(fake), stop_(stop) {}
    Timestamp Now() override { return fake_.now; }
    bool WaitUntil(Timestamp deadline, std::stop_token stop) override {
      if (stop.stop_possible() && stop.stop_requested()) return false;
      fake_.now = std::max(fake_.now, deadline);
      for (const ReadRequest& request : std::exchange(fake_.requests, {}))
        fake_.arrived.push_back({request.id, Answer(6, fake_.now)});
      if (!fake_.commands.empty()) {
        stop_.request_stop();
        if (!stop.stop_possible() && fake_.settled.empty()) {
          fake_.outcomes.push_back({fake_.commands.back(), Done{}});
        }
        return !stop.stop_possible();  // The grace cannot be stopped.
      }
      return true;
    }

   private:
    FakeWorld& fake_;
    std::stop_source& stop_;
  };
  std::stop_source stop;
  StoppingWorld clock(world_, stop);
  const World fake = world_.world();
  Engine engine({}, {clock, fake.cluster, fake.feed, fake.actuator, fake.journal, fake.executor},
                testing::MakeFollowers);
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine.Run(stop.get_token());
  EXPECT_EQ(world_.commands.size(), 1U);
  ASSERT_EQ(world_.settled.size(), 1U);
  EXPECT_TRUE(world_.settled[0].second);
}

}  // namespace
}  // namespace hpaplus
