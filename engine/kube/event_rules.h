#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/kube/events.h"
#include "engine/kube/workload_lookup.h"
#include "engine/model/decision.h"
#include "engine/ports/actuator.h"

namespace hpaplus::kube {

/// What was last said about a workload, so that only changes are.
struct EventMemory {
  std::uint64_t unavailable = 0;  // Bit i: metric i was reported unavailable.
  std::int64_t generation = 0;    // Whose metrics those are.
  bool invalid = false;
  bool not_found = false;
  bool ambiguous = false;
  bool at_limit = false;
  bool fallback = false;
  bool flapping = false;
  bool overloaded = false;
  bool frozen = false;
  int quota_short = 0;  // Evaluations in a row that lacked quota.
  std::pair<Replicas, Replicas> recommended{};
  std::string scale_text;  // Why the size that is being written was decided.
};

/// The events that an evaluation gives rise to: transitions only. Pure but for `memory`.
[[nodiscard]] std::vector<EventNote> EventsOf(const Decision& decision, const WorkloadView& view,
                                              const WorkloadNow& now, EventMemory& memory);

/// The events that an outcome gives rise to; what was scaled gets one of its own. A conflict and a
/// withdrawn command are no news.
[[nodiscard]] std::vector<EventNote> EventsOf(const ScaleOutcome& outcome,
                                              const std::optional<WorkloadNow>& now,
                                              EventMemory& memory);

}  // namespace hpaplus::kube
