#include "engine/kube/pod_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/model/label_selector.h"

namespace hpaplus::kube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

PodObject MakePod(const std::string& name, Labels labels, std::uint64_t version = 1,
                  PodPhase phase = PodPhase::kRunning, const std::string& ns = "shop") {
  PodObject object;
  object.ns = ns;
  object.uid = "uid-" + name;
  object.resource_version = std::to_string(version);
  object.pod.name = name;
  object.pod.labels = std::move(labels);
  object.pod.phase = phase;
  return object;
}

std::vector<std::string> Names(const PodIndex::Selection& selection) {
  std::vector<std::string> names;
  for (const auto& pod : selection.pods)
    names.push_back(pod->name);
  return names;
}

constexpr WorkloadId kWeb{0};
constexpr WorkloadId kDb{1};

TEST(PodIndex, PodsBeforeAndAfterTheSelectorAreFound) {
  PodIndex index;
  index.Upsert(MakePod("web-1", {{"app", "web"}}));
  index.Upsert(MakePod("db-1", {{"app", "db"}}));
  index.Select(kWeb, "shop", "app=web", true);
  index.Upsert(MakePod("web-2", {{"app", "web"}}));
  index.Upsert(MakePod("web-3", {{"app", "web"}}, 1, PodPhase::kRunning, "elsewhere"));
  EXPECT_THAT(Names(index.PodsOf(kWeb)), ElementsAre("web-1", "web-2"));
  EXPECT_EQ(index.size(), 4U);
}

TEST(PodIndex, PodsOfOneRevisionShareTheirLabelsAndResources) {
  PodIndex index;
  for (const char* name : {"web-1", "web-2"}) {
    PodObject object = MakePod(name, {{"app", "web"}});
    object.pod.resources = PodResources{.containers = {{"app", {{"cpu", {}}}, false}}};
    index.Upsert(std::move(object));
  }
  index.Select(kWeb, "shop", "app=web", true);
  const auto pods = index.PodsOf(kWeb).pods;
  ASSERT_EQ(pods.size(), 2U);
  EXPECT_EQ(pods[0]->labels.get(), pods[1]->labels.get());
  EXPECT_EQ(pods[0]->resources.get(), pods[1]->resources.get());
}

std::vector<std::string> Places(const std::vector<PodAddress>& pods) {
  std::vector<std::string> places;
  for (const PodAddress& pod : pods)
    places.push_back(pod.name + "@" + pod.ip + "/" + pod.node);
  return places;
}

PodObject MakePlacedPod(const std::string& name, const std::string& ip, std::uint64_t version) {
  PodObject object = MakePod(name, {{"app", "web"}}, version);
  object.ip = ip;
  object.node = "n1";
  return object;
}

TEST(PodIndex, FindsTheSamePodsWithAndWithoutAFiledLabel) {
  PodIndex index;
  index.KeepPlaces();
  index.Upsert(MakePlacedPod("web-2", "10.0.0.2", 1));
  index.Upsert(MakePlacedPod("web-1", "", 1));
  index.Upsert(MakePod("db-1", {{"app", "db"}}));
  index.Upsert(MakePod("web-3", {{"app", "web"}}, 1, PodPhase::kRunning, "elsewhere"));
  const ParsedSelector web = *ParseSelector("app=web");
  const auto expected = ElementsAre("web-1@/n1", "web-2@10.0.0.2/n1");
  EXPECT_THAT(Places(index.Find("shop", web)), expected);
  index.Select(kWeb, "shop", "app=web", true);
  EXPECT_THAT(Places(index.Find("shop", web)), expected);
  EXPECT_THAT(index.Find("shop", *ParseSelector("app=nobody")), IsEmpty());
  EXPECT_THAT(index.Find("nowhere", web), IsEmpty());
  EXPECT_EQ(index.Find("shop", *ParseSelector("")).size(), 3U);
}

TEST(PodIndex, APodsAddressFollowsItsNewestVersion) {
  PodIndex index;
  index.Upsert(MakePlacedPod("web-1", "10.0.0.1", 1));
  const ParsedSelector all = *ParseSelector("");
  EXPECT_THAT(Places(index.Find("shop", all)), ElementsAre("web-1@/")) << "nobody has asked for it";
  index.KeepPlaces();
  index.Upsert(MakePlacedPod("web-1", "10.0.0.2", 5));
  index.Upsert(MakePlacedPod("web-1", "10.0.0.3", 4));
  EXPECT_THAT(Places(index.Find("shop", all)), ElementsAre("web-1@10.0.0.2/n1"));
}

TEST(PodIndex, OnlyWorkloadsThatSelectAChangedPodAreDirty) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Select(kDb, "shop", "app=db", true);
  EXPECT_THAT(index.TakeDirty(), ElementsAre(kWeb, kDb));
  index.Upsert(MakePod("web-1", {{"app", "web"}}));
  EXPECT_THAT(index.TakeDirty(), ElementsAre(kWeb));
  index.Upsert(MakePod("other", {{"app", "other"}}));
  EXPECT_THAT(index.TakeDirty(), IsEmpty());
}

TEST(PodIndex, ALabelThatMovesAPodDirtiesBothWorkloads) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Select(kDb, "shop", "app=db", true);
  index.Upsert(MakePod("p", {{"app", "web"}}, 1));
  (void)index.TakeDirty();
  index.Upsert(MakePod("p", {{"app", "db"}}, 2));
  EXPECT_THAT(index.TakeDirty(), UnorderedElementsAre(kWeb, kDb));
  EXPECT_THAT(Names(index.PodsOf(kWeb)), IsEmpty());
  EXPECT_THAT(Names(index.PodsOf(kDb)), ElementsAre("p"));
}

TEST(PodIndex, AnUpdateOfNothingWeKeepDirtiesNobodyAndKeepsThePointer) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Upsert(MakePod("p", {{"app", "web"}}, 1));
  (void)index.TakeDirty();
  const auto before = index.PodsOf(kWeb).pods.at(0);
  index.Upsert(MakePod("p", {{"app", "web"}}, 2));
  EXPECT_THAT(index.TakeDirty(), IsEmpty());
  EXPECT_EQ(index.PodsOf(kWeb).pods.at(0), before);
  index.Upsert(MakePod("p", {{"app", "web"}}, 3, PodPhase::kFailed));
  EXPECT_THAT(index.TakeDirty(), ElementsAre(kWeb));
  EXPECT_EQ(before->phase, PodPhase::kRunning) << "a published pod has changed";
}

TEST(PodIndex, AP14AnOlderVersionIsIgnored) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Upsert(MakePod("p", {{"app", "web"}}, 10));
  index.Upsert(MakePod("p", {{"app", "web"}}, 9, PodPhase::kPending));
  EXPECT_EQ(index.PodsOf(kWeb).pods.at(0)->phase, PodPhase::kRunning);
}

TEST(PodIndex, AP16ALateDeletionDoesNotRemoveTheSuccessor) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Upsert(MakePod("web-0", {{"app", "web"}}, 10));
  index.Erase("shop", "web-0", "another-uid");
  EXPECT_EQ(index.PodsOf(kWeb).pods.size(), 1U);
  (void)index.TakeDirty();
  index.Erase("shop", "web-0", "uid-web-0");
  EXPECT_THAT(index.PodsOf(kWeb).pods, IsEmpty());
  EXPECT_THAT(index.TakeDirty(), ElementsAre(kWeb));
  EXPECT_EQ(index.size(), 0U);
}

TEST(PodIndex, WhatAListDoesNotMentionIsGone) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  for (const char* name : {"a", "b", "c"})
    index.Upsert(MakePod(name, {{"app", "web"}}));
  (void)index.TakeDirty();
  index.BeginReplace();
  index.Upsert(MakePod("b", {{"app", "web"}}));
  index.Upsert(MakePod("d", {{"app", "web"}}));
  index.EndReplace();
  EXPECT_THAT(Names(index.PodsOf(kWeb)), ElementsAre("b", "d"));
  EXPECT_THAT(index.TakeDirty(), ElementsAre(kWeb));
}

TEST(PodIndex, NoSelectorOrABrokenOneSelectsNothing) {
  PodIndex index;
  index.Upsert(MakePod("p", {{"app", "web"}}));
  index.Select(kWeb, "shop", std::nullopt, true);
  index.Select(kDb, "shop", "app in (", true);
  EXPECT_THAT(index.PodsOf(kWeb).pods, IsEmpty());
  EXPECT_THAT(index.PodsOf(kDb).pods, IsEmpty());
  index.Select(kDb, "shop", "app=web", true);
  EXPECT_EQ(index.PodsOf(kDb).pods.size(), 1U);
}

TEST(PodIndex, ASelectorWithoutAnEqualityWorksToo) {
  PodIndex index;
  index.Select(kWeb, "shop", "app,tier notin (back)", true);
  index.Upsert(MakePod("a", {{"app", "x"}}));
  index.Upsert(MakePod("b", {{"app", "x"}, {"tier", "back"}}));
  index.Upsert(MakePod("c", {}));
  EXPECT_THAT(Names(index.PodsOf(kWeb)), ElementsAre("a"));
}

TEST(PodIndex, AP20APodThatTwoSelectIsAmbiguousToBothUntilOneLetsGo) {
  PodIndex index;
  index.Select(kWeb, "shop", "app=web", true);
  index.Upsert(MakePod("p", {{"app", "web"}, {"tier", "front"}}));
  EXPECT_FALSE(index.PodsOf(kWeb).ambiguous);
  (void)index.TakeDirty();
  index.Select(kDb, "shop", "tier=front", true);
  EXPECT_THAT(index.TakeDirty(), UnorderedElementsAre(kWeb, kDb));
  EXPECT_TRUE(index.PodsOf(kWeb).ambiguous);
  EXPECT_TRUE(index.PodsOf(kDb).ambiguous);
  index.Forget(kDb);
  EXPECT_FALSE(index.PodsOf(kWeb).ambiguous);
  EXPECT_THAT(index.TakeDirty(), testing::Contains(kWeb));
}

TEST(PodIndex, AP20OneThatOnlyTriesOutDoesNotMakePodsAmbiguous) {
  PodIndex index;
  index.Upsert(MakePod("p", {{"app", "web"}}));
  index.Select(kWeb, "shop", "app=web", true);
  index.Select(kDb, "shop", "app=web", false);
  EXPECT_FALSE(index.PodsOf(kWeb).ambiguous);
  EXPECT_TRUE(index.PodsOf(kDb).ambiguous);
}

// Against the obvious way of doing it, over random changes.
TEST(PodIndex, AgreesWithMatchingEverythingAgainstEverything) {
  Random random(7);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random.Next() % n); };
  const std::vector<std::string> selectors = {"app=a",  "app=b",          "app=a,tier=x",
                                              "tier=x", "app in (a)",     "app in (a,b)",
                                              "!tier",  "tier notin (x)", "app=c,tier=y"};
  PodIndex index;
  std::map<std::string, PodObject> pods;
  std::map<std::uint32_t, std::string> workloads;
  std::uint64_t version = 1;
  for (int step = 0; step < 3000; ++step) {
    const std::string name = "p" + std::to_string(pick(20));
    const auto id = static_cast<std::uint32_t>(pick(8));
    switch (pick(4)) {
      case 0:
        workloads[id] = selectors[pick(selectors.size())];
        index.Select(WorkloadId{id}, "shop", workloads[id], true);
        break;
      case 1:
        workloads.erase(id);
        index.Forget(WorkloadId{id});
        break;
      case 2:
        pods.erase(name);
        index.Erase("shop", name, "uid-" + name);
        break;
      default: {
        Labels labels;
        if (random.Chance(0.8)) labels.emplace_back("app", std::string(1, "abc"[pick(3)]));
        if (random.Chance(0.5)) labels.emplace_back("tier", std::string(1, "xy"[pick(2)]));
        pods[name] = MakePod(name, labels, ++version);
        index.Upsert(pods[name]);
      }
    }
    for (const auto& [workload, text] : workloads) {
      const auto selector = ParseSelector(text);
      std::vector<std::string> expected;
      for (const auto& [pod_name, pod] : pods) {
        if (selector->Matches(*pod.pod.labels)) expected.push_back(pod_name);
      }
      ASSERT_EQ(Names(index.PodsOf(WorkloadId{workload})), expected) << step << ": " << text;
    }
  }
}

// 10,000 workloads and 100,000 pods in one namespace; the obvious way needs 10^9 comparisons.
TEST(PodIndex, RS1ManyPodsAndWorkloadsInOneNamespaceAreCheap) {
  constexpr std::uint32_t kWorkloads = 10'000;
  PodIndex index;
  for (std::uint32_t i = 0; i < kWorkloads * 10; ++i) {
    index.Upsert(MakePod("p" + std::to_string(i),
                         {{"app", std::to_string(i % kWorkloads)}, {"part-of", "shop"}}));
  }
  for (std::uint32_t i = 0; i < kWorkloads; ++i) {
    index.Select(WorkloadId{i}, "shop", "app=" + std::to_string(i) + ",part-of=shop", true);
  }
  for (std::uint32_t i = 0; i < kWorkloads; ++i)
    ASSERT_EQ(index.PodsOf(WorkloadId{i}).pods.size(), 10U);
  (void)index.TakeDirty();
  index.Upsert(MakePod("p77", {{"app", "77"}, {"part-of", "shop"}}, 2, PodPhase::kFailed));
  EXPECT_THAT(index.TakeDirty(), ElementsAre(WorkloadId{77}));
}

}  // namespace
}  // namespace hpaplus::kube
