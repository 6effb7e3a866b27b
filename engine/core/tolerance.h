#pragma once

#include "engine/core/policy.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// How far usage over target may be from 1 without anything happening; relative, per direction.
struct Tolerance {
  double down = 0.1;
  double up = 0.1;

  /// Both ends belong to it. NaN never does.
  [[nodiscard]] bool Contains(double ratio) const {
    return (1.0 - down) <= ratio && ratio <= (1.0 + up);
  }
};

/// The object's own where it has one, the controller's elsewhere.
[[nodiscard]] inline Tolerance ToleranceOf(const WorkloadSpec& spec, const DecideConfig& config) {
  Tolerance out{config.tolerance, config.tolerance};
  if (!spec.behavior) return out;
  const ScalingRules& down = spec.behavior->scale_down;
  const ScalingRules& up = spec.behavior->scale_up;
  if (down.tolerance) out.down = down.tolerance->AsDouble();
  if (up.tolerance) out.up = up.tolerance->AsDouble();
  return out;
}

}  // namespace hpaplus
