// What would have changed a decision: each edge that is found is a real one.

#include "engine/core/counterfactual.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::AnswerNumber;
using testing::Bench;
using testing::Q;
using testing::seconds;
using Input = Counterfactual::Input;

// Ten requests per second for each replica; `rps` are read.
Bench Serving(double rps, Replicas size, Replicas min = 1, Replicas max = 100) {
  Bench bench(size, min, max);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "rps";
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
  bench.spec->metrics = {metric};
  bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
  bench.readings = {AnswerNumber(rps)};
  return bench;
}

std::vector<Counterfactual> Find(const Bench& bench) {
  return FindCounterfactuals(
      {bench.now, bench.config, WorkloadId{0}, bench.view, bench.policies, bench.readings},
      bench.history);
}

const Counterfactual* Find(const std::vector<Counterfactual>& all, Input input, bool above) {
  const auto at = std::ranges::find_if(
      all, [&](const auto& one) { return one.input == input && one.above == above; });
  return at == all.end() ? nullptr : &*at;
}

TEST(Counterfactuals, FindWhereTheMetricWouldHaveAskedForOneMoreOrLess) {
  const auto all = Find(Serving(75, 8));
  const Counterfactual* const up = Find(all, Input::kMetric, true);
  ASSERT_NE(up, nullptr);
  EXPECT_EQ(up->desired, 9);
  ASSERT_TRUE(up->outcome.value);
  EXPECT_NEAR(*up->outcome.value, 88, 1e-6) << "10 % above what eight replicas serve";
  const Counterfactual* const down = Find(all, Input::kMetric, false);
  ASSERT_NE(down, nullptr);
  EXPECT_EQ(down->desired, 7);
  EXPECT_NEAR(*down->outcome.value, 70, 1e-6) << "what seven serve; 72 is the tolerance";
}

TEST(Counterfactuals, GrowFromNothing) {
  const auto all = Find(Serving(0, 1));
  const Counterfactual* const up = Find(all, Input::kMetric, true);
  ASSERT_NE(up, nullptr);
  EXPECT_EQ(up->desired, 2);
  EXPECT_NEAR(*up->outcome.value, 11, 1e-6);
  EXPECT_EQ(Find(all, Input::kMetric, false), nullptr) << "less than nothing";
}

TEST(Counterfactuals, SayWhichBoundHoldsTheSize) {
  const auto all = Find(Serving(150, 8, 1, 12));
  const Counterfactual* const most = Find(all, Input::kMaxReplicas, true);
  ASSERT_NE(most, nullptr);
  EXPECT_EQ(most->bound, 13);
  EXPECT_EQ(most->desired, 13);
  EXPECT_EQ(Find(all, Input::kMinReplicas, false), nullptr) << "the minimum holds nothing";
}

TEST(Counterfactuals, SayWhenAWindowEnds) {
  Bench bench = Serving(20, 8);
  bench.history.recommendations = {{8, bench.now - seconds(250)}};
  const auto all = Find(bench);
  const Counterfactual* const later = Find(all, Input::kTime, true);
  ASSERT_NE(later, nullptr);
  EXPECT_EQ(later->desired, 2);
  EXPECT_NEAR(ToSeconds(later->later), 50, 0.01);
}

TEST(Counterfactuals, AnUnknownMetricHasNone) {
  Bench bench = Serving(20, 8);
  bench.readings = {Error{ErrorCode::kUnavailable, "down"}};
  EXPECT_EQ(Find(Find(bench), Input::kMetric, true), nullptr);
}

TEST(Counterfactuals, LeaveTheirInputAsItIs) {
  Bench bench = Serving(75, 8);
  const History before = bench.history;
  EXPECT_EQ(Find(bench), Find(bench));
  EXPECT_EQ(bench.history, before);
}

}  // namespace
}  // namespace hpaplus
