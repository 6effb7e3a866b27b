#pragma once

#include <memory>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/kube/kube_cluster_view.h"
#include "engine/ports/telemetry.h"
#include "test/support/fake_kube_api.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {

inline constexpr const char* kHpaPlusPath = "/apis/autoscaling.hpaplus.io/v1alpha1/hpapluses";
inline constexpr const char* kHpaPath = "/apis/autoscaling/v2/horizontalpodautoscalers";
inline constexpr const char* kPodPath = "/api/v1/pods";
inline constexpr const char* kDeploymentPath = "/apis/apps/v1/deployments";
inline constexpr const char* kPlusPath = "/apis/example.io/v1/statefulsetpluses";

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

inline std::string HpaPlus(const ObjectText& text) {
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

inline std::string Deployment(const std::string& name, int replicas, int version,
                              const std::string& uid = "uid-target") {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"{0}","uid":"{3}","resourceVersion":"{2}"}},
          "spec":{{"replicas":{1},"selector":{{"matchLabels":{{"app":"{0}"}}}}}},
          "status":{{"replicas":{1}}}}})",
      name, replicas, version, uid);
}

inline std::string PodText(const std::string& name, const std::string& app, int version) {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"{}","uid":"uid-{}","resourceVersion":"{}",
          "labels":{{"app":"{}"}}}},"status":{{"phase":"Running"}}}})",
      name, name, version, app);
}

/// A view whose informers are scripted by hand; every sink is the watch of one path.
class KubeClusterViewTest : public ::testing::Test {
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

}  // namespace hpaplus::kube
