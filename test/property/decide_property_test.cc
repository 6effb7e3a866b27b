// What holds for every decision, whatever comes in: the contract's S1 to S6, on random workloads.
// A failure names its round; the same seed gives the same round anywhere.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "test/property/random_workload.h"

namespace hpaplus::testing {
namespace {

constexpr std::uint64_t kSeed = 20261123;

// How many random inputs each property gets: HPAPLUS_PROPERTY_ROUNDS, or a few seconds' worth.
int Rounds() {
  static const int rounds = [] {
    const char* const text = std::getenv("HPAPLUS_PROPERTY_ROUNDS");
    const int given = text == nullptr ? 0 : std::atoi(text);
    return given > 0 ? given : 40'000;
  }();
  return rounds;
}

std::vector<ReadingResult> GoodReadings(RandomWorkload& random, const Bench& bench) {
  std::vector<ReadingResult> out;
  for (const MetricSpec& metric : bench.spec->metrics)
    out.push_back(Answer(RandomWorkload::Good(bench, metric, random.Load())));
  return out;
}

TEST(DecideProperty, S1ASizeIsWithinItsBounds) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload();
    bench.readings = GoodReadings(random, bench);
    for (ReadingResult& reading : bench.readings) {
      if (random.Chance(0.2)) reading = random.Spoil(bench, **reading);
    }
    if (random.Chance(0.2)) {  // Found out of bounds, or at zero.
      bench.view.scale.spec_replicas = static_cast<Replicas>(random.Between(0, 90));
    }
    const Decision decision = bench.Decide();
    if (!decision.changes_scale()) {
      EXPECT_FALSE(decision.acts) << round;
      continue;
    }
    ASSERT_GE(decision.desired, bench.spec->min_replicas) << round;
    ASSERT_LE(decision.desired, bench.spec->max_replicas) << round;
    ASSERT_EQ(decision.steps.back().after, decision.desired) << round;
  }
}

TEST(DecideProperty, S2NothingShrinksWhileAMetricIsUnknown) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload();
    bench.readings = GoodReadings(random, bench);
    const auto spoiled =
        static_cast<std::size_t>(random.Between(0, std::ssize(bench.readings) - 1));
    bench.readings[spoiled] = random.Spoil(bench, **bench.readings[spoiled]);
    const Decision decision = bench.Decide();
    ASSERT_EQ(decision.metrics[spoiled].proposal, std::nullopt) << round;
    ASSERT_GE(decision.desired, decision.current) << round;
  }
}

TEST(DecideProperty, S3BadSamplesMoveNothing) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload();
    for (const ReadingResult& reading : GoodReadings(random, bench))
      bench.readings.push_back(random.Spoil(bench, **reading));
    const Decision decision = bench.Decide();
    ASSERT_EQ(decision.desired, decision.current) << round;
    ASSERT_FALSE(decision.known) << round;
  }
}

TEST(DecideProperty, S3ABadSampleOfOnePodShrinksNoMoreThanAGoodHighOne) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload(true);
    const MetricSpec& metric = bench.spec->metrics[0];
    if (!RandomWorkload::IsPerPod(metric.type) || bench.view.pods.size() < 2) continue;
    const Reading good = RandomWorkload::Good(bench, metric, 0);
    Reading bad = good;
    const auto victim =
        static_cast<std::uint32_t>(random.Between(0, std::ssize(bench.view.pods) - 1));
    bad.pod_usage.SetTime(victim, bench.now - seconds(91));
    bad.pod_values[victim].milli = -1;
    bench.readings = {Answer(good)};
    const MetricOutcome idle =
        bench.policies[0]->Propose({bench.now, bench.config, bench.view, bench.readings[0]});
    bench.readings = {Answer(bad)};
    const MetricOutcome unknown =
        bench.policies[0]->Propose({bench.now, bench.config, bench.view, bench.readings[0]});
    if (!idle.proposal) continue;  // No requests.
    // An average is a whole number of thousandths: a target of less than one of them per pod is
    // the same as none.
    const auto& target = metric.target.average_value;
    if (target && target->MilliValue() < std::ssize(bench.view.pods)) continue;
    ASSERT_GE(*unknown.proposal, 1) << round;
    ASSERT_LE(*unknown.proposal, bench.view.scale.spec_replicas) << round;
  }
}

TEST(DecideProperty, S4MoreLoadNeverYieldsFewerReplicas) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload();
    const History before = bench.history;
    const std::vector<ReadingResult> low = GoodReadings(random, bench);
    const auto metric =
        static_cast<std::size_t>(random.Between(0, std::ssize(bench.spec->metrics) - 1));
    double loads[] = {random.Load(), random.Load()};
    std::ranges::sort(loads);
    Decision decisions[2];
    for (int i = 0; i < 2; ++i) {
      bench.readings = low;
      bench.readings[metric] =
          Answer(RandomWorkload::Good(bench, bench.spec->metrics[metric], loads[i]));
      bench.history = before;
      decisions[i] = bench.Decide();
    }
    ASSERT_LE(decisions[0].desired, decisions[1].desired)
        << round << ": " << loads[0] << " and " << loads[1];
  }
}

TEST(DecideProperty, S4HoldsWithPodsThatAreSilentOrStarting) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload(true);
    const MetricSpec& metric = bench.spec->metrics[0];
    if (!RandomWorkload::IsPerPod(metric.type)) continue;
    for (auto& pod : bench.view.pods) {
      if (!random.Chance(0.2)) continue;
      Pod starting = *pod;
      starting.phase = PodPhase::kPending;
      pod = std::make_shared<const Pod>(starting);
    }
    const std::int64_t silent = random.Between(0, std::ssize(bench.view.pods) - 1);
    const History before = bench.history;
    double loads[] = {random.Load(), random.Load()};
    std::ranges::sort(loads);
    Decision decisions[2];
    for (int i = 0; i < 2; ++i) {
      Reading reading = RandomWorkload::Good(bench, metric, loads[i]);
      const auto keep = static_cast<std::size_t>(std::ssize(bench.view.pods) - silent);
      std::vector<PodUsage> usage = reading.pod_usage.Pods();
      usage.resize(keep);
      reading.pod_usage = PodUsageTable(usage);
      reading.pod_values.resize(keep);
      bench.readings = {Answer(std::move(reading))};
      bench.history = before;
      decisions[i] = bench.Decide();
    }
    ASSERT_LE(decisions[0].desired, decisions[1].desired)
        << round << ": " << loads[0] << " and " << loads[1];
  }
}

// What the rules allow, from the sizes that the workload really had.
Replicas AllowedFrom(const ScalingRules& rules, const std::map<Timestamp, Replicas>& sizes,
                     Timestamp now, bool up) {
  const Replicas current = std::prev(sizes.upper_bound(now))->second;
  if (rules.select_policy == SelectPolicy::kDisabled) return current;
  std::vector<double> limits;
  for (const ScalingPolicy& policy : rules.policies) {
    const Timestamp start = now - seconds(policy.period_seconds);
    const auto after = sizes.upper_bound(start);
    const double base = after == sizes.begin() ? after->second : std::prev(after)->second;
    const double sign = up ? 1 : -1;
    const double change = policy.type == ScalingPolicyType::kPods
                              ? base + sign * policy.value
                              : base * (1 + sign * policy.value / 100.0);
    limits.push_back(up ? std::ceil(change) : std::floor(change));
  }
  const auto [low, high] = std::ranges::minmax(limits);
  const bool furthest = rules.select_policy == SelectPolicy::kMax;
  const double limit = furthest == up ? high : low;
  return static_cast<Replicas>(up ? std::max<double>(limit, current)
                                  : std::min<double>(limit, current));
}

TEST(DecideProperty, S5RatesHoldOverEveryPeriod) {
  constexpr Replicas kFloatNoise = 1;  // 100 pods and 10 % are 111.
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds() / 130; ++round) {
    Bench bench(static_cast<Replicas>(random.Between(1, 60)), 1, 1000);
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.target = {TargetType::kAverageValue, std::nullopt, Q("1"), std::nullopt};
    bench.spec->metrics = {metric};
    bench.spec->behavior = random.RandomBehavior();
    bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
    std::map<Timestamp, Replicas> sizes = {{bench.now, bench.view.scale.spec_replicas}};
    for (int step = 0; step < 200; ++step) {
      bench.now += seconds(random.Between(1, 20));
      bench.readings = {AnswerNumber(static_cast<double>(random.Between(0, 900)), bench.now)};
      const Decision decision = bench.Decide();
      const Behavior& behavior = *bench.spec->behavior;
      if (decision.desired > decision.current) {
        ASSERT_LE(decision.desired,
                  AllowedFrom(behavior.scale_up, sizes, bench.now, true) + kFloatNoise)
            << round << "/" << step;
      } else if (decision.desired < decision.current) {
        ASSERT_GE(decision.desired,
                  AllowedFrom(behavior.scale_down, sizes, bench.now, false) - kFloatNoise)
            << round << "/" << step;
      }
      if (!decision.acts) continue;
      bench.history = Advance(std::move(bench.history), *bench.spec, decision.current,
                              decision.desired, bench.now);
      bench.view.scale.spec_replicas = decision.desired;
      sizes[bench.now] = decision.desired;
    }
  }
}

TEST(DecideProperty, S5TheHistoryStaysAsLongAsItsWindows) {
  RandomWorkload random(kSeed);
  Bench bench(5, 1, 1000);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("1"), std::nullopt};
  bench.spec->metrics = {metric};
  for (const bool behaves : {false, true}) {
    if (behaves) bench.spec->behavior = random.RandomBehavior();
    bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
    bench.history = {};
    for (int step = 0; step < 2000; ++step) {
      bench.now += seconds(1);
      bench.readings = {AnswerNumber(static_cast<double>(random.Between(0, 900)), bench.now)};
      const Decision decision = bench.Decide();
      bench.history = Advance(std::move(bench.history), *bench.spec, decision.current,
                              decision.desired, bench.now);
      bench.view.scale.spec_replicas = decision.desired;
    }
    constexpr std::size_t kMost = 303;  // A window of 300 s at one entry a second, and its ends.
    EXPECT_LE(bench.history.recommendations->size(), kMost);
    EXPECT_LE(bench.history.scale_ups.size(), kMost);
    EXPECT_LE(bench.history.scale_downs.size(), kMost);
  }
}

TEST(DecideProperty, S6ZeroNeedsConsentAndEveryMetricsWord) {
  RandomWorkload random(kSeed);
  int zeros = 0;
  for (int round = 0; round < Rounds(); ++round) {
    Bench bench = random.Workload();
    bench.spec->min_replicas = random.Chance(0.7) ? 0 : bench.spec->min_replicas;
    bench.view.scaled_to_zero = random.Chance(0.5);
    if (random.Chance(0.3)) bench.view.scale.spec_replicas = 0;
    const bool idle = random.Chance(0.6);
    for (const MetricSpec& metric : bench.spec->metrics) {
      const double load = idle || random.Chance(0.3) ? 0 : random.Load();
      bench.readings.push_back(Answer(RandomWorkload::Good(bench, metric, load)));
      if (random.Chance(0.1)) bench.readings.back() = random.Spoil(bench, **bench.readings.back());
    }
    const Decision decision = bench.Decide();
    if (decision.current == 0 && !bench.view.scaled_to_zero) {
      ASSERT_EQ(decision.desired, 0) << round << ": a human's zero";
    }
    if (decision.desired != 0 || decision.current == 0) continue;
    ++zeros;
    ASSERT_EQ(bench.spec->min_replicas, 0) << round;
    for (const MetricOutcome& outcome : decision.metrics)
      ASSERT_EQ(outcome.proposal, 0) << round;
  }
  EXPECT_GT(zeros, Rounds() / 100);
}

TEST(DecideProperty, S14TheSameInputGivesTheSameOutput) {
  RandomWorkload random(kSeed);
  for (int round = 0; round < Rounds() / 10; ++round) {
    Bench bench = random.Workload();
    bench.readings = GoodReadings(random, bench);
    const History before = bench.history;
    const Decision first = bench.Decide();
    const History after = bench.history;
    bench.history = before;
    ASSERT_EQ(bench.Decide(), first);
    ASSERT_EQ(bench.history, after);
  }
}

}  // namespace
}  // namespace hpaplus::testing
