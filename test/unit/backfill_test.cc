// When the engine asks sources for the past, and what comes of it.

#include "engine/loop/backfill.h"

#include <gtest/gtest.h>

#include "test/unit/engine_fixture.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using testing::kCart;
using testing::kShop;
using testing::SpecWith;
using testing::ViewOf;

// As many replicas as the number says.
class OneEach final : public Policy {
 public:
  [[nodiscard]] std::string_view name() const override { return "one_each"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override {
    MetricOutcome outcome = testing::FollowsReading().Propose(in);
    if (outcome.value) outcome.demand = *outcome.value;
    outcome.ratio = outcome.demand;
    return outcome;
  }
};

PolicySet MakeOneEach(const WorkloadSpec& spec) {
  PolicySet policies;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i)
    policies.push_back(std::make_unique<OneEach>());
  return policies;
}

// The largest of five minutes.
WorkloadSpec Smoothed(std::string name, const std::vector<std::string>& queries = {"load"}) {
  WorkloadSpec spec = SpecWith(std::move(name), queries);
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    spec.metrics[i].name = queries[i];
    spec.metrics[i].smoothing = Smoothing{minutes(5), SmoothingFunction::kMax};
  }
  return spec;
}

class BackfillTest : public testing::EngineTest {
 protected:
  BackfillTest() {
    Engine::Config config;
    config.past_of = [this](const SourceName& source) {
      EXPECT_EQ(source, "MetricSource/shop/prom");
      return kept_;
    };
    engine_.emplace(std::move(config), world_.world(), MakeOneEach);
  }

  // Answers what has been asked: the present with 5, the past of the query with 9, a minute ago.
  void AnswerPresentAndPast() {
    for (const ReadRequest& request : std::exchange(world_.requests, {})) {
      const bool past = request.read->query.past > Duration();
      if (past) ++pasts_;
      world_.arrived.push_back(
          {request.id, past ? Answer(9, world_.now - minutes(1)) : Answer(5, world_.now)});
    }
  }
  std::size_t CountPasts() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        world_.requests,
        [](const ReadRequest& request) { return request.read->query.past > Duration(); }));
  }
  void Add(WorkloadId id, WorkloadSpec spec) {
    Set(id, ViewOf(std::move(spec), 5));
    engine_->Tick();
  }

  PastKept kept_ = PastKept::kEach;
  std::size_t pasts_ = 0;
};

TEST_F(BackfillTest, AFirstDecisionKnowsWhatWasMeasuredBefore) {
  Add(kShop, Smoothed("shop"));
  TickNext();
  ASSERT_EQ(world_.requests.size(), 2U);
  EXPECT_EQ(world_.requests[1].read->query.past, minutes(5));
  EXPECT_EQ(world_.requests[1].read->query.expression, "load");
  AnswerPresentAndPast();
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].recommended, 9);
}

TEST_F(BackfillTest, ThePastIsAskedForOnce) {
  Add(kShop, Smoothed("shop"));
  for (int i = 0; i < 20; ++i) {
    TickNext();
    AnswerPresentAndPast();
    TickAfter(milliseconds(5));
  }
  EXPECT_EQ(world_.decisions.size(), 20U);
  EXPECT_EQ(pasts_, 1U);
  Set(kShop, ViewOf(Smoothed("shop"), 7, "2"));
  TickNext();
  EXPECT_EQ(CountPasts(), 0U) << "nor when the object changes";
}

TEST_F(BackfillTest, EqualQuestionsAboutThePastAreOne) {
  WorkloadSpec cart = Smoothed("cart");
  cart.uid = "shop-uid";  // So that both are due at once.
  Set(kShop, ViewOf(Smoothed("shop"), 5));
  Add(kCart, cart);
  TickNext();
  EXPECT_EQ(world_.requests.size(), 2U);
  EXPECT_EQ(CountPasts(), 1U);
  AnswerPresentAndPast();
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[0].recommended, 9);
  EXPECT_EQ(world_.decisions[1].recommended, 9);
}

TEST_F(BackfillTest, APastThatCannotBeReadChangesNothing) {
  Add(kShop, Smoothed("shop"));
  TickNext();
  ASSERT_EQ(world_.requests.size(), 2U);
  world_.arrived.push_back({world_.requests[0].id, Answer(5, world_.now)});
  world_.arrived.push_back(
      {world_.requests[1].id, Error{ErrorCode::kUnavailable, "prometheus: refused"}});
  world_.requests.clear();
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].recommended, 5);
  EXPECT_TRUE(world_.decisions[0].known);
  TickNext();
  EXPECT_EQ(CountPasts(), 0U) << "and is not asked for again";
}

TEST_F(BackfillTest, ARoundWaitsForThePastNoLongerThanForThePresent) {
  Add(kShop, Smoothed("shop"));
  TickNext();
  const ReadRequest past = world_.requests.at(1);
  world_.arrived.push_back({world_.requests[0].id, Answer(5, world_.now)});
  world_.requests.clear();
  TickAfter(milliseconds(5));
  EXPECT_TRUE(world_.decisions.empty());
  TickAfter(milliseconds(495));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].recommended, 5);
  // It arrives in the middle of the next round, which does not wait for it.
  TickNext();
  world_.arrived.push_back({past.id, Answer(9, world_.now - minutes(1))});
  TickAfter(milliseconds(1));
  EXPECT_EQ(world_.decisions.size(), 1U);
  AnswerAll(5);
  TickAfter(milliseconds(1));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[1].recommended, 9) << "better late than never";
}

TEST_F(BackfillTest, OnlyWhoKeepsThePastIsAsked) {
  kept_ = PastKept::kNone;
  Add(kShop, Smoothed("shop"));
  TickNext();
  EXPECT_EQ(CountPasts(), 0U);
  kept_ = PastKept::kEach;
  AnswerAll(5);
  TickNext();
  EXPECT_EQ(CountPasts(), 0U) << "that is settled";
}

TEST_F(BackfillTest, ASourceThatIsNotThereYetIsAskedWhenItIs) {
  kept_ = PastKept::kUnknown;
  Add(kShop, Smoothed("shop"));
  TickNext();
  EXPECT_EQ(CountPasts(), 0U);
  AnswerAll(5);
  TickAfter(milliseconds(5));
  kept_ = PastKept::kTogether;
  TickNext();
  EXPECT_EQ(CountPasts(), 1U);
}

TEST_F(BackfillTest, NobodyIsAskedOnceTheWindowHasFilledByItself) {
  kept_ = PastKept::kUnknown;
  Add(kShop, Smoothed("shop"));
  TickNext();
  AnswerAll(5);
  TickAfter(minutes(6));
  kept_ = PastKept::kEach;
  TickNext();
  EXPECT_EQ(CountPasts(), 0U);
}

TEST_F(BackfillTest, OnlySoManyAreAskedInASecond) {
  std::vector<std::string> queries;
  for (int i = 0; i < 30; ++i)
    queries.push_back("load" + std::to_string(i));
  Add(kShop, Smoothed("shop", queries));
  TickNext();
  EXPECT_EQ(CountPasts(), 20U);
  AnswerPresentAndPast();
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 1U) << "which nobody waits for";
  TickNext();
  EXPECT_EQ(CountPasts(), 10U);
  AnswerPresentAndPast();
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 2U);
  EXPECT_EQ(world_.decisions[1].recommended, 9);
}

TEST_F(BackfillTest, OfAGroupAllAreAskedAtOnce) {
  kept_ = PastKept::kTogether;
  std::vector<std::string> queries;
  for (int i = 0; i < 30; ++i)
    queries.push_back("load" + std::to_string(i));
  Add(kShop, Smoothed("shop", queries));
  TickNext();
  EXPECT_EQ(CountPasts(), 30U);
}

TEST_F(BackfillTest, AnObjectThatGoesLeavesNoQuestionBehind) {
  Add(kShop, Smoothed("shop"));
  TickNext();
  ASSERT_EQ(CountPasts(), 1U);
  const auto requests = world_.requests;
  Set(kShop, nullptr);
  engine_->Tick();
  for (const ReadRequest& request : requests)
    world_.arrived.push_back({request.id, Answer(9, world_.now)});
  engine_->Tick();
  EXPECT_TRUE(world_.decisions.empty());
  world_.requests.clear();
  Add(kCart, Smoothed("cart"));
  TickNext();
  EXPECT_EQ(CountPasts(), 1U) << "and another one asks for itself";
}

TEST_F(BackfillTest, AWorkloadWithoutAWindowAsksForNothing) {
  Add(kShop, SpecWith("shop", {"load"}));
  TickNext();
  EXPECT_EQ(world_.requests.size(), 1U);
}

TEST_F(BackfillTest, OtherMetricsForgetThePastOfTheOnesBefore) {
  Add(kShop, Smoothed("shop"));
  TickNext();
  ASSERT_EQ(CountPasts(), 1U);
  const auto requests = std::exchange(world_.requests, {});
  Set(kShop, ViewOf(Smoothed("shop", {"other"}), 5, "2"));
  engine_->Tick();
  for (const ReadRequest& request : requests)
    world_.arrived.push_back({request.id, Answer(9, world_.now - minutes(1))});
  engine_->Tick();
  TickNext();
  AnswerAll(5);
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.decisions.size(), 1U);
  EXPECT_EQ(world_.decisions[0].recommended, 5);
}

}  // namespace
}  // namespace hpaplus
