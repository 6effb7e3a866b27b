#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/time.h"
#include "engine/core/trail.h"
#include "engine/model/safety.h"

namespace hpaplus {

/// How long metrics have been unknown.
struct FallbackState {
  std::int32_t failures = 0;  // Evaluations in a row that lacked a metric.
  Timestamp since{};          // The first of them.
  std::int32_t good = 0;      // Evaluations in a row that lacked none, while active.
  bool active = false;
  bool operator==(const FallbackState&) const = default;
};

/// Takes in one evaluation: `complete` when every metric that votes was known. A fallback begins
/// with the evaluation that is the afterFailures-th failed one in a row and at least afterDuration
/// younger than the first; it ends with the third complete one in a row.
void StepFallback(const FallbackSpec& spec, bool complete, Timestamp now, FallbackState& state);

/// What stands in: the current size (Hold), `replicas` (Static), the larger (CurrentIfHigher) or
/// the smaller (CurrentIfLower) of the two, or the floor that schedules ask for now, the current
/// size where there is none (Schedule).
[[nodiscard]] StageResult FallbackSize(const FallbackSpec& spec, Replicas current,
                                       std::optional<Replicas> scheduled);

}  // namespace hpaplus
