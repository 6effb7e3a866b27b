// Metrics of the workload as a whole: Object, External and Source, by ratio and per replica; and
// which policy a spec's metric gets.

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "policies/total_average.h"
#include "policies/total_ratio.h"
#include "test/support/workload_builder.h"

namespace hpaplus::policies {
namespace {

using testing::Answer;
using testing::AnswerNumber;
using testing::Bench;
using testing::kNoon;
using testing::Q;
using testing::seconds;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kHuge = 1e308;
using enum TotalKind;

MetricOutcome Ask(const Policy& policy, const Bench& bench) {
  return policy.Propose({bench.now, bench.config, bench.view, bench.readings[0]});
}

// Targets are in base units here: 10 means 10000 thousandths, except for a Source.
std::unique_ptr<const Policy> Ratio(TotalKind kind, double target = 10) {
  return *TotalRatio::Create({kind, kind == kSource ? target : target * 1000, seconds(90), {}});
}

std::unique_ptr<const Policy> Average(TotalKind kind, double target = 10) {
  return *TotalAverage::Create({kind, kind == kSource ? target : target * 1000, seconds(90), {}});
}

Bench Reading1(double value, int size = 5, int ready = 5) {
  Bench bench(size);
  bench.AddPods(ready);
  bench.readings.push_back(AnswerNumber(value));
  return bench;
}

TEST(TotalRatio, MultipliesReadyPods) {
  struct Case {
    double value;
    Replicas proposal;
    Reason reason;
  };
  for (const TotalKind kind : {kObject, kExternal, kSource}) {
    for (const Case& c : {Case{20, 10, Reason::kAboveTarget},
                          {5, 3, Reason::kBelowTarget},
                          {11, 5, Reason::kWithinTolerance},
                          {0, 0, Reason::kBelowTarget}}) {
      const MetricOutcome out = Ask(*Ratio(kind), Reading1(c.value));
      EXPECT_EQ(out.proposal, c.proposal);
      EXPECT_EQ(out.reason, c.reason);
      EXPECT_EQ(out.value.has_value(), kind == kSource);
      EXPECT_EQ(out.value_milli.has_value(), kind != kSource);
    }
  }
}

TEST(TotalRatio, OfASourceNeverMovesAgainstItsDirection) {
  EXPECT_EQ(Ask(*Ratio(kExternal), Reading1(15, 10, 4)).proposal, 6) << "the HPA's rule";
  EXPECT_EQ(Ask(*Ratio(kSource), Reading1(15, 10, 4)).proposal, 10);
  EXPECT_EQ(Ask(*Ratio(kExternal), Reading1(8, 4, 10)).proposal, 8) << "the HPA's rule";
  EXPECT_EQ(Ask(*Ratio(kSource), Reading1(8, 4, 10)).proposal, 4);
}

TEST(TotalRatio, FromZeroAsksForOnePodEachTargetsWorthWithoutTolerance) {
  for (const double number : {104.0, 96.0, 199.0, 200.0}) {
    const MetricOutcome out = Ask(*Ratio(kObject, 100), Reading1(number, 0, 0));
    EXPECT_EQ(out.proposal, static_cast<Replicas>(std::ceil(number / 100))) << number;
  }
}

TEST(TotalRatio, FromZeroNoiseOfADoubleIsNotAReplica) {
  EXPECT_EQ(Ask(*Ratio(kSource), Reading1(20.000000001, 0, 0)).proposal, 2);
  EXPECT_EQ(Ask(*Ratio(kObject, 1e9), Reading1(2e9 + 1, 0, 0)).proposal, 3) << "exact";
}

TEST(TotalRatio, CountsRunningReadyPodsThoughTheyAreLeaving) {
  Bench bench = Reading1(20, 4, 4);
  const_cast<Pod&>(*bench.view.pods[0]).deleting = true;
  const_cast<Pod&>(*bench.view.pods[1]).phase = PodPhase::kPending;
  const_cast<Pod&>(*bench.view.pods[2]).ready->status = ConditionStatus::kUnknown;
  EXPECT_EQ(Ask(*Ratio(kExternal), bench).proposal, 4);
}

TEST(TotalRatio, NeedsPodsOnlyOutsideTheTolerance) {
  EXPECT_EQ(Ask(*Ratio(kExternal), Reading1(10, 5, 0)).proposal, 5);
  const MetricOutcome out = Ask(*Ratio(kExternal), Reading1(20, 5, 0));
  EXPECT_EQ(out.proposal, std::nullopt);
  EXPECT_EQ(out.reason, Reason::kNoReadyPods);
}

TEST(TotalAverage, SharesTheNumberOut) {
  struct Case {
    double value;
    Replicas proposal;
    Reason reason;
  };
  for (const TotalKind kind : {kObject, kExternal, kSource}) {
    for (const Case& c : {Case{81, 9, Reason::kAboveTarget},
                          {21, 3, Reason::kBelowTarget},
                          {55, 5, Reason::kWithinTolerance},
                          {0, 0, Reason::kBelowTarget}}) {
      const MetricOutcome out = Ask(*Average(kind), Reading1(c.value, 5, 0));
      EXPECT_EQ(out.proposal, c.proposal);
      EXPECT_EQ(out.reason, c.reason);
      EXPECT_EQ(out.average_value_milli, std::llround(c.value * 200));
    }
  }
}

TEST(TotalAverage, ComparesWithExistingPodsAsTheHpaDoesAndASourceWithTheSizeAskedFor) {
  Bench bench = Reading1(30, 10, 0);
  bench.view.scale.status_replicas = 3;
  EXPECT_EQ(Ask(*Average(kExternal), bench).proposal, 3);
  EXPECT_EQ(Ask(*Average(kExternal), bench).reason, Reason::kWithinTolerance);
  bench.readings[0] = AnswerNumber(100);
  EXPECT_EQ(Ask(*Average(kSource), bench).proposal, 10);
  EXPECT_EQ(Ask(*Average(kSource), bench).reason, Reason::kWithinTolerance);
}

TEST(TotalAverage, ReportsNoAverageOverNoPods) {
  Bench bench = Reading1(30, 3, 0);
  bench.view.scale.status_replicas = 0;
  for (const double value : {30.0, 0.0}) {
    bench.readings[0] = AnswerNumber(value);
    const MetricOutcome out = Ask(*Average(kExternal), bench);
    EXPECT_EQ(out.proposal, value / 10);
    EXPECT_EQ(out.average_value_milli, std::nullopt);
  }
}

TEST(TotalAverage, NoiseOfADoubleIsNotAReplica) {
  EXPECT_EQ(Ask(*Average(kSource, 100), Reading1(300.00000001, 1)).proposal, 3);
  EXPECT_EQ(Ask(*Average(kSource, 100), Reading1(300.001, 1)).proposal, 4);
}

TEST(Totals, HugeNumbersGrowAndNeverWrap) {
  for (const auto& policy : {Ratio(kSource), Average(kSource), Ratio(kSource, 1e-9)}) {
    EXPECT_EQ(Ask(*policy, Reading1(kHuge)).proposal, 2147483647);
  }
  for (const TotalKind kind : {kObject, kExternal}) {
    Bench bench = Reading1(0);
    Reading reading;
    reading.values.push_back({kNoon, 9.2e15, INT64_MAX});
    bench.readings[0] = Answer(reading);
    EXPECT_EQ(Ask(*Ratio(kind, 0.001), bench).proposal, 2147483647);
    EXPECT_EQ(Ask(*Average(kind, 0.001), bench).proposal, 2147483647);
  }
}

TEST(Totals, ASumThatDoesNotFitIsTheLargestNumber) {
  Bench bench = Reading1(0);
  Reading reading;
  reading.values = {{kNoon, 9.2e15, INT64_MAX}, {kNoon, 9.2e15, INT64_MAX}};
  bench.readings[0] = Answer(reading);
  EXPECT_EQ(Ask(*Ratio(kExternal), bench).value_milli, INT64_MAX);
  EXPECT_EQ(Ask(*Average(kExternal, 0.001), bench).proposal, 2147483647);
}

TEST(Totals, ExternalAddsUpAndTheOthersRefuseSeveralNumbers) {
  Bench bench = Reading1(0);
  Reading reading;
  reading.values = {{kNoon, 30, 30'000}, {kNoon - seconds(7), 51, 51'000}};
  bench.readings[0] = Answer(reading);
  EXPECT_EQ(Ask(*Average(kExternal), bench).proposal, 9);
  EXPECT_EQ(Ask(*Average(kExternal), bench).oldest, kNoon - seconds(7));
  std::swap(reading.values[0], reading.values[1]);
  bench.readings[0] = Answer(reading);
  EXPECT_EQ(Ask(*Average(kExternal), bench).oldest, kNoon - seconds(7));
  for (const TotalKind kind : {kObject, kSource}) {
    EXPECT_EQ(Ask(*Average(kind), bench).proposal, std::nullopt);
    EXPECT_EQ(Ask(*Average(kind), bench).reason, Reason::kInvalidData);
    EXPECT_EQ(Ask(*Ratio(kind), bench).reason, Reason::kInvalidData);
  }
}

TEST(Totals, AbstainWithAReason) {
  struct Case {
    const char* name;
    ReadingResult reading;
    Reason reason;
  };
  const Case cases[] = {
      {"down", Error{ErrorCode::kUnavailable, "refused"}, Reason::kSourceFailed},
      {"late", Error{ErrorCode::kDeadlineExceeded, "timeout"}, Reason::kSourceFailed},
      {"unknown", Error{ErrorCode::kNotFound, "no such source"}, Reason::kSourceNotFound},
      {"nothing", Answer({}), Reason::kNoData},
      {"stale", AnswerNumber(99, kNoon - seconds(90) - Duration(1)), Reason::kStaleData},
      {"future", AnswerNumber(99, kNoon + seconds(2) + Duration(1)), Reason::kFutureData},
      {"negative", AnswerNumber(-0.001), Reason::kInvalidData},
      {"nan", AnswerNumber(kNan), Reason::kInvalidData},
      {"inf", AnswerNumber(kInf), Reason::kInvalidData},
      {"-inf", AnswerNumber(-kInf), Reason::kInvalidData},
  };
  for (const Case& c : cases) {
    for (const TotalKind kind : {kObject, kExternal, kSource}) {
      SCOPED_TRACE(c.name);
      Bench bench = Reading1(0);
      bench.readings[0] = c.reading;
      for (const MetricOutcome& out : {Ask(*Ratio(kind), bench), Ask(*Average(kind), bench)}) {
        EXPECT_EQ(out.proposal, std::nullopt);
        EXPECT_EQ(out.reason, c.reason);
        EXPECT_EQ(out.value, std::nullopt);
      }
    }
  }
}

TEST(Totals, OneBadNumberSpoilsTheSum) {
  for (const ScalarSample bad :
       {ScalarSample{kNoon, -1, -1000}, ScalarSample{kNoon - seconds(91), 1, 1000}}) {
    Bench bench = Reading1(0);
    Reading reading;
    reading.values = {{kNoon, 500, 500'000}, bad};
    bench.readings[0] = Answer(reading);
    EXPECT_EQ(Ask(*Average(kExternal), bench).proposal, std::nullopt);
  }
}

TEST(Totals, RefuseATargetThatIsNotPositive) {
  for (const double target : {0.0, -1.0, kNan, kInf}) {
    EXPECT_FALSE(TotalRatio::Create({kSource, target, seconds(90), {}}).has_value());
    EXPECT_FALSE(TotalAverage::Create({kSource, target, seconds(90), {}}).has_value());
  }
}

struct Target {
  TargetType type = TargetType::kUnknown;
  const char* value = "";
  const char* average = "";
  std::int32_t utilization = 0;
};

MetricSpec Metric(MetricType type, const Target& target) {
  MetricSpec out;
  out.type = type;
  out.name = "load";
  out.resource = "cpu";
  out.target.type = target.type;
  if (*target.value != 0) out.target.value = Q(target.value);
  if (*target.average != 0) out.target.average_value = Q(target.average);
  if (target.utilization != 0) out.target.average_utilization = target.utilization;
  return out;
}

TEST(BuiltinPolicies, ChooseByTypeAndTargetAsTheHpaDoes) {
  using M = MetricType;
  using T = TargetType;
  struct Case {
    MetricType type;
    Target target;
    const char* policy;
  };
  const Case cases[] = {
      {M::kResource, {T::kUtilization, "", "", 50}, "pod_utilization"},
      {M::kResource, {T::kUtilization, "", "1", 50}, "pod_average"},
      {M::kResource, {T::kValue, "1", "", 0}, "invalid_metric"},
      {M::kContainerResource, {T::kAverageValue, "", "1", 0}, "pod_average"},
      {M::kContainerResource, {T::kValue, "", "", 50}, "pod_utilization"},
      {M::kPods, {T::kValue, "", "1", 0}, "pod_average"},
      {M::kPods, {T::kValue, "1", "", 0}, "invalid_metric"},
      {M::kObject, {T::kValue, "1", "1", 0}, "total_ratio"},
      {M::kObject, {T::kAverageValue, "1", "1", 0}, "total_average"},
      {M::kObject, {T::kValue, "", "1", 0}, "invalid_metric"},
      {M::kExternal, {T::kValue, "", "1", 0}, "total_average"},
      {M::kExternal, {T::kAverageValue, "1", "", 0}, "total_ratio"},
      {M::kExternal, {T::kValue, "1", "1", 0}, "total_average"},
      {M::kExternal, {T::kValue, "", "", 50}, "invalid_metric"},
      {M::kSource, {T::kValue, "1", "", 0}, "total_ratio"},
      {M::kSource, {T::kAverageValue, "", "1", 0}, "total_average"},
      {M::kSource, {T::kValue, "", "1", 0}, "invalid_metric"},
      {M::kSource, {T::kValue, "0", "", 0}, "invalid_metric"},
      {M::kResource, {T::kUtilization, "", "", -1}, "invalid_metric"},
      {M::kUnknown, {}, "invalid_metric"},
  };
  WorkloadSpec spec;
  for (const Case& c : cases)
    spec.metrics.push_back(Metric(c.type, c.target));
  const PolicySet policies = MakeBuiltinPolicies(spec);
  ASSERT_EQ(policies.size(), std::size(cases));
  for (std::size_t i = 0; i < policies.size(); ++i) {
    EXPECT_EQ(policies[i]->name(), cases[i].policy) << i;
  }
}

TEST(BuiltinPolicies, AnInvalidMetricAbstainsAndSaysWhichItIs) {
  WorkloadSpec spec;
  spec.metrics = {Metric(MetricType::kPods, {}), Metric(MetricType::kUnknown, {})};
  const PolicySet policies = MakeBuiltinPolicies(spec);
  const Bench bench = Reading1(1);
  const MetricOutcome target = Ask(*policies[0], bench);
  EXPECT_EQ(target.proposal, std::nullopt);
  EXPECT_EQ(target.reason, Reason::kInvalidTarget);
  EXPECT_EQ(target.problem, "metric \"load\": the target does not fit the type");
  EXPECT_EQ(Ask(*policies[1], bench).reason, Reason::kInvalidMetricSourceType);
}

TEST(BuiltinPolicies, TakeTheObjectsTolerancesPerDirection) {
  WorkloadSpec spec;
  spec.metrics = {Metric(MetricType::kSource, {TargetType::kAverageValue, "", "10", 0})};
  spec.behavior.emplace();
  spec.behavior->scale_up.tolerance = Q("0.5");
  const PolicySet policies = MakeBuiltinPolicies(spec);
  EXPECT_EQ(Ask(*policies[0], Reading1(75)).proposal, 5);
  EXPECT_EQ(Ask(*policies[0], Reading1(76)).proposal, 8);
  EXPECT_EQ(Ask(*policies[0], Reading1(44)).proposal, 5) << "4.4 is one replica too many, not two";
}

TEST(BuiltinPolicies, DecideWithThemEndToEnd) {
  Bench bench(5);
  bench.spec->metrics = {Metric(MetricType::kSource, {TargetType::kAverageValue, "", "10", 0})};
  bench.policies = MakeBuiltinPolicies(*bench.spec);
  bench.readings.push_back(AnswerNumber(91));
  EXPECT_EQ(bench.Decide().desired, 10);
  bench.readings[0] = Error{ErrorCode::kUnavailable, "down"};
  const Decision held = bench.Decide();
  EXPECT_EQ(held.desired, 5);
  EXPECT_EQ(held.metrics[0].problem, "down");
}

TEST(TotalRatio, TellsTheNumberEvenWhereNoPodSharesIt) {
  const MetricOutcome out = Ask(*Ratio(kSource), Reading1(25, 5, 0));
  EXPECT_EQ(out.reason, Reason::kNoReadyPods);
  EXPECT_DOUBLE_EQ(out.ratio, 2.5);
  EXPECT_EQ(out.total, 25);
}

}  // namespace
}  // namespace hpaplus::policies
