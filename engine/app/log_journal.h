#pragma once

#include <vector>

#include "engine/ports/journal.h"

namespace hpaplus::app {

/// Logs what happened to sizes: written, failed, and in a dry run what would have been written,
/// once per change. Called from the tick only.
class LogJournal final : public Journal {
 public:
  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override;
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  struct Wish {
    Replicas from = 0;
    Replicas to = 0;
    bool operator==(const Wish&) const = default;
  };

  std::vector<Wish> wishes_;  // By WorkloadId: the last one that was not written.
};

}  // namespace hpaplus::app
