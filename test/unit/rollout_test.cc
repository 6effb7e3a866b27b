#include "engine/core/rollout.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using testing::kNoon;
using testing::ReadyPod;
using testing::seconds;

struct Group {
  const char* revision;
  int ready;
  int starting;
  Timestamp start;
};

WorkloadView View(Replicas size, const std::vector<Group>& groups,
                  const char* label = "pod-template-hash") {
  WorkloadView view;
  view.scale.spec_replicas = size;
  for (const Group& group : groups) {
    for (int i = 0; i < group.ready + group.starting; ++i) {
      Pod pod = ReadyPod(std::string(group.revision) + std::to_string(i));
      pod.labels = PodLabels{{"app", "web"}, {label, group.revision}};
      pod.start_time = group.start;
      if (i >= group.ready) pod.ready->status = ConditionStatus::kFalse;
      view.pods.push_back(std::make_shared<const Pod>(pod));
    }
  }
  return view;
}

const Timestamp kBefore = kNoon - seconds(3600);

TEST(CountRevisions, TakesTheRevisionThatStartedLastForTheNewest) {
  for (const char* label : {"pod-template-hash", "controller-revision-hash"}) {
    const RevisionCount count =
        CountRevisions(View(10, {{"aaa", 6, 1, kBefore}, {"bbb", 2, 3, kNoon}}, label));
    EXPECT_EQ(count.ready_old, 6);
    EXPECT_EQ(count.starting_old, 1);
    EXPECT_EQ(count.ready_new, 2);
    EXPECT_EQ(count.starting_new, 3);
    EXPECT_TRUE(count.rolling);
  }
}

TEST(CountRevisions, BelievesTheStatusAboutTheNewestAndAboutTheRollout) {
  WorkloadView view = View(10, {{"aaa", 6, 0, kNoon}, {"bbb", 2, 0, kBefore}}, "hash");
  view.scale.rollout = {true, false, 8, 8, "hash", "bbb"};
  EXPECT_EQ(CountRevisions(view).ready_new, 2);
  EXPECT_EQ(CountRevisions(view).ready_old, 6);
  EXPECT_FALSE(CountRevisions(view).rolling) << "a partition that is left as it is, for example";
  view.scale.rollout.rolling = true;
  EXPECT_TRUE(CountRevisions(view).rolling);
}

TEST(CountRevisions, SeesNoRolloutAmongPodsOfOneRevisionOrOfNone) {
  EXPECT_FALSE(CountRevisions(View(3, {{"aaa", 2, 1, kNoon}})).rolling);
  EXPECT_FALSE(CountRevisions(View(3, {{"aaa", 2, 1, kNoon}}, "other")).rolling);
  EXPECT_FALSE(CountRevisions(View(0, {})).rolling);
}

TEST(CountRevisions, PassesOverPodsOnTheirWayOut) {
  WorkloadView view = View(2, {{"bbb", 2, 0, kNoon}});
  Pod pod = ReadyPod("old");
  pod.labels = PodLabels{{"pod-template-hash", "aaa"}};
  pod.deleting = true;
  view.pods.push_back(std::make_shared<const Pod>(pod));
  EXPECT_FALSE(CountRevisions(view).rolling);
}

TEST(HeedRollout, WaitsHoldsOrIgnores) {
  struct Case {
    const char* name;
    RolloutMode mode;
    Replicas desired;
    Replicas expected;
    Reason reason;
  };
  const Case cases[] = {
      {"wait, down", RolloutMode::kWait, 4, 8, Reason::kRolloutWaits},
      {"wait, up", RolloutMode::kWait, 12, 12, Reason::kRolloutAllowed},
      {"wait, same", RolloutMode::kWait, 8, 8, Reason::kRolloutAllowed},
      {"hold, down", RolloutMode::kHold, 4, 8, Reason::kRolloutHolds},
      {"hold, up", RolloutMode::kHold, 12, 8, Reason::kRolloutHolds},
      {"ignore, down", RolloutMode::kIgnore, 4, 4, Reason::kRolloutAllowed},
  };
  const WorkloadView view = View(8, {{"aaa", 5, 0, kBefore}, {"bbb", 3, 0, kNoon}});
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    RolloutSpec spec;
    spec.mode = c.mode;
    RolloutPast past;
    const StageResult out = HeedRollout(spec, view, c.desired, kNoon, past);
    EXPECT_EQ(out.replicas, c.expected);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_EQ(out.evidence, 5);
  }
}

TEST(HeedRollout, IsPlainWithoutARollout) {
  RolloutPast past;
  past.since = kNoon;
  const StageResult out =
      HeedRollout(RolloutSpec(), View(8, {{"aaa", 8, 0, kBefore}}), 4, kNoon, past);
  EXPECT_EQ(out.replicas, 4);
  EXPECT_EQ(out.reason, Reason::kNoRollout);
  EXPECT_EQ(past.since, std::nullopt);
}

TEST(HeedRollout, WaitsNotForEver) {
  const WorkloadView view = View(8, {{"aaa", 5, 0, kBefore}, {"bbb", 3, 0, kNoon}});
  RolloutSpec spec;
  spec.wait_most = minutes(20);
  RolloutPast past;
  EXPECT_EQ(HeedRollout(spec, view, 4, kNoon, past).replicas, 8);
  EXPECT_EQ(HeedRollout(spec, view, 4, kNoon + minutes(20), past).replicas, 8);
  const StageResult late = HeedRollout(spec, view, 4, kNoon + minutes(20) + Duration(1), past);
  EXPECT_EQ(late.replicas, 4);
  EXPECT_EQ(late.reason, Reason::kRolloutTooLong);
}

TEST(HeedRollout, MakesUpForPodsThatARolloutTakesAway) {
  RolloutSpec spec;
  spec.extra_percent_most = 25;
  RolloutPast past;
  // Ten are wanted and there are seven: three are missing, and a quarter of ten is at most three.
  const StageResult some =
      HeedRollout(spec, View(10, {{"aaa", 5, 0, kBefore}, {"bbb", 2, 3, kNoon}}), 10, kNoon, past);
  EXPECT_EQ(some.replicas, 13);
  EXPECT_EQ(some.reason, Reason::kRolloutCompensated);
  RolloutPast other;
  const StageResult many =
      HeedRollout(spec, View(10, {{"aaa", 2, 0, kBefore}, {"bbb", 0, 8, kNoon}}), 10, kNoon, other);
  EXPECT_EQ(many.replicas, 13) << "no more than a quarter";
}

TEST(HeedRollout, TakesBackASinglePodToo) {
  RolloutSpec spec;
  spec.extra_percent_most = 25;
  RolloutPast past;
  const WorkloadView rolling = View(4, {{"aaa", 3, 0, kBefore}, {"bbb", 0, 1, kNoon}});
  EXPECT_EQ(HeedRollout(spec, rolling, 4, kNoon, past).replicas, 5);
  const WorkloadView done = View(5, {{"bbb", 5, 0, kNoon}});
  EXPECT_EQ(HeedRollout(spec, done, 5, kNoon, past).replicas, 4);
}

TEST(HeedRollout, KeepsHoldingWhatItMadeUpFor) {
  RolloutSpec spec;
  spec.mode = RolloutMode::kHold;
  spec.extra_percent_most = 50;
  RolloutPast past;
  const std::vector<Group> groups = {{"aaa", 6, 0, kBefore}, {"bbb", 0, 4, kNoon}};
  EXPECT_EQ(HeedRollout(spec, View(10, groups), 3, kNoon, past).replicas, 14)
      << "held at ten, of which four are missing";
  EXPECT_EQ(HeedRollout(spec, View(14, groups), 3, kNoon, past).replicas, 14);
}

TEST(HeedRollout, AddsNothingToWhatItHasAddedAndTakesItBackAfterwards) {
  RolloutSpec spec;
  spec.extra_percent_most = 50;
  RolloutPast past;
  const std::vector<Group> broken = {{"aaa", 4, 0, kBefore}, {"bbb", 0, 6, kNoon}};
  EXPECT_EQ(HeedRollout(spec, View(10, broken), 10, kNoon, past).replicas, 15);
  // The metrics are content with fifteen; the new pods still do not start.
  for (int i = 0; i < 10; ++i) {
    const StageResult again = HeedRollout(spec, View(15, broken), 15, kNoon, past);
    EXPECT_EQ(again.replicas, 15);
    EXPECT_EQ(again.reason, Reason::kRolloutCompensated);
  }
  const WorkloadView done = View(15, {{"bbb", 15, 0, kNoon}});
  const StageResult back = HeedRollout(spec, done, 15, kNoon, past);
  EXPECT_EQ(back.replicas, 10);
  EXPECT_EQ(back.reason, Reason::kRolloutCompensated);
  EXPECT_EQ(HeedRollout(spec, done, 18, kNoon, past).replicas, 18) << "metrics ask for more";
  EXPECT_EQ(HeedRollout(spec, View(14, {{"bbb", 14, 0, kNoon}}), 14, kNoon, past).replicas, 14)
      << "somebody else has set the size since";
}

TEST(CountRevisions, FindsTheNewestInWhateverOrderPodsCome) {
  const Group older = {"zzz", 2, 0, kBefore};
  const Group newer = {"bbb", 3, 0, kNoon};
  for (const auto& groups : {std::vector{older, newer}, std::vector{newer, older}})
    EXPECT_EQ(CountRevisions(View(5, groups)).ready_new, 3);
  const Group twin = {"aaa", 1, 0, kNoon};
  for (const auto& groups : {std::vector{twin, newer}, std::vector{newer, twin}})
    EXPECT_EQ(CountRevisions(View(4, groups)).ready_new, 3) << "by name where both began together";
}

TEST(CountRevisions, SeesARolloutInASingleOldPod) {
  EXPECT_TRUE(CountRevisions(View(3, {{"aaa", 1, 0, kBefore}, {"bbb", 2, 0, kNoon}})).rolling);
  EXPECT_TRUE(CountRevisions(View(3, {{"aaa", 0, 1, kBefore}, {"bbb", 2, 0, kNoon}})).rolling);
  EXPECT_TRUE(CountRevisions(View(3, {{"aaa", 1, 1, kBefore}, {"bbb", 2, 0, kNoon}})).rolling);
}

TEST(HeedRollout, MakesUpForWhatIsMissingAndNotForMore) {
  RolloutSpec spec;
  spec.extra_percent_most = 100;
  const auto at = [&](Replicas wanted, const std::vector<Group>& groups) {
    RolloutPast past;
    return HeedRollout(spec, View(wanted, groups), wanted, kNoon, past);
  };
  EXPECT_EQ(at(10, {{"aaa", 5, 0, kBefore}, {"bbb", 3, 2, kNoon}}).replicas, 12);
  const StageResult whole = at(8, {{"aaa", 5, 0, kBefore}, {"bbb", 3, 2, kNoon}});
  EXPECT_EQ(whole.replicas, 8);
  EXPECT_EQ(whole.reason, Reason::kRolloutAllowed);
  EXPECT_EQ(at(200, {{"aaa", 0, 1, kBefore}, {"bbb", 0, 199, kNoon}}).replicas, 400);
}

}  // namespace
}  // namespace hpaplus
