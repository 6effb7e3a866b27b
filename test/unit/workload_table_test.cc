#include "engine/kube/workload_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

WorkloadObject Object(const std::string& name, const std::string& version,
                      const std::string& target = "web", Mode mode = Mode::kActive) {
  WorkloadObject object;
  object.meta = {"shop", name, "uid-" + name, version, 1, {}};
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = "shop";
  spec->name = name;
  spec->uid = object.meta.uid;
  spec->generation = 1;
  spec->target = {"apps/v1", "Deployment", target};
  spec->mode = mode;
  object.spec = std::move(spec);
  return object;
}

const TargetKey kWeb{{"apps", "Deployment"}, {"shop", "web"}};

TEST(WorkloadTable, GivesDenseIdsAndReusesAnIdOnlyAfterItsRelease) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1", "a")));
  ASSERT_TRUE(table.Upsert(Object("b", "2", "b")));
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{0}, WorkloadId{1}));
  table.Erase(Object("a", "3", "a").meta);
  ASSERT_TRUE(table.Upsert(Object("c", "4", "c")));
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{0}, WorkloadId{2}));
  EXPECT_EQ(table.Find(WorkloadId{0}), nullptr);
  table.Release(WorkloadId{0});
  table.Release(WorkloadId{0});
  ASSERT_TRUE(table.Upsert(Object("d", "5", "d")));
  ASSERT_TRUE(table.Upsert(Object("e", "6", "e")));
  EXPECT_EQ(table.Find(WorkloadId{0})->meta.name, "d");
  EXPECT_EQ(table.Find(WorkloadId{3})->meta.name, "e");
}

TEST(WorkloadTable, AP16DeletedAndMadeAgainIsAnotherWorkload) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  (void)table.TakeDirty();
  WorkloadObject again = Object("a", "5");
  again.meta.uid = "another";
  ASSERT_TRUE(table.Upsert(again));
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{0}, WorkloadId{1}));
  EXPECT_EQ(table.Find(WorkloadId{0}), nullptr);
  EXPECT_EQ(table.Find(WorkloadId{1})->meta.uid, "another");
  table.Erase(Object("a", "4").meta);  // Late news about the first one.
  EXPECT_NE(table.Find(WorkloadId{1}), nullptr);
}

TEST(WorkloadTable, AP14AnOlderVersionIsNotNews) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "10")));
  (void)table.TakeDirty();
  WorkloadObject old = Object("a", "9", "elsewhere");
  old.meta.generation = 0;
  EXPECT_FALSE(table.IsNews(old.meta));
  ASSERT_TRUE(table.Upsert(old));
  EXPECT_THAT(table.TakeDirty(), IsEmpty());
  EXPECT_EQ(table.Find(WorkloadId{0})->target, kWeb);
}

TEST(WorkloadTable, AChangedStatusAloneIsNotNews) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "10")));
  EXPECT_FALSE(table.IsNews(Object("a", "11").meta));
  WorkloadObject edited = Object("a", "12");
  edited.meta.generation = 2;
  EXPECT_TRUE(table.IsNews(edited.meta));
}

TEST(WorkloadTable, AnUnusableSpecKeepsTheWorkloadAndItsLastGoodSpec) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  WorkloadObject bad = Object("a", "2");
  bad.meta.generation = 2;
  bad.spec = nullptr;
  bad.problem = "spec.maxReplicas is missing";
  ASSERT_TRUE(table.Upsert(bad));
  const auto* workload = table.Find(WorkloadId{0});
  EXPECT_EQ(workload->problem, "spec.maxReplicas is missing");
  EXPECT_EQ(workload->spec->generation, 1);
  EXPECT_EQ(workload->meta.generation, 2);
  EXPECT_EQ(workload->target, kWeb);
}

TEST(WorkloadTable, ASpecThatNeverWorkedClaimsNothing) {
  WorkloadTable table(10);
  WorkloadObject bad = Object("a", "2");
  bad.spec = nullptr;
  bad.problem = "spec.maxReplicas is missing";
  ASSERT_TRUE(table.Upsert(bad));
  ASSERT_NE(table.Find(WorkloadId{0}), nullptr);
  EXPECT_EQ(table.Find(WorkloadId{0})->spec->name, "a");
  EXPECT_THAT(table.TakeTargetChanges(), IsEmpty());
}

TEST(WorkloadTable, AP20TwoObjectsOnOneTargetConflictUntilOneLetsGo) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  ASSERT_TRUE(table.Upsert(Object("b", "2")));
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "HPAPlus b");
  EXPECT_EQ(table.ConflictOf(WorkloadId{1}), "HPAPlus a");
  (void)table.TakeDirty();
  WorkloadObject moved = Object("b", "3", "other");
  ASSERT_TRUE(table.Upsert(moved));
  EXPECT_THAT(table.TakeDirty(), testing::UnorderedElementsAre(WorkloadId{0}, WorkloadId{1}));
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "");
}

TEST(WorkloadTable, AP20TheVersionOfTheTargetsKindDoesNotHideAConflict) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  WorkloadObject other = Object("b", "2");
  auto spec = std::make_shared<WorkloadSpec>(*other.spec);
  spec->target.api_version = "apps/v1beta2";
  other.spec = spec;
  ASSERT_TRUE(table.Upsert(other));
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "HPAPlus b");
}

TEST(WorkloadTable, AP20OneThatOnlyTriesOutIsNobodysRival) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("active", "1")));
  ASSERT_TRUE(table.Upsert(Object("trial", "2", "web", Mode::kDryRun)));
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "");
  EXPECT_EQ(table.ConflictOf(WorkloadId{1}), "HPAPlus active");
  (void)table.TakeDirty();
  WorkloadObject armed = Object("trial", "3");
  ASSERT_TRUE(table.Upsert(armed));
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "HPAPlus trial");
  EXPECT_THAT(table.TakeDirty(), testing::UnorderedElementsAre(WorkloadId{0}, WorkloadId{1}));
}

TEST(WorkloadTable, AP20AForeignAutoscalerOnTheTargetIsNamed) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  (void)table.TakeDirty();
  table.SetForeign({"shop", "old-hpa"}, kWeb);
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "HorizontalPodAutoscaler old-hpa");
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{0}));
  table.SetForeign({"shop", "old-hpa"}, {{"apps", "Deployment"}, {"shop", "other"}});
  EXPECT_EQ(table.ConflictOf(WorkloadId{0}), "");
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{0}));
  table.EraseForeign({"shop", "old-hpa"});
  EXPECT_THAT(table.ForeignKeys(), IsEmpty());
}

TEST(WorkloadTable, WhatARelistDoesNotMentionIsGone) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1", "a")));
  ASSERT_TRUE(table.Upsert(Object("b", "2", "b")));
  ASSERT_TRUE(table.Upsert(Object("c", "3", "c")));
  (void)table.TakeDirty();
  table.BeginReplace();
  table.Keep(Object("a", "1", "a").meta);
  ASSERT_TRUE(table.Upsert(Object("c", "7", "c")));
  table.EndReplace();
  EXPECT_THAT(table.TakeDirty(), ElementsAre(WorkloadId{2}, WorkloadId{1}));
  EXPECT_EQ(table.Find(WorkloadId{1}), nullptr);
  EXPECT_EQ(table.size(), 2U);
}

TEST(WorkloadTable, RS10AFullTableTurnsAwayAndCounts) {
  WorkloadTable table(1);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  EXPECT_FALSE(table.Upsert(Object("b", "2")));
  EXPECT_EQ(table.refused(), 1U);
  EXPECT_TRUE(table.Upsert(Object("a", "3")));
}

TEST(WorkloadTable, TellsWhichTargetsAreClaimed) {
  WorkloadTable table(10);
  ASSERT_TRUE(table.Upsert(Object("a", "1")));
  ASSERT_TRUE(table.Upsert(Object("b", "2")));
  auto changes = table.TakeTargetChanges();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].claimed);
  table.Erase(Object("a", "3").meta);
  EXPECT_THAT(table.TakeTargetChanges(), IsEmpty());
  table.Erase(Object("b", "4").meta);
  changes = table.TakeTargetChanges();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_FALSE(changes[0].claimed);
  EXPECT_EQ(changes[0].target, kWeb);
}

}  // namespace
}  // namespace hpaplus::kube
