#include "engine/eval/evaluator.h"

#include <functional>

namespace hpaplus {

void Evaluator::Evaluate(Timestamp now, std::span<Evaluation> evaluations) {
  constexpr std::size_t kGrain = 64;  // A decision is about a microsecond; 64 hide the scheduling.

  const auto decide = [&](std::size_t begin, std::size_t end) {
    for (Evaluation& one : evaluations.subspan(begin, end - begin))
      Decide({now, config_, one.id, *one.view, *one.policies, one.readings}, one.decided);
  };
  // By reference, as a std::function of its own would take memory in every tick.
  executor_.ForEachChunk(evaluations.size(), kGrain, std::ref(decide));
}

}  // namespace hpaplus
