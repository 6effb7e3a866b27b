#include "engine/core/combine.h"

namespace hpaplus {

Combined Combine(std::span<const MetricSpec> specs, std::span<const MetricOutcome> metrics,
                 Replicas current) {
  Combined out;
  bool silent = false;  // Some metric has nothing to say now, and so has nobody else.
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (specs[i].role != MetricRole::kScale) continue;
    silent = silent || metrics[i].reason == Reason::kNoVote;
    if (metrics[i].reason == Reason::kNoVote) continue;
    ++out.voters;
    if (!metrics[i].proposal) {
      if (out.unknown++ == 0) out.first_unknown = i;
    } else if (out.replicas == 0 || *metrics[i].proposal > out.replicas) {
      out.replicas = *metrics[i].proposal;
      out.winner = i;
    }
  }
  silent = silent && out.voters == 0;
  const bool all_unknown = out.unknown == out.voters;
  const bool would_shrink_blindly = out.unknown > 0 && out.replicas < current;
  out.known = silent || (!all_unknown && !would_shrink_blindly);
  if (!out.known || silent) out.replicas = current;
  return out;
}

}  // namespace hpaplus
