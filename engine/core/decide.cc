#include "engine/core/decide.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/bounds.h"
#include "engine/core/combine_strategy.h"
#include "engine/core/rate_limit.h"
#include "engine/core/selector_check.h"
#include "engine/core/shaping.h"
#include "engine/core/stabilize.h"
#include "engine/core/trail.h"

namespace hpaplus {
namespace {

constexpr ConditionStatus kTrue = ConditionStatus::kTrue;
constexpr ConditionStatus kFalse = ConditionStatus::kFalse;

// Whether the target's size is known; if not, nothing can be said about it.
bool ReadScale(const ScaleState& scale, Trail& trail) {
  constexpr ConditionType kType = ConditionType::kAbleToScale;
  switch (scale.status) {
    case ScaleStatus::kKnown:
      trail.Set(kType, kTrue, Reason::kSucceededGetScale);
      return true;
    case ScaleStatus::kUnknown:
      trail.Hold(kType, ConditionStatus::kUnknown, Reason::kFailedGetScale);
      return false;
    case ScaleStatus::kNotFound:
      trail.Hold(kType, kFalse, Reason::kTargetNotFound);
      return false;
    case ScaleStatus::kForbidden:
    case ScaleStatus::kFailed:
      trail.Hold(kType, kFalse, Reason::kFailedGetScale);
      return false;
  }
  HPAPLUS_CHECK(false);
}

// Pods are found by the scale's selector. Only a Source's average per replica needs none.
bool NeedsPods(const WorkloadSpec& spec) {
  return std::ranges::any_of(spec.metrics, [](const MetricSpec& metric) {
    return metric.type != MetricType::kSource || metric.target.type != TargetType::kAverageValue;
  });
}

// A size of zero is a human's switch, unless it was our own decision. Then it ends when a metric
// that needs no pods asks for it, or minReplicas is no longer zero.
bool MayWake(const WorkloadView& view) {
  return view.scaled_to_zero && (view.spec->min_replicas != 0 || HasTotals(*view.spec));
}

bool MayScale(const DecideInput& in, Trail& trail) {
  constexpr ConditionType kType = ConditionType::kScalingActive;
  if (in.view.spec->mode == Mode::kPaused) {
    trail.Hold(kType, kFalse, Reason::kPaused);
    return false;
  }
  if (!in.view.conflict.empty() && in.view.spec->mode != Mode::kDryRun) {
    trail.Hold(kType, kFalse, Reason::kAmbiguousTarget);
    return false;
  }
  if (in.view.scale.spec_replicas == 0 && !MayWake(in.view)) {
    trail.Hold(kType, kFalse, Reason::kScalingDisabled);
    trail.decision().known = true;
    return false;
  }
  return true;
}

// A size outside the bounds goes to the nearest bound at once: no metrics, no windows, no rates.
// At zero the metrics are asked how far to wake up.
bool ReturnIntoBounds(const WorkloadSpec& spec, Trail& trail) {
  const Replicas current = trail.desired();
  if (current == 0) return false;
  if (current > spec.max_replicas) {
    const auto bound = static_cast<double>(spec.max_replicas);
    trail.Move(Stage::kBounds, {spec.max_replicas, Reason::kAboveMax, bound});
  } else if (current < spec.min_replicas) {
    const auto bound = static_cast<double>(spec.min_replicas);
    trail.Move(Stage::kBounds, {spec.min_replicas, Reason::kBelowMin, bound});
  } else {
    return false;
  }
  trail.decision().known = true;
  return true;
}

bool PodsCanBeFound(const WorkloadView& view, Trail& trail) {
  constexpr ConditionType kType = ConditionType::kScalingActive;
  if (!IsUsableSelector(view.scale.selector) && NeedsPods(*view.spec)) {
    trail.Hold(kType, kFalse, Reason::kInvalidSelector);
    return false;
  }
  if (view.ambiguous_selector) {
    trail.Hold(kType, kFalse, Reason::kAmbiguousSelector);
    return false;
  }
  return true;
}

bool AskMetrics(const DecideInput& in, Trail& trail, History& history, BurstInput& burst) {
  Decision& decision = trail.decision();
  const WorkloadSpec& spec = *in.view.spec;
  HPAPLUS_CHECK(in.policies.size() == spec.metrics.size());
  HPAPLUS_CHECK(in.readings.size() == spec.metrics.size());
  decision.metrics.reserve(in.policies.size());
  for (std::size_t i = 0; i < in.policies.size(); ++i) {
    const PolicyInput input{in.now, in.config, in.view, in.readings[i], in.readings};
    const MetricOutcome& outcome = decision.metrics.emplace_back(in.policies[i]->Propose(input));
    NoteDemand(outcome, burst);
    ShapeMetric({in.now, in.config, in.view}, i, trail, history);
    const Replicas proposal = outcome.proposal.value_or(decision.current);
    trail.Note(Stage::kMetric, {proposal, outcome.reason, outcome.ratio, i});
  }

  const Combined combined =
      CombineBy(spec.combine, spec.metrics, decision.metrics, decision.current);
  const auto unknown = static_cast<double>(combined.unknown);
  if (!combined.known) {
    const bool all = combined.unknown == combined.voters;
    const Reason held = all ? Reason::kHeldUnknown : Reason::kHeldPartial;
    const Reason reason = combined.reason == Reason::kNoFormulaValue ? combined.reason : held;
    trail.Move(Stage::kCombine, {decision.current, reason, unknown});
    const MetricType type =
        spec.metrics.empty() ? MetricType::kUnknown : spec.metrics[combined.first_unknown].type;
    trail.Set(ConditionType::kScalingActive, kFalse, FailureReason(type));
    return false;
  }
  const bool combines = combined.reason != Reason::kNone;
  const Reason reason = combines ? combined.reason : decision.metrics[combined.winner].reason;
  trail.Move(Stage::kCombine, {combined.replicas, reason, unknown, combined.winner});
  trail.Set(ConditionType::kScalingActive, kTrue, Reason::kValidMetricFound);
  decision.recommended = combined.replicas;
  decision.known = true;
  return true;
}

bool MayLimit(Stage stage) {
  return stage >= Stage::kRate && stage <= Stage::kActivation;
}

// Rates and bounds say why even when another of them has the last word, as in the HPA.
void SayWhatLimits(Replicas asked, Trail& trail) {
  Reason reason = Reason::kDesiredWithinRange;
  for (const DecisionStep& step : trail.decision().steps) {
    if (!MayLimit(step.stage)) continue;
    const bool of_hpa = step.stage == Stage::kRate || step.stage == Stage::kBounds;
    const bool limits =
        of_hpa ? step.reason != Reason::kDesiredWithinRange : step.before != step.after;
    if (limits) reason = step.reason;
  }
  const bool limited = trail.desired() != asked;
  trail.Set(ConditionType::kScalingLimited, limited ? kTrue : kFalse, reason);
}

// What was taken to zero comes back with at least minReplicas, whatever the rates allow from zero.
void WakeUp(const WorkloadSpec& spec, Trail& trail) {
  if (trail.current() != 0 || trail.desired() >= spec.min_replicas) return;
  const auto bound = static_cast<double>(spec.min_replicas);
  trail.Move(Stage::kActivation, {spec.min_replicas, Reason::kBelowMin, bound});
}

// Everything after the combination, in the order of the stages.
void Shape(const DecideInput& in, const BurstInput& burst, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  const Replicas current = trail.current();
  const Stabilized stable =
      Stabilize(current, trail.desired(), spec.behavior ? &*spec.behavior : nullptr, in.config,
                in.now, *history.recommendations);
  trail.Move(Stage::kStabilize, {stable.replicas, stable.reason, ToSeconds(stable.window)});
  trail.Set(ConditionType::kAbleToScale, kTrue, stable.reason);

  const ShapingInput shaping{in.now, in.config, in.view};
  ApplyBurst(shaping, burst, trail, history.burst);
  const Replicas asked = trail.desired();
  const RateLimited rated = LimitRate(current, asked, spec, in.config, history, in.now);
  trail.Move(Stage::kRate, {rated.replicas, rated.reason, static_cast<double>(rated.limit)});
  ApplySchedules(shaping, trail);
  ApplyRollout(shaping, trail, history.rollout);
  const bool wakes = current == 0 && (spec.behavior || asked >= spec.min_replicas);
  const Bounded bounded =
      wakes ? KeepBelowMost(trail.desired(), spec) : KeepInBounds(trail.desired(), spec);
  const Replicas bound =
      bounded.reason == Reason::kTooFewReplicas ? spec.min_replicas : spec.max_replicas;
  trail.Move(Stage::kBounds, {bounded.replicas, bounded.reason, static_cast<double>(bound)});
  SayWhatLimits(asked, trail);
  WakeUp(spec, trail);
}

// The first round enters the size as found, so that a restart shrinks nothing inside the first
// window. A pause ends like a restart: what was asked for before it says nothing any more.
void BeginHistory(const DecideInput& in, History& history) {
  if (in.view.spec->mode == Mode::kPaused) {
    history.recommendations.reset();
  } else if (!history.recommendations) {
    history.recommendations.emplace({Recommendation{in.view.scale.spec_replicas, in.now}});
  }
}

void ApplyMode(Mode mode, Trail& trail) {
  const bool dry = mode == Mode::kDryRun;
  trail.Move(Stage::kMode, {trail.desired(), dry ? Reason::kDryRun : Reason::kNone});
  trail.decision().acts = !dry && trail.decision().changes_scale();
}

}  // namespace

Decided Decide(const DecideInput& in, History history) {
  const WorkloadSpec& spec = *in.view.spec;
  Trail trail(in.id, in.now, in.view.scale.spec_replicas, in.policies.size());
  BurstInput burst;
  if (ReadScale(in.view.scale, trail)) {
    BeginHistory(in, history);
    if (MayScale(in, trail)) {
      if (ReturnIntoBounds(spec, trail)) {
        ApplyMode(spec.mode, trail);
      } else if (PodsCanBeFound(in.view, trail) && AskMetrics(in, trail, history, burst)) {
        Shape(in, burst, trail, history);
        ApplyMode(spec.mode, trail);
      } else if (!spec.schedules.empty()) {
        ApplySchedules({in.now, in.config, in.view}, trail);  // A floor needs no metrics.
        ApplyMode(spec.mode, trail);
      }
    }
  }
  return {std::move(trail.decision()), std::move(history)};
}

Reason FailureReason(MetricType type) {
  switch (type) {
    case MetricType::kResource:
      return Reason::kFailedGetResourceMetric;
    case MetricType::kContainerResource:
      return Reason::kFailedGetContainerResourceMetric;
    case MetricType::kPods:
      return Reason::kFailedGetPodsMetric;
    case MetricType::kObject:
      return Reason::kFailedGetObjectMetric;
    case MetricType::kExternal:
      return Reason::kFailedGetExternalMetric;
    case MetricType::kSource:
      return Reason::kFailedGetSourceMetric;
    case MetricType::kUnknown:
      return Reason::kInvalidMetricSourceType;
  }
  HPAPLUS_CHECK(false);
}

}  // namespace hpaplus
