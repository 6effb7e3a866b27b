#include "engine/core/confirmations.h"

#include <algorithm>

namespace hpaplus {

bool HasConfirmations(const Behavior& behavior) {
  return behavior.scale_up.confirmations > 1 || behavior.scale_down.confirmations > 1;
}

StageResult AwaitConfirmations(Replicas current, Replicas asked, const Behavior& behavior,
                               std::optional<Timestamp> sample, Agreement& agreement) {
  constexpr std::int32_t kCountedMost = 1000;  // More than any direction may need.
  const std::int32_t direction = asked > current ? 1 : asked < current ? -1 : 0;
  if (direction != agreement.direction) {
    agreement.direction = direction;
    agreement.samples = 0;
  }
  if (sample && *sample > agreement.newest) {
    agreement.newest = *sample;
    agreement.samples = std::min(agreement.samples + 1, kCountedMost);
  }
  const ScalingRules& rules = direction > 0 ? behavior.scale_up : behavior.scale_down;
  const auto samples = static_cast<double>(agreement.samples);
  const bool waits =
      direction != 0 && rules.confirmations > 1 && agreement.samples < rules.confirmations;
  if (waits) return {current, Reason::kAwaitingConfirmations, samples};
  return {asked, Reason::kConfirmed, samples};
}

}  // namespace hpaplus
