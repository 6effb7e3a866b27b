#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "engine/base/time.h"
#include "engine/model/schedule.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// The last time at or before `now` at which the schedule began, or null when that is longer ago
/// than it lasts. Where windows of one schedule overlap, the newest counts.
[[nodiscard]] std::optional<Timestamp> ActiveSince(const ScheduleSpec& schedule, Timestamp now);

/// What the schedules that are active now ask for together.
struct ScheduleBounds {
  std::optional<Replicas> floor;    // The highest of theirs.
  std::optional<Replicas> ceiling;  // The lowest of theirs, but not below the floor.
  std::size_t floor_of = 0;         // Whose they are.
  std::size_t ceiling_of = 0;
  bool conflict = false;  // The ceiling lay below the floor, and the floor won.
};

/// A ramp leads from the object's own bound to the schedule's and back, in a straight line over
/// time, rounded up: too many pods for a moment rather than too few.
///
///     floor(t) = min + (schedule.min - min) * min(1, elapsed / ramp_up, left / ramp_down)
///
/// The ceiling's goes likewise between maxReplicas and the schedule's.
[[nodiscard]] ScheduleBounds BoundsBySchedules(std::span<const ScheduleSpec> schedules,
                                               Replicas min, Replicas max, Timestamp now);

}  // namespace hpaplus
