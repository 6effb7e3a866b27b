#include "engine/core/combine_strategy.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Q;

constexpr Replicas kUnknown = -1;
constexpr Replicas kSilent = -2;

// Metrics "a", "b", "c", ... that ask for these sizes.
std::vector<MetricOutcome> Ask(const std::vector<Replicas>& sizes) {
  std::vector<MetricOutcome> outcomes;
  for (const Replicas size : sizes) {
    MetricOutcome outcome;
    outcome.reason = size == kSilent ? Reason::kNoVote : Reason::kStaleData;
    if (size != kUnknown) outcome.proposal = size == kSilent ? 1 : size;
    if (size >= 0) outcome.reason = Reason::kAboveTarget;
    outcomes.push_back(outcome);
  }
  return outcomes;
}

std::vector<MetricSpec> Specs(std::size_t count) {
  std::vector<MetricSpec> specs(count);
  for (std::size_t i = 0; i < count; ++i)
    specs[i].name = std::string(1, static_cast<char>('a' + i));
  return specs;
}

CombineSpec By(CombineStrategy strategy, std::string_view formula = "") {
  CombineSpec how;
  how.strategy = strategy;
  const std::vector<std::string> names = {"a", "b", "c"};
  if (!formula.empty()) how.formula = *Formula::Compile(formula, names);
  return how;
}

struct Case {
  const char* name;
  CombineSpec how;
  std::vector<Replicas> asked;
  bool known;
  Replicas size;
};

TEST(CombineBy, MakesOneSizeOfAll) {
  using S = CombineStrategy;
  const Case cases[] = {
      {"max", By(S::kMax), {3, 9, 6}, true, 9},
      {"min", By(S::kMin), {8, 9, 6}, true, 6},
      {"average rounds up", By(S::kAverage), {3, 9, 7}, true, 7},
      {"average of whole numbers is exact", By(S::kAverage), {3, 9, 6}, true, 6},
      {"priority takes the first", By(S::kPriority), {3, 9, 6}, true, 3},
      {"formula", By(S::kFormula, "max(a, b * 1.1)"), {3, 9, 6}, true, 10},
      {"formula without noise", By(S::kFormula, "a * 1.1 * 10 / 11"), {3, 9, 6}, true, 3},
      {"max, unknown, would shrink", By(S::kMax), {3, kUnknown, 3}, false, 5},
      {"max, unknown, grows", By(S::kMax), {9, kUnknown, 3}, true, 9},
      {"min, unknown, would shrink", By(S::kMin), {3, kUnknown, 9}, false, 5},
      {"min, unknown votes for staying", By(S::kMin), {8, kUnknown, 9}, true, 5},
      {"average, unknown, would shrink", By(S::kAverage), {1, kUnknown, 2}, false, 5},
      {"average, unknown, grows", By(S::kAverage), {9, kUnknown, 10}, true, 8},
      {"priority, first unknown, would shrink", By(S::kPriority), {kUnknown, 3, 9}, false, 5},
      {"priority, first unknown, grows", By(S::kPriority), {kUnknown, 9, 3}, true, 9},
      {"priority, later unknown", By(S::kPriority), {3, kUnknown, kUnknown}, true, 3},
      {"formula, used and unknown, grows", By(S::kFormula, "max(a, b)"), {kUnknown, 9, 3}, true, 9},
      {"formula, used and unknown, would shrink",
       By(S::kFormula, "min(a, b)"),
       {kUnknown, 3, 3},
       false,
       5},
      {"formula, unused and unknown", By(S::kFormula, "a"), {3, kUnknown, 3}, true, 3},
      {"formula without a value", By(S::kFormula, "a / (b - 9)"), {3, 9, 6}, false, 5},
      {"formula of zero", By(S::kFormula, "a - a"), {3, 9, 6}, true, 0},
      {"formula below zero", By(S::kFormula, "a - b"), {3, 9, 6}, false, 5},
      {"all unknown", By(S::kAverage), {kUnknown, kUnknown, kUnknown}, false, 5},
      {"a formula's all unknown", By(S::kFormula, "a"), {kUnknown, 9, 9}, false, 5},
      {"max, one has no vote", By(S::kMax), {3, kSilent, 2}, true, 3},
      {"min, one has no vote", By(S::kMin), {3, kSilent, 4}, true, 3},
      {"none has a vote", By(S::kMax), {kSilent, kSilent, kSilent}, true, 5},
      {"none has a vote", By(S::kAverage), {kSilent, kSilent, kSilent}, true, 5},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto specs = Specs(c.asked.size());
    const auto outcomes = Ask(c.asked);
    const Combined combined = CombineBy(c.how, specs, outcomes, 5);
    EXPECT_EQ(combined.known, c.known);
    EXPECT_EQ(combined.replicas, c.size);
  }
}

TEST(CombineBy, HearsOthersThanVotersInFormulasOnly) {
  auto specs = Specs(3);
  specs[1].role = MetricRole::kObserve;
  const auto outcomes = Ask({8, 20, 6});
  EXPECT_EQ(CombineBy(By(CombineStrategy::kAverage), specs, outcomes, 5).replicas, 7);
  EXPECT_EQ(CombineBy(By(CombineStrategy::kFormula, "max(a, b)"), specs, outcomes, 5).replicas, 20);
  const Combined unknown =
      CombineBy(By(CombineStrategy::kFormula, "min(a, b)"), specs, Ask({4, kUnknown, 4}), 5);
  EXPECT_FALSE(unknown.known);
}

TEST(CombineBy, WeighsProposals) {
  auto specs = Specs(3);
  specs[0].weight = Q("3");
  specs[2].weight = Q("0");
  const auto outcomes = Ask({8, 4, 100});
  EXPECT_EQ(CombineBy(By(CombineStrategy::kWeighted), specs, outcomes, 5).replicas, 7);
  for (MetricSpec& spec : specs)
    spec.weight = Q("0");
  EXPECT_EQ(CombineBy(By(CombineStrategy::kWeighted), specs, Ask({8, 4, 100}), 5).replicas, 38)
      << "no weight at all is equal weight";
}

TEST(CombineBy, TakesOneForTheWeightOfWhatHasNone) {
  auto specs = Specs(2);
  specs[0].weight = Q("1");
  EXPECT_EQ(CombineBy(By(CombineStrategy::kWeighted), specs, Ask({8, 10}), 5).replicas, 9);
}

TEST(CombineBy, NamesTheFirstThatIsUnknown) {
  const auto outcomes = Ask({9, kUnknown, kUnknown});
  const Combined combined = CombineBy(By(CombineStrategy::kAverage), Specs(3), outcomes, 5);
  EXPECT_EQ(combined.first_unknown, 1U);
  EXPECT_EQ(combined.unknown, 2U);
}

TEST(CombineBy, SaysWhoWonOrThatSeveralDid) {
  const auto specs = Specs(3);
  const auto outcomes = Ask({8, 4, 9});
  EXPECT_EQ(CombineBy(By(CombineStrategy::kMin), specs, outcomes, 5).winner, 1U);
  EXPECT_EQ(CombineBy(By(CombineStrategy::kMin), specs, outcomes, 5).reason, Reason::kNone);
  EXPECT_EQ(CombineBy(By(CombineStrategy::kAverage), specs, outcomes, 5).reason, Reason::kCombined);
  EXPECT_EQ(CombineBy(By(CombineStrategy::kFormula, "0 / (a - a)"), specs, outcomes, 5).reason,
            Reason::kNoFormulaValue);
}

TEST(CombineSpec, IsEqualWhenItsFormulaReadsTheSame) {
  EXPECT_EQ(By(CombineStrategy::kFormula, "a"), By(CombineStrategy::kFormula, "a"));
  EXPECT_NE(By(CombineStrategy::kFormula, "a"), By(CombineStrategy::kFormula, "b"));
  EXPECT_NE(By(CombineStrategy::kMin), By(CombineStrategy::kMax));
}

TEST(CombineBy, KnowsNothingWhereNobodyVotes) {
  auto specs = Specs(2);
  for (MetricSpec& spec : specs)
    spec.role = MetricRole::kObserve;
  for (const auto strategy : {CombineStrategy::kMax, CombineStrategy::kAverage})
    EXPECT_FALSE(CombineBy(By(strategy), specs, Ask({8, 4}), 5).known);
}

TEST(CombineBy, WeighsWithFractions) {
  auto specs = Specs(2);
  specs[0].weight = Q("0.2");
  specs[1].weight = Q("0.6");
  EXPECT_EQ(CombineBy(By(CombineStrategy::kWeighted), specs, Ask({4, 8}), 3).replicas, 7);
}

TEST(CombineBy, TakesTheFirstVoterForTheWinnerWhereSeveralMadeTheSize) {
  auto specs = Specs(3);
  specs[0].role = MetricRole::kObserve;
  const auto outcomes = Ask({8, 4, 9});
  EXPECT_EQ(CombineBy(By(CombineStrategy::kAverage), specs, outcomes, 3).winner, 1U);
  const Combined formula =
      CombineBy(By(CombineStrategy::kFormula, "max(b, c)"), specs, outcomes, 3);
  EXPECT_EQ(formula.winner, 1U);
  EXPECT_EQ(formula.reason, Reason::kCombined);
}

}  // namespace
}  // namespace hpaplus
