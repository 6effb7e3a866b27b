#include "engine/model/decision.h"

namespace hpaplus {

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kTarget:
      return "Target";
    case Stage::kMetric:
      return "Metric";
    case Stage::kCombine:
      return "Combine";
    case Stage::kStabilize:
      return "Stabilize";
    case Stage::kRate:
      return "Rate";
    case Stage::kBounds:
      return "Bounds";
    case Stage::kMode:
      return "Mode";
  }
  return "Unknown";
}

std::string_view ConditionTypeName(ConditionType type) {
  switch (type) {
    case ConditionType::kAbleToScale:
      return "AbleToScale";
    case ConditionType::kScalingActive:
      return "ScalingActive";
    case ConditionType::kScalingLimited:
      return "ScalingLimited";
  }
  return "Unknown";
}

}  // namespace hpaplus
