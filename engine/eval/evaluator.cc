#include "engine/eval/evaluator.h"

#include <utility>

namespace hpaplus {

std::vector<Decided> Evaluator::Evaluate(Timestamp now, std::span<Evaluation> evaluations) {
  constexpr std::size_t kGrain = 64;  // A decision is about a microsecond; 64 hide the scheduling.

  std::vector<Decided> results(evaluations.size());
  executor_.ForEachChunk(evaluations.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i) {
      Evaluation& one = evaluations[i];
      const DecideInput in{now, config_, one.id, *one.view, *one.policies, one.readings};
      results[i] = Decide(in, std::move(one.history));
    }
  });
  return results;
}

}  // namespace hpaplus
