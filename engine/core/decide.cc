#include "engine/core/decide.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/bounds.h"
#include "engine/core/combine_strategy.h"
#include "engine/core/elasticity.h"
#include "engine/core/metric_votes.h"
#include "engine/core/rate_limit.h"
#include "engine/core/schedule.h"
#include "engine/core/selector_check.h"
#include "engine/core/shaping.h"
#include "engine/core/stabilize.h"
#include "engine/core/trail.h"
#include "engine/core/veto.h"

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

// Pods are found by the scale's selector. An average per replica of a Source, or of a formula,
// needs none.
bool NeedsPods(const WorkloadSpec& spec) {
  return std::ranges::any_of(spec.metrics, [](const MetricSpec& metric) {
    if (metric.role == MetricRole::kInput) return false;
    const bool of_source =
        metric.type == MetricType::kSource || metric.type == MetricType::kFormula;
    return !of_source || metric.target.type != TargetType::kAverageValue;
  });
}

// A size of zero is a human's switch, unless it was our own decision. Then it ends when a metric
// that needs no pods asks for it, or minReplicas is no longer zero.
bool MayWake(const WorkloadView& view) {
  return view.scaled_to_zero && (view.spec->min_replicas != 0 || HasTotals(*view.spec));
}

bool RestsAtZero(const WorkloadSpec& spec) {
  return spec.idle && spec.idle->replicas == 0;
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
  const bool may_wake = MayWake(in.view) || RestsAtZero(*in.view.spec);
  if (in.view.scale.spec_replicas == 0 && !may_wake) {
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

// The floor that the clock asks for now.
std::optional<Replicas> FloorByClock(const WorkloadSpec& spec, Timestamp now) {
  if (spec.schedules.empty()) return std::nullopt;
  return BoundsBySchedules(spec.schedules, spec.min_replicas, spec.max_replicas, now).floor;
}

// What stands in for metrics that have been unknown for too long. It is a floor as long as there
// is a recommendation, too: some metrics ask for more, or all are just back.
void FallBack(const WorkloadSpec& spec, bool complete, Trail& trail, FallbackState& state) {
  Decision& decision = trail.decision();
  StepFallback(*spec.fallback, complete, decision.at, state);
  StageResult size{decision.desired, complete ? Reason::kNoFallback : Reason::kFallbackWaiting};
  if (state.active) {
    size = FallbackSize(*spec.fallback, decision.current, FloorByClock(spec, decision.at));
    if (decision.known) size.replicas = std::max(size.replicas, decision.desired);
    decision.known = true;
  }
  size.evidence = state.failures;
  trail.Move(Stage::kFallback, size);
  trail.Set(ConditionType::kFallbackActive, state.active ? kTrue : kFalse, size.reason);
}

// The proposals together, and what stands in for them. False: there is no recommendation.
bool Recommend(const DecideInput& in, Trail& trail, History& history) {
  Decision& decision = trail.decision();
  const WorkloadSpec& spec = *in.view.spec;
  const Combined combined =
      CombineBy(spec.combine, spec.metrics, decision.metrics, decision.current);
  const auto unknown = static_cast<double>(combined.unknown);
  if (combined.known) {
    const bool combines = combined.reason != Reason::kNone;
    const Reason reason = combines ? combined.reason : decision.metrics[combined.winner].reason;
    trail.Move(Stage::kCombine, {combined.replicas, reason, unknown, combined.winner});
    trail.Set(ConditionType::kScalingActive, kTrue, Reason::kValidMetricFound);
    decision.known = true;
  } else {
    const bool all = combined.unknown == combined.voters;
    const Reason held = all ? Reason::kHeldUnknown : Reason::kHeldPartial;
    const Reason reason = combined.reason == Reason::kNoFormulaValue ? combined.reason : held;
    trail.Move(Stage::kCombine, {decision.current, reason, unknown});
    const MetricType type =
        spec.metrics.empty() ? MetricType::kUnknown : spec.metrics[combined.first_unknown].type;
    trail.Set(ConditionType::kScalingActive, kFalse, FailureReason(type));
  }
  if (spec.fallback) {
    const bool complete = !LacksFreshVotes(spec.metrics, decision.metrics);
    FallBack(spec, complete, trail, history.fallback);
  }
  if (!decision.known) return false;
  decision.recommended = decision.desired;
  const bool damps = spec.behavior && !history.fallback.active;
  if (damps && HasElasticity(*spec.behavior)) {
    trail.Move(Stage::kElasticity, TakeShare(trail.current(), trail.desired(), *spec.behavior));
  }
  if (damps && HasConfirmations(*spec.behavior)) {
    const auto sample = decision.metrics[combined.winner].oldest;
    trail.Move(Stage::kConfirm, AwaitConfirmations(trail.current(), trail.desired(), *spec.behavior,
                                                   sample, history.agreement));
  }
  return true;
}

// Rates and bounds say why even when another of them has the last word, as in the HPA.
void SayWhatLimits(Trail& trail) {
  Reason reason = Reason::kDesiredWithinRange;
  bool limited = false;
  for (const DecisionStep& step : trail.decision().steps) {
    // Activation is a wish of its own.
    if (step.stage < Stage::kRate || step.stage == Stage::kActivation) continue;
    const bool of_hpa = step.stage == Stage::kRate || step.stage == Stage::kBounds;
    const bool changed = step.before != step.after;
    if (of_hpa ? step.reason != Reason::kDesiredWithinRange : changed) reason = step.reason;
    limited = limited || changed;
  }
  trail.Set(ConditionType::kScalingLimited, limited ? kTrue : kFalse, reason);
}

// Windows, bursts and rates: what may be done at once.
void Pace(const DecideInput& in, const BurstInput& burst, Trail& trail, History& history) {
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
  // What was taken to zero comes back with at least minReplicas, whatever the rates allow there.
  const bool wakes = current == 0 && (spec.behavior || asked >= spec.min_replicas);
  if (wakes && trail.desired() < spec.min_replicas) {
    const auto bound = static_cast<double>(spec.min_replicas);
    trail.Move(Stage::kActivation, {spec.min_replicas, Reason::kBelowMin, bound});
  }
}

// Vetoes, rollouts and budgets, which hold whoever asks for a change.
void Restrain(const DecideInput& in, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  const SafetySpec& safety = spec.safety;
  const Replicas current = trail.current();
  if (const auto veto = Veto(spec.metrics, trail.decision().metrics,
                             safety.require_fresh_for_scale_down, current, trail.desired())) {
    trail.Move(Stage::kGuard, *veto);
  }
  ApplyRollout({in.now, in.config, in.view}, trail, history.rollout);
  if (HasBudgets(safety)) {
    const StageResult kept =
        KeepInBudget(safety, history.changes, in.now, current, trail.desired());
    trail.Move(Stage::kBudget, kept);
  }
  if (safety.max_reversals_per_hour) {
    const std::size_t reversals = Reversals(history.changes, in.now);
    const bool flaps = reversals >= static_cast<std::size_t>(*safety.max_reversals_per_hour);
    trail.Set(ConditionType::kFlapping, flaps ? kTrue : kFalse,
              flaps ? Reason::kFlapping : Reason::kWithinBudget);
  }
}

void Bound(const WorkloadSpec& spec, Replicas least, Trail& trail) {
  const Bounded bounded = KeepInBounds(trail.desired(), least, spec.max_replicas);
  const Replicas bound = bounded.reason == Reason::kTooFewReplicas ? least : spec.max_replicas;
  trail.Move(Stage::kBounds, {bounded.replicas, bounded.reason, static_cast<double>(bound)});
}

// A floor that was announced is something to do, too.
Activity ActivityNow(const DecideInput& in, const Decision& decision) {
  if (FloorByClock(*in.view.spec, in.now)) return Activity::kActive;
  return ActivityOf(in.view.spec->metrics, decision.metrics);
}

// Between idleReplicas and minReplicas.
void WakeOrRest(const DecideInput& in, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  Decision& decision = trail.decision();
  const Activity activity = ActivityNow(in, decision);
  trail.Move(Stage::kActivation,
             Activate(spec, activity, in.now, trail.current(), trail.desired(), history.activity));
  decision.known = activity != Activity::kUnknown;
  decision.recommended = decision.desired;
  constexpr ConditionType kType = ConditionType::kScalingActive;
  switch (activity) {
    case Activity::kActive:
      return trail.Set(kType, kTrue, Reason::kValidMetricFound);
    case Activity::kInactive:
      return trail.Set(kType, kFalse, Reason::kIdle);
    case Activity::kUnknown:
      return trail.Set(kType, kFalse, Reason::kActivityUnknown);
  }
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

void ApplyMode(const DecideInput& in, Trail& trail) {
  const Mode mode = in.view.spec->mode;
  const bool frozen = IsFrozen(in.view, in.now);
  StageResult out{trail.desired(), Reason::kNone};
  if (!Writes(mode)) {
    out.reason = Reason::kDryRun;
  } else if (!MayWrite(mode, trail.current(), trail.desired())) {
    const bool up_only = mode == Mode::kScaleUpOnly;
    out = {trail.current(), up_only ? Reason::kScaleUpOnly : Reason::kScaleDownOnly};
  } else if (frozen) {
    out.reason = Reason::kFrozen;
  }
  trail.Move(Stage::kMode, out);
  trail.decision().acts = Writes(mode) && !frozen && trail.decision().changes_scale();
}

// Between idleReplicas and minReplicas nothing but activity counts.
bool IsResting(const WorkloadSpec& spec, Replicas current) {
  return spec.idle && current < spec.min_replicas;
}

void DecideResting(const DecideInput& in, Trail& trail, History& history) {
  (void)AskMetrics(in, trail, history);
  WakeOrRest(in, trail, history);
  Restrain(in, trail, history);
  Bound(*in.view.spec, in.view.spec->idle->replicas, trail);
  ApplyMode(in, trail);
}

// Without a recommendation there is only what needs none: a floor by the clock.
void DecideByClock(const DecideInput& in, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  if (spec.schedules.empty()) return;
  ApplySchedules({in.now, in.config, in.view}, trail);
  Restrain(in, trail, history);
  Bound(spec, spec.min_replicas, trail);
  ApplyMode(in, trail);
}

void DecideRunning(const DecideInput& in, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  if (ReturnIntoBounds(spec, trail)) return ApplyMode(in, trail);
  if (!PodsCanBeFound(in.view, trail)) return DecideByClock(in, trail, history);
  const BurstInput burst = AskMetrics(in, trail, history);
  const bool recommended = Recommend(in, trail, history);
  if (recommended) Pace(in, burst, trail, history);
  Replicas least = spec.min_replicas;
  if (spec.idle) {
    const Activity activity = ActivityNow(in, trail.decision());
    const StageResult size =
        Activate(spec, activity, in.now, trail.current(), trail.desired(), history.activity);
    if (recommended) trail.Move(Stage::kActivation, size);
    if (size.reason == Reason::kIdle) least = size.replicas;
  }
  if (!recommended) return DecideByClock(in, trail, history);
  Restrain(in, trail, history);
  Bound(spec, least, trail);
  ApplyMode(in, trail);
  SayWhatLimits(trail);
}

}  // namespace

void Decide(const DecideInput& in, Decided& out) {
  Trail trail(out.decision, in.id, in.now, in.view.scale.spec_replicas);
  if (!ReadScale(in.view.scale, trail)) return;
  BeginHistory(in, out.history);
  if (!MayScale(in, trail)) return;
  if (IsResting(*in.view.spec, trail.current())) {
    DecideResting(in, trail, out.history);
  } else {
    DecideRunning(in, trail, out.history);
  }
}

Decided Decide(const DecideInput& in, History history) {
  Decided out{{}, std::move(history)};
  Decide(in, out);
  return out;
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
    case MetricType::kFormula:  // What is lacking is one of its inputs.
      return Reason::kFailedGetSourceMetric;
    case MetricType::kUnknown:
      return Reason::kInvalidMetricSourceType;
  }
  HPAPLUS_CHECK(false);
}

}  // namespace hpaplus
