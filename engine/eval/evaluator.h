#pragma once

#include <span>
#include <vector>

#include "engine/core/decide.h"
#include "engine/ports/executor.h"

namespace hpaplus {

/// One workload about to be decided: what Decide() takes, `history` to be moved out of.
struct Evaluation {
  WorkloadId id;
  const WorkloadView* view = nullptr;
  const PolicySet* policies = nullptr;
  std::vector<ReadingResult> readings;  // One per spec.metrics.
  History history;
};

/// Decides for the workloads that are ready. It only fans out; Decide() does the thinking.
class Evaluator {
 public:
  Evaluator(const DecideConfig& config, Executor& executor)
      : config_(config), executor_(executor) {}

  /// The i-th result belongs to evaluations[i], whatever the executor's number of threads. Takes
  /// the histories out of `evaluations`.
  [[nodiscard]] std::vector<Decided> Evaluate(Timestamp now, std::span<Evaluation> evaluations);

 private:
  const DecideConfig config_;
  Executor& executor_;
};

}  // namespace hpaplus
