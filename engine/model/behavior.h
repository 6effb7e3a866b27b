#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/quantity.h"

namespace hpaplus {

enum class SelectPolicy { kMax, kMin, kDisabled };
enum class ScalingPolicyType { kPods, kPercent };

struct ScalingPolicy {
  ScalingPolicyType type = ScalingPolicyType::kPods;
  std::int32_t value = 0;           // Pods, or percent of the current size; > 0.
  std::int32_t period_seconds = 0;  // 1 .. 1800.
  bool operator==(const ScalingPolicy&) const = default;
};

/// autoscaling/v2 HPAScalingRules, defaulted: only the window and the tolerance may be absent. The
/// last two are ours.
struct ScalingRules {
  std::optional<std::int32_t> stabilization_window_seconds;  // 0 .. 3600; null: the controller's.
  SelectPolicy select_policy = SelectPolicy::kMax;
  std::vector<ScalingPolicy> policies;
  std::optional<Quantity> tolerance;   // Relative; null: the controller's.
  std::optional<Quantity> elasticity;  // (0, 10]; null: 1.
  std::int32_t confirmations = 1;      // 1 .. 100.
  bool operator==(const ScalingRules&) const = default;
};

struct Behavior {
  ScalingRules scale_up;
  ScalingRules scale_down;
  bool operator==(const Behavior&) const = default;
};

}  // namespace hpaplus
