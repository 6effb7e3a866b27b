#include "engine/kube/kube_cluster_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/unit/kube_cluster_view_fixture.h"

namespace hpaplus::kube {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(KubeClusterViewTest, NothingIsShownBeforeEverythingHasBeenRead) {
  Start();
  EXPECT_EQ(api_.watches(), 3U);
  api_.SinkOf(kHpaPlusPath).Replace({HpaPlus({})});
  EXPECT_GT(work_, 0) << "a kind is to be watched";
  Chores();
  ASSERT_TRUE(api_.IsWatched(kDeploymentPath));
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kDeploymentPath).Replace({Deployment("web", 3, 20)});
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kHpaPath).Replace({});
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  EXPECT_FALSE(view_.Synced());
  changed_ = 0;
  api_.SinkOf(kPodPath).Replace({PodText("web-1", "web", 1), PodText("db-1", "db", 2)});
  EXPECT_EQ(changed_, 1);
  EXPECT_TRUE(view_.Synced());
  const auto shown = Update();
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->spec->name, "web");
  EXPECT_EQ(shown->scale.spec_replicas, 3);
  EXPECT_EQ(shown->scale.resource_version, "20");
  ASSERT_EQ(shown->pods.size(), 1U);
  EXPECT_EQ(shown->pods[0]->name, "web-1");
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
}

TEST_F(KubeClusterViewTest, AWorkloadWhoseKindIsSlowDoesNotHoldUpOthers) {
  StartSynced();
  (void)view_.TakeChanges();
  ObjectText slow{.name = "slow", .uid = "uid-slow", .kind = "StatefulSet", .target = "db"};
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus(slow));
  Chores();
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kDeploymentPath).Upsert(Deployment("web", 4, 21));
  EXPECT_EQ(Update()->scale.spec_replicas, 4);
  api_.SinkOf("/apis/apps/v1/statefulsets").Replace({});
  const auto shown = Update();
  ASSERT_NE(shown, nullptr);
  EXPECT_EQ(shown->scale.status, ScaleStatus::kNotFound);
}

TEST_F(KubeClusterViewTest, OneWakeUpIsEnoughUntilTheChangesAreTaken) {
  StartSynced();
  (void)view_.TakeChanges();
  changed_ = 0;
  for (int i = 0; i < 5; ++i)
    api_.SinkOf(kDeploymentPath).Upsert(Deployment("web", i, 30 + i));
  EXPECT_EQ(changed_, 1);
  EXPECT_EQ(Update()->scale.spec_replicas, 4);
  api_.SinkOf(kPodPath).Upsert(PodText("other", "other", 5));
  EXPECT_EQ(changed_, 1) << "nobody selects it";
}

TEST_F(KubeClusterViewTest, AP19AChangedStatusOfOursIsNoChange) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus({.version = 50}));
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  EXPECT_EQ(view_.Find(WorkloadId{0})->stored_status->current, 3);
}

TEST_F(KubeClusterViewTest, L6AnEditedSpecIsShown) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPlusPath)
      .Upsert(HpaPlus({.version = 50, .generation = 2, .mode = "Paused", .max_replicas = 7}));
  const auto shown = Update();
  EXPECT_EQ(shown->spec->mode, Mode::kPaused);
  EXPECT_EQ(shown->spec->max_replicas, 7);
  EXPECT_EQ(view_.Find(WorkloadId{0})->generation, 2);
}

TEST_F(KubeClusterViewTest, S10AnUnusableSpecIsHeldAndSaysWhyAndOthersAreUnaffected) {
  StartSynced();
  api_.SinkOf(kHpaPlusPath)
      .Upsert(HpaPlus({.name = "b", .uid = "uid-b", .version = 11, .target = "b"}));
  api_.SinkOf(kDeploymentPath).Upsert(Deployment("b", 2, 22, "uid-b-target"));
  (void)view_.TakeChanges();
  std::string bad = HpaPlus({.version = 60, .generation = 2});
  bad.replace(bad.find("\"maxReplicas\":10"), 16, "\"maxReplicas\":\"ten\"");
  api_.SinkOf(kHpaPlusPath).Upsert(bad);
  const auto shown = Update();
  EXPECT_EQ(shown->scale.status, ScaleStatus::kFailed);
  EXPECT_THAT(shown->scale.problem, HasSubstr("maxReplicas"));
  EXPECT_EQ(shown->spec->generation, 1);
  const auto now = view_.Find(WorkloadId{0});
  EXPECT_THAT(now->problem, HasSubstr("maxReplicas"));
  EXPECT_EQ(now->generation, 2);
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus({.version = 61, .generation = 3}));
  EXPECT_EQ(Update()->scale.status, ScaleStatus::kKnown);
}

TEST_F(KubeClusterViewTest, AP16ARecreatedObjectIsAnotherWorkloadAndIdsAreReusedWhenReleased) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPlusPath).Delete(HpaPlus({.version = 70}));
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus({.uid = "second", .version = 71}));
  auto updates = view_.TakeChanges();
  ASSERT_EQ(updates.size(), 2U);
  std::sort(updates.begin(), updates.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  EXPECT_EQ(updates[0].view, nullptr);
  EXPECT_EQ(updates[1].id, WorkloadId{1});
  EXPECT_EQ(updates[1].view->spec->uid, "second");
  EXPECT_FALSE(updates[1].view->ambiguous_selector) << "the first one's claim is gone";
  EXPECT_EQ(view_.Find(WorkloadId{0}), std::nullopt);
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  view_.Release(WorkloadId{0});
  api_.SinkOf(kHpaPlusPath)
      .Upsert(HpaPlus({.name = "b", .uid = "uid-b", .version = 72, .target = "b"}));
  EXPECT_EQ(view_.TakeChanges().at(0).id, WorkloadId{0});
}

TEST_F(KubeClusterViewTest, AP16AWorkloadThatCameAndWentUnseenIsNeverReported) {
  StartSynced();
  (void)view_.TakeChanges();
  const std::string brief = HpaPlus({.name = "b", .uid = "uid-b", .version = 71, .target = "b"});
  api_.SinkOf(kHpaPlusPath).Upsert(brief);
  api_.SinkOf(kHpaPlusPath).Delete(brief);
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus({.name = "c", .uid = "uid-c", .target = "c"}));
  EXPECT_EQ(view_.TakeChanges().at(0).id, WorkloadId{1}) << "its id was free again";
}

TEST_F(KubeClusterViewTest, AP20ASecondHpaPlusOnTheTargetIsAConflictForBoth) {
  StartSynced();
  api_.SinkOf(kHpaPlusPath).Upsert(HpaPlus({.name = "twin", .uid = "uid-twin", .version = 12}));
  const auto updates = view_.TakeChanges();
  ASSERT_EQ(updates.size(), 2U);
  for (const WorkloadUpdate& update : updates)
    EXPECT_THAT(update.view->conflict, HasSubstr("HPAPlus "));
  api_.SinkOf(kHpaPlusPath).Delete(HpaPlus({.name = "twin", .uid = "uid-twin", .version = 13}));
  for (const WorkloadUpdate& update : view_.TakeChanges()) {
    EXPECT_TRUE(update.view == nullptr || update.view->conflict.empty());
  }
}

TEST_F(KubeClusterViewTest, AP20AnHpaOnTheTargetIsAConflictThatNamesIt) {
  StartSynced();
  (void)view_.TakeChanges();
  const std::string hpa =
      R"({"metadata":{"namespace":"shop","name":"old","uid":"u","resourceVersion":"5"},
          "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}})";
  api_.SinkOf(kHpaPath).Upsert(hpa);
  EXPECT_EQ(Update()->conflict, "HorizontalPodAutoscaler old");
  EXPECT_EQ(view_.Find(WorkloadId{0})->conflict, "HorizontalPodAutoscaler old");
  api_.SinkOf(kHpaPath).Replace({});
  EXPECT_EQ(Update()->conflict, "");
  api_.SinkOf(kHpaPath).Replace({hpa});
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPath).Delete(hpa);
  EXPECT_EQ(Update()->conflict, "");
}

TEST_F(KubeClusterViewTest, AP11WhereHpasMayNotBeSeenTheCheckIsOff) {
  Start();
  api_.SinkOf(kHpaPlusPath).Replace({HpaPlus({})});
  Chores();
  api_.SinkOf(kDeploymentPath).Replace({Deployment("web", 3, 20)});
  api_.SinkOf(kPodPath).Replace({});
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kHpaPath).Failed(Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kHpaPath).Failed(Error{ErrorCode::kPermissionDenied, "no"});
  EXPECT_EQ(Update()->conflict, "");
}

TEST_F(KubeClusterViewTest, AP11PodsThatMayNotBeSeenHoldEverythingWithTheRule) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kPodPath).Failed(Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.SinkOf(kPodPath).Failed(Error{ErrorCode::kPermissionDenied, "no"});
  const auto shown = Update();
  EXPECT_EQ(shown->scale.status, ScaleStatus::kForbidden);
  EXPECT_EQ(shown->scale.problem, "needs list and watch on pods: no");
  api_.SinkOf(kPodPath).Replace({PodText("web-1", "web", 1)});
  EXPECT_EQ(Update()->scale.status, ScaleStatus::kKnown);
}

TEST_F(KubeClusterViewTest, AP14AWritesAnswerIsNewerThanTheCache) {
  StartSynced();
  (void)view_.TakeChanges();
  ScaleState written;
  written.status = ScaleStatus::kKnown;
  written.spec_replicas = 9;
  written.selector = "app=web";
  written.resource_version = "30";
  view_.ObserveScale(WorkloadId{0}, "uid-target", written);
  EXPECT_EQ(Update()->scale.spec_replicas, 9);
  api_.SinkOf(kDeploymentPath).Upsert(Deployment("web", 3, 25));
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  view_.ObserveScale(WorkloadId{7}, "uid-target", written);
}

TEST_F(KubeClusterViewTest, ACustomKindIsFoundWatchedByMetadataAndReadOncePerChange) {
  StartSynced();
  (void)view_.TakeChanges();
  const KindKey plus{"example.io", "StatefulSetPlus"};
  api_.kinds.emplace(plus, ServedKind{"example.io", "v1", "statefulsetpluses", true});
  api_.SinkOf(kHpaPlusPath)
      .Upsert(HpaPlus({.name = "db",
                       .uid = "uid-db",
                       .api_version = "example.io/v1",
                       .kind = "StatefulSetPlus",
                       .target = "db"}));
  Chores();
  ASSERT_TRUE(api_.IsWatched(kPlusPath));
  EXPECT_TRUE(api_.RequestOf(kPlusPath).metadata_only);
  const std::string meta =
      R"({"metadata":{"namespace":"shop","name":"db","uid":"u","resourceVersion":"40"}})";
  work_ = 0;
  api_.SinkOf(kPlusPath).Replace({meta});
  EXPECT_GT(work_, 0);
  Chores();
  ASSERT_EQ(api_.sender.waiting(), 1U);
  EXPECT_EQ(api_.sender.next().path,
            "/apis/example.io/v1/namespaces/shop/statefulsetpluses/db/scale");
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
  api_.sender.Answer(std::string(
      R"({"metadata":{"namespace":"shop","name":"db","uid":"u","resourceVersion":"40"},
          "spec":{"replicas":4},"status":{"replicas":4,"selector":"app=db"}})"));
  EXPECT_EQ(Update()->scale.spec_replicas, 4);
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(seconds(1));
    Chores();
  }
  EXPECT_EQ(api_.sender.waiting(), 0U) << "nothing is read in steady state";
  EXPECT_EQ(api_.look_ups, 1);
}

TEST_F(KubeClusterViewTest, AKindThatDoesNotExistFailsItsWorkloadsClearly) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPlusPath)
      .Upsert(HpaPlus({.name = "db",
                       .uid = "uid-db",
                       .api_version = "example.io/v1",
                       .kind = "Nothing",
                       .target = "db"}));
  Chores();
  const auto shown = Update();
  EXPECT_EQ(shown->scale.status, ScaleStatus::kFailed);
  EXPECT_THAT(shown->scale.problem, HasSubstr("no such kind"));
}

TEST_F(KubeClusterViewTest, AKindThatNobodyNamesIsNoLongerWatchedAfterAWhile) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.SinkOf(kHpaPlusPath).Replace({});
  clock_.Advance(minutes(9));
  Chores();
  EXPECT_TRUE(api_.IsWatched(kDeploymentPath));
  clock_.Advance(minutes(2));
  Chores();
  EXPECT_FALSE(api_.IsWatched(kDeploymentPath));
}

TEST_F(KubeClusterViewTest, RS10TooManyObjectsAreTurnedAwayAndTakenInWhenThereIsRoom) {
  StartSynced();
  std::vector<std::string> objects = {HpaPlus({})};
  for (const char* name : {"a", "b", "c"})
    objects.push_back(HpaPlus({.name = name, .uid = name, .target = name}));
  api_.SinkOf(kHpaPlusPath).Replace(objects);
  EXPECT_EQ(view_.TakeChanges().size(), 3U);
  clock_.Advance(minutes(2));
  Chores();
  objects.erase(objects.begin());
  api_.SinkOf(kHpaPlusPath).Delete(HpaPlus({.version = 90}));
  view_.Release(view_.TakeChanges().at(0).id);
  const int started = api_.started;
  Chores();
  EXPECT_EQ(api_.started, started + 1) << "they are listed anew";
  api_.SinkOf(kHpaPlusPath).Replace(objects);
  EXPECT_EQ(view_.TakeChanges().size(), 1U);
}

TEST_F(KubeClusterViewTest, RS2WithTooManyPodsNothingIsDecided) {
  StartSynced();
  (void)view_.TakeChanges();
  std::vector<std::string> pods;
  for (int i = 0; i < 5; ++i)
    pods.push_back(PodText("web-" + std::to_string(i), "web", 100 + i));
  api_.SinkOf(kPodPath).Replace(pods);
  const auto shown = Update();
  EXPECT_EQ(shown->scale.status, ScaleStatus::kFailed);
  EXPECT_THAT(shown->scale.problem, HasSubstr("more than 4 pods"));
  pods.pop_back();
  api_.SinkOf(kPodPath).Replace(pods);
  EXPECT_EQ(Update()->pods.size(), 4U);
}

TEST_F(KubeClusterViewTest, AP17WhatCannotBeReadChangesNothing) {
  StartSynced();
  (void)view_.TakeChanges();
  for (const char* path : {kHpaPlusPath, kHpaPath, kPodPath, kDeploymentPath}) {
    api_.SinkOf(path).Upsert("{");
    api_.SinkOf(path).Delete("[]");
  }
  EXPECT_THAT(view_.TakeChanges(), IsEmpty());
}

TEST_F(KubeClusterViewTest, WhatAWatchSaysWhileItIsEndedIsStillHeard) {
  StartSynced();
  (void)view_.TakeChanges();
  api_.last_words[kHpaPlusPath] = HpaPlus({.version = 11, .generation = 2, .max_replicas = 20});
  view_.StopWatches();
  EXPECT_EQ(Update()->spec->max_replicas, 20);
}

TEST(KubeClusterViewOfOneNamespace, WatchesOnlyThat) {
  test::ManualClock clock(test::kMorning);
  NullTelemetry telemetry;
  test::FakeKubeApi api;
  KubeClusterView::Config config;
  config.ns = "shop";
  KubeClusterView view(config, api.Api(), clock, telemetry);
  view.StartWatches();
  EXPECT_TRUE(api.IsWatched("/api/v1/namespaces/shop/pods"));
  EXPECT_EQ(view.Select("elsewhere", {}).error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(api.IsWatched("/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/shop/hpapluses"));
  view.StopWatches();
  EXPECT_EQ(api.watches(), 0U);
}

}  // namespace
}  // namespace hpaplus::kube
