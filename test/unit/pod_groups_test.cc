#include "engine/core/pod_groups.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::kNoon;
using testing::seconds;

const PodGroupRules kCpu = {kNoon, true, seconds(300), seconds(30)};
const PodGroupRules kMemory = {kNoon, false, seconds(300), seconds(30)};

struct Case {
  const char* name;
  PodPhase phase = PodPhase::kRunning;
  bool deleting = false;
  std::optional<seconds> started_ago = seconds(3600);
  std::optional<ConditionStatus> ready = ConditionStatus::kTrue;
  seconds transition_ago = seconds(3600);
  std::optional<seconds> sampled_ago = seconds(10);
  PodGroup cpu = PodGroup::kReady;
  PodGroup memory = PodGroup::kReady;
};

TEST(GroupPod, FollowsTheFirstRuleThatApplies) {
  using enum PodPhase;
  using enum PodGroup;
  constexpr auto kYes = ConditionStatus::kTrue;
  constexpr auto kNo = ConditionStatus::kFalse;
  constexpr auto kMaybe = ConditionStatus::kUnknown;
  const seconds hour(3600);
  const seconds minute(60);
  const Case cases[] = {
      {.name = "ready"},
      {.name = "failed", .phase = kFailed, .cpu = kIgnored, .memory = kIgnored},
      {.name = "deleting", .deleting = true, .cpu = kIgnored, .memory = kIgnored},
      {.name = "deleting wins over pending",
       .phase = kPending,
       .deleting = true,
       .cpu = kIgnored,
       .memory = kIgnored},
      {.name = "pending", .phase = kPending, .cpu = kUnready, .memory = kUnready},
      {.name = "pending without a sample",
       .phase = kPending,
       .sampled_ago = std::nullopt,
       .cpu = kUnready,
       .memory = kUnready},
      {.name = "no sample", .sampled_ago = std::nullopt, .cpu = kMissing, .memory = kMissing},
      {.name = "succeeded counts", .phase = kSucceeded},
      {.name = "phase unknown counts", .phase = PodPhase::kUnknown},
      {.name = "no phase counts", .phase = kNone},
      {.name = "no Ready condition", .ready = std::nullopt, .cpu = kUnready},
      {.name = "no start time", .started_ago = std::nullopt, .cpu = kUnready},
      {.name = "young and not ready",
       .started_ago = minute,
       .ready = kNo,
       .transition_ago = minute,
       .cpu = kUnready},
      {.name = "young, ready, measured from after that on",
       .started_ago = seconds(200),
       .transition_ago = seconds(100),
       .sampled_ago = seconds(40)},
      {.name = "young, ready, measured a little too early",
       .started_ago = seconds(200),
       .transition_ago = seconds(100),
       .sampled_ago = seconds(41),
       .cpu = kUnready},
      {.name = "young with an unknown readiness",
       .started_ago = seconds(200),
       .ready = kMaybe,
       .transition_ago = seconds(100)},
      {.name = "at the end of the initialization period it is not young",
       .started_ago = seconds(300),
       .transition_ago = seconds(100),
       .sampled_ago = seconds(99)},
      {.name = "old, never ready",
       .started_ago = hour,
       .ready = kNo,
       .transition_ago = hour - seconds(29),
       .cpu = kUnready},
      {.name = "old, was ready once",
       .started_ago = hour,
       .ready = kNo,
       .transition_ago = hour - seconds(30)},
      {.name = "old, ready", .started_ago = hour, .ready = kYes, .transition_ago = hour},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Pod pod;
    pod.phase = c.phase;
    pod.deleting = c.deleting;
    if (c.started_ago) pod.start_time = kNoon - *c.started_ago;
    if (c.ready) pod.ready = ReadyCondition{*c.ready, kNoon - c.transition_ago};
    const PodSample sample{kNoon - c.sampled_ago.value_or(seconds(0)), seconds(60), 1};
    const PodSample* const seen = c.sampled_ago ? &sample : nullptr;
    EXPECT_EQ(GroupPod(pod, seen, kCpu), c.cpu);
    EXPECT_EQ(GroupPod(pod, seen, kMemory), c.memory);
  }
}

TEST(GroupPod, SurvivesTimesAtTheEdgeOfTheirRange) {
  Pod pod;
  pod.phase = PodPhase::kRunning;
  pod.start_time = Timestamp::max();
  pod.ready = ReadyCondition{ConditionStatus::kTrue, Timestamp::max()};
  const PodSample sample{Timestamp::min(), Duration::max(), 1};
  EXPECT_EQ(GroupPod(pod, &sample, kCpu), PodGroup::kUnready);
  pod.start_time = Timestamp::min();
  pod.ready->last_transition.reset();
  EXPECT_EQ(GroupPod(pod, &sample, kCpu), PodGroup::kReady);
}

}  // namespace
}  // namespace hpaplus
