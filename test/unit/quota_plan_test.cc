// Who gains and who loses quota when objects change, before they do.

#include "engine/rehearse/quota_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"
#include "test/support/command_call.h"
#include "test/support/temp_dir.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using test::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

constexpr const char* kPods = "pods";

// Two quotas in one pool: "idle" uses little of what it has, "busy" wants more.
QuotaState State(Amount capacity) {
  QuotaState state;
  auto pool = std::make_shared<PoolSpec>();
  pool->name = "main";
  pool->resources = {{.name = kPods, .capacity = capacity}};
  state.pools.push_back({pool, "", "", {}});
  for (const char* name : {"busy", "idle"}) {
    auto spec = std::make_shared<QuotaSpec>();
    spec->ns = name;
    spec->name = "team";
    spec->quota = "compute";
    spec->pool = "main";
    spec->resources = {{.name = kPods, .min = 2, .max = 50, .headroom_percent = 0}};
    state.subjects.push_back({spec, "", false});
    QuotaObject quota;
    quota.ns = name;
    quota.name = "compute";
    quota.hard = {{kPods, 10}};
    quota.used = {{kPods, spec->ns == "busy" ? 10 : 3}};
    state.quotas.push_back(quota);
  }
  QuotaClaimant web;
  web.ns = "busy";
  web.name = "web";
  web.pods = 10;
  web.wants = web.most = 18;
  web.per_pod = {{kPods, 1}};
  state.claimants.push_back(web);
  return state;
}

TEST(QuotaPlan, SettlesWhereTheLoopWould) {
  const SettledQuotas settled = SettleQuotas(State(20));
  EXPECT_TRUE(settled.settled);
  EXPECT_EQ(settled.hard.at({"idle", "compute"}).at(kPods), 3);
  EXPECT_EQ(settled.hard.at({"busy", "compute"}).at(kPods), 17);
  EXPECT_GE(settled.changed.at({"idle", "team"}), minutes(5)) << "it shrinks after its window";
  EXPECT_EQ(settled.records.at({"busy", "team"}).decision.resources[0].demand, 18);
}

TEST(QuotaPlan, SaysWhoGainsAndWhoLosesAndWhoWaits) {
  QuotaPlan plan;
  CompareQuotas(State(20), State(15), plan);
  ASSERT_EQ(plan.changes.size(), 2U);
  const QuotaChange& busy = plan.changes[0];
  EXPECT_EQ(busy.quota, "busy/team");
  EXPECT_EQ(busy.now, 10);
  EXPECT_EQ(busy.before, 17);
  EXPECT_EQ(busy.after, 12);
  EXPECT_EQ(busy.wanted, 18);
  EXPECT_EQ(busy.gain(), -5);
  EXPECT_EQ(busy.why, "PoolShare");
  EXPECT_FALSE(plan.changes[1].changes());
  EXPECT_EQ(plan.changes[1].why, "");
  ASSERT_EQ(plan.waiting.size(), 1U);
  EXPECT_EQ(plan.waiting[0].workload, "busy/web");
  EXPECT_EQ(plan.waiting[0].before, 1);
  EXPECT_EQ(plan.waiting[0].after, 6);
  EXPECT_EQ(plan.waiting[0].quota, "compute");
  EXPECT_THAT(plan.warnings, ElementsAre("busy/team gets 12 of pods, wants 18",
                                         "5 more pods of busy/web wait for pods of compute"));
  EXPECT_THAT(plan.notes, IsEmpty());
}

TEST(QuotaPlan, SaysWhatCannotBeDecidedOn) {
  QuotaState state = State(20);
  state.quotas.pop_back();
  QuotaPlan plan;
  CompareQuotas(state, state, plan);
  EXPECT_EQ(plan.changes[1].why, "QuotaNotFound");
  EXPECT_EQ(plan.changes[1].after, std::nullopt);
}

constexpr const char* kCluster = R"(
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ResourceQuota, metadata: {name: compute, namespace: shop},
   spec: {hard: {requests.cpu: "2"}}, status: {used: {requests.cpu: "2"}}}
- {apiVersion: v1, kind: ResourceQuota, metadata: {name: compute, namespace: reports},
   spec: {hard: {requests.cpu: "6"}}, status: {used: {requests.cpu: "1"}}}
- apiVersion: autoscaling.hpaplus.io/v1alpha1
  kind: QuotaPool
  metadata: {name: production}
  spec: {resources: [{name: requests.cpu, capacity: 8}]}
- apiVersion: autoscaling.hpaplus.io/v1alpha1
  kind: DynamicQuota
  metadata: {name: cpu, namespace: shop, uid: a}
  spec:
    quotaRef: {name: compute}
    poolRef: {name: production}
    resources: [{name: requests.cpu, min: 1, max: 3, headroomPercent: 0}]
- apiVersion: autoscaling.hpaplus.io/v1alpha1
  kind: HPAPlus
  metadata: {name: web, namespace: shop}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
    maxReplicas: 20
  status: {currentReplicas: 4, desiredReplicas: 4, recommendedReplicas: 12}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web, namespace: shop}
  spec:
    template: {spec: {containers: [{name: app, resources: {requests: {cpu: 500m}}}]}}
  status: {replicas: 4}
)";

constexpr const char* kPlanned = R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: DynamicQuota
metadata: {name: cpu, namespace: shop}
spec:
  quotaRef: {name: compute}
  poolRef: {name: production}
  resources: [{name: requests.cpu, min: 1, max: 5, headroomPercent: 0}]
---
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: DynamicQuota
metadata: {name: cpu, namespace: reports}
spec:
  quotaRef: {name: compute}
  poolRef: {name: production}
  resources: [{name: requests.cpu, min: 1, max: 4, headroomPercent: 0}]
)";

class PlanQuotas : public ::testing::Test {
 protected:
  static Outcome Call(const app::PlanOptions& options) { return test::Call(options, app::Plan); }
  app::PlanOptions Planned(const std::string& planned = kPlanned,
                           const std::string& cluster = kCluster) {
    app::PlanOptions options;
    options.files = {dir_.Write("planned.yaml", planned)};
    options.against = dir_.Write("cluster.yaml", cluster);
    return options;
  }

  test::TempDir dir_;
};

TEST_F(PlanQuotas, ShowsWhatChangesAndForWhom) {
  const Outcome outcome = Call(Planned());
  EXPECT_EQ(outcome.code, app::kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("~ DynamicQuota shop/cpu\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  ~ spec.resources[requests.cpu].max   3 -> 5\n"));
  EXPECT_THAT(outcome.out, HasSubstr("+ DynamicQuota reports/cpu\n"));
  EXPECT_THAT(outcome.out, HasSubstr("shop/web                            4     12         6"
                                     "         2  requests.cpu of compute\n"));
  EXPECT_THAT(outcome.out, HasSubstr("1 to create, 1 to change; 1 gain and 1 lose quota.\n"));
  EXPECT_THAT(outcome.out, HasSubstr("note: there are no pods"));
}

TEST_F(PlanQuotas, SaysTheSameAsJson) {
  app::PlanOptions options = Planned();
  options.format = app::ReportFormat::kJson;
  options.exit_code = true;
  const Outcome outcome = Call(options);
  EXPECT_EQ(outcome.code, app::kExitFindings);
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["schema"], "hpaplus.io/quota-plan/v1");
  EXPECT_EQ(json["objects"][0]["fields"][0]["after"], 5);
  EXPECT_EQ(json["objects"][1]["action"], "create");
  const Json& reports = json["quotas"][0];
  EXPECT_EQ(reports["quota"], "reports/cpu");
  EXPECT_EQ(reports["now"], "6");
  EXPECT_EQ(reports["before"], "6");
  EXPECT_EQ(reports["after"], "1");
  const Json& shop = json["quotas"][1];
  EXPECT_EQ(shop["before"], "3");
  EXPECT_EQ(shop["after"], "5");
  EXPECT_EQ(shop["wanted"], "5");
  EXPECT_EQ(shop["why"], nullptr);
  EXPECT_GT(shop["takes_seconds"], -1);
  EXPECT_EQ(json["waiting"][0]["before"], 6);
  EXPECT_EQ(json["waiting"][0]["after"], 2);
}

TEST_F(PlanQuotas, DrawsItAsAPage) {
  app::PlanOptions options = Planned();
  options.format = app::ReportFormat::kHtml;
  const Outcome outcome = Call(options);
  EXPECT_EQ(outcome.code, app::kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Pods that would wait"));
  EXPECT_THAT(outcome.out, HasSubstr("<!doctype html>"));
}

TEST_F(PlanQuotas, WhatIsThereAlreadyIsNothingToChange) {
  app::PlanOptions options = Planned(R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: QuotaPool
metadata: {name: production}
spec: {resources: [{name: requests.cpu, capacity: "8"}]}
)");
  options.exit_code = true;
  const Outcome outcome = Call(options);
  EXPECT_EQ(outcome.code, app::kExitOk) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Nothing to change."));
}

TEST_F(PlanQuotas, CountsThePodsThatThereAre) {
  const std::string pod = R"(
- {apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop},
   spec: {containers: [{name: app, resources: {requests: {cpu: "2500m"}}}]}}
)";
  app::PlanOptions options = Planned(kPlanned, kCluster + pod);
  options.format = app::ReportFormat::kJson;
  const Outcome outcome = Call(options);
  EXPECT_EQ(Json::parse(outcome.out)["waiting"][0]["after"], 3) << "five cores less 2500m";
  EXPECT_THAT(outcome.out, Not(HasSubstr("there are no pods")));
}

TEST_F(PlanQuotas, SaysWhatIsWrong) {
  const Outcome alone = Call([&] {
    app::PlanOptions options = Planned();
    options.against.clear();
    return options;
  }());
  EXPECT_EQ(alone.code, app::kExitUsage);
  EXPECT_THAT(alone.err, HasSubstr("--against"));
  const Outcome mixed = Call(Planned(std::string(kPlanned) + "---\n{kind: Pod, apiVersion: v1, "
                                                             "metadata: {name: x}}\n"));
  EXPECT_EQ(mixed.code, app::kExitUnparseable);
  EXPECT_THAT(mixed.err, HasSubstr("Pod default/x"));
  const Outcome wrong = Call(Planned(kPlanned, R"({"kind":"ResourceQuota",
      "metadata":{"name":"compute","namespace":"shop"},"spec":{"hard":{"pods":"many"}}})"));
  EXPECT_EQ(wrong.code, app::kExitUnparseable);
  EXPECT_THAT(wrong.err, HasSubstr("cluster.yaml: ResourceQuota shop/compute: "));
  const Outcome nameless = Call(Planned(kPlanned, R"({"kind":"Pod"})"));
  EXPECT_THAT(nameless.err, HasSubstr("an object has no kind or no name"));
}

}  // namespace
}  // namespace hpaplus::rehearse
