#pragma once

#include <vector>

#include "engine/rehearse/direct_run.h"
#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// A run in as many points as a screen has, none of which hides a shortage.
struct RunSeries {
  double step_seconds = 0;            // Of one point.
  std::vector<Replicas> needed;       // The most that was needed during it.
  std::vector<Replicas> ready;        // The least that served.
  std::vector<Replicas> missing;      // The most that was missing.
  std::vector<double> short_minutes;  // One per hour, from the first hour of the first day on.
};

/// Of a run in this situation, which began at `start`; at most `points` of them.
[[nodiscard]] RunSeries SeriesOf(const Situation& situation, const PolicyRun& run, Timestamp start,
                                 std::size_t points);

}  // namespace hpaplus::rehearse
