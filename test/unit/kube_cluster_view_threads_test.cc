// Informers' threads and the tick at once: run under TSan.

#include <atomic>
#include <thread>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/kube/kube_cluster_view.h"
#include "engine/ports/telemetry.h"
#include "test/support/fake_kube_api.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

constexpr int kRounds = 300;

std::string HpaPlus(int generation) {
  return fmt::format(
      R"({{"kind":"HPAPlus","metadata":{{"namespace":"shop","name":"web","uid":"u",
          "resourceVersion":"{0}","generation":{0}}},
          "spec":{{"scaleTargetRef":{{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}},
            "maxReplicas":{0},"metrics":[{{"type":"Resource","resource":{{"name":"cpu",
              "target":{{"type":"Utilization","averageUtilization":60}}}}}}]}}}})",
      generation);
}

std::string Deployment(int version) {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"web","uid":"t","resourceVersion":"{0}"}},
          "spec":{{"replicas":{0},"selector":{{"matchLabels":{{"app":"web"}}}}}}}})",
      version);
}

std::string PodText(int number, int version) {
  return fmt::format(
      R"({{"metadata":{{"namespace":"shop","name":"web-{}","uid":"p","resourceVersion":"{}",
          "labels":{{"app":"web"}}}}}})",
      number, version);
}

TEST(KubeClusterViewThreads, InformersAndTheTickMeetSafely) {
  test::ManualClock clock(test::kMorning);
  NullTelemetry telemetry;
  test::FakeKubeApi api;
  std::atomic<int> wakes = 0;
  KubeClusterView::Config config;
  config.state.changed = [&] { ++wakes; };
  KubeClusterView view(config, api.Api(), clock, telemetry);
  view.StartWatches();
  ObjectSink& workloads = api.SinkOf("/apis/autoscaling.hpaplus.io/v1alpha1/hpapluses");
  workloads.Replace({HpaPlus(1)});
  (void)view.RunChores(clock.Now());
  api.SinkOf("/apis/autoscaling/v2/horizontalpodautoscalers").Replace({});
  ObjectSink& deployments = api.SinkOf("/apis/apps/v1/deployments");
  deployments.Replace({Deployment(1)});
  ObjectSink& pods = api.SinkOf("/api/v1/pods");
  pods.Replace({});

  std::atomic<int> running = 3;
  const auto informer = [&](auto&& change) {
    return std::thread([&running, change] {
      for (int i = 2; i <= kRounds; ++i)
        change(i);
      --running;
    });
  };
  std::thread threads[] = {informer([&](int i) { workloads.Upsert(HpaPlus(i)); }),
                           informer([&](int i) { deployments.Upsert(Deployment(i)); }),
                           informer([&](int i) {
                             pods.Upsert(PodText(i % 7, i));
                             if (i % 5 == 0) pods.Delete(PodText(i % 7, i));
                             if (i % 50 == 0) pods.Replace({PodText(1, i), PodText(2, i)});
                           })};
  std::shared_ptr<const WorkloadView> newest;
  const auto take = [&] {
    for (const WorkloadUpdate& update : view.TakeChanges())
      newest = update.view;
  };
  while (running > 0) {
    take();
    if (newest) view.ObserveScale(WorkloadId{0}, "t", newest->scale);
    (void)view.Find(WorkloadId{0});
    (void)view.RunChores(clock.Now());
  }
  for (std::thread& thread : threads)
    thread.join();
  take();
  ASSERT_NE(newest, nullptr);
  EXPECT_EQ(newest->spec->max_replicas, kRounds);
  EXPECT_EQ(newest->scale.spec_replicas, kRounds);
  EXPECT_EQ(newest->pods.size(), 2U);
  EXPECT_GT(wakes, 0);
}

}  // namespace
}  // namespace hpaplus::kube
