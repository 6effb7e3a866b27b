#include "engine/app/last_word.h"

#include "engine/kube/decision_text.h"

namespace hpaplus::app {

LastWord LastWordOf(const Decision& decision) {
  for (const Condition& condition : decision.conditions) {
    const bool stops = condition.type == ConditionType::kAbleToScale ||
                       condition.type == ConditionType::kScalingActive;
    if (stops && condition.status != ConditionStatus::kTrue) {
      return {LastWord::Kind::kHeld, ConditionTypeName(condition.type),
              ReasonName(condition.reason)};
    }
  }
  const auto limits = kube::LimitingSteps(decision);
  if (limits.empty()) return {};
  return {LastWord::Kind::kLimited, StageName(limits.back()->stage),
          ReasonName(limits.back()->reason)};
}

std::string_view LastWordKindName(LastWord::Kind kind) {
  switch (kind) {
    case LastWord::Kind::kAsked:
      return "Asked";
    case LastWord::Kind::kLimited:
      return "Limited";
    case LastWord::Kind::kHeld:
      return "Held";
  }
  return "Unknown";
}

}  // namespace hpaplus::app
