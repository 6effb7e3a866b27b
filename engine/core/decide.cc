#include "engine/core/decide.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/bounds.h"
#include "engine/core/combine.h"
#include "engine/core/rate_limit.h"
#include "engine/core/selector_check.h"
#include "engine/core/stabilize.h"

namespace hpaplus {
namespace {

// One decision on its way through the stages: the number so far, and what explains it.
class Trail {
 public:
  explicit Trail(const DecideInput& in) {
    decision_.workload = in.id;
    decision_.at = in.now;
    decision_.current = in.view.scale.spec_replicas;
    decision_.desired = decision_.current;
    decision_.recommended = decision_.current;
    constexpr std::size_t kOtherSteps = 5;
    decision_.steps.reserve(in.policies.size() + kOtherSteps);
    decision_.conditions.reserve(3);
  }

  Decision& decision() { return decision_; }
  [[nodiscard]] Replicas desired() const { return decision_.desired; }

  void Move(Stage stage, Replicas to, Reason reason, double evidence, std::size_t index = 0) {
    decision_.steps.push_back({stage, decision_.desired, to, reason, evidence, index});
    decision_.desired = to;
  }

  // A condition set by an earlier stage gives way to that of a later one.
  void Set(ConditionType type, ConditionStatus status, Reason reason) {
    const auto found = std::ranges::find(decision_.conditions, type, &Condition::type);
    if (found == decision_.conditions.end()) {
      decision_.conditions.push_back({type, status, reason});
    } else {
      *found = {type, status, reason};
    }
  }

  // Ends the decision with the size as it is.
  void Hold(ConditionType type, ConditionStatus status, Reason reason) {
    Set(type, status, reason);
    Move(Stage::kTarget, decision_.current, reason, 0);
  }

 private:
  Decision decision_;
};

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
  if (in.view.scale.spec_replicas == 0) {
    trail.Hold(kType, kFalse, Reason::kScalingDisabled);
    trail.decision().known = true;
    return false;
  }
  return true;
}

// A size outside the bounds goes to the nearest bound at once: no metrics, no windows, no rates.
bool ReturnIntoBounds(const WorkloadSpec& spec, Trail& trail) {
  const Replicas current = trail.desired();
  if (current > spec.max_replicas) {
    trail.Move(Stage::kBounds, spec.max_replicas, Reason::kAboveMax, spec.max_replicas);
  } else if (current < spec.min_replicas) {
    trail.Move(Stage::kBounds, spec.min_replicas, Reason::kBelowMin, spec.min_replicas);
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

bool AskMetrics(const DecideInput& in, Trail& trail) {
  Decision& decision = trail.decision();
  const WorkloadSpec& spec = *in.view.spec;
  HPAPLUS_CHECK(in.policies.size() == spec.metrics.size());
  HPAPLUS_CHECK(in.readings.size() == spec.metrics.size());
  decision.metrics.reserve(in.policies.size());
  for (std::size_t i = 0; i < in.policies.size(); ++i) {
    const PolicyInput input{in.now, in.config, in.view, in.readings[i]};
    const MetricOutcome& outcome = decision.metrics.emplace_back(in.policies[i]->Propose(input));
    const Replicas proposal = outcome.proposal.value_or(decision.current);
    decision.steps.push_back(
        {Stage::kMetric, decision.current, proposal, outcome.reason, outcome.ratio, i});
  }

  const Combined combined = Combine(decision.metrics, decision.current);
  const auto unknown = static_cast<double>(combined.unknown);
  if (!combined.known) {
    const bool all = combined.unknown == decision.metrics.size();
    trail.Move(Stage::kCombine, decision.current, all ? Reason::kHeldUnknown : Reason::kHeldPartial,
               unknown);
    const MetricType type =
        spec.metrics.empty() ? MetricType::kUnknown : spec.metrics[combined.first_unknown].type;
    trail.Set(ConditionType::kScalingActive, kFalse, FailureReason(type));
    return false;
  }
  trail.Move(Stage::kCombine, combined.replicas, decision.metrics[combined.winner].reason, unknown,
             combined.winner);
  trail.Set(ConditionType::kScalingActive, kTrue, Reason::kValidMetricFound);
  decision.recommended = combined.replicas;
  decision.known = true;
  return true;
}

// Windows, then rates, then bounds.
void Normalize(const DecideInput& in, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  const Replicas current = trail.decision().current;
  const Stabilized stable =
      Stabilize(current, trail.desired(), spec.behavior ? &*spec.behavior : nullptr, in.config,
                in.now, *history.recommendations);
  trail.Move(Stage::kStabilize, stable.replicas, stable.reason, ToSeconds(stable.window));
  trail.Set(ConditionType::kAbleToScale, kTrue, stable.reason);

  const RateLimited rated = LimitRate(current, stable.replicas, spec, in.config, history, in.now);
  trail.Move(Stage::kRate, rated.replicas, rated.reason, rated.limit);
  const Bounded bounded = KeepInBounds(rated.replicas, spec);
  const Replicas bound =
      bounded.reason == Reason::kTooFewReplicas ? spec.min_replicas : spec.max_replicas;
  trail.Move(Stage::kBounds, bounded.replicas, bounded.reason, bound);

  const bool limited = bounded.replicas != stable.replicas;
  const Reason reason =
      bounded.reason != Reason::kDesiredWithinRange ? bounded.reason : rated.reason;
  trail.Set(ConditionType::kScalingLimited, limited ? kTrue : kFalse, reason);
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
  trail.Move(Stage::kMode, trail.desired(), dry ? Reason::kDryRun : Reason::kNone, 0);
  trail.decision().acts = !dry && trail.decision().changes_scale();
}

}  // namespace

Decided Decide(const DecideInput& in, History history) {
  const WorkloadSpec& spec = *in.view.spec;
  Trail trail(in);
  if (ReadScale(in.view.scale, trail)) {
    BeginHistory(in, history);
    if (MayScale(in, trail)) {
      if (ReturnIntoBounds(spec, trail)) {
        ApplyMode(spec.mode, trail);
      } else if (PodsCanBeFound(in.view, trail) && AskMetrics(in, trail)) {
        Normalize(in, trail, history);
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
