#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/core/decide.h"

namespace hpaplus {

/// One decision with all that it was made from: Decide() on this gives the same decision again,
/// bit by bit.
struct Round {
  Timestamp at{};
  WorkloadId id;
  std::shared_ptr<const WorkloadView> view;
  std::vector<ReadingResult> readings;  // One per spec.metrics.
  /// From before the decision; null: the one after this workload's decision before.
  std::optional<History> history;
  Decision decided;                  // As Decide() gave it.
  std::optional<Decision> admitted;  // What the gates over all workloads left; null: all of it.
};

/// Is given rounds. Called from the tick, so it must not block.
class RoundTap {
 public:
  virtual ~RoundTap() = default;

  /// Whether it is to be given this workload's round; asked before each.
  [[nodiscard]] virtual bool Wants(WorkloadId /*id*/, const WorkloadView& /*view*/) { return true; }
  /// Whether this workload's next round has to carry its history.
  [[nodiscard]] virtual bool WantsHistory(WorkloadId id) = 0;
  virtual void Take(Round round) = 0;
};

}  // namespace hpaplus
