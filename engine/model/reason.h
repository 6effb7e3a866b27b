#pragma once

#include <string_view>

namespace hpaplus {

/// Why a number was proposed, changed or withheld, and why a condition stands as it does. The
/// names are the same in the journal, in conditions and in metric labels, and where the stock HPA
/// has a reason it is that one. Append only.
enum class Reason {
  kNone,
  // A metric's opinion.
  kAboveTarget,
  kBelowTarget,
  kWithinTolerance,
  // A metric without an opinion: unknown, which is never zero.
  kNoData,          // The source answered, with nothing.
  kStaleData,       // The newest sample is older than staleAfter.
  kInvalidData,     // NaN, infinite, negative or overflowing.
  kFutureData,      // Stamped ahead of our clock by more than the tolerated skew.
  kSourceFailed,    // The source could not be read.
  kSourceNotFound,  // No such MetricSource, or it may not be used from this namespace.
  kNoRequests,      // A utilization target, and a container without a request.
  kNoReadyPods,
  kInvalidTarget,  // The target does not fit the metric's type.
  // ScalingActive.
  kValidMetricFound,
  kFailedGetResourceMetric,
  kFailedGetContainerResourceMetric,
  kFailedGetPodsMetric,
  kFailedGetObjectMetric,
  kFailedGetExternalMetric,
  kFailedGetSourceMetric,
  kInvalidMetricSourceType,
  kInvalidSelector,
  kAmbiguousSelector,
  kAmbiguousTarget,  // Another HPAPlus or an HPA has the same target.
  kScalingDisabled,  // The target is at zero replicas.
  kPaused,
  // AbleToScale.
  kSucceededGetScale,
  kFailedGetScale,
  kTargetNotFound,
  kReadyForNewScale,
  kScaleUpStabilized,
  kScaleDownStabilized,
  kSucceededRescale,
  kFailedUpdateScale,
  // ScalingLimited.
  kDesiredWithinRange,
  kTooFewReplicas,
  kTooManyReplicas,
  kScaleUpLimit,
  kScaleDownLimit,
  // Other stages.
  kAboveMax,  // The current size is above maxReplicas; metrics are not asked.
  kBelowMin,
  kHeldPartial,  // Some metric is unknown, and without it nothing may shrink.
  kHeldUnknown,  // All metrics are unknown.
  kDryRun,
  kHeldIncomplete,  // Pods without a sample could turn the metric's direction.
  // ScaledToZero.
  kScaledToZero,
  kNotScaledToZero,
  // Smoothing, burst mode, combination, schedules and rollouts.
  kSmoothed,
  kNoBurst,
  kBursting,        // Demand is, or was until lately, over the burst threshold.
  kBurstFading,     // The size of a burst that has ended is given up bit by bit.
  kCombined,        // Made of several proposals.
  kNoFormulaValue,  // The formula has no finite value for these proposals.
  kNoVote,          // The metric has nothing to say about the size now.
  kStepped,         // Over its bound: a step more than the current size.
  kStepTaken,       // Over its bound, a step was taken a moment ago.
  kNoSchedule,      // None is active, or it changes nothing.
  kScheduleFloor,
  kScheduleCeiling,
  kScheduleConflict,  // The ceiling lies below the floor, and the floor wins.
  kNoRollout,
  kRolloutWaits,        // Nothing shrinks while the target is being rolled out.
  kRolloutHolds,        // Nothing changes while it is.
  kRolloutCompensated,  // Pods that a rollout takes away are made up for.
  kRolloutTooLong,      // It has been going on for so long that nothing waits for it.
  kRolloutAllowed,      // A rollout that nobody waits for.
  // Stages of ours.
  kOutOfRange,        // A number outside validity.min .. validity.max.
  kLastGood,          // What the metric asked for when it was last known stands in.
  kTakenForZero,      // As the object says, no answer is zero.
  kWithinThresholds,  // In the dead band.
  kFallbackHold,
  kFallbackStatic,
  kFallbackCurrentIfHigher,
  kFallbackCurrentIfLower,
  kFallbackSchedule,
  kFallbackWaiting,  // Unknown, but not for long enough yet.
  kNoFallback,
  kFullChange,  // The elasticity is 1.
  kDamped,
  kOvershot,
  kConfirmed,
  kAwaitingConfirmations,
  kNoVeto,
  kGuardObjects,  // A Guard metric is above its target.
  kGuardUnknown,  // A Guard metric is unknown.
  kMetricsNotFresh,
  kWithinBudget,
  kMinuteBudget,
  kHourBudget,
  kFlapping,   // Too many reversals within the hour: nothing shrinks.
  kActive,     // Some metric is above its activation threshold.
  kActivated,  // From idle to minReplicas.
  kIdle,
  kCoolingDown,
  kActivityUnknown,
  kScaleUpOnly,
  kScaleDownOnly,
  kPeriodStretched,  // There is more to evaluate than time.
  kFrozen,
  kNotFrozen,
  kQuotaLimited,      // The namespace has not enough quota.
  kFleetLimit,        // All workloads together have changed enough for now.
  kSourceSuspect,     // The numbers of many objects of a source collapsed at once.
  kSourceRecovering,  // A source has begun to answer a moment ago.
  kSuspicious,        // More than maxStepRatio away from what it was before.
};

/// "ScaleDownStabilized": the enumerator without its k.
[[nodiscard]] std::string_view ReasonName(Reason reason);

}  // namespace hpaplus
