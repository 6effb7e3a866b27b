#pragma once

#include <cstddef>
#include <span>

#include "engine/model/decision.h"

namespace hpaplus {

/// What the metrics say together.
struct Combined {
  bool known = false;             // False: too much is unknown; the size is held.
  Replicas replicas = 0;          // The highest proposal; the current size when unknown.
  std::size_t winner = 0;         // Whose proposal that is.
  std::size_t unknown = 0;        // How many metrics abstained.
  std::size_t first_unknown = 0;  // Which of them came first.
};

/// The highest proposal wins. A metric that abstains could have asked for more: with one of those
/// nothing shrinks, and when all abstain nothing is known (rule R9).
[[nodiscard]] Combined Combine(std::span<const MetricOutcome> metrics, Replicas current);

}  // namespace hpaplus
