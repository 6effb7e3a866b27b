#include "collectors/pod_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace hpaplus::collectors {
namespace {

std::vector<PodAddress> Pods(int count) {
  std::vector<PodAddress> pods;
  for (int i = 0; i < count; ++i)
    pods.push_back({.name = "web-" + std::to_string(10'000 + i), .ip = {}, .node = {}});
  return pods;
}

std::set<std::string> Names(const std::vector<PodAddress>& pods) {
  std::set<std::string> names;
  for (const PodAddress& pod : pods)
    names.insert(pod.name);
  return names;
}

TEST(PodSample, AFewPodsAreTakenAll) {
  EXPECT_EQ(SampleOf(Pods(10), 10).size(), 10U);
  EXPECT_TRUE(SampleOf({}, 10).empty());
}

TEST(PodSample, IsTheSameEveryTimeAndOrdered) {
  const auto sample = SampleOf(Pods(1000), 100);
  ASSERT_EQ(sample.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(sample, {}, &PodAddress::name));
  EXPECT_EQ(Names(sample), Names(SampleOf(Pods(1000), 100)));
}

TEST(PodSample, APodThatGoesChangesOnePlaceAtMost) {
  const std::set<std::string> before = Names(SampleOf(Pods(1000), 100));
  for (std::size_t gone = 0; gone < 1000; gone += 37) {
    auto pods = Pods(1000);
    pods.erase(pods.begin() + static_cast<std::ptrdiff_t>(gone));
    std::set<std::string> kept = Names(SampleOf(std::move(pods), 100));
    std::erase_if(kept, [&](const std::string& name) { return !before.contains(name); });
    EXPECT_GE(kept.size(), 99U);
  }
}

TEST(EstimatedSum, OfEverybodyIsExact) {
  const std::vector<double> values = {1, 2, 3.5};
  const EstimatedSum sum = EstimateSum(values, 3);
  EXPECT_EQ(sum.sum, 6.5);
  EXPECT_EQ(sum.margin, 0);
}

TEST(EstimatedSum, OfOneOfManySaysNothing) {
  const std::vector<double> values = {4};
  EXPECT_EQ(EstimateSum(values, 3).sum, 12);
  EXPECT_TRUE(std::isinf(EstimateSum(values, 3).margin));
}

// What the bound states: of many populations the true sum lies within it 95 times of 100.
TEST(EstimatedSum, TheTrueSumLiesWithinTheMarginAsOftenAsStated) {
  Random random(11);
  int within = 0;
  constexpr int kRounds = 2000;
  for (int round = 0; round < kRounds; ++round) {
    auto pods = Pods(300);
    for (PodAddress& pod : pods)
      pod.name = std::to_string(random.Next());
    double truth = 0;
    std::vector<double> values;
    std::set<std::string> chosen = Names(SampleOf(pods, 60));
    for (const PodAddress& pod : pods) {
      const double value = 50 + 30 * (random.Uniform() + random.Uniform());
      truth += value;
      if (chosen.contains(pod.name)) values.push_back(value);
    }
    const EstimatedSum sum = EstimateSum(values, pods.size());
    if (std::abs(sum.sum - truth) <= sum.margin) ++within;
  }
  EXPECT_GT(within, kRounds * 94 / 100);
  EXPECT_LT(within, kRounds * 97 / 100) << "and it is no wider than needed";
}

}  // namespace
}  // namespace hpaplus::collectors
