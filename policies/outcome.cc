#include "policies/outcome.h"

#include <utility>

namespace hpaplus::policies {

MetricOutcome Abstain(Reason reason, std::string problem) {
  MetricOutcome out;
  out.reason = reason;
  out.problem = std::move(problem);
  return out;
}

MetricOutcome AbstainFor(const Error& error) {
  const bool missing = error.code == ErrorCode::kNotFound;
  return Abstain(missing ? Reason::kSourceNotFound : Reason::kSourceFailed, error.message);
}

Reason SideOfTarget(double ratio) {
  if (ratio > 1.0) return Reason::kAboveTarget;
  return ratio < 1.0 ? Reason::kBelowTarget : Reason::kWithinTolerance;
}

ToleranceSpec ToleranceSpec::Of(const std::optional<Behavior>& behavior) {
  ToleranceSpec out;
  if (!behavior) return out;
  if (behavior->scale_down.tolerance) out.down = behavior->scale_down.tolerance->AsDouble();
  if (behavior->scale_up.tolerance) out.up = behavior->scale_up.tolerance->AsDouble();
  return out;
}

ToleranceSpec ToleranceSpec::Without(const Thresholds& thresholds) const {
  ToleranceSpec out = *this;
  if (thresholds.scale_down) out.down = 0;
  if (thresholds.scale_up) out.up = 0;
  return out;
}

}  // namespace hpaplus::policies
