// Sizes that ask for quota first.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/engine_fixture.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::EngineTest;
using testing::kShop;
using testing::SpecWith;
using testing::ViewOf;

// Lets nobody grow beyond a size.
class Ceiling final : public QuotaGate {
 public:
  std::vector<QuotaAnswer> Ask(std::span<const QuotaAsk> asks, Timestamp /*now*/) override {
    std::vector<QuotaAnswer> out;
    for (const QuotaAsk& ask : asks) {
      asked.push_back(ask.desired);
      acts.push_back(ask.acts);
      out.push_back({std::min(ask.desired, std::max(ask.current, most)), "pods", "compute"});
    }
    return out;
  }
  void Forget(WorkloadId workload) override { forgotten.push_back(workload); }
  std::vector<WorkloadId> TakeFreed() override { return std::exchange(freed, {}); }

  Replicas most = 4;
  std::vector<Replicas> asked;
  std::vector<bool> acts;
  std::vector<WorkloadId> forgotten;
  std::vector<WorkloadId> freed;
};

class EngineQuotaTest : public EngineTest {
 protected:
  void SetUp() override {
    World world = world_.world();
    world.quota = &gate_;
    engine_.emplace(Engine::Config{}, world, testing::MakeFollowers);
    Set(kShop, ViewOf(SpecWith("shop", {"load"}), 2));
    engine_->Tick();
  }

  Ceiling gate_;
};

TEST_F(EngineQuotaTest, Q6ScalesToWhatFitsAndSaysWhatIsUnmet) {
  Evaluate(9);
  ASSERT_EQ(world_.commands.size(), 1U);
  EXPECT_EQ(world_.commands[0].replicas, 4);
  const Decision& decision = world_.decisions.back();
  ASSERT_TRUE(decision.shortage.has_value());
  EXPECT_EQ(decision.shortage->allowed, 4);
  EXPECT_EQ(decision.shortage->unmet, 5);
  EXPECT_EQ(decision.shortage->resource, "pods");
  EXPECT_EQ(decision.steps.back().stage, Stage::kQuota);
  EXPECT_EQ(decision.steps.back().reason, Reason::kQuotaLimited);
  EXPECT_EQ(decision.recommended, 9);
}

TEST_F(EngineQuotaTest, WritesNothingWhenNothingFits) {
  gate_.most = 0;
  Evaluate(9);
  EXPECT_TRUE(world_.commands.empty());
  EXPECT_FALSE(world_.decisions.back().acts);
}

TEST_F(EngineQuotaTest, DecidesAgainWhenThereIsMore) {
  gate_.most = 2;
  Evaluate(9);
  EXPECT_TRUE(world_.commands.empty());
  gate_.most = 9;
  gate_.freed = {kShop};
  TickAfter(milliseconds(5));
  ASSERT_EQ(world_.commands.size(), 1U);
  EXPECT_EQ(world_.commands[0].replicas, 9);
  EXPECT_TRUE(world_.requests.empty()) << "the readings were asked again";
}

TEST_F(EngineQuotaTest, LeavesWhatFitsAsItIs) {
  gate_.most = 50;
  Evaluate(9);
  EXPECT_EQ(world_.commands.back().replicas, 9);
  EXPECT_FALSE(world_.decisions.back().shortage.has_value());
}

TEST_F(EngineQuotaTest, SaysWhatADryRunWouldLackAndWritesNothing) {
  WorkloadSpec spec = SpecWith("shop", {"load"});
  spec.generation = 2;
  spec.mode = Mode::kDryRun;
  Set(kShop, ViewOf(spec, 2));
  engine_->Tick();
  Evaluate(9);
  EXPECT_THAT(gate_.acts, ElementsAre(false));
  EXPECT_TRUE(world_.commands.empty());
  ASSERT_FALSE(world_.decisions.empty());
  const Decision& decision = world_.decisions.back();
  EXPECT_FALSE(decision.acts);
  EXPECT_EQ(decision.desired, 4);
  EXPECT_EQ(decision.shortage->unmet, 5);
}

TEST_F(EngineQuotaTest, WhoKeepsItsSizeActs) {
  Evaluate(2);
  EXPECT_THAT(gate_.asked, ElementsAre(2));
  EXPECT_THAT(gate_.acts, ElementsAre(true)) << "its pods are wanted";
}

TEST_F(EngineQuotaTest, ForgetsWhoIsGone) {
  Evaluate(3);
  Set(kShop, nullptr);
  TickAfter(milliseconds(5));
  EXPECT_THAT(gate_.forgotten, ElementsAre(kShop));
}

}  // namespace
}  // namespace hpaplus
