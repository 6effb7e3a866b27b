// Quotas against a real API server.

#include <csignal>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/kube/quota_fixture.h"
#include "test/kube/tiny_controllers.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::Contains;

TEST_F(KubeQuota, Q6ANamespaceAtItsLimitGetsQuotaAndPodsAndGivesBack) {
  ApplyQuota("1", "0");
  ApplyDynamic();
  TinyControllers controllers(api(), ns());
  controllers.Start();
  StartAt(20);
  ASSERT_TRUE(Eventually([&] { return controllers.pods() == 2; }));
  ASSERT_TRUE(Eventually([&] { return Hard() == "1" && Used() == "1"; })) << Hard() << Used();
  const Timestamp begun = Now();
  monitor().SetDepth(80);
  ASSERT_TRUE(Reaches(8, seconds(10))) << Replicas() << "\n" << StatusOf().dump(2);
  const Duration took = Now() - begun;
  ASSERT_TRUE(HardBecomes("4")) << Hard() << Read(DynamicPath()).dump(2);
  RecordProperty("seconds", std::to_string(ToSeconds(took)));
  EXPECT_LT(ToSeconds(took), 2.5);  // One period, and what a busy machine needs besides.
  EXPECT_TRUE(Eventually([&] { return controllers.pods() == 8; })) << "admission takes them all";
  EXPECT_TRUE(Eventually([&] { return DynamicCondition("Ready") == "True Decided"; }))
      << Read(DynamicPath()).dump(2);
  EXPECT_TRUE(Eventually([&] {
    return testing::Matches(Contains("QuotaGrown"))(EventReasons("team", "DynamicQuota"));
  }));

  monitor().SetDepth(20);
  ASSERT_TRUE(Reaches(2));
  EXPECT_TRUE(HardBecomes("1")) << Hard();
  EXPECT_TRUE(Eventually([&] {
    return testing::Matches(Contains("QuotaShrunk"))(EventReasons("team", "DynamicQuota"));
  }));
  EXPECT_EQ(controllers.violations(), 0);
  EXPECT_EQ(Read(QuotaPath()).value("/spec/hard/services"_json_pointer, ""), "7");
}

TEST_F(KubeQuota, APoolLimitsAQuotaAndItsLedgerSaysSo) {
  ApplyPod("web-1");
  ApplyPod("web-2");
  ApplyQuota("1", "1");
  const std::string pool = ns() + "-pool";
  Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
         {"kind", "QuotaPool"},
         {"metadata", {{"name", pool}}},
         {"spec", {{"resources", {{{"name", "requests.cpu"}, {"capacity", "2500m"}}}}}}});
  ApplyDynamic({{"poolRef", {{"name", pool}}}});
  StartAt(20);
  monitor().SetDepth(80);
  ASSERT_TRUE(HardBecomes("2500m")) << Hard() << Read(DynamicPath()).dump(2);
  EXPECT_TRUE(Eventually([&] { return DynamicCondition("Limited") == "True PoolShare"; }))
      << Read(DynamicPath()).dump(2);
  EXPECT_TRUE(Throughout(seconds(2), [&] { return Hard() == "2500m"; }));
  const Json ledger = Read(PathOf("autoscaling.hpaplus.io/v1alpha1", "QuotaPool", "", pool));
  EXPECT_EQ(ledger.value("/status/ledger/entries/0/granted/requests.cpu"_json_pointer, ""),
            "2500m");
  ASSERT_TRUE(
      api().Patch(PathOf("autoscaling.hpaplus.io/v1alpha1", "QuotaPool", "", pool),
                  {{"spec", {{"resources", {{{"name", "requests.cpu"}, {"capacity", "10"}}}}}}}));
  EXPECT_TRUE(HardBecomes("4")) << Hard();
}

TEST_F(KubeQuota, Q7SomebodyElsesKeysAreAConflictAndStay) {
  ApplyQuota("2", "1");
  ApplyDynamic({{"takeOver", false}});
  StartAt(20);
  EXPECT_TRUE(Eventually([&] { return DynamicCondition("Conflict") == "True OtherWriter"; }))
      << Read(DynamicPath()).dump(2);
  EXPECT_EQ(Hard(), "2");
}

TEST_F(KubeQuota, WhatWasThereIsRestoredWhenTheObjectIsDeleted) {
  ApplyQuota("9", "3");
  ApplyDynamic();
  StartAt(20);
  ASSERT_TRUE(HardBecomes("3")) << Hard() << Read(DynamicPath()).dump(2);
  Delete(DynamicPath());
  EXPECT_TRUE(HardBecomes("9")) << Hard();
  EXPECT_TRUE(Eventually([&] { return Read(DynamicPath()).is_null(); }));
  EXPECT_FALSE(Read(QuotaPath()).dump().find("hpaplus.io/quota-plan") != std::string::npos);
}

TEST_F(KubeQuota, SizesWaitForQuotaThatNobodyGrowsAndGrowAtOnceWhenItIsThere) {
  ApplyPod("web-1");
  ApplyPod("web-2");
  ApplyQuota("2", "1");
  StartAt(20, {{"evaluation", {{"period", "10s"}}}});
  monitor().SetDepth(80);
  ASSERT_TRUE(Reaches(4)) << Replicas() << "\n" << StatusOf().dump(2);
  EXPECT_TRUE(Eventually([&] { return Condition("ScalingLimited") == "True QuotaLimited"; }))
      << StatusOf().dump(2);
  EXPECT_THAT(ConditionMessage("ScalingLimited"),
              testing::HasSubstr("quota compute has requests.cpu for 4, 4 more are wanted"));
  EXPECT_EQ(StatusOf().value("recommendedReplicas", 0), 8);
  EXPECT_TRUE(
      Eventually([&] { return testing::Matches(Contains("QuotaBlocked"))(EventReasons()); }));
  // Right after an evaluation, so that the next one is far.
  const int asked = monitor().asked();
  ASSERT_TRUE(Eventually([&] { return monitor().asked() > asked; }));
  const int asked_last = monitor().asked();
  ASSERT_TRUE(api().Patch(QuotaPath(), {{"spec", {{"hard", {{"requests.cpu", "4"}}}}}}));
  EXPECT_TRUE(Reaches(8, seconds(5))) << Replicas() << "\n" << StatusOf().dump(2);
  EXPECT_EQ(monitor().asked(), asked_last) << "what was read still holds";
  EXPECT_TRUE(Eventually([&] { return !Condition("ScalingLimited").ends_with("QuotaLimited"); }))
      << StatusOf().dump(2);
}

// The counterpart: without a DynamicQuota admission keeps the pods out.
TEST_F(KubeQuota, AdmissionRefusesWhatIsBeyondTheQuota) {
  ApplyQuota("1", "0");
  TinyControllers controllers(api(), ns());
  ASSERT_TRUE(controllers.SyncQuota());
  EXPECT_TRUE(controllers.CreatePod("a", "600m"));
  EXPECT_FALSE(controllers.CreatePod("b", "600m"));
}

// Pods are admitted and deleted between the engine's reads and writes, and it is killed now and
// then.
TEST_F(KubeQuota, Q3HardIsNeverBelowUsedWhilePodsComeAndGoAndEnginesDie) {
  constexpr Duration kLife = std::chrono::milliseconds(2500);
  ApplyQuota("5", "0");
  ApplyDynamic({{"resources",
                 {{{"name", "requests.cpu"},
                   {"min", 1},
                   {"max", 20},
                   {"headroomPercent", 0},
                   {"headroom", 1}}}},
                {"shrink", {{"stabilizationWindow", "0s"}, {"maxStepPercent", 100}}}});
  TinyControllers controllers(api(), ns());
  StartAt(20);
  Random random(7);
  std::vector<std::string> pods;
  std::set<std::string> seen;
  int deaths = 0;
  Timestamp born = Now();
  for (int step = 1; deaths < 5; ++step) {
    const bool grows = random.Uniform() < (deaths % 2 == 0 ? 0.7 : 0.3);
    if (grows || pods.empty()) {
      const std::string name = "pod-" + std::to_string(step);
      const auto cpu = std::to_string(50 + random.Next() % 500) + "m";
      if (controllers.CreatePod(name, cpu)) pods.push_back(name);
    } else {
      const std::size_t which = random.Next() % pods.size();
      controllers.DeletePod(pods[which]);
      pods.erase(pods.begin() + static_cast<std::ptrdiff_t>(which));
    }
    ASSERT_TRUE(controllers.SyncQuota()) << "step " << step;
    seen.insert(Hard());
    if (Now() > born + kLife) {
      engine().Signal(SIGKILL);
      ASSERT_TRUE(engine().Wait(seconds(10)));
      StartEngine();
      born = Now();
      ++deaths;
    }
  }
  EXPECT_GT(seen.size(), 4U) << "the quota has moved";
}

}  // namespace
}  // namespace hpaplus::test
