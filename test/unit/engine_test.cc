// When the engine asks, decides and acts.

#include "engine/loop/engine.h"

#include <gtest/gtest.h>

#include "test/unit/engine_fixture.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::EngineTest;
using testing::kCart;
using testing::kShop;
using testing::SpecWith;
using testing::ViewOf;

TEST_F(EngineTest, AsksDecidesAndActs) {
  Make();
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  EXPECT_TRUE(world_.requests.empty()) << "not due yet";
  TickNext();
  ASSERT_EQ(world_.requests.size(), 1U);
  EXPECT_EQ(world_.requests[0].read->source, "MetricSource/shop/prom");
  EXPECT_EQ(world_.requests[0].read->query.expression, "load");
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
    if (request.read->query.expression == "fast") {
      world_.arrived.push_back({request.id, Answer(4, world_.now)});
    }
  }
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.commands.size(), 1U);
  EXPECT_EQ(world_.commands[0].workload, kCart);
}

TEST_F(EngineTest, ATapIsGivenWhatItWantsAndNothingElse) {
  class OfCart final : public RoundTap {
   public:
    bool Wants(WorkloadId id, const WorkloadView& /*view*/) override { return id == kCart; }
    bool WantsHistory(WorkloadId /*id*/) override { return false; }
    void Take(Round round) override { rounds.push_back(std::move(round)); }
    std::vector<Round> rounds;
  };
  OfCart tap;
  Engine::Config config;
  config.tap = &tap;
  Make(std::move(config));
  constexpr WorkloadId kLast{2};
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  Set(kCart, ViewOf(SpecWith("cart", {"load"}), 3));
  Set(kLast, ViewOf(SpecWith("last", {"load"}), 4));
  engine_->Tick();
  while (world_.decisions.size() < 6) {
    TickNext();
    AnswerAll(5);
    TickAfter(milliseconds(900));  // All of them in one tick.
  }
  ASSERT_GE(tap.rounds.size(), 2U);
  for (const Round& round : tap.rounds) {
    EXPECT_EQ(round.id, kCart);
    EXPECT_EQ(round.view->scale.spec_replicas, 3);
    EXPECT_EQ(round.decided.workload, kCart);
    EXPECT_EQ(round.decided.desired, 5);
  }
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
      EXPECT_EQ(request.read->source, "metrics.k8s.io");
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

TEST_F(EngineTest, RS4WhatIsEvaluatedLateIsToldSoAndComesBack) {
  Make();
  const auto is_told = [this] {
    return std::ranges::any_of(world_.decisions.back().conditions, [](const Condition& one) {
      return one.type == ConditionType::kOverloaded && one.status == ConditionStatus::kTrue;
    });
  };
  Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
  engine_->Tick();
  Evaluate(2);
  EXPECT_FALSE(is_told());
  for (int i = 0; i < 8; ++i) {
    TickNext(milliseconds(400));
    AnswerAll(2);
    TickAfter(milliseconds(5));
  }
  EXPECT_GT(world_.report.stretch, 1);
  EXPECT_TRUE(is_told());
  for (int i = 0; i < 60; ++i)
    Evaluate(2);
  EXPECT_EQ(world_.report.stretch, 1);
  EXPECT_FALSE(is_told());
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
  EXPECT_EQ(world_.requests[1].read->query.pod_selector, "app=new");
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

}  // namespace
}  // namespace hpaplus
