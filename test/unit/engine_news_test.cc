// News of a metric: decided upon at once, and not too often.

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "test/unit/engine_fixture.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using testing::EngineTest;
using testing::kCart;
using testing::kShop;
using testing::SpecWith;
using testing::ViewOf;

constexpr const char* kProm = "MetricSource/shop/prom";

class EngineNewsTest : public EngineTest {
 protected:
  // An object that is evaluated once a minute, and has just been.
  void MakeSlow(WorkloadSpec spec, Engine::Config config = {}) {
    Make(std::move(config));
    spec.period = minutes(1);
    Set(kShop, ViewOf(std::move(spec), 2));
    engine_->Tick();
    Evaluate(2);
    ASSERT_EQ(world_.decisions.size(), 1U);
    TickAfter(seconds(1));
    ASSERT_GT(engine_->next(), world_.now + seconds(20)) << "its next period is far away";
  }
  void News(const std::vector<std::string>& metrics = {}, const SourceName& source = kProm) {
    world_.news.push_back({source, metrics});
  }
};

TEST_F(EngineNewsTest, AreDecidedUponAtOnce) {
  MakeSlow(SpecWith("shop", {"depth"}));
  News({"depth"});
  engine_->Tick();
  ASSERT_EQ(world_.requests.size(), 1U);
  AnswerAll(9);
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.commands.back().replicas, 9);
  EXPECT_GT(engine_->next(), world_.now + seconds(20)) << "the period is what it was";
}

TEST_F(EngineNewsTest, ReachAFormulaThroughItsInputs) {
  WorkloadSpec spec = SpecWith("shop", {"depth", "computed"});
  spec.metrics[0].name = "depth";
  spec.metrics[1].name = "computed";
  spec.metrics[1].type = MetricType::kFormula;
  const std::vector<std::string> names = {"depth", "computed"};
  spec.metrics[1].formula = *Formula::Compile("2 * depth", names);
  MakeSlow(std::move(spec));
  News({"depth"});
  engine_->Tick();
  EXPECT_EQ(world_.requests.size(), 1U) << "a formula is computed, not read";
  AnswerAll(9);
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.decisions.size(), 2U);
}

TEST_F(EngineNewsTest, AreDecidedUponAgainOnlyAfterAWhile) {
  MakeSlow(SpecWith("shop", {"depth"}));
  const Timestamp end = world_.now + seconds(10);
  std::size_t asked = 0;
  while (world_.now < end) {
    News();
    TickAfter(milliseconds(5));
    asked += world_.requests.size();
    AnswerAll(2);
  }
  EXPECT_LE(asked, 51U);
  EXPECT_GE(asked, 45U);
}

TEST_F(EngineNewsTest, ThatComeTooSoonAreNotLost) {
  MakeSlow(SpecWith("shop", {"depth"}));
  News();
  engine_->Tick();
  AnswerAll(3);
  TickAfter(milliseconds(1));
  News();
  TickAfter(milliseconds(1));
  EXPECT_TRUE(world_.requests.empty());
  EXPECT_EQ(engine_->next(), world_.now + milliseconds(198));
  TickNext();
  EXPECT_EQ(world_.requests.size(), 1U);
}

TEST_F(EngineNewsTest, OfOtherMetricsOrSourcesWakeNobody) {
  MakeSlow(SpecWith("shop", {"depth"}));
  News({"load"});
  News({}, "MetricSource/shop/other");
  TickAfter(seconds(1));
  EXPECT_TRUE(world_.requests.empty());
}

TEST_F(EngineNewsTest, LeaveTheOtherMetricsAsTheyAre) {
  WorkloadSpec spec = SpecWith("shop", {"depth", "load"});
  spec.metrics[1].source.name = "far-away";
  MakeSlow(spec);
  News();
  engine_->Tick();
  ASSERT_EQ(world_.requests.size(), 1U) << "nobody else is asked";
  EXPECT_EQ(world_.requests[0].read->query.expression, "depth");
  AnswerAll(9);
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[1].metrics[0].proposal, 9);
  EXPECT_EQ(world_.decisions[1].metrics[1].proposal, 2);
}

TEST_F(EngineNewsTest, AreNoReasonToDecideWithoutTheOthers) {
  WorkloadSpec spec = SpecWith("shop", {"depth", "load"});
  spec.metrics[1].source.name = "far-away";
  spec.period = minutes(1);
  Make();
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  TickNext();
  for (const ReadRequest& request : std::exchange(world_.requests, {})) {
    world_.arrived.push_back(
        {request.id, request.read->query.expression == "depth"
                         ? Answer(2, world_.now)
                         : ReadingResult(Error{ErrorCode::kUnavailable, "down"})});
  }
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 1U);
  for (int i = 0; i < 20; ++i) {
    News();
    TickAfter(seconds(1));
  }
  EXPECT_TRUE(world_.requests.empty());
  EXPECT_EQ(world_.decisions.size(), 1U) << "twenty failures in a period that has one";
}

TEST_F(EngineNewsTest, ThatCannotBeReadAreNoFailure) {
  MakeSlow(SpecWith("shop", {"depth"}));
  const ReadingResult bad[] = {ReadingResult(Error{ErrorCode::kNotFound, "gone"}),
                               Answer(std::numeric_limits<double>::quiet_NaN(), world_.now)};
  for (const ReadingResult& reading : bad) {
    News();
    TickAfter(seconds(1));
    ASSERT_EQ(world_.requests.size(), 1U);
    world_.arrived.push_back({world_.requests[0].id, reading});
    world_.requests.clear();
    TickAfter(milliseconds(1));
    EXPECT_EQ(world_.decisions.size(), 1U);
  }
}

TEST_F(EngineNewsTest, ThatComeWhileItIsReadingAreReadAfterwards) {
  MakeSlow(SpecWith("shop", {"depth"}));
  News();
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.requests.size(), 1U);
  TickAfter(milliseconds(300));
  News();
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.requests.size(), 1U);
  AnswerAll(3);
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.decisions.size(), 2U);
  TickAfter(milliseconds(200));
  EXPECT_EQ(world_.requests.size(), 1U);
}

TEST_F(EngineNewsTest, DoNotCostAPeriodItsEvaluation) {
  MakeSlow(SpecWith("shop", {"depth"}));
  const Timestamp period = engine_->next();
  world_.now = period - milliseconds(100);
  News();
  engine_->Tick();
  ASSERT_EQ(world_.requests.size(), 1U);
  world_.now = period;
  engine_->Tick();
  EXPECT_EQ(world_.report.periods_skipped, 0U);
  world_.arrived.push_back(
      {world_.requests[0].id, ReadingResult(Error{ErrorCode::kNotFound, "gone"})});
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.decisions.size(), 2U) << "the period's, and it is a failure";
}

TEST_F(EngineNewsTest, WakeSoManyAtATimeAndTheOthersNext) {
  Engine::Config config;
  config.news_most = 100;
  Make(std::move(config));
  constexpr std::uint32_t kObjects = 1000;
  for (std::uint32_t i = 0; i < kObjects; ++i) {
    WorkloadSpec spec = SpecWith("shop" + std::to_string(i), {"depth" + std::to_string(i)});
    spec.period = minutes(10);
    Set(WorkloadId{i}, ViewOf(spec, 2));
  }
  engine_->Tick();
  while (world_.decisions.size() < kObjects) {
    TickNext();
    AnswerAll(2);
    TickAfter(milliseconds(1));
  }
  world_.decisions.clear();
  TickAfter(seconds(1));
  News();
  for (std::size_t ticks = 1; ticks <= 10; ++ticks) {
    TickAfter(milliseconds(2));
    EXPECT_EQ(world_.requests.size(), 100U);
    AnswerAll(3);
  }
  TickAfter(milliseconds(2));
  EXPECT_GE(world_.decisions.size(), kObjects);
}

TEST_F(EngineNewsTest, CanBeSwitchedOff) {
  Engine::Config config;
  config.news_spacing = Duration::zero();
  MakeSlow(SpecWith("shop", {"depth"}), std::move(config));
  News();
  TickAfter(seconds(1));
  EXPECT_TRUE(world_.requests.empty());
}

TEST_F(EngineNewsTest, OfAnObjectThatIsGoneAreForgotten) {
  MakeSlow(SpecWith("shop", {"depth"}));
  News();
  Set(kShop, nullptr);
  engine_->Tick();
  EXPECT_TRUE(world_.requests.empty());
  EXPECT_EQ(engine_->next(), Timestamp::max());
}

}  // namespace
}  // namespace hpaplus
