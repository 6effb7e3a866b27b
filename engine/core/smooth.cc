#include "engine/core/smooth.h"

#include "engine/core/rounding.h"

namespace hpaplus {

StageResult Smooth(const Smoothing& smoothing, const Tolerance& tolerance, Replicas current,
                   DemandWindow& window, MetricOutcome& outcome) {
  const bool plain = outcome.reason != Reason::kHeldIncomplete && outcome.reason != Reason::kNoVote;
  if (!outcome.proposal || !outcome.oldest || !plain) {
    return {outcome.proposal.value_or(current), outcome.reason, 0};
  }
  const double newest = outcome.demand;
  window.Add(*outcome.oldest, newest, smoothing);
  const double demand = window.Over(smoothing.window, smoothing.function);
  const double pods = outcome.ratio > 0 && newest > 0 ? newest / outcome.ratio : current;
  const Replicas rounded = CeilToReplicasWithoutNoise(demand);
  outcome.demand = demand;
  outcome.ratio = demand / pods;
  if (tolerance.Contains(outcome.ratio)) {
    outcome.proposal = current;
    outcome.reason = Reason::kWithinTolerance;
  } else {
    outcome.proposal = rounded;
    outcome.reason = outcome.ratio > 1 ? Reason::kAboveTarget : Reason::kBelowTarget;
  }
  return {rounded, Reason::kSmoothed, newest};
}

}  // namespace hpaplus
