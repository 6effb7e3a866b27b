#pragma once

#include <cstddef>
#include <span>

#include "engine/model/decision.h"
#include "engine/model/workload.h"
#include "engine/ports/actuator.h"

namespace hpaplus {

/// Numbers about one tick, for telemetry.
struct TickReport {
  Timestamp at{};
  Duration took{};
  std::size_t due = 0;
  std::size_t decided = 0;
  std::size_t waiting = 0;          // Workloads whose reads are still under way.
  std::size_t periods_skipped = 0;  // Deadlines that passed unserved.
  std::size_t workloads = 0;
  std::size_t sources_suspect = 0;     // Whose numbers collapsed, so that nothing shrinks by them.
  double stretch = 1;                  // Overload: every period counts this many times.
  std::span<const Duration> lateness;  // Per due workload: now - deadline.
};

/// Where decisions and what became of them are written down: telemetry, conditions, events, a
/// file of JSON lines. Called from the tick, so it must not block.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void RecordDecision(const Decision& decision, const WorkloadView& view) = 0;
  virtual void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) = 0;
  virtual void RecordGone(WorkloadId workload) = 0;
  virtual void RecordTick(const TickReport& report) = 0;
};

}  // namespace hpaplus
