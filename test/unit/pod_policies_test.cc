// Metrics that every pod reports: utilization and average, with pods that are starting, silent,
// leaving or unknown.

#include <gtest/gtest.h>

#include "policies/pod_average.h"
#include "policies/pod_utilization.h"
#include "test/support/workload_builder.h"

namespace hpaplus::policies {
namespace {

using testing::Answer;
using testing::Bench;
using testing::kNoon;
using testing::seconds;

constexpr std::int64_t kNone = -1'000'000;  // No sample for this pod.

PodUsage Usage(std::string pod, std::int64_t cpu_milli, std::string ns = "shop") {
  PodUsage item;
  item.ns = std::move(ns);
  item.pod = std::move(pod);
  item.at = kNoon - seconds(5);
  item.window = seconds(30);
  item.containers.push_back({"app", {{"cpu", cpu_milli}}});
  return item;
}

// Pods ask for 100m each; usages[i] belongs to pod i.
Bench WithUsage(const std::vector<std::int64_t>& usages, Reading reading = {}) {
  Bench bench(static_cast<Replicas>(usages.size()));
  bench.AddPods(static_cast<int>(usages.size()));
  std::vector<PodUsage> items;
  for (std::size_t i = 0; i < usages.size(); ++i) {
    if (usages[i] != kNone) items.push_back(Usage(bench.view.pods[i]->name, usages[i]));
  }
  reading.pod_usage = PodUsageTable(items);
  bench.readings.push_back(Answer(std::move(reading)));
  return bench;
}

Pod& PodAt(Bench& bench, std::size_t i) {
  return const_cast<Pod&>(*bench.view.pods[i]);
}

Container& ContainerOf(Bench& bench, std::size_t pod) {
  auto& resources = const_cast<PodResources&>(*PodAt(bench, pod).resources);
  return resources.containers.front();
}

Reading& ReadingOf(Bench& bench) {
  return const_cast<Reading&>(**bench.readings[0]);
}

template <class F>
void EditUsage(Bench& bench, const F& edit) {
  std::vector<PodUsage> items = ReadingOf(bench).pod_usage.Pods();
  edit(items);
  ReadingOf(bench).pod_usage = PodUsageTable(items);
}

template <class F>
void EditEachUsage(Bench& bench, const F& edit) {
  EditUsage(bench, [&edit](std::vector<PodUsage>& items) {
    for (PodUsage& item : items)
      edit(item);
  });
}

MetricOutcome Ask(const Policy& policy, const Bench& bench) {
  return policy.Propose({bench.now, bench.config, bench.view, bench.readings[0]});
}

std::unique_ptr<const Policy> Utilization(std::int32_t percent) {
  return *PodUtilization::Create({"cpu", "", percent, seconds(90), {}});
}

std::unique_ptr<const Policy> Average(std::int64_t milli, std::string resource = "cpu") {
  return *PodAverage::Create({std::move(resource), "", milli, seconds(90), {}});
}

TEST(PodUtilization, SizesByTheRatioOfUsageToRequests) {
  struct Case {
    const char* name;
    std::vector<std::int64_t> usages;
    std::int32_t target;
    Replicas proposal;
    Reason reason;
    std::int32_t percent;
  };
  const Case cases[] = {
      {"above", {90, 90, 90}, 50, 6, Reason::kAboveTarget, 90},
      {"below", {20, 20, 20}, 50, 2, Reason::kBelowTarget, 20},
      {"within", {54, 54, 54}, 50, 3, Reason::kWithinTolerance, 54},
      {"upper end is within", {55, 55, 55}, 50, 3, Reason::kWithinTolerance, 55},
      {"percent is truncated first", {109, 109, 110}, 100, 3, Reason::kWithinTolerance, 109},
      {"idle", {0, 0, 0}, 50, 0, Reason::kBelowTarget, 0},
      {"missing pods are busy when shrinking",
       {10, kNone, kNone},
       50,
       3,
       Reason::kHeldIncomplete,
       10},
      {"missing pods weaken a move down",
       {10, 10, 10, 10, 10, kNone},
       50,
       3,
       Reason::kBelowTarget,
       10},
      {"missing pods are idle when growing", {90, 90, 90, kNone}, 50, 6, Reason::kAboveTarget, 90},
      {"and may prevent it", {60, kNone}, 50, 2, Reason::kHeldIncomplete, 60},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const MetricOutcome out = Ask(*Utilization(c.target), WithUsage(c.usages));
    EXPECT_EQ(out.proposal, c.proposal);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_EQ(out.average_utilization, c.percent);
    EXPECT_EQ(out.oldest, kNoon - seconds(5));
  }
}

// Sums hardly tell whether a pod without usage was counted; the tolerance does.
TEST(PodUtilization, UnreadyPodsAreLeftOutDownwardsAndIdleUpwards) {
  Bench down = WithUsage({46, 46, 46, 46});
  PodAt(down, 3).phase = PodPhase::kPending;
  EXPECT_EQ(Ask(*Utilization(50), down).proposal, 4) << "92 % of the target; with an idle one 68 %";
  EXPECT_EQ(Ask(*Average(50), down).proposal, 4);
  Bench up = WithUsage({70, 70, 70, 70});
  PodAt(up, 3).phase = PodPhase::kPending;
  EXPECT_EQ(Ask(*Utilization(50), up).proposal, 4) << "with an idle one 104 % of the target";
  EXPECT_EQ(Ask(*Average(50), up).proposal, 4);
}

TEST(PodUtilization, AMissingPodIsBusyAtTheTargetWhereThatIsAboveItsRequest) {
  EXPECT_EQ(Ask(*Utilization(120), WithUsage({12, kNone, kNone})).proposal, 3);
}

TEST(PodUtilization, IgnoresPodsOnTheirWayOutButWantsTheirRequests) {
  Bench bench = WithUsage({90, 90, 10});
  PodAt(bench, 2).deleting = true;
  EXPECT_EQ(Ask(*Utilization(50), bench).proposal, 4);
  ContainerOf(bench, 2).requests.clear();
  const MetricOutcome out = Ask(*Utilization(50), bench);
  EXPECT_EQ(out.proposal, std::nullopt);
  EXPECT_EQ(out.reason, Reason::kNoRequests);
}

TEST(PodUtilization, AbstainsWithAReason) {
  struct Case {
    const char* name;
    void (*spoil)(Bench&);
    Reason reason;
  };
  const Case cases[] = {
      {"source down",
       [](Bench& b) {
         b.readings[0] = Error{ErrorCode::kUnavailable, "connection refused"};
       },
       Reason::kSourceFailed},
      {"source unknown",
       [](Bench& b) {
         b.readings[0] = Error{ErrorCode::kNotFound, "no such source"};
       },
       Reason::kSourceNotFound},
      {"empty answer", [](Bench& b) { ReadingOf(b).pod_usage = {}; }, Reason::kNoData},
      {"another namespace's",
       [](Bench& b) { EditEachUsage(b, [](PodUsage& item) { item.ns = "other"; }); },
       Reason::kNoData},
      {"no pods", [](Bench& b) { b.view.pods.clear(); }, Reason::kNoReadyPods},
      {"all stale", [](Bench& b) { b.now += seconds(86); }, Reason::kStaleData},
      {"all from the future", [](Bench& b) { b.now -= seconds(8); }, Reason::kFutureData},
      {"all negative",
       [](Bench& b) {
         EditEachUsage(b, [](PodUsage& item) { item.containers[0].milli[0].second = -5; });
       },
       Reason::kInvalidData},
      {"all numbers do not fit",
       [](Bench& b) {
         EditEachUsage(b,
                       [](PodUsage& item) { item.containers[0].milli[0].second = kInvalidMilli; });
       },
       Reason::kInvalidData},
      {"another resource",
       [](Bench& b) {
         EditEachUsage(b, [](PodUsage& item) { item.containers[0].milli[0].first = "memory"; });
       },
       Reason::kNoData},
      {"nobody asks for anything",
       [](Bench& b) {
         for (std::size_t i = 0; i < b.view.pods.size(); ++i)
           ContainerOf(b, i).requests[0].second = Quantity();
       },
       Reason::kNoRequests},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    Bench bench = WithUsage({90, 90, 90});
    c.spoil(bench);
    const MetricOutcome out = Ask(*Utilization(50), bench);
    EXPECT_EQ(out.proposal, std::nullopt);
    EXPECT_EQ(out.reason, c.reason);
  }
}

TEST(PodUtilization, PassesTheSourcesProblemOn) {
  Bench bench = WithUsage({90});
  bench.readings[0] = Error{ErrorCode::kUnavailable, "connection refused"};
  EXPECT_EQ(Ask(*Utilization(50), bench).problem, "connection refused");
}

TEST(PodUtilization, AStaleNegativeOrFutureSampleMakesItsPodAMissingOne) {
  void (*const spoils[])(PodUsage&) = {
      [](PodUsage& item) { item.at = kNoon - seconds(91); },
      [](PodUsage& item) { item.at = kNoon + seconds(3); },
      [](PodUsage& item) { item.containers[0].milli[0].second = -1; },
      [](PodUsage& item) { item.containers.clear(); },
  };
  for (const auto spoil : spoils) {
    Bench bench = WithUsage({10, 10, 10, 10, 10, 10});
    EditUsage(bench, [spoil](auto& items) { spoil(items[5]); });
    EXPECT_EQ(Ask(*Utilization(50), bench).proposal, 3) << "as a busy pod, not as an idle one";
  }
}

TEST(PodUtilization, OneNegativeContainerSpoilsItsPod) {
  Bench bench = WithUsage({10, 10, 10, 10, 10, 10});
  EditUsage(bench, [](auto& items) { items[5].containers.push_back({"log", {{"cpu", -1}}}); });
  EXPECT_EQ(Ask(*Utilization(50), bench).proposal, 3);
}

TEST(PodUtilization, ANegativeRequestIsNone) {
  Bench bench = WithUsage({90, 90});
  ContainerOf(bench, 0).requests[0].second = testing::Q("-1m");
  EXPECT_EQ(Ask(*Utilization(50), bench).reason, Reason::kNoRequests);
}

TEST(PodUtilization, AssumptionsNeverShrinkWhatIsAboveItsTarget) {
  // Three pods of a workload of ten, one of them silent: 133 % of the target on three pods are
  // four.
  Bench bench = WithUsage({100, 100, kNone});
  bench.view.scale.spec_replicas = 10;
  const MetricOutcome out = Ask(*Utilization(50), bench);
  EXPECT_EQ(out.proposal, 10);
  EXPECT_EQ(out.reason, Reason::kHeldIncomplete);
}

TEST(PodUtilization, SamplesExactlyAtTheLimitsCount) {
  Bench bench = WithUsage({90, 90});
  ReadingOf(bench).pod_usage.SetTime(0, kNoon - seconds(90));
  ReadingOf(bench).pod_usage.SetTime(1, kNoon + seconds(2));
  EXPECT_EQ(Ask(*Utilization(50), bench).proposal, 4);
}

TEST(PodUtilization, TheLastUsableOfSeveralSamplesOfAPodCounts) {
  Bench bench = WithUsage({90});
  EditUsage(bench, [](auto& items) { items.push_back(Usage(items[0].pod, 10)); });
  EXPECT_EQ(Ask(*Utilization(50), bench).average_utilization, 10);
  EditUsage(bench, [](auto& items) { items.back().containers.clear(); });
  EXPECT_EQ(Ask(*Utilization(50), bench).average_utilization, 90);
}

TEST(PodUtilization, OfOneContainerLeavesTheOthersOut) {
  Bench bench = WithUsage({90});
  PodResources resources = *PodAt(bench, 0).resources;
  resources.containers.push_back({"log", {{"cpu", testing::Q("10m")}}, false});
  PodAt(bench, 0).resources = resources;
  EditUsage(bench, [](auto& items) { items[0].containers.push_back({"log", {{"cpu", 5}}}); });
  const auto policy = *PodUtilization::Create({"cpu", "log", 50, seconds(90), {}});
  EXPECT_EQ(Ask(*policy, bench).average_utilization, 50);
}

TEST(PodUtilization, StrangersCountAsPodsWhenTheAnswerWasSelected) {
  for (const bool selected : {false, true}) {
    Reading reading;
    reading.selected = selected;
    Bench bench = WithUsage({90, 90, kNone}, reading);
    EditUsage(bench, [](auto& items) { items.push_back(Usage("web-999", 90)); });
    // 60 % of the requests over three pods; the stranger is one more.
    EXPECT_EQ(Ask(*Utilization(50), bench).proposal, selected ? 5 : 4);
  }
}

TEST(PodUtilization, HugeNumbersGrowAndNeverWrap) {
  const std::int64_t huge = INT64_MAX;
  const MetricOutcome out = Ask(*Utilization(50), WithUsage({huge, huge, huge}));
  EXPECT_EQ(out.proposal, 128849019) << "ceil(2147483647 / 50 * 3)";
  EXPECT_EQ(out.average_utilization, 2147483647);
  EXPECT_EQ(out.average_value_milli, huge);
}

TEST(PodUtilization, RefusesATargetThatIsNotPositive) {
  EXPECT_FALSE(PodUtilization::Create({"cpu", "", 0, seconds(90), {}}).has_value());
  EXPECT_FALSE(PodUtilization::Create({"cpu", "", -1, seconds(90), {}}).has_value());
}

TEST(PodAverage, SizesByTheRatioOfTheAverageToTheTarget) {
  struct Case {
    const char* name;
    std::vector<std::int64_t> usages;
    std::int64_t target;
    Replicas proposal;
    Reason reason;
    std::int64_t average;
  };
  const Case cases[] = {
      {"above", {90, 90, 90}, 50, 6, Reason::kAboveTarget, 90},
      {"below", {20, 20, 20}, 50, 2, Reason::kBelowTarget, 20},
      {"the average is truncated", {55, 56, 56}, 50, 3, Reason::kWithinTolerance, 55},
      {"missing pods have the target when shrinking",
       {10, 10, kNone, kNone},
       50,
       3,
       Reason::kBelowTarget,
       10},
      {"missing pods are idle when growing", {90, 90, 90, kNone}, 50, 6, Reason::kAboveTarget, 90},
      {"and may prevent it", {60, kNone}, 50, 2, Reason::kHeldIncomplete, 60},
      {"exactly at the target with missing ones", {50, kNone}, 50, 2, Reason::kWithinTolerance, 50},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const MetricOutcome out = Ask(*Average(c.target), WithUsage(c.usages));
    EXPECT_EQ(out.proposal, c.proposal);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_EQ(out.average_value_milli, c.average);
    EXPECT_EQ(out.average_utilization, std::nullopt);
  }
}

TEST(PodAverage, WithoutToleranceTheSmallestExcessGrowsThoughAPodIsMissing) {
  std::vector<std::int64_t> usages(200, 1007);
  usages.push_back(kNone);
  Bench bench = WithUsage(usages);
  bench.config.tolerance = 0;
  EXPECT_EQ(Ask(*Average(1000), bench).proposal, 202) << "1.002 times the target over all 201";
  usages.assign(200, 993);
  usages.push_back(kNone);
  bench = WithUsage(usages);
  bench.config.tolerance = 0;
  EXPECT_EQ(Ask(*Average(1000), bench).proposal, 200) << "0.993 times the target over all 201";
}

TEST(PodAverage, OfCpuJudgesStartingPodsAndOfAPodsMetricDoesNot) {
  Bench bench = WithUsage({90, 90});
  PodAt(bench, 1).ready.reset();
  EXPECT_EQ(Ask(*Average(50), bench).proposal, 2);
  Reading pods;
  for (const auto& pod : bench.view.pods)
    pods.pod_values.push_back({pod->name, kNoon, seconds(60), 90});
  bench.readings[0] = Answer(pods);
  EXPECT_EQ(Ask(*Average(50, ""), bench).proposal, 4);
}

TEST(PodAverage, StrangersCountInTheAverageWhenTheAnswerWasSelected) {
  Reading reading;
  reading.selected = true;
  Bench bench = WithUsage({90}, reading);
  EditUsage(bench, [](auto& items) { items.push_back(Usage("web-999", 30)); });
  const MetricOutcome out = Ask(*Average(50), bench);
  EXPECT_EQ(out.average_value_milli, 60);
  EXPECT_EQ(out.proposal, 2) << "ceil(1.2 * one ready pod)";
}

TEST(PodAverage, ToleranceOfTheObjectGoesBeforeTheControllers) {
  const auto policy = *PodAverage::Create({"cpu", "", 50, seconds(90), {0.5, 0.9}});
  EXPECT_EQ(Ask(*policy, WithUsage({94, 94})).proposal, 2);
  EXPECT_EQ(Ask(*policy, WithUsage({96, 96})).proposal, 4);
  EXPECT_EQ(Ask(*policy, WithUsage({25, 25})).proposal, 2);
  EXPECT_EQ(Ask(*policy, WithUsage({24, 24})).proposal, 1);
}

TEST(PodAverage, RefusesATargetThatIsNotPositive) {
  EXPECT_FALSE(PodAverage::Create({"cpu", "", 0, seconds(90), {}}).has_value());
}

}  // namespace
}  // namespace hpaplus::policies
