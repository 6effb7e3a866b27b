#include "engine/core/trail.h"

#include <algorithm>

namespace hpaplus {

Trail::Trail(Decision& decision, WorkloadId workload, Timestamp now, Replicas current)
    : decision_(decision) {
  decision_.workload = workload;
  decision_.at = now;
  decision_.current = current;
  decision_.desired = current;
  decision_.recommended = current;
  decision_.known = false;
  decision_.acts = false;
  decision_.metrics.clear();
  decision_.conditions.clear();
  decision_.steps.clear();
  decision_.shortage.reset();
  constexpr std::size_t kUsualSteps = 8;
  constexpr std::size_t kUsualConditions = 3;
  decision_.steps.reserve(kUsualSteps);
  decision_.conditions.reserve(kUsualConditions);
}

void Trail::Move(Stage stage, const StageResult& to) {
  decision_.steps.push_back(
      {stage, decision_.desired, to.replicas, to.reason, to.evidence, to.index});
  decision_.desired = to.replicas;
}

void Trail::Note(Stage stage, const StageResult& said) {
  decision_.steps.push_back(
      {stage, decision_.current, said.replicas, said.reason, said.evidence, said.index});
}

void Trail::Set(ConditionType type, ConditionStatus status, Reason reason) {
  const auto found = std::ranges::find(decision_.conditions, type, &Condition::type);
  if (found == decision_.conditions.end()) {
    decision_.conditions.push_back({type, status, reason});
  } else {
    *found = {type, status, reason};
  }
}

void Trail::Hold(ConditionType type, ConditionStatus status, Reason reason) {
  Set(type, status, reason);
  Move(Stage::kTarget, {decision_.current, reason});
}

}  // namespace hpaplus
