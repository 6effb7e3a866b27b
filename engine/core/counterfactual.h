#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/core/decide.h"

namespace hpaplus {

/// The nearest change of one input that would have changed a decision: "9 replicas if cpu > 71 %".
struct Counterfactual {
  enum class Input { kMetric, kMinReplicas, kMaxReplicas, kTime };

  Input input = Input::kMetric;
  std::size_t metric = 0;  // kMetric: which of spec.metrics.
  bool above = false;      // The input has to grow for it.
  double factor = 1;       // kMetric: the samples times this still change nothing, a bit more does.
  MetricOutcome outcome;   // kMetric: what the metric says then, where nothing changes yet.
  Replicas bound = 0;      // kMinReplicas, kMaxReplicas: the value that changes the decision.
  Duration later{};        // kTime: with everything else as it is.
  Replicas desired = 0;    // The decision then.
  bool operator==(const Counterfactual&) const = default;
};

/// The nearest change of every input, one input at a time and the others as they are: each metric's
/// samples up and down, minReplicas and maxReplicas by as little as possible, and time passing with
/// the same samples, as if they were taken later. An input that could not have changed the
/// decision, within a factor of a million or an hour, has none. `history` is that from before the
/// decision. Pure; some hundred times the work of Decide().
[[nodiscard]] std::vector<Counterfactual> FindCounterfactuals(const DecideInput& in,
                                                              const History& history);

}  // namespace hpaplus
