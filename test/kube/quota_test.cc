// Quotas against a real API server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "test/kube/quota_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::Contains;

TEST_F(KubeQuota, ANamespaceAtItsLimitGetsQuotaAndReplicasAndGivesBack) {
  ApplyPod("web-1");
  ApplyPod("web-2");
  ApplyQuota("1", "1");
  ApplyDynamic();
  StartAt(20);
  ASSERT_TRUE(HardBecomes("1")) << Hard();
  const Timestamp begun = Now();
  monitor().SetDepth(80);
  ASSERT_TRUE(Reaches(8, seconds(10))) << Replicas() << "\n" << StatusOf().dump(2);
  ASSERT_TRUE(HardBecomes("4")) << Hard() << Read(DynamicPath()).dump(2);
  const Duration took = Now() - begun;
  RecordProperty("seconds", std::to_string(ToSeconds(took)));
  EXPECT_LT(ToSeconds(took), 2.5);  // One period, and what a busy machine needs besides.
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

TEST_F(KubeQuota, SomebodyElsesKeysAreAConflictAndStay) {
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

// Used goes up and down between the engine's reads and writes, and the engine dies now and then.
TEST_F(KubeQuota, HardIsNeverBelowUsedThroughoutChangesAndDeaths) {
  ApplyQuota("5", "1");
  ApplyDynamic({{"shrink", {{"stabilizationWindow", "0s"}, {"maxStepPercent", 100}}}});
  StartAt(20);
  Random random(7);
  Amount used = 1000;
  for (int step = 0; step < 150; ++step) {
    const Json quota = Read(QuotaPath());
    const Amount hard = Cores(quota, "/spec/hard/requests.cpu");
    ASSERT_GE(hard, used) << "step " << step;
    // As admission does it: within hard, at the version that was read.
    const Amount next = std::min<Amount>(hard, static_cast<Amount>(random.Next() % 6000));
    const auto patched = api().Patch(
        QuotaPath() + "/status",
        {{"metadata", {{"resourceVersion", quota.at("metadata").at("resourceVersion")}}},
         {"status", {{"used", {{"requests.cpu", std::to_string(next) + "m"}}}}}});
    if (patched) used = next;
    if (step % 30 == 29) {
      StopEngine();
      StartEngine();
    }
  }
}

}  // namespace
}  // namespace hpaplus::test
