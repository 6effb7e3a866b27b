#include "engine/core/elasticity.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "engine/core/rounding.h"

namespace hpaplus {

bool HasElasticity(const Behavior& behavior) {
  return behavior.scale_up.elasticity || behavior.scale_down.elasticity;
}

StageResult TakeShare(Replicas current, Replicas asked, const Behavior& behavior) {
  const bool up = asked > current;
  const auto& given = up ? behavior.scale_up.elasticity : behavior.scale_down.elasticity;
  const double elasticity = given ? given->AsDouble() : 1.0;
  if (asked == current || elasticity == 1.0) return {asked, Reason::kFullChange, elasticity};
  const std::int64_t change = std::int64_t{asked} - current;
  const std::int64_t share =
      CeilToReplicasWithoutNoise(elasticity * static_cast<double>(std::abs(change)));
  const Replicas size = SaturateToReplicas(current + (up ? share : -share));
  const Reason reason = elasticity < 1.0 ? Reason::kDamped : Reason::kOvershot;
  return {std::max(size, 0), reason, elasticity};
}

}  // namespace hpaplus
