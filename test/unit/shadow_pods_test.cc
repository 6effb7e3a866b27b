#include "engine/rehearse/shadow_pods.h"

#include <set>

#include <gtest/gtest.h>

#include "test/support/recorded_rounds.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;
using testing::kNoon;

constexpr Duration kStartup = seconds(30);

TEST(ShadowPods, KeepsABoundedNumberOfDifferentOnes) {
  WorkloadView real;
  real.scale.spec_replicas = 1;
  real.scale.status_replicas = 1;
  ShadowPods pods(real, kNoon, kStartup);
  Timestamp now = kNoon;
  for (Replicas size = 2; size <= 1000; ++size) {
    now += seconds(1);
    pods.Advance(now);
    pods.Resize(size, now, kStartup);
  }
  const ShadowPods::Shown shown = pods.Show(pods.ready());
  EXPECT_EQ(pods.replicas(), 1000);
  EXPECT_EQ(shown.pods.size(), 1000U);
  EXPECT_NEAR(pods.ready(), 970, 2);
  const std::set<const Pod*> different = [&shown] {
    std::set<const Pod*> all;
    for (const auto& pod : shown.pods)
      all.insert(pod.get());
    return all;
  }();
  EXPECT_LE(different.size(), ShadowPods::kMostBatches + 1);
  pods.Resize(3, now, kStartup);
  EXPECT_EQ(pods.ready(), 3);
}

}  // namespace
}  // namespace hpaplus::rehearse
