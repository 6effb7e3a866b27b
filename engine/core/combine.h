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
  Reason reason = Reason::kNone;  // kNone: the winner's.
  std::size_t voters = 0;         // How many metrics are heard: those with role Scale.
  std::size_t unknown = 0;        // How many of them abstained.
  std::size_t first_unknown = 0;  // Which of them came first.
};

/// The highest proposal wins. A metric that abstains could have asked for more: with one of those
/// nothing shrinks, and when all abstain nothing is known (rule R9). One that has no vote now is
/// not heard; when nobody is, the size stays.
[[nodiscard]] Combined Combine(std::span<const MetricSpec> specs,
                               std::span<const MetricOutcome> metrics, Replicas current);

}  // namespace hpaplus
