#include "engine/model/decision.h"

namespace hpaplus {

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kTarget:
      return "Target";
    case Stage::kValidate:
      return "Validate";
    case Stage::kSmooth:
      return "Smooth";
    case Stage::kMetric:
      return "Metric";
    case Stage::kDeadBand:
      return "DeadBand";
    case Stage::kCombine:
      return "Combine";
    case Stage::kFallback:
      return "Fallback";
    case Stage::kElasticity:
      return "Elasticity";
    case Stage::kConfirm:
      return "Confirm";
    case Stage::kStabilize:
      return "Stabilize";
    case Stage::kBurst:
      return "Burst";
    case Stage::kRate:
      return "Rate";
    case Stage::kSchedule:
      return "Schedule";
    case Stage::kForecast:
      return "Forecast";
    case Stage::kGuard:
      return "Guard";
    case Stage::kRollout:
      return "Rollout";
    case Stage::kBudget:
      return "Budget";
    case Stage::kBounds:
      return "Bounds";
    case Stage::kActivation:
      return "Activation";
    case Stage::kMode:
      return "Mode";
    case Stage::kQuota:
      return "Quota";
    case Stage::kFleet:
      return "Fleet";
  }
  return "Unknown";
}

std::string_view EvidenceName(const DecisionStep& step) {
  if (step.stage == Stage::kValidate && step.reason == Reason::kSuspicious) return "factor";
  switch (step.stage) {
    case Stage::kMetric:
    case Stage::kDeadBand:
    case Stage::kGuard:
      return "ratio";
    case Stage::kValidate:
      return "ageSeconds";
    case Stage::kFallback:
      return "failures";
    case Stage::kElasticity:
      return "elasticity";
    case Stage::kConfirm:
      return "samples";
    case Stage::kBudget:
    case Stage::kFleet:
      return "budget";
    case Stage::kActivation:
      return "cooldownSeconds";
    case Stage::kCombine:
      return "unknownMetrics";
    case Stage::kStabilize:
      return "windowSeconds";
    case Stage::kRate:
      return "limit";
    case Stage::kBounds:
      return "bound";
    case Stage::kSmooth:
      return "newestDemand";
    case Stage::kBurst:
      return "load";
    case Stage::kSchedule:
      return "bound";
    case Stage::kRollout:
      return "oldPodsReady";
    case Stage::kQuota:
      return "unmet";
    case Stage::kTarget:
    case Stage::kMode:
      break;
    case Stage::kForecast:
      return "value";
  }
  return "";
}

std::string_view ConditionTypeName(ConditionType type) {
  switch (type) {
    case ConditionType::kAbleToScale:
      return "AbleToScale";
    case ConditionType::kScalingActive:
      return "ScalingActive";
    case ConditionType::kScalingLimited:
      return "ScalingLimited";
    case ConditionType::kScaledToZero:
      return "ScaledToZero";
    case ConditionType::kFallbackActive:
      return "FallbackActive";
    case ConditionType::kFlapping:
      return "Flapping";
    case ConditionType::kOverloaded:
      return "Overloaded";
  }
  return "Unknown";
}

}  // namespace hpaplus
