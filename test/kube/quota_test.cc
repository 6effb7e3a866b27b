// Quotas against a real API server. There is no quota controller: what is used is written by the
// test, as that controller would.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/model/amount.h"
#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::Contains;

class KubeQuota : public KubeTest {
 protected:
  std::string QuotaPath(const std::string& name = "compute") const {
    return PathOf("v1", "ResourceQuota", ns(), name);
  }
  std::string DynamicPath(const std::string& name = "team") const {
    return PathOf("autoscaling.hpaplus.io/v1alpha1", "DynamicQuota", ns(), name);
  }

  void ApplyQuota(const std::string& cpu, const std::string& used,
                  const std::string& name = "compute") {
    Apply({{"apiVersion", "v1"},
           {"kind", "ResourceQuota"},
           {"metadata", {{"name", name}, {"namespace", ns()}}},
           {"spec", {{"hard", {{"requests.cpu", cpu}, {"services", "7"}}}}}});
    SetUsed(used, name);
  }

  void SetUsed(const std::string& used, const std::string& name = "compute") {
    const auto patched = api().Patch(QuotaPath(name) + "/status",
                                     {{"status",
                                       {{"hard", {{"requests.cpu", "1000"}, {"services", "7"}}},
                                        {"used", {{"requests.cpu", used}, {"services", "0"}}}}}});
    ASSERT_TRUE(patched) << patched.error().message;
  }

  void ApplyDynamic(const Json& spec = Json::object(), const std::string& name = "team",
                    const std::string& quota = "compute") {
    Json object = Json::parse(R"({
      "apiVersion": "autoscaling.hpaplus.io/v1alpha1",
      "kind": "DynamicQuota",
      "spec": {
        "takeOver": true,
        "evaluation": {"period": "1s"},
        "resources": [{"name": "requests.cpu", "min": 1, "max": 20, "headroomPercent": 0}],
        "shrink": {"stabilizationWindow": "2s", "maxStepPercent": 100}
      }})");
    object["metadata"] = {{"name", name}, {"namespace", ns()}};
    object["spec"]["quotaRef"] = {{"name", quota}};
    object["spec"].merge_patch(spec);
    Apply(object);
  }

  void ApplyPod(const std::string& name) {
    Apply({{"apiVersion", "v1"},
           {"kind", "Pod"},
           {"metadata", {{"name", name}, {"namespace", ns()}, {"labels", {{"app", "web"}}}}},
           {"spec",
            {{"containers",
              {{{"name", "app"},
                {"image", "app"},
                {"resources", {{"requests", {{"cpu", "500m"}}}}}}}}}}});
  }

  std::string Hard(const std::string& name = "compute") {
    return Read(QuotaPath(name)).value("/spec/hard/requests.cpu"_json_pointer, "");
  }

  std::string DynamicCondition(const std::string& type, const std::string& name = "team") {
    const Json object = Read(DynamicPath(name));
    for (const Json& one : object.value("/status/conditions"_json_pointer, Json::array())) {
      if (one.at("type") != type) continue;
      return one.at("status").get<std::string>() + " " + one.at("reason").get<std::string>();
    }
    return "";
  }

  bool HardBecomes(const std::string& cpu, const std::string& name = "compute") {
    return Eventually([&] { return Hard(name) == cpu; }, seconds(15));
  }
};

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

// Used goes up and down between the engine's reads and writes, and the engine dies now and then.
TEST_F(KubeQuota, HardIsNeverBelowUsedThroughoutChangesAndDeaths) {
  ApplyQuota("5", "1");
  ApplyDynamic({{"shrink", {{"stabilizationWindow", "0s"}, {"maxStepPercent", 100}}}});
  StartAt(20);
  Random random(7);
  Amount used = 1000;
  for (int step = 0; step < 150; ++step) {
    const Json quota = Read(QuotaPath());
    const Amount hard = AmountOf(
        "requests.cpu", *Quantity::Parse(quota.value("/spec/hard/requests.cpu"_json_pointer, "0")),
        AmountRounding::kDown);
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
