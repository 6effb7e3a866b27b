#pragma once

#include <utility>
#include <vector>

#include "engine/ports/actuator.h"

namespace hpaplus {

/// The actuator of a run that must not change anything (--dry-run): S8 for the whole process. It
/// writes nothing and answers every command with kGone, the outcome of a command that was withdrawn
/// before it was sent. So the journal shows what would have been written and that it was not, and
/// the workload's history does not count it: each period decides again from the size that is really
/// there. Not thread-safe: all calls come from the tick.
class DryRunActuator final : public Actuator {
 public:
  void Start(ScaleCommand command) override {
    outcomes_.push_back({std::move(command), Error{ErrorCode::kGone, "dry run: not written"}});
  }
  void Cancel(WorkloadId /*workload*/) override {}
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override {
    return std::exchange(outcomes_, {});
  }

 private:
  std::vector<ScaleOutcome> outcomes_;
};

}  // namespace hpaplus
