#include "engine/kube/status_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/kube/status_reply.h"
#include "test/support/kube_workload.h"

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using test::DecisionOf;
using test::kMorning;
using test::RpsSpec;
using test::UnknownDecision;
using test::ViewOf;

ObjectStatus Make(const Decision& decision, const WorkloadView& view,
                  const ObjectStatus& previous = {}) {
  return MakeStatus({decision, view, view.spec->generation, "", std::nullopt, false}, previous);
}

TEST(StatusJson, AStatusSaysWhatWasDecidedAndWhy) {
  const ObjectStatus status = Make(DecisionOf(5, 12, 10), ViewOf(RpsSpec(), 5));
  EXPECT_EQ(status.observed_generation, 3);
  EXPECT_EQ(status.current, 5);
  EXPECT_EQ(status.desired, 10);
  EXPECT_EQ(status.recommended, 12);
  EXPECT_EQ(status.targets, "rps: 286200m/120");
  ASSERT_TRUE(status.last_decision);
  EXPECT_EQ(status.last_decision->from, 5);
  EXPECT_EQ(status.last_decision->to, 10);
  EXPECT_EQ(status.last_decision->raw, 12);
  EXPECT_EQ(status.last_decision->metric, "rps");
  EXPECT_EQ(status.last_decision->reason, "AboveTarget");
  EXPECT_THAT(status.last_decision->limited_by, testing::ElementsAre("ScaleUpLimit"));
  std::vector<std::string> types;
  for (const auto& condition : status.conditions) {
    types.push_back(condition.type);
    EXPECT_EQ(condition.last_transition, kMorning);
    EXPECT_EQ(condition.observed_generation, 3);
    EXPECT_FALSE(condition.reason.empty());
  }
  EXPECT_THAT(types, testing::ElementsAre("Ready", "AbleToScale", "ScalingActive", "ScalingLimited",
                                          "MetricsFresh", "DryRun"));
  EXPECT_EQ(status.Find("Ready")->status, ConditionStatus::kTrue);
  EXPECT_EQ(status.Find("ScalingLimited")->reason, "ScaleUpLimit");
  EXPECT_EQ(status.Find("MetricsFresh")->status, ConditionStatus::kTrue);
}

TEST(StatusJson, ATransitionTimeStaysWhileTheStatusDoes) {
  const auto view = ViewOf(RpsSpec(), 5);
  const ObjectStatus first = Make(DecisionOf(5, 5, 5), view);
  const ObjectStatus second = Make(UnknownDecision(5, kMorning + seconds(10)), view, first);
  EXPECT_EQ(second.Find("AbleToScale")->last_transition, kMorning);
  EXPECT_EQ(second.Find("ScalingActive")->last_transition, kMorning + seconds(10));
  EXPECT_EQ(second.Find("ScalingLimited")->reason, "DesiredWithinRange") << "not said anew, kept";
  EXPECT_EQ(second.Find("MetricsFresh")->reason, "SourceFailed");
  EXPECT_EQ(second.Find("Ready")->status, ConditionStatus::kFalse);
  EXPECT_EQ(second.Find("Ready")->reason, "FailedGetSourceMetric");
}

TEST(StatusJson, M1AnUnknownMetricIsNotShownAsANumber) {
  const auto view = ViewOf(RpsSpec(), 5);
  const ObjectStatus before = Make(DecisionOf(5, 12, 10), view);
  const ObjectStatus status = Make(UnknownDecision(10), view, before);
  EXPECT_EQ(status.targets, "rps: <unknown>/120");
  EXPECT_EQ(status.current_metrics, "");
  EXPECT_EQ(status.recommended, std::nullopt);
  EXPECT_EQ(status.desired, 10) << "the old one, as in the HPA";
  EXPECT_EQ(status.last_decision, before.last_decision);
}

TEST(StatusJson, AnUnusableSpecIsSaidInTheSummary) {
  const auto view = ViewOf(RpsSpec(), 5);
  const Decision decision = UnknownDecision(5);
  const ObjectStatus status =
      MakeStatus({decision, view, 4, "spec.maxReplicas is missing", std::nullopt, false}, {});
  EXPECT_EQ(status.observed_generation, 4);
  EXPECT_EQ(status.Find("Ready")->reason, "SpecInvalid");
  EXPECT_EQ(status.Find("Ready")->message, "spec.maxReplicas is missing");
}

TEST(StatusJson, DryRunIsACondition) {
  auto spec = RpsSpec();
  spec->mode = Mode::kDryRun;
  const ObjectStatus status = Make(DecisionOf(5, 12, 10), ViewOf(spec, 5));
  EXPECT_EQ(status.Find("DryRun")->status, ConditionStatus::kTrue);
  EXPECT_EQ(status.Find("Ready")->reason, "DryRun");
}

TEST(StatusJson, AShadowIsShownReadBackAndTakenAwayAndIsNoMeaning) {
  const auto view = ViewOf(RpsSpec(), 5);
  const Decision decision = DecisionOf(5, 12, 10);
  ShadowState shadow;
  shadow.since = kMorning + std::chrono::milliseconds(300);
  shadow.replicas = 9;
  shadow.ready = 7;
  shadow.startup = seconds(20);
  shadow.demand_hidden = true;
  const ObjectStatus status = MakeStatus({decision, view, 3, "", std::nullopt, false, &shadow}, {});
  const std::string patch = StatusPatch(status);
  EXPECT_THAT(patch, testing::HasSubstr(R"("shadow":{"replicas":9,"readyReplicas":7,)"));
  EXPECT_THAT(patch, testing::HasSubstr(R"("startup":"20s","holds":true,"demandHidden":true})"));
  const Result<ObjectStatus> read = ParseObjectStatus(patch);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->shadow, status.shadow);
  ASSERT_TRUE(read->shadow);
  EXPECT_EQ(read->shadow->since, kMorning);
  const ObjectStatus without = Make(decision, view);
  EXPECT_THAT(StatusPatch(without), testing::HasSubstr(R"("shadow":null)"));
  EXPECT_NE(status, without);
  EXPECT_TRUE(SameMeaning(status, without)) << "it is written like a measured value";
}

TEST(StatusJson, AFreezeIsAConditionAndLeavesOneBehind) {
  auto spec = RpsSpec();
  const Decision decision = DecisionOf(5, 5, 5);
  EXPECT_EQ(Make(decision, ViewOf(spec, 5)).Find("Frozen"), nullptr);
  spec->frozen_until = Timestamp::max();
  const ObjectStatus frozen = Make(decision, ViewOf(spec, 5));
  ASSERT_NE(frozen.Find("Frozen"), nullptr);
  EXPECT_EQ(frozen.Find("Frozen")->status, ConditionStatus::kTrue);
  EXPECT_EQ(frozen.Find("Frozen")->reason, "Frozen");
  spec->frozen_until.reset();
  const WorkloadView view = ViewOf(spec, 5);
  const ObjectStatus thawed = MakeStatus({decision, view}, frozen);
  ASSERT_NE(thawed.Find("Frozen"), nullptr);
  EXPECT_EQ(thawed.Find("Frozen")->status, ConditionStatus::kFalse);
}

TEST(StatusJson, AFallbackThatIsNoLongerConfiguredIsNoCondition) {
  auto spec = RpsSpec();
  spec->fallback.emplace();
  Decision decision = DecisionOf(5, 5, 5);
  decision.conditions.push_back(
      {ConditionType::kFallbackActive, ConditionStatus::kTrue, Reason::kFallbackHold});
  const ObjectStatus before = Make(decision, ViewOf(spec, 5));
  ASSERT_NE(before.Find("FallbackActive"), nullptr);
  decision.conditions.pop_back();
  const WorkloadView same = ViewOf(spec, 5);
  EXPECT_NE(MakeStatus({decision, same}, before).Find("FallbackActive"), nullptr);
  auto plain = RpsSpec();
  const WorkloadView changed = ViewOf(plain, 5);
  EXPECT_EQ(MakeStatus({decision, changed}, before).Find("FallbackActive"), nullptr);
}

TEST(StatusJson, M1WhatOnlyStandsInIsNotFresh) {
  Decision decision = DecisionOf(5, 5, 5);
  decision.metrics[0].stood_in = true;
  decision.metrics[0].reason = Reason::kStaleData;
  const ObjectStatus status = Make(decision, ViewOf(RpsSpec(), 5));
  EXPECT_EQ(status.Find("MetricsFresh")->status, ConditionStatus::kFalse);
  EXPECT_EQ(status.Find("MetricsFresh")->reason, "StaleData");
  EXPECT_EQ(status.Find("MetricsFresh")->message, "rps is unknown (StaleData)");
}

TEST(StatusJson, RestingIsNoFault) {
  Decision decision = DecisionOf(5, 5, 5);
  decision.conditions[1] = {ConditionType::kScalingActive, ConditionStatus::kFalse, Reason::kIdle};
  EXPECT_EQ(Make(decision, ViewOf(RpsSpec(), 5)).Find("Ready")->status, ConditionStatus::kTrue);
}

TEST(StatusJson, AnOutcomeChangesWhetherItIsAbleToScale) {
  const auto view = ViewOf(RpsSpec(), 5);
  const ObjectStatus before = Make(DecisionOf(5, 12, 10), view);
  ScaleOutcome outcome = test::OutcomeOf(RpsSpec(), 5, 10, Done{});
  const ObjectStatus after = WithOutcome(before, outcome, kMorning + seconds(1));
  EXPECT_EQ(after.Find("AbleToScale")->reason, "SucceededRescale");
  EXPECT_EQ(after.Find("AbleToScale")->last_transition, kMorning);
  EXPECT_EQ(after.current, 10);
  EXPECT_EQ(after.last_scale_time, kMorning + seconds(1));
  outcome.result = Error{ErrorCode::kPermissionDenied, "needs update on deployments.apps/scale"};
  const ObjectStatus failed = WithOutcome(before, outcome, kMorning + seconds(1));
  EXPECT_EQ(failed.Find("AbleToScale")->status, ConditionStatus::kFalse);
  EXPECT_EQ(failed.Find("AbleToScale")->reason, "FailedUpdateScale");
  EXPECT_EQ(failed.Find("AbleToScale")->last_transition, kMorning + seconds(1));
  EXPECT_EQ(failed.last_scale_time, std::nullopt);
  EXPECT_EQ(WithOutcome({}, outcome, kMorning).conditions.size(), 1U);
}

TEST(StatusJson, AFailureToWriteOutlivesTheNextDecision) {
  const auto view = ViewOf(RpsSpec(), 5);
  const Decision decision = DecisionOf(5, 12, 10);
  const Error failure{ErrorCode::kPermissionDenied, "no"};
  const ObjectStatus status = MakeStatus({decision, view, 3, "", failure, false}, {});
  EXPECT_EQ(status.Find("AbleToScale")->reason, "FailedUpdateScale");
  EXPECT_EQ(status.Find("Ready")->reason, "FailedUpdateScale");
}

TEST(StatusJson, TheSameWishAgainDoesNotChangeTheLastDecision) {
  const auto view = ViewOf(RpsSpec(), 5);
  const ObjectStatus first = Make(DecisionOf(5, 12, 10), view);
  const Decision again = DecisionOf(5, 12, 10, kMorning + seconds(1), 1500);
  const ObjectStatus second = MakeStatus({again, view, 3, "", std::nullopt, true}, first);
  EXPECT_EQ(second.last_decision, first.last_decision);
  const ObjectStatus later = MakeStatus({again, view, 3, "", std::nullopt, false}, first);
  EXPECT_EQ(later.last_decision->time, kMorning + seconds(1)) << "wanted anew after a pause";
}

TEST(StatusJson, AP19MeasuredValuesAreNoMeaning) {
  const auto view = ViewOf(RpsSpec(), 12);
  const ObjectStatus a = Make(DecisionOf(12, 12, 12, kMorning, 1431), view);
  ObjectStatus b = MakeStatus(
      {DecisionOf(12, 12, 12, kMorning + seconds(1), 1400), view, 3, "", std::nullopt, false}, a);
  EXPECT_NE(a, b);
  EXPECT_TRUE(SameMeaning(a, b));
  b.current = 11;
  EXPECT_FALSE(SameMeaning(a, b));
  b.current = a.current;
  b.conditions[1].reason = "Other";
  EXPECT_FALSE(SameMeaning(a, b));
}

TEST(StatusJson, APatchIsReadBackAsTheSameStatus) {
  const auto view = ViewOf(RpsSpec(), 5);
  ObjectStatus status = Make(DecisionOf(5, 12, 10), view);
  status = WithOutcome(status, test::OutcomeOf(RpsSpec(), 5, 10, Done{}), kMorning);
  const auto read = ParseObjectStatus(StatusPatch(status));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, status);
}

TEST(StatusJson, APatchRemovesWhatIsNotKnown) {
  const auto json = nlohmann::json::parse(StatusPatch({}));
  for (const char* field : {"currentReplicas", "recommendedReplicas", "lastScaleTime",
                            "lastDecision", "currentMetrics"}) {
    EXPECT_TRUE(json["status"].contains(field)) << field;
    EXPECT_TRUE(json["status"][field].is_null()) << field;
  }
}

TEST(StatusJson, CurrentMetricsHaveTheShapeOfAutoscalingV2) {
  WorkloadSpec spec = *RpsSpec();
  spec.metrics.resize(6, spec.metrics[0]);
  const MetricType types[] = {MetricType::kResource, MetricType::kContainerResource,
                              MetricType::kPods,     MetricType::kObject,
                              MetricType::kExternal, MetricType::kSource};
  Decision decision = DecisionOf(1, 1, 1);
  decision.metrics.clear();
  for (std::size_t i = 0; i < 6; ++i) {
    spec.metrics[i].type = types[i];
    spec.metrics[i].metric = "m";
    spec.metrics[i].resource = "memory";
    spec.metrics[i].container = "app";
    spec.metrics[i].described_object = {"v1", "Service", "front"};
    MetricOutcome outcome;
    outcome.proposal = 1;
    outcome.average_value_milli = 1'048'576'000;
    decision.metrics.push_back(outcome);
  }
  decision.metrics[3] = {};
  decision.metrics[3].proposal = 1;
  decision.metrics[3].value_milli = 425;
  decision.metrics[5].value = 1e300;
  const auto json = nlohmann::json::parse(CurrentMetricsJson(decision, spec));
  ASSERT_EQ(json.size(), 6U);
  EXPECT_EQ(json[0].dump(),
            R"({"resource":{"current":{"averageValue":"1Mi"},"name":"memory"},"type":"Resource"})");
  EXPECT_EQ(json[1]["containerResource"]["container"], "app");
  EXPECT_EQ(json[2]["pods"]["metric"]["name"], "m");
  EXPECT_EQ(json[3]["object"]["current"]["value"], "425m");
  EXPECT_EQ(json[3]["object"]["describedObject"]["kind"], "Service");
  EXPECT_EQ(json[4]["external"]["metric"]["name"], "m");
  EXPECT_EQ(json[5]["source"]["name"], "rps");
}

TEST(StatusReply, WhatIsNotOursIsPassedOver) {
  EXPECT_FALSE(ParseObjectStatus("{"));
  EXPECT_FALSE(ParseObjectStatus("[]"));
  const auto none = ParseObjectStatus("{}");
  ASSERT_TRUE(none);
  EXPECT_EQ(*none, ObjectStatus{});
  const auto odd = ParseObjectStatus(
      R"({"status":{"currentReplicas":-3,"desiredReplicas":"x","lastScaleTime":7,"targets":[],
          "lastDecision":4,"currentMetrics":{},"conditions":[1,{"type":"Ready","status":"Odd"}]}})");
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_EQ(odd->current, std::nullopt);
  EXPECT_EQ(odd->last_decision, std::nullopt);
  ASSERT_EQ(odd->conditions.size(), 1U);
  EXPECT_EQ(odd->conditions[0].status, ConditionStatus::kUnknown);
}

}  // namespace
}  // namespace hpaplus::kube
