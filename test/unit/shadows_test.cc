// A shadow has to be where the real closed loop would be. So a run whose size never changes is
// watched by a shadow, and compared with the same engine, object and demand in a run whose sizes
// are written. What a shadow does with single rounds is shown with rounds made by hand.
#include "engine/rehearse/shadows.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/loop/dry_run_actuator.h"
#include "engine/rehearse/retraced_run.h"
#include "engine/rehearse/shadow_pods.h"
#include "engine/rehearse/shadow_readings.h"
#include "policies/builtin.h"
#include "test/support/recorded_rounds.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;
using testing::kNoon;
using testing::kStart;
using testing::Q;

constexpr Duration kStartup = seconds(30);

// Real pods that were there from the beginning took as long to start as new ones will.
class SlowStarters final : public ClusterView {
 public:
  explicit SlowStarters(TraceWorld& world) : world_(world) {}

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override {
    std::vector<WorkloadUpdate> updates = world_.TakeChanges();
    for (WorkloadUpdate& update : updates) {
      auto view = std::make_shared<WorkloadView>(*update.view);
      for (auto& pod : view->pods) {
        if (!pod->ready || pod->ready->last_transition != pod->start_time) continue;
        auto slow = std::make_shared<Pod>(*pod);
        slow->start_time = *slow->start_time - kStartup;
        pod = std::move(slow);
      }
      update.view = std::move(view);
    }
    return updates;
  }

 private:
  TraceWorld& world_;
};

// Somebody else who scales the real pods, to any size that carries the demand, every few minutes.
class OtherScaler final : public Actuator {
 public:
  explicit OtherScaler(TraceWorld& world) : world_(world) {}

  void Start(ScaleCommand command) override { ours_.Start(std::move(command)); }
  void Cancel(WorkloadId /*workload*/) override {}
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override {
    if (world_.Now() >= next_) {
      next_ = world_.Now() + seconds(170);
      world_.Start(ScaleCommand{{}, {}, 60 + static_cast<Replicas>(random_.Next() % 41), {}});
    }
    return ours_.TakeOutcomes();
  }

 private:
  TraceWorld& world_;
  DryRunActuator ours_;
  Random random_{7};
  Timestamp next_ = kStart + seconds(100);
};

// Keeps where a shadow was at each decision.
class ShadowList final : public Journal {
 public:
  explicit ShadowList(const ShadowBook& book) : book_(book) {}

  void RecordDecision(const Decision& decision, const WorkloadView& /*view*/) override {
    const ShadowState* const state = book_.Find(decision.workload);
    if (state != nullptr) states.emplace_back(ToSeconds(decision.at - kStart), *state);
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}

  std::vector<std::pair<double, ShadowState>> states;

 private:
  const ShadowBook& book_;
};

// A run whose size is another's business, whatever is decided, and its shadow.
std::vector<std::pair<double, ShadowState>> Shadowed(const WorkloadSpec& spec, const Trace& trace,
                                                     const RunOptions& options, bool moves) {
  TraceWorld world(spec, trace, options, kStart);
  SlowStarters view(world);
  DryRunActuator still;
  OtherScaler moving(world);
  Actuator& actuator = moves ? static_cast<Actuator&>(moving) : still;
  SerialExecutor executor;
  ShadowBook book;
  ShadowList list(book);
  Shadows shadows({.all = true, .startup = kStartup}, policies::MakeBuiltinPolicies, book, nullptr);
  Engine::Config config;
  config.tap = &shadows;
  Engine engine(config, {world, view, world, actuator, list, executor},
                policies::MakeBuiltinPolicies);
  engine.Run({});
  return list.states;
}

struct Comparison {
  Replicas farthest = 0;  // From the real closed loop.
  double off_share = 0;   // Of the decisions after which it had another size.
  std::size_t decisions = 0;
  std::size_t changes = 0;  // Of the real one.
};

Comparison Compare(const WorkloadSpec& spec, const Trace& trace, const RunOptions& options,
                   bool moves = false) {
  const PolicyRun real =
      RunEngine("real", spec, trace, options, policies::MakeBuiltinPolicies, kStart);
  RetracedRun retraced(real, options.plant);
  Comparison out;
  std::size_t off = 0;
  for (const auto& [at, state] : Shadowed(spec, trace, options, moves)) {
    retraced.MoveTo(at);
    out.farthest = std::max(out.farthest, std::abs(state.replicas - retraced.replicas()));
    if (state.replicas != retraced.replicas()) ++off;
    ++out.decisions;
  }
  out.off_share =
      static_cast<double>(off) / static_cast<double>(std::max<std::size_t>(out.decisions, 1));
  out.changes = real.changes.size();
  return out;
}

RunOptions OfHundred() {
  RunOptions options;
  options.plant = {10, kStartup, 100};
  return options;
}

MetricSpec PodMetric(MetricType type) {
  MetricSpec metric;
  metric.name = "load";
  metric.type = type;
  metric.metric = "rps";
  metric.resource = "cpu";
  if (type == MetricType::kPods) {
    metric.target = {TargetType::kAverageValue, {}, Q("7"), {}};
  } else {
    metric.target = {TargetType::kUtilization, {}, {}, 70};
  }
  return metric;
}

// At the edge of a wide tolerance the last bit of a number decides on many replicas, and on the way
// from there on.
WorkloadSpec NarrowSpec() {
  WorkloadSpec spec = testing::Spec();
  spec.behavior->scale_up.tolerance = Q("3m");
  spec.behavior->scale_down.tolerance = Q("3m");
  return spec;
}

TEST(Shadows, ADemandOfTheWholeLeadsExactlyWhereTheRealLoopGoes) {
  const Comparison same = Compare(testing::Spec(), testing::Waves(7200), OfHundred());
  EXPECT_GT(same.decisions, 7000U);
  EXPECT_GT(same.changes, 20U);
  EXPECT_EQ(same.farthest, 0);
}

TEST(Shadows, ANumberPerReplicaLeadsThereToo) {
  WorkloadSpec spec = NarrowSpec();
  spec.metrics[0].target = {TargetType::kValue, Q("8"), {}, {}};
  const Comparison same = Compare(spec, testing::Waves(7200), OfHundred());
  EXPECT_GT(same.changes, 20U);
  EXPECT_LE(same.farthest, 1);
  EXPECT_LT(same.off_share, 0.02);
}

// What a hundred pods use is known to a thousandth of a pod each, so a shadow of twenty may round
// its percentage the other way.
TEST(Shadows, WhatPodsUseLeadsThereWithinARoundingError) {
  for (const MetricType type : {MetricType::kResource, MetricType::kPods}) {
    SCOPED_TRACE(static_cast<int>(type));
    WorkloadSpec spec = NarrowSpec();
    spec.metrics = {PodMetric(type)};
    const Comparison same = Compare(spec, testing::Waves(7200), OfHundred());
    EXPECT_GT(same.changes, 20U);
    EXPECT_LE(same.farthest, 1);
    EXPECT_LT(same.off_share, 0.05);
  }
}

TEST(Shadows, WhatAnotherDoesToTheRealPodsDoesNotMatter) {
  const Comparison whole = Compare(NarrowSpec(), testing::Waves(7200), OfHundred(), true);
  EXPECT_LE(whole.farthest, 1);
  EXPECT_LT(whole.off_share, 0.02);
  for (const MetricType type : {MetricType::kResource, MetricType::kPods}) {
    SCOPED_TRACE(static_cast<int>(type));
    WorkloadSpec spec = NarrowSpec();
    spec.metrics = {PodMetric(type)};
    const Comparison same = Compare(spec, testing::Waves(7200), OfHundred(), true);
    EXPECT_GT(same.changes, 20U);
    EXPECT_LE(same.farthest, 2);
    EXPECT_LT(same.off_share, 0.1);
  }
}

// Rounds made by hand, of one or more objects.
class ShadowsByHand : public ::testing::Test {
 protected:
  ShadowsByHand() {
    spec_ = testing::Spec();
    spec_.mode = Mode::kDryRun;
    spec_.safety = {};
    spec_.metrics[0].smoothing.reset();
    spec_.behavior =
        testing::Rules({{ScalingPolicyType::kPods, 2, 15}}, {{ScalingPolicyType::kPods, 100, 15}});
    spec_.behavior->scale_down.stabilization_window_seconds = 0;
  }

  Round MakeRound(ReadingResult reading, Replicas size = 4, WorkloadId id = {}) {
    auto view = std::make_shared<WorkloadView>();
    view->spec = std::make_shared<const WorkloadSpec>(spec_);
    view->scale.status = ScaleStatus::kKnown;
    view->scale.spec_replicas = size;
    view->scale.status_replicas = size;
    view->scale.selector = "app=web";
    for (int i = 0; i < size; ++i) {
      Pod pod = testing::ReadyPod(fmt::format("web-{:03}", i));
      pod.start_time = *pod.ready->last_transition - started_in_;
      view->pods.push_back(std::make_shared<Pod>(std::move(pod)));
    }
    Round round;
    round.at = now_;
    round.id = id;
    round.view = std::move(view);
    round.readings = {std::move(reading)};
    return round;
  }

  const ShadowState& Step(ReadingResult reading, Replicas size = 4, WorkloadId id = {}) {
    return Step(MakeRound(std::move(reading), size, id));
  }
  const ShadowState& Step(Round round) {
    const WorkloadId id = round.id;
    EXPECT_TRUE(shadows_.Wants(id, *round.view));
    shadows_.Take(std::move(round));
    now_ += seconds(16);  // What was done a period of the rates ago counts no more.
    const ShadowState* const state = book_.Find(id);
    EXPECT_NE(state, nullptr);
    static const ShadowState kNone;
    return state != nullptr ? *state : kNone;
  }

  ReadingResult Load(double value) const { return testing::AnswerNumber(value, now_); }
  // Each pod uses so many thousandths of a core of the 100 that it asks for; some say nothing.
  ReadingResult Usage(std::int64_t milli, Replicas pods, Replicas silent = 0) {
    Reading reading;
    for (Replicas i = 0; i < pods - silent; ++i) {
      PodUsageTable& table = reading.pod_usage;
      table.BeginPod();
      table.SetNamespace("shop");
      table.SetName(fmt::format("web-{:03}", i));
      table.SetTime(now_);
      table.SetWindow(seconds(15));
      table.BeginContainer();
      table.SetContainer("app");
      EXPECT_TRUE(table.Add("cpu", milli));
    }
    return testing::Answer(std::move(reading));
  }

  Timestamp now_ = kNoon;
  Duration started_in_ = seconds(20);
  WorkloadSpec spec_;
  ShadowBook book_;
  Shadows shadows_{{}, policies::MakeBuiltinPolicies, book_, nullptr};
};

TEST_F(ShadowsByHand, GoesOnFromItsOwnSizeWhileTheRealOneStays) {
  EXPECT_EQ(Step(Load(100)).replicas, 6);  // Two a period, from the real four.
  EXPECT_EQ(Step(Load(100)).replicas, 8);
  EXPECT_EQ(Step(Load(100)).replicas, 10);
  EXPECT_EQ(Step(Load(100)).replicas, 10);
  EXPECT_EQ(Step(Load(30), 50).replicas, 3);  // Somebody else's fifty are not its own.
  EXPECT_EQ(book_.Find({})->since, kNoon);
}

TEST_F(ShadowsByHand, ANewReplicaIsReadyAfterAsLongAsTheRealPodsTook) {
  EXPECT_EQ(Step(Load(50)).replicas, 5);
  EXPECT_EQ(book_.Find({})->ready, 4);
  EXPECT_EQ(book_.Find({})->startup, seconds(20));
  EXPECT_TRUE(book_.Find({})->startup_observed);
  EXPECT_EQ(Step(Load(50)).ready, 4);  // 16 s later.
  EXPECT_EQ(Step(Load(50)).ready, 5);  // 32 s later.
}

TEST_F(ShadowsByHand, AStartTakesAsLongAsThoseOfNow) {
  EXPECT_EQ(Step(Load(50)).startup, seconds(20));
  started_in_ = seconds(50);
  EXPECT_EQ(Step(Load(50)).startup, seconds(20)) << "nothing starts";
  EXPECT_EQ(Step(Load(60)).startup, seconds(50));
}

TEST_F(ShadowsByHand, WhoServesSinceTheSampleHadNoPartInIt) {
  spec_.metrics[0].target = {TargetType::kValue, Q("10"), {}, {}};
  ShadowPods pods(*MakeRound(Load(0), 4).view, now_, kStartup);
  const ReadingResult before = Load(30);
  pods.Resize(8, now_ - seconds(25), kStartup);
  now_ += seconds(10);
  pods.Advance(now_);
  EXPECT_EQ(pods.ready(), 8);
  EXPECT_EQ((*ReadShadow(MakeRound(before), {}, {}, pods).readings[0])->values[0].value, 30);
  EXPECT_EQ((*ReadShadow(MakeRound(Load(30)), {}, {}, pods).readings[0])->values[0].value, 15);
}

TEST_F(ShadowsByHand, WithoutPodsTheStartTakesHalfAMinute) {
  Round round = MakeRound(Load(50));
  auto view = std::make_shared<WorkloadView>(*round.view);
  view->pods.clear();
  round.view = view;
  EXPECT_EQ(Step(round).ready, 4);
  EXPECT_EQ(book_.Find({})->startup, seconds(30));
  EXPECT_FALSE(book_.Find({})->startup_observed);
}

TEST_F(ShadowsByHand, WhatPodsUseIsSpreadOverItsOwn) {
  spec_.metrics = {PodMetric(MetricType::kResource)};
  spec_.metrics[0].target.average_utilization = 40;
  EXPECT_EQ(Step(Usage(80, 4)).replicas, 6);  // 320m in all: eight pods of 40m each.
  EXPECT_EQ(Step(Usage(80, 4)).replicas, 8);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Step(Usage(80, 4)).replicas, 8) << i;
  EXPECT_EQ(book_.Find({})->ready, 8);
  EXPECT_EQ(Step(Usage(20, 4)).replicas, 2);
}

TEST_F(ShadowsByHand, TheUnknownHoldsIt) {
  EXPECT_EQ(Step(Load(80)).replicas, 6);
  EXPECT_TRUE(book_.Find({})->known);
  EXPECT_EQ(Step(Error{ErrorCode::kUnavailable, "no answer"}).replicas, 6);
  EXPECT_FALSE(book_.Find({})->known);
  Round unknown = MakeRound(Load(0));
  auto view = std::make_shared<WorkloadView>(*unknown.view);
  view->scale.status = ScaleStatus::kUnknown;
  unknown.view = view;
  EXPECT_EQ(Step(unknown).replicas, 6);
  EXPECT_FALSE(book_.Find({})->known);
  EXPECT_EQ(Step(Load(80)).replicas, 8);
}

TEST_F(ShadowsByHand, WithoutASampleOfAnyRealPodItHolds) {
  spec_.metrics = {PodMetric(MetricType::kResource)};
  EXPECT_EQ(Step(Usage(70, 4)).replicas, 4);
  EXPECT_EQ(Step(Usage(1, 4, 4)).replicas, 4);
  EXPECT_FALSE(book_.Find({})->known);
  EXPECT_EQ(Step(Usage(1, 0), 0).replicas, 4) << "the real target is at zero";
  EXPECT_FALSE(book_.Find({})->known);
  EXPECT_EQ(Step(Usage(1, 4)).replicas, 1);
}

// Three of four are silent: taken as busy, they are worth more than the target.
TEST_F(ShadowsByHand, MissingSamplesDoNotShrinkIt) {
  spec_.metrics = {PodMetric(MetricType::kResource)};
  EXPECT_EQ(Step(Usage(70, 4)).replicas, 4);
  EXPECT_EQ(Step(Usage(1, 4, 3)).replicas, 4);
  EXPECT_EQ(Step(Usage(1, 4)).replicas, 1);
}

// Another autoscaler takes pods away; what was measured before lacks their load.
TEST_F(ShadowsByHand, RealPodsThatAreGoneSinceTheSampleStillCount) {
  spec_.metrics = {PodMetric(MetricType::kResource)};
  EXPECT_EQ(Step(Usage(70, 4)).replicas, 4);
  const ReadingResult before = Usage(70, 4);
  now_ += seconds(5);
  EXPECT_EQ(Step(before, 2).replicas, 4);
  EXPECT_TRUE(book_.Find({})->known);
  EXPECT_EQ(Step(Usage(140, 2), 2).replicas, 4) << "the two have all of it now";
  EXPECT_EQ(Step(Usage(70, 2), 2).replicas, 2);
}

TEST_F(ShadowsByHand, SaysWhenSaturatedPodsHideTheDemand) {
  spec_.metrics = {PodMetric(MetricType::kResource)};
  EXPECT_FALSE(Step(Usage(89, 4)).demand_hidden);
  EXPECT_TRUE(Step(Usage(90, 4)).demand_hidden);
}

TEST_F(ShadowsByHand, AGuardAndAnInputAreNotSharedOut) {
  spec_.metrics[0].target = {TargetType::kValue, Q("10"), {}, {}};
  spec_.metrics[0].role = MetricRole::kGuard;
  Round round = MakeRound(Load(30));
  const ShadowPods pods(*MakeRound(Load(0), 8).view, now_, kStartup);
  EXPECT_EQ((*ReadShadow(round, {}, {}, pods).readings[0])->values[0].value, 30);
  spec_.metrics[0].role = MetricRole::kScale;
  round = MakeRound(Load(30));
  EXPECT_EQ((*ReadShadow(round, {}, {}, pods).readings[0])->values[0].value, 15);
}

TEST_F(ShadowsByHand, AFormulaPerReplicaIsSharedOutByItsValue) {
  spec_.metrics[0].type = MetricType::kFormula;
  spec_.metrics[0].target = {TargetType::kValue, Q("10"), {}, {}};
  Round round = MakeRound(Error{ErrorCode::kInvalidArgument, "a formula is computed, not read"});
  const ShadowPods pods(*MakeRound(Load(0), 8).view, now_, kStartup);
  ReadingResult reading = ReadShadow(round, {}, {}, pods).readings[0];
  ASSERT_TRUE(reading);
  EXPECT_TRUE((*reading)->values.empty()) << "not decided: nothing to go by";
  round.decided.metrics.resize(1);
  round.decided.metrics[0].total = 30;
  reading = ReadShadow(round, {}, {}, pods).readings[0];
  ASSERT_EQ((*reading)->values.size(), 1U);
  EXPECT_EQ((*reading)->values[0].value, 15);
}

TEST_F(ShadowsByHand, EachObjectHasItsOwn) {
  const WorkloadId other{7};
  EXPECT_EQ(Step(Load(100)).replicas, 6);
  EXPECT_EQ(Step(Load(10), 20, other).replicas, 1);
  EXPECT_EQ(Step(Load(100)).replicas, 8);
  EXPECT_EQ(book_.Find(other)->replicas, 1);
}

TEST_F(ShadowsByHand, GoesOnThroughAChangeOfTheObjectUnderItsNewRules) {
  EXPECT_EQ(Step(Load(100)).replicas, 6);
  ++spec_.generation;
  spec_.max_replicas = 7;
  EXPECT_EQ(Step(Load(100)).replicas, 7);
  ++spec_.generation;
  spec_.metrics[0].target.average_value = Q("50");
  EXPECT_EQ(Step(Load(100)).replicas, 2);
}

TEST_F(ShadowsByHand, EndsWithTheModeAndBeginsAnewWithIt) {
  EXPECT_EQ(Step(Load(100)).replicas, 6);
  spec_.mode = Mode::kActive;
  EXPECT_FALSE(shadows_.Wants({}, *MakeRound(Load(100)).view));
  EXPECT_EQ(book_.Find({}), nullptr);
  spec_.mode = Mode::kDryRun;
  EXPECT_EQ(Step(Load(100), 4).replicas, 6);
}

TEST_F(ShadowsByHand, EndsWithTheObjectItsUidAndItsTarget) {
  EXPECT_EQ(Step(Load(100)).replicas, 6);
  shadows_.RecordGone({});
  EXPECT_EQ(book_.Find({}), nullptr);
  shadows_.RecordGone({});
  EXPECT_EQ(Step(Load(100)).replicas, 6);
  spec_.uid = "another";
  EXPECT_EQ(Step(Load(100), 20).replicas, 10) << "it begins with the real twenty";
  spec_.target.name = "elsewhere";
  EXPECT_EQ(Step(Load(100), 2).replicas, 4) << "it begins with the real two";
}

TEST_F(ShadowsByHand, BeginsOnlyWhenTheRealSizeIsKnown) {
  Round round = MakeRound(Load(100));
  auto view = std::make_shared<WorkloadView>(*round.view);
  view->scale.status = ScaleStatus::kUnknown;
  round.view = view;
  shadows_.Take(round);
  EXPECT_EQ(book_.Find({}), nullptr);
}

TEST_F(ShadowsByHand, HoldsWhileTheClusterIsFrozenAsTheObjectWould) {
  Round round = MakeRound(Load(100));
  auto view = std::make_shared<WorkloadView>(*round.view);
  view->freeze = "a test";
  round.view = view;
  EXPECT_EQ(Step(round).replicas, 4);
  EXPECT_EQ(Step(Load(100)).replicas, 6);
}

TEST_F(ShadowsByHand, PassesOnWhatAnotherTapWants) {
  testing::RoundList next;
  Shadows shadows({}, policies::MakeBuiltinPolicies, book_, &next);
  spec_.mode = Mode::kActive;
  Round round = MakeRound(Load(100));
  EXPECT_TRUE(shadows.Wants({}, *round.view));
  shadows.Take(round);
  EXPECT_EQ(next.rounds.size(), 1U);
  EXPECT_EQ(book_.Find({}), nullptr);
}

}  // namespace
}  // namespace hpaplus::rehearse
