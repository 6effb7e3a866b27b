#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/base/time.h"
#include "engine/core/trail.h"
#include "engine/model/safety.h"

namespace hpaplus {

/// One change of size that was really made, whatever `behavior` says.
struct SizeChange {
  Timestamp at{};
  Replicas from = 0;
  Replicas to = 0;
  bool operator==(const SizeChange&) const = default;
};

[[nodiscard]] bool HasBudgets(const SafetySpec& safety);

/// Remembers a change for as long as a budget may ask for it, an hour, and the one before those,
/// from which the first reversal counts. At a second a period that is at most 3601.
void RecordChange(std::vector<SizeChange>& changes, SizeChange change);

/// How often the direction has changed within the last hour.
[[nodiscard]] std::size_t Reversals(std::span<const SizeChange> changes, Timestamp now);

/// As much of a change as the budgets leave:
///
///     per minute  at most maxReplicasPerMinute are added, and as many removed, in any 60 s
///     per hour    of the largest size within the hour at most maxScaleDownPercentPerHour, rounded
///                 up, are removed
///     reversals   with maxReversalsPerHour of them within the hour nothing shrinks, until the
///                 oldest is an hour old
///
/// A change exactly as old as the period does not count any more. The evidence is how many
/// replicas the budget left, or the number of reversals.
[[nodiscard]] StageResult KeepInBudget(const SafetySpec& safety,
                                       std::span<const SizeChange> changes, Timestamp now,
                                       Replicas current, Replicas asked);

}  // namespace hpaplus
