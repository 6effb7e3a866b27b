#include "engine/quota/decide_quota.h"

#include <gtest/gtest.h>

#include "engine/quota/pool_share.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kNoon = Timestamp(seconds(1'767'268'800));

// One quota of cores, without a pool unless `share` is set.
struct Bench {
  QuotaSpec spec;
  QuotaObservation observed;
  std::optional<NodeShare> share;
  QuotaHistory history;
  Timestamp now = kNoon;

  Bench(Amount hard, Amount used) {
    spec.shrink_percent_most = 100;
    spec.shrink_window = {};
    spec.resources = {{.name = "requests.cpu", .min = 1000, .max = 100'000, .headroom_percent = 0}};
    observed.resources = {{.hard = hard, .used = used}};
    observed.known_at = now;
  }

  ResourceUse& use() { return observed.resources[0]; }
  QuotaResource& resource() { return spec.resources[0]; }

  QuotaDecision Decide() {
    std::vector<NodeShare> shares = ShareAlone(spec, observed);
    if (share) shares = {*share};
    DecidedQuota decided = DecideQuota({now, spec, observed, shares}, history);
    history = std::move(decided.history);
    return decided.decision;
  }

  Amount Target() { return Decide().resources[0].target; }

  void Wait(Duration by) {
    now += by;
    observed.known_at = now;
  }
};

QuotaReason LastReason(const QuotaDecision& decision) {
  return decision.resources[0].steps.back().reason;
}

TEST(QuotaDemand, IsTheLargestDriverWithHeadroomInSteps) {
  QuotaResource resource{.name = "pods", .min = 2, .max = 500, .headroom_percent = 20};
  resource.headroom = 3;
  const ResourceUse use{.used = 10, .requested = 40, .desired = 21, .desired_most = 80};
  EXPECT_EQ(QuotaDemand(resource, {.used = true, .desired = false}, use), 15);
  EXPECT_EQ(QuotaDemand(resource, {.used = true, .desired = true}, use), 29);  // 21 + 4.2 + 3
  EXPECT_EQ(QuotaDemand(resource, {.requested = true}, use), 51);
  EXPECT_EQ(QuotaDemand(resource, {.largest = true}, use), 99);
  resource.step = 10;
  EXPECT_EQ(QuotaDemand(resource, {.used = true, .desired = false}, use), 20);
  resource.max = 18;
  EXPECT_EQ(QuotaDemand(resource, {.used = true, .desired = false}, use), 18);
  EXPECT_EQ(QuotaDemand(resource, {.used = false, .desired = false}, use), 10);
}

TEST(QuotaDemand, StaysInRangeWhateverTheHeadroom) {
  QuotaResource resource{.name = "pods", .max = kAmountMost, .headroom_percent = 1000};
  resource.headroom = kAmountMost;
  EXPECT_EQ(QuotaDemand(resource, {}, {.used = kAmountMost}), kAmountMost);
}

TEST(DecideQuota, GrowsAtOnceToTheDemand) {
  Bench bench(10'000, 4000);
  bench.use().desired = 25'000;
  const QuotaDecision decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 25'000);
  EXPECT_TRUE(decision.resources[0].grows());
  EXPECT_TRUE(decision.acts);
}

TEST(DecideQuota, ShrinksOnlyToTheLargestWishOfItsWindow) {
  Bench bench(10'000, 9000);
  bench.spec.shrink_window = minutes(5);
  EXPECT_EQ(bench.Target(), 10'000);  // A restart shrinks nothing.
  bench.Wait(minutes(2));
  bench.use().used = 3000;
  EXPECT_EQ(bench.Target(), 10'000);
  bench.Wait(minutes(3));
  const QuotaDecision decision = bench.Decide();  // What it had is out of the window.
  EXPECT_EQ(decision.resources[0].target, 3000);
  bench.use().used = 2000;
  EXPECT_EQ(bench.Target(), 3000);
}

TEST(DecideQuota, Q1NeverTakesWhatIsInUseOrUnderWay) {
  Bench bench(10'000, 4000);
  bench.spec.drivers = {.used = false, .desired = true};
  bench.use().desired = 1000;
  EXPECT_EQ(bench.Target(), 4000);
  bench.use().requested = 5000;  // The status lags behind the pods.
  EXPECT_EQ(bench.Target(), 5000);
  bench.use().in_flight = 1500;
  const QuotaDecision decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 6500);
  EXPECT_EQ(LastReason(decision), QuotaReason::kInUse);
}

TEST(DecideQuota, KeepsTheHeadroomOfWhatIsInUseWhenToldTo) {
  Bench bench(10'000, 4000);
  bench.share = NodeShare{.demand = 9000, .ceiling = 9000, .share = 1000};  // The pool has no more.
  bench.resource().headroom_percent = 50;
  bench.resource().headroom = 100;
  EXPECT_EQ(bench.Target(), 4000);
  bench.spec.keeps_headroom = true;
  EXPECT_EQ(bench.Target(), 6100);
  bench.resource().max = 5000;
  EXPECT_EQ(bench.Target(), 5000);
  bench.resource().max = 3000;
  EXPECT_EQ(bench.Target(), 4000) << "it is in use";
  bench.resource().max = 100'000;
  bench.use().hard = 4500;
  EXPECT_EQ(bench.Target(), 4500) << "nothing grows by this";
}

TEST(DecideQuota, LeavesSmallChangesAlone) {
  Bench bench(10'000, 9900);
  bench.spec.min_delta_percent = 2;
  EXPECT_EQ(bench.Target(), 10'000);
  bench.use().used = 9000;
  EXPECT_EQ(bench.Target(), 9000);
  bench.use().hard = 10'000;
  bench.use().desired = 10'100;
  EXPECT_EQ(bench.Target(), 10'000);
}

TEST(DecideQuota, ALackIsNeverTooSmallToMend) {
  Bench bench(10'000, 9900);
  bench.use().desired = 10'100;
  bench.resource().min = 10'050;
  EXPECT_EQ(bench.Target(), 10'100);
}

TEST(DecideQuota, Q5DoublesTheBandOfWhatGoesToAndFro) {
  Bench bench(10'000, 9600);
  bench.spec.min_delta_percent = 3;
  Amount hard = 10'000;
  for (int i = 0; i < 4; ++i) {
    const Amount next = i % 2 == 0 ? 9000 : 10'000;
    bench.history.resources.resize(1);
    bench.history.resources[0] =
        AdvanceQuota(std::move(bench.history.resources[0]), hard, next, bench.now);
    hard = next;
    bench.Wait(minutes(1));
  }
  QuotaDecision decision = bench.Decide();  // Four percent down.
  EXPECT_EQ(decision.resources[0].target, 10'000);
  EXPECT_EQ(LastReason(decision), QuotaReason::kDamped);
  bench.Wait(minutes(10));
  EXPECT_EQ(bench.Target(), 9600);
}

TEST(DecideQuota, TakesStepsDownAndUp) {
  Bench bench(10'000, 2000);
  bench.spec.shrink_percent_most = 10;
  bench.spec.grow_percent_most = 50;
  EXPECT_EQ(bench.Target(), 9000);
  bench.use().desired = 40'000;
  const QuotaDecision decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 15'000);
  EXPECT_EQ(LastReason(decision), QuotaReason::kStepLimit);
}

TEST(DecideQuota, PausesBetweenGrowths) {
  Bench bench(10'000, 2000);
  bench.spec.grow_cooldown = minutes(1);
  bench.use().desired = 20'000;
  EXPECT_EQ(bench.Target(), 20'000);
  bench.history.resources[0] = AdvanceQuota(bench.history.resources[0], 10'000, 20'000, bench.now);
  bench.use().hard = 20'000;
  bench.use().desired = 30'000;
  bench.Wait(seconds(59));
  EXPECT_EQ(bench.Target(), 20'000);
  bench.Wait(seconds(1));
  EXPECT_EQ(bench.Target(), 30'000);
}

TEST(DecideQuota, HoldsWhatIsNotKnownFreshlyAndThenFallsBackToMin) {
  Bench bench(10'000, 4000);
  bench.use().desired = 50'000;
  bench.now += 3 * bench.spec.period + seconds(1);
  QuotaDecision decision = bench.Decide();
  EXPECT_TRUE(decision.stale);
  EXPECT_EQ(decision.resources[0].target, 10'000);
  EXPECT_EQ(LastReason(decision), QuotaReason::kHeldStale);
  bench.now = kNoon + bench.spec.stale_after + seconds(1);
  decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 4000);  // min, but for what is in use.
  bench.use().used = 100;
  EXPECT_EQ(bench.Target(), 1000);
  bench.use().hard = 500;
  EXPECT_EQ(bench.Target(), 500);  // It never grows on what is not known.
  bench.observed.known_at.reset();
  EXPECT_EQ(bench.Target(), 500);
}

TEST(DecideQuota, WritesNothingWhenFrozenOrNotAuto) {
  Bench bench(10'000, 2000);
  bench.observed.frozen = true;
  QuotaDecision decision = bench.Decide();
  EXPECT_FALSE(decision.acts);
  EXPECT_EQ(LastReason(decision), QuotaReason::kFrozen);
  EXPECT_EQ(decision.resources[0].target, 2000);
  bench.observed.frozen = false;
  bench.spec.frozen_until = bench.now + seconds(1);
  EXPECT_FALSE(bench.Decide().acts);
  bench.spec.frozen_until = bench.now;
  EXPECT_TRUE(bench.Decide().acts);
  for (const QuotaMode mode : {QuotaMode::kOff, QuotaMode::kDryRun, QuotaMode::kRecommend}) {
    bench.spec.mode = mode;
    EXPECT_FALSE(bench.Decide().acts);
  }
}

TEST(DecideQuota, LimitsWhatHadNoLimitToItsShare) {
  Bench bench(0, 3000);
  bench.use().hard.reset();
  const QuotaDecision decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 3000);
  EXPECT_EQ(LastReason(decision), QuotaReason::kNoLimit);
}

TEST(DecideQuota, SaysWhatThePoolGives) {
  Bench bench(10'000, 2000);
  bench.share = NodeShare{30'000, 1000, 30'000, 12'000, false};
  const QuotaDecision decision = bench.Decide();
  EXPECT_EQ(decision.resources[0].target, 12'000);
  EXPECT_EQ(decision.resources[0].steps[1].reason, QuotaReason::kPoolShare);
  bench.share->deficit = true;
  EXPECT_EQ(bench.Decide().resources[0].steps[1].reason, QuotaReason::kDeficit);
}

}  // namespace
}  // namespace hpaplus
