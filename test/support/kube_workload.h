#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/base/time.h"
#include "engine/kube/workload_lookup.h"
#include "engine/model/decision.h"
#include "engine/model/workload.h"
#include "engine/ports/actuator.h"

namespace hpaplus::test {

inline constexpr Timestamp kMorning = Timestamp(std::chrono::seconds(1'795'425'600));

/// "rps", 120 each, between 1 and 50 replicas; scales up by 100 % in 15 s.
[[nodiscard]] inline std::shared_ptr<WorkloadSpec> RpsSpec() {
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = "shop";
  spec->name = "web";
  spec->uid = "uid-web";
  spec->generation = 3;
  spec->target = {"apps/v1", "Deployment", "web"};
  spec->max_replicas = 50;
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "rps";
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = *Quantity::Parse("120");
  spec->metrics.push_back(metric);
  spec->behavior.emplace();
  spec->behavior->scale_up.policies.push_back({ScalingPolicyType::kPercent, 100, 15});
  return spec;
}

[[nodiscard]] inline WorkloadView ViewOf(const std::shared_ptr<const WorkloadSpec>& spec,
                                         Replicas size) {
  WorkloadView view;
  view.spec = spec;
  view.scale.status = ScaleStatus::kKnown;
  view.scale.spec_replicas = size;
  view.scale.resource_version = "100";
  view.scale.selector = "app=web";
  return view;
}

/// An evaluation of RpsSpec() in which `rps` asked for `raw` and everything let it be `desired`.
[[nodiscard]] inline Decision DecisionOf(Replicas current, Replicas raw, Replicas desired,
                                         Timestamp at = kMorning, double rps = 1431) {
  Decision decision;
  decision.at = at;
  decision.current = current;
  decision.desired = desired;
  decision.recommended = raw;
  decision.known = true;
  decision.acts = current != desired;
  MetricOutcome outcome;
  outcome.proposal = raw;
  outcome.reason = raw > current   ? Reason::kAboveTarget
                   : raw < current ? Reason::kBelowTarget
                                   : Reason::kWithinTolerance;
  outcome.value = rps;
  outcome.ratio = rps / 120 / current;
  outcome.average_value_milli = static_cast<std::int64_t>(rps * 1000 / current);
  decision.metrics.push_back(outcome);
  decision.steps = {{Stage::kMetric, current, raw, outcome.reason, outcome.ratio, 0},
                    {Stage::kCombine, current, raw, outcome.reason, 0, 0},
                    {Stage::kStabilize, raw, raw, Reason::kReadyForNewScale, 0, 0},
                    {Stage::kRate, raw, desired,
                     raw == desired ? Reason::kDesiredWithinRange : Reason::kScaleUpLimit,
                     static_cast<double>(desired), 0},
                    {Stage::kBounds, desired, desired, Reason::kDesiredWithinRange, 50, 0},
                    {Stage::kMode, desired, desired, Reason::kNone, 0, 0}};
  decision.conditions = {
      {ConditionType::kAbleToScale, ConditionStatus::kTrue, Reason::kReadyForNewScale},
      {ConditionType::kScalingActive, ConditionStatus::kTrue, Reason::kValidMetricFound},
      {ConditionType::kScalingLimited,
       raw == desired ? ConditionStatus::kFalse : ConditionStatus::kTrue,
       raw == desired ? Reason::kDesiredWithinRange : Reason::kScaleUpLimit}};
  return decision;
}

/// The same evaluation with the source down.
[[nodiscard]] inline Decision UnknownDecision(Replicas current, Timestamp at = kMorning) {
  Decision decision = DecisionOf(current, current, current, at);
  decision.known = false;
  decision.recommended = 0;
  decision.metrics[0] = {};
  decision.metrics[0].reason = Reason::kSourceFailed;
  decision.metrics[0].problem = "connection refused";
  decision.steps.resize(1);
  decision.steps.push_back({Stage::kCombine, current, current, Reason::kHeldUnknown, 1, 0});
  decision.conditions = {
      {ConditionType::kAbleToScale, ConditionStatus::kTrue, Reason::kSucceededGetScale},
      {ConditionType::kScalingActive, ConditionStatus::kFalse, Reason::kFailedGetSourceMetric}};
  return decision;
}

[[nodiscard]] inline ScaleOutcome OutcomeOf(const std::shared_ptr<const WorkloadSpec>& spec,
                                            Replicas from, Replicas to, Result<Done> result) {
  ScaleOutcome outcome;
  outcome.command.view = std::make_shared<WorkloadView>(ViewOf(spec, from));
  outcome.command.replicas = to;
  outcome.command.decided_at = kMorning;
  outcome.result = std::move(result);
  return outcome;
}

[[nodiscard]] inline kube::WorkloadNow NowOf(const std::shared_ptr<const WorkloadSpec>& spec) {
  kube::WorkloadNow now;
  now.spec = spec;
  now.generation = spec->generation;
  now.place =
      kube::TargetTable::Place{"uid-target", "/apis/apps/v1/namespaces/shop/deployments/web/scale",
                               "deployments/scale", "deployments.apps/scale"};
  return now;
}

}  // namespace hpaplus::test
