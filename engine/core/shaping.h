#pragma once

#include <cstddef>

#include "engine/core/burst.h"
#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/core/trail.h"

namespace hpaplus {

// The stages of docs/shaping.md on a decision's trail. Each leaves the trail alone where the object
// asks for nothing of it.

/// What shaping may look at.
struct ShapingInput {
  Timestamp now{};
  const DecideConfig& config;
  const WorkloadView& view;
};

/// The demand that a burst is noticed by: of the metric that asks for most, before it is smoothed.
void NoteDemand(const MetricOutcome& outcome, BurstInput& burst);

/// Smooth for the outcome at `index`, and the pause between two steps of an alarm.
void ShapeMetric(const ShapingInput& in, std::size_t index, Trail& trail, History& history);

void ApplyBurst(const ShapingInput& in, BurstInput burst, Trail& trail, BurstState& state);

/// Without a recommendation a schedule may raise the size and never lower it.
void ApplySchedules(const ShapingInput& in, Trail& trail);

void ApplyRollout(const ShapingInput& in, Trail& trail, RolloutPast& past);

}  // namespace hpaplus
