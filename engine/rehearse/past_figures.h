#pragma once

#include <cstdint>

#include "engine/rehearse/direct_run.h"
#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// What a part of a run comes to.
struct PastFigures {
  double seconds = 0;
  double replica_hours = 0;       // Of all replicas, those that start included.
  double short_seconds = 0;       // With fewer replicas serving than were needed.
  double worst_minute_share = 0;  // 0 .. 1: the largest share of a minute's need that was missing.
  double worst_minute_seconds = 0;   // When that minute began, from the trace's start on.
  std::int64_t changes = 0;          // Of the size.
  std::int64_t quick_reversals = 0;  // In the other direction within five minutes.
};

/// Of a run in this situation, from so many seconds after its start to its end.
[[nodiscard]] PastFigures FiguresOf(const Situation& situation, const PolicyRun& run, double from);

}  // namespace hpaplus::rehearse
