#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/ports/actuator.h"

namespace hpaplus {

/// Which sizes are being written, and when a workload may be written again. Not thread-safe.
class CommandLedger {
 public:
  /// What an outcome means for the workload.
  enum class Verdict {
    kWritten,      // The size is what the command said, by our hand.
    kDecideAgain,  // Somebody was faster: decide on the fresh view, now.
    kNotWritten,   // Refused, withdrawn or lost; the next period decides anew.
  };

  /// A conflict is decided again this many times within a period; then the next one has its turn.
  static constexpr int kConflictsPerPeriod = 3;
  /// Writes without an answer that are remembered, per workload.
  static constexpr std::size_t kLostMost = 4;
  /// A write that was refused for good (invalid, forbidden) is tried again after this long,
  /// doubling to the second: no hot loop on an object that needs a human.
  static constexpr Duration kRefusedFirst = std::chrono::seconds(1);
  static constexpr Duration kRefusedMost = std::chrono::minutes(5);

  explicit CommandLedger(Actuator& actuator) : actuator_(actuator) {}

  /// Tells the actuator, unless the workload has to wait after a refusal; its size then stays as it
  /// is until the next evaluation. In place of a command that is under way, if that is not sent
  /// yet.
  void Start(ScaleCommand command);

  /// Withdraws what has not been sent yet.
  void Withdraw(WorkloadId id);

  /// A period has begun: conflicts are counted afresh.
  void BeginPeriod(WorkloadId id);

  /// The spec has changed: what was refused before may be accepted now.
  void Forgive(WorkloadId id);

  /// The object is gone, or is another one. What is under way still gets its outcome.
  void Forget(WorkloadId id);

  /// What an outcome means. Outcomes of objects that are gone count as kNotWritten.
  [[nodiscard]] Verdict Settle(const ScaleOutcome& outcome, const WorkloadView* view,
                               Timestamp now);

  /// A write whose answer was lost may have arrived all the same. When `view` shows its size, it
  /// was ours: returns the command, once. Nothing while another one is under way.
  [[nodiscard]] std::optional<ScaleCommand> TakeArrived(WorkloadId id, const WorkloadView& view);

  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  struct Entry {
    bool under_way = false;
    int conflicts = 0;
    int refusals = 0;
    Timestamp not_before{};
    std::vector<ScaleCommand> lost;  // Sent, and no answer; at most kLostMost, oldest first.
  };

  [[nodiscard]] Entry& at(WorkloadId id);

  Actuator& actuator_;
  std::vector<Entry> entries_;  // Indexed by WorkloadId.
  std::size_t under_way_ = 0;
};

}  // namespace hpaplus
