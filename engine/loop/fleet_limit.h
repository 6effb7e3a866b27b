#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "engine/core/decide.h"
#include "engine/core/trail.h"

namespace hpaplus {

/// A limit on all workloads together, for the day on which one wrong number reaches all of them:
/// within any window at most so many replicas are added, and at most so many removed. A gate after
/// the decisions and before the actuator.
///
/// What goes beyond is cut down to what is left, or held: the decision then says so, and the next
/// one asks again. Growing never pays for shrinking. A change back into the bounds is not cut,
/// since the size in between would be out of them: it goes while anything is left. What was asked
/// of the actuator counts, written or not. Not thread-safe.
class FleetLimit {
 public:
  struct Config {
    Duration window = std::chrono::minutes(1);
    std::optional<std::int64_t> max_added;    // Null: no limit.
    std::optional<std::int64_t> max_removed;  // Null: no limit.
  };

  explicit FleetLimit(const Config& config) : config_(config) {}

  /// Takes a tick's decision through the gate. Call it for each of them, in their order.
  void Admit(const WorkloadSpec& spec, Decision& decision);

 private:
  struct Move {
    Timestamp at{};
    std::int64_t added = 0;
    std::int64_t removed = 0;
  };

  void Forget(Timestamp now);

  const Config config_;
  std::deque<Move> moves_;  // Within the window, oldest first; one per tick.
  std::int64_t added_ = 0;  // Their sums.
  std::int64_t removed_ = 0;
};

}  // namespace hpaplus
