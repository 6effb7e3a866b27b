#include "policies/formula_metric.h"

#include <cmath>

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::policies {
namespace {

using testing::Answer;
using testing::AnswerNumber;
using testing::Bench;
using testing::Find;
using testing::kNoon;
using testing::Q;
using testing::seconds;

MetricSpec Input(std::string name, MetricType type) {
  MetricSpec metric;
  metric.type = type;
  metric.name = std::move(name);
  metric.role = MetricRole::kInput;
  return metric;
}

// (queue + 2 * inflight) / capacity of a source, an external and an object metric.
class FormulaMetricTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.AddPods(5);
    MetricSpec pressure;
    pressure.type = MetricType::kFormula;
    pressure.name = "pressure";
    pressure.target.type = TargetType::kAverageValue;
    pressure.target.average_value = Q("10");
    bench_.spec->metrics = {pressure, Input("queue", MetricType::kSource),
                            Input("in-flight", MetricType::kExternal),
                            Input("capacity", MetricType::kObject)};
    SetFormula("(queue + 2 * in_flight) / capacity");
    Read(200, 100, 4);
  }

  void SetFormula(std::string_view text) {
    std::vector<std::string> names;
    for (const MetricSpec& metric : bench_.spec->metrics)
      names.push_back(metric.name);
    const auto formula = Formula::Compile(text, names);
    ASSERT_TRUE(formula) << formula.error().message;
    bench_.spec->metrics[0].formula = *formula;
  }

  void Read(double queue, double in_flight, double capacity) {
    bench_.readings = {Error{ErrorCode::kInvalidArgument, "a formula is computed, not read"},
                       AnswerNumber(queue), AnswerNumber(in_flight), AnswerNumber(capacity)};
  }

  MetricOutcome Outcome(std::size_t index = 0) {
    bench_.policies = MakeBuiltinPolicies(*bench_.spec);
    return bench_.policies[index]->Propose(
        {bench_.now, bench_.config, bench_.view, bench_.readings[index], bench_.readings});
  }

  Decision Decide() {
    bench_.policies = MakeBuiltinPolicies(*bench_.spec);
    return bench_.Decide();
  }

  Bench bench_{5};
};

TEST_F(FormulaMetricTest, IsComputedFromMetricsOfDifferentSources) {
  const MetricOutcome outcome = Outcome();
  EXPECT_EQ(outcome.value, 100) << "(200 + 2 * 100) / 4";
  EXPECT_EQ(outcome.proposal, 10);
  EXPECT_EQ(outcome.demand, 10);
  EXPECT_EQ(outcome.ratio, 2);
  EXPECT_EQ(outcome.total, 100);
  EXPECT_EQ(outcome.average_value_milli, 20'000);
}

TEST_F(FormulaMetricTest, IsSteeredTowardsAValueToo) {
  MetricSpec& metric = bench_.spec->metrics[0];
  metric.target = {TargetType::kValue, Q("50"), std::nullopt, std::nullopt};
  EXPECT_EQ(Outcome().proposal, 10) << "twice its target with five pods";
  Read(200, 0, 4);
  EXPECT_EQ(Outcome().reason, Reason::kWithinTolerance);
}

TEST_F(FormulaMetricTest, IsAsOldAsItsOldestInput) {
  bench_.readings[2] = AnswerNumber(100, kNoon - seconds(40));
  bench_.readings[3] = AnswerNumber(4, kNoon - seconds(7));
  EXPECT_EQ(Outcome().oldest, kNoon - seconds(40));
}

TEST_F(FormulaMetricTest, IsUnknownWithTheNameOfTheInputThatIs) {
  struct Case {
    std::size_t input;
    ReadingResult reading;
    Reason reason;
    const char* problem;
  };
  const Case cases[] = {
      {1, Error{ErrorCode::kUnavailable, "refused"}, Reason::kSourceFailed, "input queue: refused"},
      {1, Error{ErrorCode::kNotFound, "no such source"}, Reason::kSourceNotFound,
       "input queue: no such source"},
      {2, Answer({}), Reason::kNoData, "input in-flight"},
      {2, AnswerNumber(1, kNoon - seconds(91)), Reason::kStaleData, "input in-flight"},
      {3, AnswerNumber(1, kNoon + seconds(3)), Reason::kFutureData, "input capacity"},
      {3, AnswerNumber(-1), Reason::kInvalidData, "input capacity"},
      {1, AnswerNumber(std::nan("")), Reason::kInvalidData, "input queue"},
  };
  for (const Case& c : cases) {
    Read(200, 100, 4);
    bench_.readings[c.input] = c.reading;
    const MetricOutcome outcome = Outcome();
    EXPECT_EQ(outcome.proposal, std::nullopt) << c.problem;
    EXPECT_EQ(outcome.reason, c.reason) << c.problem;
    EXPECT_EQ(outcome.problem, c.problem);
  }
  bench_.readings.erase(bench_.readings.begin() + 1, bench_.readings.end());
  EXPECT_EQ(Outcome().reason, Reason::kNoData) << "nobody was asked";
}

TEST_F(FormulaMetricTest, HoldsEachInputToItsOwnValidity) {
  bench_.spec->metrics[1].validity.max = Q("150");
  EXPECT_EQ(Outcome().reason, Reason::kOutOfRange);
  EXPECT_EQ(Outcome().problem, "input queue");
  bench_.spec->metrics[1].validity.max.reset();
  bench_.spec->metrics[1].validity.min = Q("-10");
  bench_.readings[1] = AnswerNumber(-5);
  EXPECT_EQ(Outcome().value, 48.75) << "(-5 + 200) / 4";
  bench_.spec->metrics[3].stale_after = seconds(5);
  bench_.readings[3] = AnswerNumber(4, kNoon - seconds(6));
  EXPECT_EQ(Outcome().reason, Reason::kStaleData);
}

TEST_F(FormulaMetricTest, HoldsItsResultToTheMetricsValidity) {
  bench_.spec->metrics[0].validity.max = Q("99");
  EXPECT_EQ(Outcome().reason, Reason::kOutOfRange);
  SetFormula("queue - 1000 * in_flight + capacity * 0");
  EXPECT_EQ(Outcome().reason, Reason::kInvalidData) << "negative";
  bench_.spec->metrics[0].validity.max.reset();
  bench_.spec->metrics[0].stale_after = seconds(5);
  SetFormula("queue + in_flight");
  bench_.readings[2] = AnswerNumber(100, kNoon - seconds(6));
  EXPECT_EQ(Outcome().reason, Reason::kStaleData);
}

TEST_F(FormulaMetricTest, IsInvalidWhereTheFormulaHasNoValue) {
  Read(200, 100, 0);
  EXPECT_EQ(Outcome().reason, Reason::kInvalidData) << "a division by zero";
  Read(0, 0, 0);
  EXPECT_EQ(Outcome().reason, Reason::kInvalidData) << "zero by zero";
  EXPECT_EQ(Outcome().problem, "the formula has no finite value");
  SetFormula("queue ^ 1000 + in_flight");
  Read(200, 1, 1);
  EXPECT_EQ(Outcome().reason, Reason::kInvalidData) << "infinite";
  SetFormula("sqrt(queue - in_flight)");
  Read(1, 2, 1);
  EXPECT_EQ(Outcome().reason, Reason::kInvalidData) << "not a number";
}

TEST_F(FormulaMetricTest, TakesAnInputForZeroWhereTheObjectSaysSo) {
  bench_.spec->metrics[1].validity.on_missing = OnMissing::kZero;
  bench_.readings[1] = Answer({});
  EXPECT_EQ(Outcome().value, 50);
  EXPECT_FALSE(Outcome().stood_in) << "an empty answer is an answer";
  bench_.readings[1] = AnswerNumber(200, kNoon - seconds(91));
  EXPECT_EQ(Outcome().value, 50);
  EXPECT_TRUE(Outcome().stood_in) << "a stale one is none";
  EXPECT_EQ(Outcome().reason, Reason::kStaleData);
  bench_.readings[1] = Error{ErrorCode::kUnavailable, "refused"};
  EXPECT_EQ(Outcome().proposal, std::nullopt) << "nor is none at all";
}

TEST_F(FormulaMetricTest, OfNoUsableInputIsAsOldAsNow) {
  for (std::size_t i = 1; i < 4; ++i) {
    bench_.spec->metrics[i].validity.on_missing = OnMissing::kZero;
    bench_.readings[i] = Answer({});
  }
  SetFormula("queue + in_flight + capacity");
  EXPECT_EQ(Outcome().value, 0);
  EXPECT_EQ(Outcome().oldest, kNoon);
}

TEST_F(FormulaMetricTest, CanBeAnAlarmAndTheWorkThatArrives) {
  MetricSpec& metric = bench_.spec->metrics[0];
  metric.target = {TargetType::kValue, Q("50"), std::nullopt, std::nullopt};
  metric.step = StepSpec{2, 0, seconds(60)};
  EXPECT_EQ(Outcome().proposal, 7);
  metric.step.reset();
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
  metric.queue = QueueSpec{"queue", seconds(20)};
  EXPECT_EQ(Outcome().proposal, 11) << "(100 + 200 / 20) / 10";
}

TEST_F(FormulaMetricTest, AbstainsWithoutAFormulaOrATarget) {
  bench_.spec->metrics[0].target = {};
  EXPECT_EQ(Outcome().reason, Reason::kInvalidTarget);
  bench_.spec->metrics[0].target = {TargetType::kValue, Q("50"), std::nullopt, std::nullopt};
  bench_.spec->metrics[0].formula = SharedFormula();
  EXPECT_EQ(Outcome().reason, Reason::kInvalidTarget);
}

TEST_F(FormulaMetricTest, NeverCallsForAMetricOfPods) {
  bench_.spec->metrics[3].type = MetricType::kPods;
  EXPECT_EQ(Outcome().reason, Reason::kInvalidTarget);
  EXPECT_EQ(Outcome(3).reason, Reason::kInvalidTarget) << "nor can it be an input";
}

TEST_F(FormulaMetricTest, AnInputIsShownAndHasNoVote) {
  for (const auto& [index, number] :
       {std::pair(1, 200.0), std::pair(2, 100.0), std::pair(3, 4.0)}) {
    const MetricOutcome input = Outcome(static_cast<std::size_t>(index));
    EXPECT_EQ(input.proposal, std::nullopt);
    EXPECT_EQ(input.reason, Reason::kNoVote);
    EXPECT_EQ(input.total, number);
    EXPECT_EQ(input.oldest, kNoon);
  }
  bench_.readings[1] = Answer({});
  EXPECT_EQ(Outcome(1).reason, Reason::kNoData);
}

TEST_F(FormulaMetricTest, DecidesAloneThoughItsInputsAreMetricsToo) {
  EXPECT_EQ(Decide().recommended, 10);
  Read(20, 10, 4);
  EXPECT_EQ(Decide().recommended, 1);
  bench_.readings[1] = Answer({});
  const Decision held = Decide();
  EXPECT_EQ(held.desired, 5);
  EXPECT_FALSE(held.known);
  EXPECT_EQ(Find(held, ConditionType::kScalingActive)->reason, Reason::kFailedGetSourceMetric);
}

TEST_F(FormulaMetricTest, NoInputHoldsWhatDoesNotDependOnIt) {
  SetFormula("queue / 20");
  bench_.readings[2] = Error{ErrorCode::kUnavailable, "refused"};
  EXPECT_EQ(Decide().recommended, 1);
}

TEST_F(FormulaMetricTest, IsSmoothedAsAResult) {
  MetricSpec& metric = bench_.spec->metrics[0];
  metric.smoothing = Smoothing{seconds(60), SmoothingFunction::kAverage};
  EXPECT_EQ(Decide().recommended, 10);
  bench_.now += seconds(15);
  for (std::size_t i = 1; i < 4; ++i)
    bench_.readings[i] = AnswerNumber(i == 3 ? 4 : 400, bench_.now);
  EXPECT_EQ(Decide().recommended, 20) << "the mean of demands of 10 and 30";
}

TEST_F(FormulaMetricTest, IsTakenForZeroOrItsLastGoodSizeAsAnyOther) {
  MetricSpec& metric = bench_.spec->metrics[0];
  metric.validity.on_missing = OnMissing::kLastGood;
  EXPECT_EQ(Decide().recommended, 10);
  bench_.readings[1] = Answer({});
  EXPECT_EQ(Decide().recommended, 10);
  metric.validity.on_missing = OnMissing::kZero;
  EXPECT_EQ(Decide().recommended, 0);
}

}  // namespace
}  // namespace hpaplus::policies
