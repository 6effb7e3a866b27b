#pragma once

#include <span>
#include <vector>

#include "engine/core/decide.h"
#include "engine/ports/executor.h"

namespace hpaplus {

/// One workload about to be decided, and then what was decided. Kept from tick to tick, so that
/// its vectors have room for the next one.
struct Evaluation {
  WorkloadId id;
  const WorkloadView* view = nullptr;
  const PolicySet* policies = nullptr;
  std::vector<ReadingResult> readings;  // One per spec.metrics.
  Decided decided;                      // In: the history so far.
};

/// Decides for the workloads that are ready. It only fans out; Decide() does the thinking.
class Evaluator {
 public:
  Evaluator(const DecideConfig& config, Executor& executor)
      : config_(config), executor_(executor) {}

  /// Fills in every `decided`, the same whatever the executor's number of threads.
  void Evaluate(Timestamp now, std::span<Evaluation> evaluations);

 private:
  const DecideConfig config_;
  Executor& executor_;
};

}  // namespace hpaplus
