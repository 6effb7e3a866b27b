#include "engine/core/combine.h"

namespace hpaplus {

Combined Combine(std::span<const MetricOutcome> metrics, Replicas current) {
  Combined out;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (!metrics[i].proposal) {
      if (out.unknown++ == 0) out.first_unknown = i;
    } else if (out.replicas == 0 || *metrics[i].proposal > out.replicas) {
      out.replicas = *metrics[i].proposal;
      out.winner = i;
    }
  }
  const bool all_unknown = out.unknown == metrics.size();
  const bool would_shrink_blindly = out.unknown > 0 && out.replicas < current;
  out.known = !all_unknown && !would_shrink_blindly;
  if (!out.known) out.replicas = current;
  return out;
}

}  // namespace hpaplus
