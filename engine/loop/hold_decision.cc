#include "engine/loop/hold_decision.h"

#include <algorithm>

namespace hpaplus {

void EndWith(Replicas size, Reason reason, double budget, Decision& decision) {
  EndWith(Stage::kFleet, {size, reason, budget}, decision);
}

void EndWith(Stage stage, const StageResult& result, Decision& decision) {
  decision.steps.push_back(
      {stage, decision.desired, result.replicas, result.reason, result.evidence, 0});
  decision.desired = result.replicas;
  decision.acts = decision.acts && decision.changes_scale();
  const Condition limited{ConditionType::kScalingLimited, ConditionStatus::kTrue, result.reason};
  const auto found =
      std::ranges::find(decision.conditions, ConditionType::kScalingLimited, &Condition::type);
  if (found == decision.conditions.end()) {
    decision.conditions.push_back(limited);
  } else {
    *found = limited;
  }
}

}  // namespace hpaplus
