#include "engine/core/pod_requests.h"

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Q;

Container Asking(std::string name, std::string_view cpu) {
  Container out;
  out.name = std::move(name);
  if (!cpu.empty()) out.requests = {{"cpu", Q(cpu)}};
  return out;
}

Container Sidecar(std::string name, std::string_view cpu) {
  Container out = Asking(std::move(name), cpu);
  out.restarts_always = true;
  return out;
}

TEST(PodRequest, SumsContainersAndSidecars) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "50m")};
  pod.init_containers = {Asking("setup", "20m"), Sidecar("proxy", "5m")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 155);
}

TEST(PodRequest, IsUnknownWhenOneContainerStatesNone) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), std::nullopt);
  pod.containers = {Asking("a", "100m")};
  pod.init_containers = {Sidecar("proxy", "")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), std::nullopt);
  EXPECT_EQ(PodRequestMilli(pod, {"memory", "", true}), std::nullopt);
}

TEST(PodRequest, OfOneContainerLooksAtThatOneOnly) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "")};
  pod.init_containers = {Sidecar("proxy", "7m"), Asking("setup", "9m")};
  pod.pod_requests = ResourceList{{"cpu", Q("800m")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "a", true}), 100);
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "proxy", true}), 7);
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "b", true}), std::nullopt);
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "setup", true}), std::nullopt);
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "nosuch", true}), std::nullopt);
}

TEST(PodRequest, RoundsEachContainerAwayFromZero) {
  PodResources pod;
  pod.containers = {Asking("a", "1u"), Asking("b", "1u")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 2);
}

TEST(PodRequest, OfThePodItselfComesFirstWhereTheGateIsOn) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "")};
  pod.pod_requests = ResourceList{{"cpu", Q("800m")}};
  pod.overhead = {{"cpu", Q("25m")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 825);
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", false}), std::nullopt);
}

TEST(PodRequest, FallsBackToTheReservationForAResourceThePodDoesNotState) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "")};
  pod.pod_requests = ResourceList{{"memory", Q("1Gi")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 100);
  pod.init_containers = {Sidecar("proxy", "30m"), Asking("setup", "120m")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 150) << "120m + the sidecar before it";
  pod.init_containers = {Asking("setup", "120m"), Sidecar("proxy", "30m")};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 130) << "100m + 30m in normal running";
  EXPECT_EQ(PodRequestMilli(pod, {"ephemeral-storage", "", true}), std::nullopt);
}

TEST(PodRequest, AnUnsupportedResourceDoesNotMakeAPodLevelRequest) {
  PodResources pod;
  pod.containers = {Asking("a", "100m"), Asking("b", "")};
  pod.pod_requests = ResourceList{{"example.com/gpu", Q("1")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), std::nullopt);
  pod.pod_requests = ResourceList{{"hugepages-2Mi", Q("4Mi")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 100);
}

TEST(PodRequest, AddsQuantitiesBeforeItRounds) {
  PodResources pod;
  pod.containers = {Asking("a", "1u"), Asking("b", "1u")};
  pod.pod_requests = ResourceList{{"memory", Q("1Gi")}};
  EXPECT_EQ(PodRequestMilli(pod, {"cpu", "", true}), 1);
}

}  // namespace
}  // namespace hpaplus
