#include "engine/kube/kube_cluster_view.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/ports/telemetry.h"
#include "test/support/fake_kube_api.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHpaPlusPath = "/apis/autoscaling.hpaplus.io/v1alpha1/hpapluses";
constexpr const char* kHpaPath = "/apis/autoscaling/v2/horizontalpodautoscalers";
constexpr const char* kPodPath = "/api/v1/pods";
constexpr const char* kDeploymentPath = "/apis/apps/v1/deployments";
constexpr const char* kPlusPath = "/apis/example.io/v1/statefulsetpluses";

struct ObjectText {
  std::string name = "web";
  std::string uid = "uid-web";
  int version = 10;
  int generation = 1;
  std::string api_version = "apps/v1";
  std::string kind = "Deployment";
  std::string target = "web";
  std::string mode = "Active";
  int max_replicas = 10;
};

std::string HpaPlus(const ObjectText& text) {
  return fmt::format(
      R"({{"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPAPlus",
          "metadata":{{"namespace":"shop","name":"{}","uid":"{}","resourceVersion":"{}",
            "generation":{}}},
          "spec":{{"scaleTargetRef":{{"apiVersion":"{}","kind":"{}","name":"{}"}},"mode":"{}",
            "minReplicas":1,"maxReplicas":{},"metrics":[{{"type":"Resource","resource":
              {{"name":"cpu","target":{{"type":"Utilization","averageUtilization":60}}}}}}]}},
          "status":{{"currentReplicas":3}}}})",
      text.name, text.uid, text.version, text.generation, text.api_version, text.kind, text.target,
      text.mode, text.max_replicas);
}

std::string Deployment(const std::string& name, int replicas, int version,
                       const std::string& uid = "uid-target") {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"{0}","uid":"{3}","resourceVersion":"{2}"}},
          "spec":{{"replicas":{1},"selector":{{"matchLabels":{{"app":"{0}"}}}}}},
          "status":{{"replicas":{1}}}}})",
      name, replicas, version, uid);
}

std::string PodText(const std::string& name, const std::string& app, int version) {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"{}","uid":"uid-{}","resourceVersion":"{}",
          "labels":{{"app":"{}"}}}},"status":{{"phase":"Running"}}}})",
      name, name, version, app);
}

class KubeClusterViewTest : public testing::Test {
 protected:
  void Start() {
    view_.StartWatches();
    Chores();
  }

  // Everything is listed: one HPAPlus on the Deployment web with 3 replicas and one pod.
  void StartSynced() {
    Start();
    api_.SinkOf(kHpaPlusPath).Replace({HpaPlus({})});
    Chores();
    api_.SinkOf(kHpaPath).Replace({});
    api_.SinkOf(kPodPath).Replace({PodText("web-1", "web", 1)});
    api_.SinkOf(kDeploymentPath).Replace({Deployment("web", 3, 20)});
  }

  void Chores() { (void)view_.RunChores(clock_.Now()); }

  // The only update there is.
  std::shared_ptr<const WorkloadView> Update() {
    const auto updates = view_.TakeChanges();
    EXPECT_EQ(updates.size(), 1U);
    return updates.size() == 1 ? updates[0].view : nullptr;
  }

  KubeClusterView::Config MakeConfig() {
    KubeClusterView::Config config;
    config.state.max_workloads = 3;
    config.state.max_pods = 4;
    config.state.changed = [this] { ++changed_; };
    config.state.work = [this] { ++work_; };
    return config;
  }

  int changed_ = 0;
  int work_ = 0;
  test::ManualClock clock_{test::kMorning};
  NullTelemetry telemetry_;
  test::FakeKubeApi api_;
  KubeClusterView view_{MakeConfig(), api_.Api(), clock_, telemetry_};
};

class PodDirectoryTest : public KubeClusterViewTest {
 protected:
  [[nodiscard]] Result<std::vector<PodAddress>> Web() const {
    LabelSelector selector;
    selector.match_labels = {{"app", "web"}};
    return view_.Select("shop", selector);
  }

  // Someone has asked, and the pods have been listed again.
  void StartAsked() {
    StartSynced();
    (void)Web();
    Chores();
    api_.SinkOf(kPodPath).Replace({kPlaced});
  }

  const std::string kPlaced =
      R"({"metadata":{"namespace":"shop","name":"web-1","uid":"u","resourceVersion":"5",
          "labels":{"app":"web"},"deletionTimestamp":"2026-01-01T00:00:00Z"},
          "spec":{"nodeName":"n1"},"status":{"phase":"Running","podIP":"10.0.0.7","hostIP":"192.168.0.1",
          "conditions":[{"type":"Ready","status":"True"}]}})";
};

TEST_F(PodDirectoryTest, TheFirstQuestionMakesThePodsBeListedWithTheirAddresses) {
  StartSynced();
  work_ = 0;
  EXPECT_EQ(Web().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(work_, 1);
  EXPECT_EQ(Web().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(work_, 1) << "asked for once";
  Chores();
  EXPECT_THAT(Web().error().message, HasSubstr("addresses are being read"));
  api_.SinkOf(kPodPath).Replace({kPlaced});
  const auto pods = Web();
  ASSERT_TRUE(pods) << pods.error().message;
  ASSERT_EQ(pods->size(), 1U);
  const PodAddress& pod = pods->front();
  EXPECT_EQ(pod.name, "web-1");
  EXPECT_EQ(pod.ip, "10.0.0.7");
  EXPECT_EQ(pod.node, "n1");
  EXPECT_EQ(pod.host_ip, "192.168.0.1");
  EXPECT_EQ(pod.phase, PodPhase::kRunning);
  EXPECT_TRUE(pod.ready);
  EXPECT_TRUE(pod.deleting);
}

TEST_F(PodDirectoryTest, NoPodsIsAnAnswerAndNotKnownIsNone) {
  Start();
  EXPECT_THAT(Web().error().message, HasSubstr("still being read"));
  Chores();
  api_.SinkOf(kPodPath).Replace({});
  ASSERT_TRUE(Web());
  EXPECT_THAT(*Web(), IsEmpty());
}

TEST_F(PodDirectoryTest, PodsOfAWatchThatStaysBrokenAreNotTrusted) {
  StartAsked();
  api_.SinkOf(kPodPath).Failed({ErrorCode::kUnavailable, "refused"});
  clock_.Advance(minutes(1));
  EXPECT_TRUE(Web());
  clock_.Advance(seconds(1));
  EXPECT_THAT(Web().error().message, HasSubstr("broken for too long"));
  api_.SinkOf(kPodPath).Resumed();
  EXPECT_TRUE(Web());
}

TEST_F(PodDirectoryTest, PodsThatWereTurnedAwayOrForbiddenAreNotKnown) {
  StartAsked();
  std::vector<std::string> pods;
  for (int i = 0; i < 5; ++i)
    pods.push_back(PodText("web-" + std::to_string(i), "web", 100 + i));
  api_.SinkOf(kPodPath).Replace(pods);
  EXPECT_THAT(Web().error().message, HasSubstr("more than can be kept"));
  pods.pop_back();
  api_.SinkOf(kPodPath).Replace(pods);
  EXPECT_EQ(Web()->size(), 4U);
  api_.SinkOf(kPodPath).Failed({ErrorCode::kPermissionDenied, "no"});
  EXPECT_THAT(Web().error().message, HasSubstr("needs list and watch on pods"));
}

TEST_F(PodDirectoryTest, ABadSelectorIsRefused) {
  StartAsked();
  LabelSelector selector;
  selector.match_expressions = {{"app", "Like", {"web"}}};
  EXPECT_EQ(view_.Select("shop", selector).error().code, ErrorCode::kInvalidArgument);
}

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

constexpr const char* kConfigMapPath = "/api/v1/namespaces/hpaplus/configmaps";

class FreezableClusterViewTest : public KubeClusterViewTest {
 protected:
  FreezableClusterViewTest() {
    KubeClusterView::Config config = MakeConfig();
    config.freeze_ns = "hpaplus";
    config.freeze_config_map = "stop";
    frozen_view_ = std::make_unique<KubeClusterView>(config, api_.Api(), clock_, telemetry_);
    frozen_view_->StartWatches();
    api_.SinkOf(kHpaPlusPath).Replace({HpaPlus({})});
    (void)frozen_view_->RunChores(clock_.Now());
    api_.SinkOf(kHpaPath).Replace({});
    api_.SinkOf(kPodPath).Replace({PodText("web-1", "web", 1)});
    api_.SinkOf(kDeploymentPath).Replace({Deployment("web", 3, 20)});
  }

  std::string Freeze() {
    const auto updates = frozen_view_->TakeChanges();
    EXPECT_EQ(updates.size(), 1U);
    return updates.size() == 1 ? updates[0].view->freeze : "no update";
  }

  std::unique_ptr<KubeClusterView> frozen_view_;
};

TEST_F(FreezableClusterViewTest, NothingIsShownBeforeItIsKnownWhetherTheClusterIsFrozen) {
  EXPECT_EQ(api_.RequestOf(kConfigMapPath).query, "fieldSelector=metadata.name%3Dstop");
  EXPECT_THAT(frozen_view_->TakeChanges(), IsEmpty());
  EXPECT_FALSE(frozen_view_->Synced());
  api_.SinkOf(kConfigMapPath).Replace({});
  EXPECT_EQ(Freeze(), "");
  EXPECT_TRUE(frozen_view_->Synced());
}

TEST_F(FreezableClusterViewTest, L7TheConfigMapFreezesEverythingWhileItIsThere) {
  api_.SinkOf(kConfigMapPath).Replace({"{}"});
  EXPECT_EQ(Freeze(), "ConfigMap hpaplus/stop is there");
  EXPECT_EQ(frozen_view_->Find(WorkloadId{0})->freeze, "ConfigMap hpaplus/stop is there");
  api_.SinkOf(kConfigMapPath).Delete("{}");
  EXPECT_EQ(Freeze(), "");
  api_.SinkOf(kConfigMapPath).Upsert("{}");
  EXPECT_EQ(Freeze(), "ConfigMap hpaplus/stop is there");
  api_.SinkOf(kConfigMapPath).Upsert("{}");
  EXPECT_THAT(frozen_view_->TakeChanges(), IsEmpty());
}

TEST_F(FreezableClusterViewTest, WhereItMayNotBeReadNothingIsFrozen) {
  api_.SinkOf(kConfigMapPath).Failed({ErrorCode::kUnavailable, "later"});
  EXPECT_THAT(frozen_view_->TakeChanges(), IsEmpty());
  api_.SinkOf(kConfigMapPath).Failed({ErrorCode::kPermissionDenied, "configmaps"});
  EXPECT_EQ(Freeze(), "");
}

}  // namespace
}  // namespace hpaplus::kube
