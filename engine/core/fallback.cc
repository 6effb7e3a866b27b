#include "engine/core/fallback.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"

namespace hpaplus {

void StepFallback(const FallbackSpec& spec, bool complete, Timestamp now, FallbackState& state) {
  constexpr std::int32_t kGoodToEnd = 3;  // One good answer of a source that flaps says little.
  if (complete) {
    state.failures = 0;
    state.good = state.active ? state.good + 1 : 0;
    if (state.good >= kGoodToEnd) state = FallbackState();
    return;
  }
  if (state.failures == 0) state.since = now;
  if (state.failures < std::numeric_limits<std::int32_t>::max()) ++state.failures;
  state.good = 0;
  const bool long_enough = now - state.since >= spec.after_duration;
  if (state.failures >= spec.after_failures && long_enough) state.active = true;
}

StageResult FallbackSize(const FallbackSpec& spec, Replicas current,
                         std::optional<Replicas> scheduled) {
  switch (spec.behavior) {
    case FallbackBehavior::kHold:
      return {current, Reason::kFallbackHold};
    case FallbackBehavior::kStatic:
      return {spec.replicas, Reason::kFallbackStatic};
    case FallbackBehavior::kCurrentIfHigher:
      return {std::max(current, spec.replicas), Reason::kFallbackCurrentIfHigher};
    case FallbackBehavior::kCurrentIfLower:
      return {std::min(current, spec.replicas), Reason::kFallbackCurrentIfLower};
    case FallbackBehavior::kSchedule:
      return {scheduled.value_or(current), Reason::kFallbackSchedule};
  }
  HPAPLUS_CHECK(false);
}

}  // namespace hpaplus
