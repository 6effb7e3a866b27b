#include "engine/core/pod_count.h"

#include "engine/core/freshness.h"

namespace hpaplus {

PodCount CountPods(std::span<const std::shared_ptr<const Pod>> pods, Timestamp now,
                   Duration startup_most) {
  PodCount count;
  const Timestamp cutoff = Earlier(now, startup_most);
  for (const auto& pod : pods) {
    const bool ready = pod->ready && pod->ready->status == ConditionStatus::kTrue;
    const bool running = pod->phase == PodPhase::kRunning;
    const bool pending = pod->phase == PodPhase::kPending || pod->phase == PodPhase::kNone;
    if (running && ready) {
      ++count.ready;
    } else if ((running || pending) && !pod->deleting && pod->start_time.value_or(now) >= cutoff) {
      ++count.starting;
    }
  }
  return count;
}

}  // namespace hpaplus
