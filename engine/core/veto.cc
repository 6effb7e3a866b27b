#include "engine/core/veto.h"

#include "engine/core/dead_band.h"

namespace hpaplus {
namespace {

bool IsStale(const MetricSpec& spec, const MetricOutcome& outcome) {
  return spec.role == MetricRole::kScale && IsUnknown(outcome);
}

Reason Objection(const MetricSpec& spec, const MetricOutcome& outcome) {
  const bool known = outcome.proposal || outcome.total;  // A number needs no pods to be judged.
  if (!known || outcome.stood_in) return Reason::kGuardUnknown;
  const bool low = spec.thresholds.scale_down ? IsBelow(*spec.thresholds.scale_down, spec, outcome)
                                              : outcome.ratio <= 1.0;
  return low ? Reason::kNone : Reason::kGuardObjects;
}

}  // namespace

bool LacksFreshVotes(std::span<const MetricSpec> specs, std::span<const MetricOutcome> outcomes) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (IsStale(specs[i], outcomes[i])) return true;
  }
  return false;
}

std::optional<StageResult> Veto(std::span<const MetricSpec> specs,
                                std::span<const MetricOutcome> outcomes, bool require_fresh,
                                Replicas current, Replicas asked) {
  bool guarded = false;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const bool guards = specs[i].role == MetricRole::kGuard;
    guarded = guarded || guards || outcomes[i].stood_in;
    if (asked >= current) continue;
    if (require_fresh && IsStale(specs[i], outcomes[i])) {
      return StageResult{current, Reason::kMetricsNotFresh, 0, i};
    }
    if (!guards) continue;
    const Reason objection = Objection(specs[i], outcomes[i]);
    if (objection != Reason::kNone) return StageResult{current, objection, outcomes[i].ratio, i};
  }
  if (!guarded) return std::nullopt;
  return StageResult{asked, Reason::kNoVeto};
}

}  // namespace hpaplus
