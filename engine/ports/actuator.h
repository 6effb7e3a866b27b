#pragma once

#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// One size to write. Carries the view it was decided on: its resourceVersion is the precondition.
struct ScaleCommand {
  WorkloadId workload;
  std::shared_ptr<const WorkloadView> view;
  Replicas replicas = 0;
  Timestamp decided_at{};
};

struct ScaleOutcome {
  ScaleCommand command;
  Result<Done> result = Done{};  // kConflict: the size changed under us; decide again.
};

/// Carries out decisions. Live it writes the scale subresource; in a dry run it only remembers; in
/// a simulation it changes the simulated cluster.
///
/// Nothing here blocks: all calls come from the tick. After a write or a conflict the new size
/// reaches the engine through the ClusterView, not later than the outcome.
class Actuator {
 public:
  virtual ~Actuator() = default;

  /// At most one command per workload is under way: the engine waits for its outcome.
  virtual void Start(ScaleCommand command) = 0;

  /// Takes the place of this workload's command if that has not been sent yet: what waits is
  /// written as it was decided last. No effect where it has been, or where nothing waits.
  virtual void Replace(ScaleCommand /*newer*/) {}

  /// Withdraws a command that has not been sent yet; its outcome is kGone. One that has been sent
  /// runs on.
  virtual void Cancel(WorkloadId workload) = 0;

  /// What has become of commands since the previous call, each exactly once.
  [[nodiscard]] virtual std::vector<ScaleOutcome> TakeOutcomes() = 0;
};

}  // namespace hpaplus
