#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::testing {

/// A policy with a metric that fits it.
struct PolicyCase {
  std::string policy;  // As it is registered.
  WorkloadSpec spec;   // metrics[0] is the one that is judged.
  /// Readings of all metrics in which the first one's load is `level` times its target, or is that
  /// number where it is none; all samples were taken at `at`.
  std::function<std::vector<ReadingResult>(double level, Timestamp at)> readings;
};

/// What every policy promises, whatever it computes (docs/write-a-policy.md). Call Check().
class PolicyContract {
 public:
  PolicyContract(const PolicyRegistry& registry, const PolicyCase& policy) : case_(policy) {
    const PolicyRegistry::Make* make = registry.Find(policy.policy);
    if (make == nullptr) return;
    auto made = (*make)(policy.spec, 0);
    if (made) policy_ = *std::move(made);
    bench_ = Bench(kPods);
    *bench_.spec = policy.spec;
    bench_.spec->ns = "shop";
    bench_.AddPods(kPods);
  }

  void Check() {
    ASSERT_NE(policy_, nullptr) << "not registered, or the metric does not fit";
    EXPECT_FALSE(policy_->name().empty());
    AbstainsFromWhatIsUnknown();
    SaysWhatItWentBy();
    AnswersAlikeEveryTime();
    GrowsWithTheLoad();
    StaysANumber();
  }

 private:
  static constexpr Replicas kPods = 5;

  MetricOutcome Ask(const std::vector<ReadingResult>& readings) {
    return policy_->Propose({kNoon, bench_.config, bench_.view, readings[0], readings});
  }

  void ExpectAbstains(const std::vector<ReadingResult>& readings, const char* what) {
    const MetricOutcome outcome = Ask(readings);
    EXPECT_EQ(outcome.proposal, std::nullopt) << what;
    EXPECT_NE(outcome.reason, Reason::kNone) << what << ": says why";
  }

  // Silence is not idleness.
  void AbstainsFromWhatIsUnknown() {
    auto readings = case_.readings(1, kNoon);
    readings[0] = Error{ErrorCode::kUnavailable, "the source is down"};
    ExpectAbstains(readings, "a source that is down");
    EXPECT_EQ(Ask(readings).problem, "the source is down");
    readings[0] = Answer({});
    ExpectAbstains(readings, "an empty answer");
    const Duration limit = case_.spec.metrics[0].stale_after;
    ExpectAbstains(case_.readings(1, kNoon - limit - Duration(1)), "a stale sample");
    ExpectAbstains(case_.readings(1, kNoon + seconds(3)), "a sample of the future");
    for (const double none : {std::nan(""), std::numeric_limits<double>::infinity(), -1.0})
      ExpectAbstains(case_.readings(none, kNoon), "what is no number");
  }

  void SaysWhatItWentBy() {
    const MetricOutcome outcome = Ask(case_.readings(2, kNoon - seconds(1)));
    EXPECT_TRUE(outcome.proposal);
    EXPECT_EQ(outcome.oldest, kNoon - seconds(1));
    EXPECT_NE(outcome.reason, Reason::kNone);
    EXPECT_GT(outcome.ratio, 0);
  }

  // No clock, no chance, no memory: replay and simulation rest on it.
  void AnswersAlikeEveryTime() {
    const auto readings = case_.readings(1.7, kNoon);
    const MetricOutcome first = Ask(readings);
    (void)Ask(case_.readings(0.2, kNoon));
    EXPECT_EQ(Ask(readings), first);
  }

  void GrowsWithTheLoad() {
    Replicas before = 0;
    for (double level = 0; level < 20; level += 0.25) {
      const Replicas now = Ask(case_.readings(level, kNoon)).proposal.value_or(-1);
      EXPECT_GE(now, before) << "at " << level << " times the target";
      before = now;
    }
  }

  void StaysANumber() {
    Random random(3);
    for (int i = 0; i < 2000; ++i) {
      const double level = std::pow(10.0, random.Uniform() * 24 - 6);
      const MetricOutcome outcome = Ask(case_.readings(level, kNoon));
      EXPECT_GE(outcome.proposal.value_or(0), 0) << level;
      EXPECT_TRUE(std::isfinite(outcome.ratio)) << level;
      EXPECT_TRUE(std::isfinite(outcome.demand)) << level;
      EXPECT_GE(outcome.demand, 0) << level;
    }
  }

  const PolicyCase case_;
  std::unique_ptr<const Policy> policy_;
  Bench bench_;
};

/// A Source metric called "load" with that target.
[[nodiscard]] inline MetricSpec SourceMetric(TargetType type, std::string_view target,
                                             std::string name = "load") {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = std::move(name);
  metric.target.type = type;
  (type == TargetType::kValue ? metric.target.value : metric.target.average_value) = Q(target);
  return metric;
}

}  // namespace hpaplus::testing
