#include "engine/model/pod_requests_sum.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

Container Asks(const char* cpu, const char* memory, bool sidecar = false) {
  return {"c", {{"cpu", *Quantity::Parse(cpu)}, {"memory", *Quantity::Parse(memory)}}, sidecar};
}

TEST(PodAmounts, AreTheSumOfContainersAndSidecars) {
  PodResources pod;
  pod.containers = {Asks("250m", "1Gi"), Asks("1", "1")};
  pod.init_containers = {Asks("100m", "1", true)};
  pod.overhead = {{"cpu", *Quantity::Parse("10m")}};
  const QuotaAmounts amounts = PodAmounts(pod);
  EXPECT_EQ(amounts.at("requests.cpu"), 1360);
  EXPECT_EQ(amounts.at("requests.memory"), (Amount{1} << 30) + 2);
  EXPECT_EQ(amounts.at("pods"), 1);
}

TEST(PodAmounts, AreWhatInitContainersNeedIfThatIsMore) {
  PodResources pod;
  pod.containers = {Asks("250m", "1Gi")};
  pod.init_containers = {Asks("100m", "1", true), Asks("2", "1"), Asks("1", "1")};
  EXPECT_EQ(PodAmounts(pod).at("requests.cpu"), 2100);
  pod.pod_requests = {{"cpu", *Quantity::Parse("500m")}};
  EXPECT_EQ(PodAmounts(pod).at("requests.cpu"), 500);
}

TEST(PodAmounts, AreNothingOfAPodThatHasComeToItsEnd) {
  Pod pod;
  pod.resources = PodResources{.containers = {Asks("1", "1")}};
  pod.phase = PodPhase::kSucceeded;
  EXPECT_TRUE(PodAmounts(pod).empty());
  pod.phase = PodPhase::kPending;
  EXPECT_EQ(PodAmounts(pod).at("pods"), 1);
}

TEST(CountedAs, KnowsTheShortNames) {
  EXPECT_EQ(CountedAs("cpu"), "requests.cpu");
  EXPECT_EQ(CountedAs("limits.cpu"), "limits.cpu");
  EXPECT_TRUE(IsCountedByPods("memory"));
  EXPECT_TRUE(IsCountedByPods("requests.nvidia.com/gpu"));
  EXPECT_FALSE(IsCountedByPods("limits.cpu"));
  EXPECT_FALSE(IsCountedByPods("requests.storage"));
  EXPECT_FALSE(IsCountedByPods("count/deployments.apps"));
}

}  // namespace
}  // namespace hpaplus
