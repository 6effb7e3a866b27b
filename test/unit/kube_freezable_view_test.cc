#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kube/kube_cluster_view.h"
#include "test/unit/kube_cluster_view_fixture.h"

namespace hpaplus::kube {
namespace {

using testing::IsEmpty;

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
