#include "engine/loop/source_suspicion.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::Find;
using testing::kNoon;
using testing::seconds;

class SourceSuspicionTest : public ::testing::Test {
 protected:
  SourceSuspicionTest() {
    spec_.period = seconds(5);
    spec_.metrics.resize(1);
    spec_.metrics[0].type = MetricType::kSource;
  }

  // What becomes of the wish of workload `index` to shrink from 10 to 2.
  Decision Admit(std::uint32_t index, std::optional<double> demand, const SourceName* source) {
    Decision decision;
    decision.workload = WorkloadId{index};
    decision.at = now_;
    decision.current = 10;
    decision.desired = 2;
    decision.acts = true;
    MetricOutcome& outcome = decision.metrics.emplace_back();
    if (demand) {
      outcome.proposal = 2;
      outcome.demand = *demand;
    } else {
      outcome.reason = Reason::kNoData;
    }
    suspicion_.Admit(spec_, {&source, 1}, decision);
    return decision;
  }
  bool Shrinks(std::uint32_t index, std::optional<double> demand) {
    return Admit(index, demand, &source_).acts;
  }

  // A round of workloads first..last; how many of them shrank.
  int Round(std::uint32_t first, std::uint32_t last, std::optional<double> demand) {
    int shrank = 0;
    for (std::uint32_t i = first; i <= last; ++i)
      shrank += Shrinks(i, demand) ? 1 : 0;
    return shrank;
  }

  WorkloadSpec spec_;
  const SourceName source_ = "MetricSource/shop/prom";
  Timestamp now_ = kNoon;
  SourceSuspicion suspicion_{SourceSuspicion::Config()};
};

TEST_F(SourceSuspicionTest, BelievesAnOrdinaryDecline) {
  EXPECT_EQ(Round(0, 19, 10), 20);
  for (double demand = 10; demand > 0.1; demand *= 0.5) {
    now_ += minutes(2);
    EXPECT_EQ(Round(0, 19, demand), 20) << demand;
  }
  EXPECT_EQ(suspicion_.suspects(), 0U);
}

TEST_F(SourceSuspicionTest, HoldsEverybodyWhenHalfCollapse) {
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  EXPECT_EQ(Round(0, 9, 0), 0) << "who collapses waits for the others";
  EXPECT_EQ(suspicion_.suspects(), 1U);
  EXPECT_EQ(Round(10, 19, 9), 0) << "nor do those shrink whose numbers seem fine";
  const Decision held = Admit(3, 0, &source_);
  EXPECT_EQ(held.desired, 10);
  ASSERT_NE(Find(held, Stage::kFleet), nullptr);
  EXPECT_EQ(Find(held, Stage::kFleet)->reason, Reason::kSourceSuspect);
  EXPECT_EQ(Find(held, ConditionType::kScalingLimited)->reason, Reason::kSourceSuspect);
  const SourceName other = "MetricSource/shop/other";
  EXPECT_TRUE(Admit(30, 9, &other).acts) << "another source is nothing to it";
  now_ += minutes(60);
  EXPECT_EQ(Round(0, 19, 0), 0);
}

TEST_F(SourceSuspicionTest, NeverHoldsGrowingNorTheWayBackIntoBounds) {
  (void)Round(0, 19, 10);
  (void)Round(0, 19, 0);
  ASSERT_EQ(suspicion_.suspects(), 1U);
  const SourceName* const source = &source_;
  Decision up;
  up.at = now_;
  up.current = 2;
  up.desired = 10;
  up.acts = true;
  up.metrics.emplace_back().proposal = 10;
  const Decision wanted = up;
  suspicion_.Admit(spec_, {&source, 1}, up);
  EXPECT_EQ(up, wanted);
  Decision bounds = wanted;
  bounds.desired = 1;
  bounds.metrics.clear();
  suspicion_.Admit(spec_, {&source, 1}, bounds);
  EXPECT_TRUE(bounds.acts);
}

TEST_F(SourceSuspicionTest, EndsAWhileAfterTheNumbersAreBack) {
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  (void)Round(0, 19, 0);
  now_ += minutes(10);
  (void)Round(0, 15, 10);
  EXPECT_EQ(suspicion_.suspects(), 0U);
  EXPECT_EQ(Admit(0, 9, &source_).steps.back().reason, Reason::kSourceRecovering);
  EXPECT_EQ(Round(16, 19, 0), 0) << "those that are still low may be on their way back";
  now_ += minutes(2);
  EXPECT_EQ(Round(0, 19, 9), 20);
}

TEST_F(SourceSuspicionTest, BelievesWhatLasts) {
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  (void)Round(0, 19, 0);
  now_ += hours(2) - seconds(1);
  EXPECT_EQ(Round(0, 19, 0), 0);
  now_ += seconds(1);
  (void)Round(0, 19, 0);
  EXPECT_EQ(Round(0, 19, 0), 20);
  EXPECT_EQ(suspicion_.suspects(), 0U);
  now_ += seconds(5);
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  (void)Round(0, 19, 0);
  EXPECT_EQ(suspicion_.suspects(), 1U) << "and is not fooled from then on";
}

TEST_F(SourceSuspicionTest, WhoCollapsesAloneWaitsForTheOthers) {
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  EXPECT_FALSE(Shrinks(0, 0));
  EXPECT_EQ(Round(1, 19, 10), 19);
  now_ += seconds(5);
  EXPECT_FALSE(Shrinks(0, 0));
  now_ += seconds(5);
  EXPECT_TRUE(Shrinks(0, 0)) << "two periods later";
  EXPECT_EQ(suspicion_.suspects(), 0U);
}

TEST_F(SourceSuspicionTest, AFewObjectsSayNothingAboutASource) {
  (void)Round(0, 8, 10);
  now_ += seconds(5);
  EXPECT_EQ(Round(0, 8, 0), 9);
}

TEST_F(SourceSuspicionTest, IdleObjectsDoNotHideACollapse) {
  (void)Round(0, 9, 10);
  (void)Round(10, 99, 0.2);
  now_ += seconds(5);
  EXPECT_EQ(Round(0, 9, 0), 0);
  EXPECT_EQ(suspicion_.suspects(), 1U);
  suspicion_.Forget(WorkloadId{0});
  for (std::uint32_t i = 1; i < 10; ++i)
    suspicion_.Forget(WorkloadId{i});
  (void)Round(10, 10, 0.2);
  EXPECT_EQ(suspicion_.suspects(), 0U) << "nobody is left who lost anything";
}

TEST_F(SourceSuspicionTest, RemembersTheDemandBeforeAnOutage) {
  (void)Round(0, 19, 10);
  now_ += seconds(5);
  (void)Round(0, 19, std::nullopt);
  now_ += minutes(10);
  EXPECT_EQ(Round(0, 19, 0), 0);
  EXPECT_EQ(suspicion_.suspects(), 1U);
}

TEST_F(SourceSuspicionTest, HoldsForAWhileWhenASourceAnswersAgain) {
  (void)Round(0, 2, 10);
  now_ += seconds(5);
  (void)Round(0, 2, std::nullopt);
  now_ += seconds(29);
  EXPECT_TRUE(Shrinks(0, 9)) << "a hiccup";
  (void)Round(0, 2, std::nullopt);
  now_ += seconds(30);
  EXPECT_EQ(Admit(0, 5, &source_).steps.back().reason, Reason::kSourceRecovering);
  now_ += minutes(2) - seconds(1);
  EXPECT_FALSE(Shrinks(1, 5));
  now_ += seconds(1);
  EXPECT_TRUE(Shrinks(1, 5));
}

TEST_F(SourceSuspicionTest, LooksAtDemandBeforeItWasSmoothed) {
  const SourceName* const source = &source_;
  const auto admit = [&](double newest) {
    for (std::uint32_t i = 0; i < 10; ++i) {
      Decision decision;
      decision.workload = WorkloadId{i};
      decision.at = now_;
      MetricOutcome& outcome = decision.metrics.emplace_back();
      outcome.proposal = 9;
      outcome.demand = 9;
      decision.steps.push_back({Stage::kSmooth, 0, 0, Reason::kSmoothed, newest, 0});
      suspicion_.Admit(spec_, {&source, 1}, decision);
    }
  };
  admit(10);
  now_ += seconds(5);
  admit(0);
  EXPECT_EQ(suspicion_.suspects(), 1U);
}

TEST_F(SourceSuspicionTest, CanBeSwitchedOff) {
  SourceSuspicion::Config config;
  config.enabled = false;
  suspicion_ = SourceSuspicion(config);
  (void)Round(0, 19, 10);
  EXPECT_EQ(Round(0, 19, 0), 20);
}

}  // namespace
}  // namespace hpaplus
