// Drives the engine tick by tick in a world scripted by hand, with the real Decide() and a policy
// that asks for whatever number its metric shows.

#include "engine/loop/engine.h"

#include <gtest/gtest.h>

#include "test/support/fake_world.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::FakeWorld;
using testing::SpecWith;
using testing::ViewOf;

constexpr WorkloadId kShop{0};
constexpr WorkloadId kCart{1};

class EngineTest : public ::testing::Test {
 protected:
  void Make(Engine::Config config = {}) {
    engine_.emplace(std::move(config), world_.world(), testing::MakeFollowers);
  }

  // Ticks at the next deadline, then as `after` says.
  void TickNext(Duration after = {}) {
    world_.now = std::max(world_.now, engine_->next()) + after;
    engine_->Tick();
  }
  void TickAfter(Duration later) {
    world_.now += later;
    engine_->Tick();
  }
  void Set(WorkloadId id, std::shared_ptr<const WorkloadView> view) {
    world_.changes.push_back({id, std::move(view)});
  }
  void AnswerAll(double value) {
    for (const ReadRequest& request : std::exchange(world_.requests, {}))
      world_.arrived.push_back({request.id, Answer(value, world_.now)});
  }
  // One full evaluation of whatever is due next: asked, answered, decided.
  void Evaluate(double value) {
    TickNext();
    AnswerAll(value);
    TickAfter(milliseconds(5));
  }
  void Settle(Result<Done> result) {
    world_.outcomes.push_back({world_.commands.back(), std::move(result)});
  }

  FakeWorld world_;
  std::optional<Engine> engine_;
};

TEST_F(EngineTest, AsksDecidesAndActs) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  EXPECT_TRUE(world_.requests.empty()) << "not due yet";
  TickNext();
  ASSERT_EQ(world_.requests.size(), 1U);
  EXPECT_EQ(world_.requests[0].source, "MetricSource/shop/prom");
  EXPECT_EQ(world_.requests[0].query.expression, "load");
  EXPECT_EQ(world_.requests[0].deadline, world_.now + milliseconds(500));
  EXPECT_TRUE(world_.decisions.empty());
  EXPECT_EQ(world_.report.waiting, 1U);
  AnswerAll(5);
  TickAfter(milliseconds(3));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].at, world_.now);
  ASSERT_EQ(world_.commands.size(), 1U);
  EXPECT_EQ(world_.commands[0].replicas, 5);
  EXPECT_EQ(world_.commands[0].view->scale.resource_version, "1");
  EXPECT_EQ(world_.report.waiting, 0U);
}

TEST_F(EngineTest, DecidesAtTheTimeoutWithWhatItHas) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load", "queue"}), 5));
  engine_->Tick();
  TickNext();
  ASSERT_EQ(world_.requests.size(), 2U);
  world_.arrived.push_back({world_.requests[0].id, Answer(2, world_.now)});
  TickAfter(milliseconds(499));
  EXPECT_TRUE(world_.decisions.empty());
  EXPECT_EQ(engine_->next(), world_.now + milliseconds(1));
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 1U);
  const Decision& decision = world_.decisions[0];
  EXPECT_EQ(decision.metrics[0].proposal, 2);
  EXPECT_FALSE(decision.metrics[1].proposal);
  EXPECT_EQ(decision.metrics[1].problem, "no answer in time");
  EXPECT_FALSE(decision.changes_scale()) << "shrank although one metric is unknown";
}

TEST_F(EngineTest, ARoundWithoutAnAnswerDoesNotFallBackToAnOlderOne) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 5));
  engine_->Tick();
  Evaluate(5);
  TickNext();
  ASSERT_EQ(world_.requests.size(), 1U);
  TickAfter(milliseconds(500));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[1].metrics.at(0).problem, "no answer in time");
  EXPECT_FALSE(world_.decisions[1].known);
}

TEST_F(EngineTest, OneWorkloadsMissingReadsDoNotDelayAnother) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"slow"}), 2));
  Set(kCart, ViewOf(SpecWith("cart", {"fast"}), 2));
  engine_->Tick();
  while (world_.requests.size() < 2)
    TickNext();
  for (const ReadRequest& request : world_.requests) {
    if (request.query.expression == "fast") {
      world_.arrived.push_back({request.id, Answer(4, world_.now)});
    }
  }
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.commands.size(), 1U);
  EXPECT_EQ(world_.commands[0].workload, kCart);
}

TEST_F(EngineTest, N9_TenThousandObjectsWithOneQueryAreOneReadPerPeriod) {
  Engine::Config config;
  config.share_for = [](const SourceName&) { return seconds(1); };
  Make(std::move(config));
  constexpr std::uint32_t kObjects = 10'000;
  for (std::uint32_t i = 0; i < kObjects; ++i) {
    WorkloadSpec spec = SpecWith("shop", {"load"});
    spec.name += std::to_string(i);
    spec.uid += std::to_string(i);
    Set(WorkloadId{i}, ViewOf(spec, 2));
  }
  engine_->Tick();
  const Timestamp start = world_.now;
  std::size_t reads = 0;
  while (world_.now < start + seconds(10)) {
    TickAfter(milliseconds(5));
    reads += world_.requests.size();
    AnswerAll(2);
  }
  EXPECT_LE(reads, 10U);
  EXPECT_GE(reads, 9U);
  EXPECT_GE(world_.decisions.size(), 9U * kObjects);
}

TEST_F(EngineTest, ResourceMetricsOfAllWorkloadsAreOneReadASecond) {
  Make();
  for (std::uint32_t i = 0; i < 100; ++i) {
    WorkloadSpec spec = SpecWith("shop" + std::to_string(i), {"unused"});
    spec.metrics[0].type = MetricType::kResource;
    spec.metrics[0].resource = i % 2 == 0 ? "cpu" : "memory";
    Set(WorkloadId{i}, ViewOf(spec, 2));
  }
  engine_->Tick();
  const Timestamp start = world_.now;
  std::size_t reads = 0;
  while (world_.now < start + seconds(5)) {
    TickAfter(milliseconds(5));
    for (const ReadRequest& request : world_.requests) {
      EXPECT_EQ(request.source, "metrics.k8s.io");
      ++reads;
    }
    AnswerAll(2);
  }
  EXPECT_LE(reads, 5U);
  EXPECT_GE(world_.decisions.size(), 400U);
}

TEST_F(EngineTest, PausedWorkloadsReadNothingAndAreStillReported) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"load"});
  spec.mode = Mode::kPaused;
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  TickNext();
  TickNext();
  EXPECT_TRUE(world_.requests.empty());
  EXPECT_EQ(world_.decisions.size(), 2U);
  EXPECT_TRUE(world_.commands.empty());
}

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

TEST_F(EngineTest, OneCommandAtATime) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  Evaluate(6);
  Evaluate(7);
  EXPECT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.commands.size(), 1U);
  Settle(Error{ErrorCode::kGone, "withdrawn"});
  Evaluate(8);
  EXPECT_EQ(world_.commands.size(), 2U);
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

TEST_F(EngineTest, L6_ANewSpecIsInForceWithinASecondWhateverThePeriod) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"load"});
  spec.period = std::chrono::hours(1);
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  EXPECT_LE(engine_->next(), world_.now + seconds(1));
  Evaluate(6);
  EXPECT_EQ(world_.decisions.size(), 1U);
  EXPECT_GE(engine_->next(), world_.now + std::chrono::minutes(29));
  ++spec.generation;
  spec.max_replicas = 5;
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  EXPECT_LE(engine_->next(), world_.now + seconds(1));
}

TEST_F(EngineTest, T2_AfterALongPauseThereIsOneEvaluation) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  Evaluate(2);
  Evaluate(2);
  world_.decisions.clear();
  TickAfter(std::chrono::minutes(5));
  EXPECT_GE(world_.report.periods_skipped, 298U);
  AnswerAll(2);
  TickAfter(milliseconds(5));
  EXPECT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.report.stretch, 1) << "a pause is not overload";
}

TEST_F(EngineTest, AReadThatOthersWaitForLongerIsAskedAgain) {
  Make();
  WorkloadSpec patient = SpecWith("cart", {"load"});
  patient.timeout = seconds(10);
  patient.period = seconds(10);
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  TickNext();
  ASSERT_EQ(world_.requests.size(), 1U);
  Set(kCart, ViewOf(patient, 2));
  engine_->Tick();
  // The impatient one's read ends at its deadline; the patient one has joined it meanwhile.
  while (world_.report.waiting < 2) {
    world_.now += milliseconds(1);
    engine_->Tick();
    ASSERT_LT(world_.now, world_.requests[0].deadline) << "they never meet; choose other names";
  }
  world_.now = world_.requests[0].deadline;
  world_.arrived.push_back(
      {world_.requests[0].id, Error{ErrorCode::kDeadlineExceeded, "no answer"}});
  engine_->Tick();
  EXPECT_EQ(world_.decisions.size(), 1U);
  ASSERT_EQ(world_.requests.size(), 2U);
  EXPECT_GT(world_.requests[1].deadline, world_.now + seconds(4));
  world_.arrived.push_back({world_.requests[1].id, Answer(7, world_.now)});
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.decisions.back().workload, kCart);
  EXPECT_EQ(world_.decisions.back().desired, 7);
}

TEST_F(EngineTest, AChangedSelectorAsksThePodsAnew) {
  Make();
  WorkloadSpec spec = SpecWith("shop", {"unused"});
  spec.metrics[0].type = MetricType::kPods;
  spec.metrics[0].metric = "rps";
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  TickNext();
  ASSERT_EQ(world_.requests.size(), 1U);
  auto view = std::make_shared<WorkloadView>(*ViewOf(spec, 2));
  view->scale.selector = "app=new";
  Set(kShop, view);
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.requests.size(), 2U);
  EXPECT_EQ(world_.requests[1].query.pod_selector, "app=new");
  world_.arrived.push_back({world_.requests[0].id, Answer(50, world_.now)});
  TickAfter(milliseconds(1));
  EXPECT_TRUE(world_.decisions.empty()) << "the answer was to the old question";
  world_.arrived.push_back({world_.requests[1].id, Answer(3, world_.now)});
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].desired, 3);
}

TEST_F(EngineTest, IdsMayBeUsedAgain) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  TickNext();
  Set(kShop, nullptr);
  TickAfter(milliseconds(1));
  EXPECT_EQ(engine_->next(), Timestamp::max());
  Set(kShop, ViewOf(SpecWith("cart", {"other"}), 2));
  TickAfter(milliseconds(1));
  AnswerAll(90);  // To the question of the one that is gone.
  TickAfter(milliseconds(1));
  EXPECT_TRUE(world_.decisions.empty());
  Evaluate(3);
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].desired, 3);
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
