// Burst mode against a plain transcription of Knative's autoscaler over one-second buckets, and
// what it does beyond that.

#include "engine/core/burst.h"

#include <cmath>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using testing::kNoon;

// Of serving/pkg/autoscaler/scaling with its rule written out: target 1, no activation scale,
// reachable, rates 1000 and 2; a number for every second.
class KnativeOracle {
 public:
  KnativeOracle(int stable_window, int panic_window, double threshold, int ready)
      : stable_window_(stable_window), panic_window_(panic_window), threshold_(threshold) {
    if (ready > 1) {
      panic_time_ = 0;
      max_panic_pods_ = ready;
    }
  }

  int Scale(int second, double concurrency, int ready) {
    seen_.push_back(concurrency);
    const double pods = std::max(1, ready);
    const double up = std::ceil(1000 * pods);
    const double down = std::floor(pods / 2);
    const double dspc = std::ceil(Average(stable_window_));
    const double dppc = std::ceil(Average(panic_window_));
    const int stable = static_cast<int>(std::min(std::max(dspc, down), up));
    const int panic = static_cast<int>(std::min(std::max(dppc, down), up));
    const bool over = dppc / pods >= threshold_;
    if (over) {
      panic_time_ = second;
    } else if (panic_time_ >= 0 && panic_time_ + stable_window_ < second) {
      panic_time_ = -1;
      max_panic_pods_ = 0;
    }
    int desired = stable;
    if (panic_time_ >= 0) {
      desired = std::max(desired, panic);
      max_panic_pods_ = std::max(max_panic_pods_, desired);
      desired = max_panic_pods_;
    }
    return desired;
  }

  [[nodiscard]] bool panics() const { return panic_time_ >= 0; }

 private:
  [[nodiscard]] double Average(int window) const {
    const std::size_t count = std::min<std::size_t>(seen_.size(), static_cast<std::size_t>(window));
    double sum = 0;
    for (std::size_t i = seen_.size() - count; i < seen_.size(); ++i)
      sum += seen_[i];
    return std::round(sum / static_cast<double>(count) * 1e6) / 1e6;
  }

  const int stable_window_;
  const int panic_window_;
  const double threshold_;
  std::vector<double> seen_;
  int panic_time_ = -1;
  int max_panic_pods_ = 0;
};

TEST(Burst, AnswersAsKnativeDoesOverRandomLoads) {
  Random random(11);
  int bursts = 0;
  for (int round = 0; round < 200; ++round) {
    const int stable = 10 + static_cast<int>(random.Uniform() * 90);
    BurstSpec spec;
    spec.stable_window = seconds(stable);
    spec.threshold_percent = random.Chance(0.5) ? 200 : 130;
    int ready = static_cast<int>(random.Uniform() * 12);
    KnativeOracle oracle(stable, std::max(1, stable / 10), spec.threshold_percent / 100.0, ready);
    // Whole seconds, as Knative's buckets are.
    spec.burst_window_percent = 100 * std::max(1, stable / 10) / stable;
    const auto panic = seconds(std::max(1, stable / 10));
    if (std::abs(ToSeconds(BurstWindow(spec) - panic)) >= 1) continue;
    BurstState state;
    double load = random.Uniform() * 20;
    for (int second = 0; second < 400; ++second) {
      if (random.Chance(0.03)) load = random.Uniform() * 60;
      const double demand = load * (0.8 + 0.4 * random.Uniform());
      BurstInput in;
      in.now = in.at = kNoon + seconds(second);
      in.demand = demand;
      in.ready = ready;
      const BurstSize size = StepBurst(spec, in, state);
      ASSERT_EQ(size.replicas, oracle.Scale(second, demand, ready)) << round << " at " << second;
      ASSERT_EQ(size.bursting, oracle.panics()) << round << " at " << second;
      bursts += size.bursting ? 1 : 0;
      ready += ready < size.replicas ? 1 : ready > size.replicas ? -1 : 0;
    }
  }
  EXPECT_GT(bursts, 1000);
}

struct Scene {
  BurstSpec spec;
  BurstState state;
  Timestamp now = kNoon;

  BurstSize At(int second, double demand, Replicas ready, Replicas starting = 0) {
    BurstInput in;
    in.now = in.at = kNoon + seconds(second);
    in.demand = demand;
    in.ready = ready;
    in.starting = starting;
    return StepBurst(spec, in, state);
  }
};

TEST(Burst, BeginsOneAtTheSizeFoundSoThatARestartShrinksNothing) {
  Scene scene;
  const BurstSize size = scene.At(0, 3, 20);
  EXPECT_TRUE(size.bursting);
  EXPECT_EQ(size.floor, 20);
  Scene lonely;
  EXPECT_FALSE(lonely.At(0, 1, 1).bursting);
}

TEST(Burst, NeverShrinksUntilTheStableWindowIsOver) {
  Scene scene;
  EXPECT_FALSE(scene.At(0, 1, 1).bursting);
  EXPECT_TRUE(scene.At(1, 30, 1).bursting);
  const Replicas most = scene.At(2, 30, 1).replicas;
  EXPECT_EQ(most, 21)
      << "ceil((1 + 30 + 30) / 3): the mean of six seconds, of which three are seen";
  for (int second = 3; second <= 62; ++second)
    ASSERT_GE(scene.At(second, 1, 21).floor, most) << second;
  EXPECT_FALSE(scene.At(63, 1, 21).bursting);
  EXPECT_EQ(scene.At(64, 1, 21).floor, 0) << "Knative gives it all up at once";
}

TEST(Burst, OrdersSlowStartersOnceWhenStartingPodsAreCapacity) {
  Scene knative;
  Scene ours;
  ours.spec.capacity = BurstCapacity::kStarting;
  (void)knative.At(0, 1, 1);
  (void)ours.At(0, 1, 1);
  // Ten replicas are wanted and nine of them are still starting.
  for (int second = 1; second < 30; ++second) {
    EXPECT_TRUE(knative.At(second, 10, 1, 9).bursting) << second;
    EXPECT_FALSE(ours.At(second, 10, 1, 9).bursting) << second;
  }
  // Twice what the ordered ones can carry is a burst for both.
  for (int second = 30; second < 40; ++second)
    (void)ours.At(second, 25, 1, 9);
  EXPECT_TRUE(ours.At(40, 25, 1, 9).bursting);
}

TEST(Burst, FadesItsSizeOverAStableWindowWhenStartingPodsAreCapacity) {
  Scene scene;
  scene.spec.capacity = BurstCapacity::kStarting;
  (void)scene.At(0, 1, 1);
  for (int second = 1; second < 10; ++second)
    (void)scene.At(second, 60, 1);
  const Replicas most = scene.state.most;
  EXPECT_GT(most, 40);
  int second = 10;
  while (scene.At(second, 2, most).bursting)
    ++second;
  EXPECT_EQ(scene.state.ended, kNoon + seconds(second));
  EXPECT_EQ(scene.At(second + 30, 2, most).floor, (most + 1) / 2);
  EXPECT_EQ(scene.At(second + 59, 2, most).floor, (most + 59) / 60);
  EXPECT_EQ(scene.At(second + 60, 2, most).floor, 0);
  EXPECT_EQ(scene.state.ended, std::nullopt);
}

TEST(Burst, GoesOnFromTheFadingSizeWhenItBeginsAnew) {
  Scene scene;
  scene.spec.capacity = BurstCapacity::kStarting;
  scene.state.begun = true;
  scene.state.most = 60;
  scene.state.ended = kNoon;
  EXPECT_EQ(scene.At(30, 4, 1).replicas, 30);
  EXPECT_TRUE(scene.state.since);
  EXPECT_EQ(scene.state.ended, std::nullopt) << "what has begun anew has not ended";
}

TEST(Burst, SaturatesWhateverIsAsked) {
  Scene scene;
  (void)scene.At(0, 0, 1);
  const BurstSize size = scene.At(1, 1e300, 2'000'000'000);
  EXPECT_EQ(size.replicas, std::numeric_limits<Replicas>::max());
}

TEST(Burst, WindowIsAShareOfTheStableOneAndAtLeastASecond) {
  BurstSpec spec;
  EXPECT_EQ(BurstWindow(spec), seconds(6));
  spec.stable_window = seconds(6);
  EXPECT_EQ(BurstWindow(spec), seconds(1));
}

}  // namespace
}  // namespace hpaplus
