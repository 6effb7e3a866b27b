#include "engine/core/shaping.h"

#include <algorithm>

#include "engine/core/pod_count.h"
#include "engine/core/rollout.h"
#include "engine/core/schedule.h"
#include "engine/core/smooth.h"
#include "engine/core/tolerance.h"

namespace hpaplus {
namespace {

// An alarm that goes on asks for its next step only after a while.
void PauseBetweenSteps(const StepSpec& step, Timestamp now, Replicas current, MetricPast& past,
                       MetricOutcome& outcome) {
  if (outcome.reason != Reason::kStepped) return;
  if (past.stepped && now - *past.stepped < step.cooldown) {
    outcome.proposal = current;
    outcome.reason = Reason::kStepTaken;
  } else {
    past.stepped = now;
  }
}

}  // namespace

void NoteDemand(const MetricOutcome& outcome, BurstInput& burst) {
  if (!outcome.proposal || !outcome.oldest || outcome.stood_in) return;
  burst.at = std::max(burst.at, *outcome.oldest);
  burst.demand = std::max(burst.demand, outcome.demand);
}

void ShapeMetric(const ShapingInput& in, std::size_t index, Trail& trail, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  const MetricSpec& metric = spec.metrics[index];
  MetricOutcome& outcome = trail.decision().metrics[index];
  if (metric.smoothing) {
    MetricPast& past = PastOf(spec, index, history);
    Tolerance tolerance = ToleranceOf(spec, in.config);
    if (metric.thresholds.scale_down) tolerance.down = 0;
    if (metric.thresholds.scale_up) tolerance.up = 0;
    StageResult smoothed =
        Smooth(*metric.smoothing, tolerance, trail.current(), past.demand, outcome);
    smoothed.index = index;
    trail.Note(Stage::kSmooth, smoothed);
  }
  if (metric.step) {
    PauseBetweenSteps(*metric.step, in.now, trail.current(), PastOf(spec, index, history), outcome);
  }
}

void ApplyBurst(const ShapingInput& in, BurstInput burst, Trail& trail, BurstState& state) {
  constexpr Duration kStartupMost = std::chrono::minutes(5);
  const WorkloadSpec& spec = *in.view.spec;
  if (!spec.burst || burst.at == Timestamp()) return;
  const PodCount pods = CountPods(in.view.pods, in.now, kStartupMost);
  burst.now = in.now;
  burst.ready = pods.ready;
  burst.starting = pods.starting;
  const BurstSize size = StepBurst(*spec.burst, burst, state);
  const Replicas desired = std::max(trail.desired(), size.floor);
  const Reason reason = size.bursting    ? Reason::kBursting
                        : size.floor > 0 ? Reason::kBurstFading
                                         : Reason::kNoBurst;
  trail.Move(Stage::kBurst, {desired, reason, size.load});
}

void ApplySchedules(const ShapingInput& in, Trail& trail) {
  const WorkloadSpec& spec = *in.view.spec;
  if (spec.schedules.empty()) return;
  const ScheduleBounds bounds =
      BoundsBySchedules(spec.schedules, spec.min_replicas, spec.max_replicas, in.now);
  const Replicas asked = trail.desired();
  StageResult out{asked, Reason::kNoSchedule, 0};
  const bool may_lower = trail.decision().known;
  if (bounds.ceiling && asked > *bounds.ceiling && may_lower) {
    const auto ceiling = static_cast<double>(*bounds.ceiling);
    out = {*bounds.ceiling, Reason::kScheduleCeiling, ceiling, bounds.ceiling_of};
  } else if (bounds.floor && asked < *bounds.floor) {
    const auto floor = static_cast<double>(*bounds.floor);
    out = {*bounds.floor, Reason::kScheduleFloor, floor, bounds.floor_of};
  }
  if (bounds.conflict && out.reason != Reason::kNoSchedule) out.reason = Reason::kScheduleConflict;
  trail.Move(Stage::kSchedule, out);
}

void ApplyRollout(const ShapingInput& in, Trail& trail, RolloutPast& past) {
  const WorkloadSpec& spec = *in.view.spec;
  if (!spec.rollout) return;
  trail.Move(Stage::kRollout, HeedRollout(*spec.rollout, in.view, trail.desired(), in.now, past));
}

}  // namespace hpaplus
