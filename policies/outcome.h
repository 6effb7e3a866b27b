#pragma once

#include <optional>
#include <string>

#include "engine/core/policy.h"
#include "engine/core/tolerance.h"
#include "engine/model/behavior.h"
#include "engine/model/safety.h"

namespace hpaplus::policies {

/// "I don't know", and why.
[[nodiscard]] MetricOutcome Abstain(Reason reason, std::string problem = {});

/// The same for a source that could not be read.
[[nodiscard]] MetricOutcome AbstainFor(const Error& error);

/// kAboveTarget, kBelowTarget, or kWithinTolerance for exactly 1.
[[nodiscard]] Reason SideOfTarget(double ratio);

/// What the object itself says about tolerance; null: the controller's applies.
struct ToleranceSpec {
  std::optional<double> down;
  std::optional<double> up;

  [[nodiscard]] static ToleranceSpec Of(const std::optional<Behavior>& behavior);
  /// A threshold takes the tolerance's place in its direction.
  [[nodiscard]] ToleranceSpec Without(const Thresholds& thresholds) const;
  [[nodiscard]] Tolerance Over(const DecideConfig& config) const {
    return {down.value_or(config.tolerance), up.value_or(config.tolerance)};
  }
};

}  // namespace hpaplus::policies
