#include "engine/loop/hold_decision.h"

#include <algorithm>

namespace hpaplus {

void EndWith(Replicas size, Reason reason, double budget, Decision& decision) {
  decision.steps.push_back({Stage::kFleet, decision.desired, size, reason, budget, 0});
  decision.desired = size;
  decision.acts = decision.changes_scale();
  const Condition limited{ConditionType::kScalingLimited, ConditionStatus::kTrue, reason};
  const auto found =
      std::ranges::find(decision.conditions, ConditionType::kScalingLimited, &Condition::type);
  if (found == decision.conditions.end()) {
    decision.conditions.push_back(limited);
  } else {
    *found = limited;
  }
}

}  // namespace hpaplus
