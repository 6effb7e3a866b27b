#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "engine/core/freshness.h"
#include "engine/model/metric_spec.h"
#include "engine/model/reading.h"
#include "engine/model/reason.h"
#include "engine/model/safety.h"

namespace hpaplus::policies {

/// Where a number about the workload as a whole comes from, which says how it is read:
/// Object: exactly one number. External: the sum of all, the largest number if it does not fit.
/// Source: exactly one; a query with several answers is a mistake, and taking the first would be a
/// guess. One number that is stale, from the future, out of range or none spoils them all.
enum class TotalKind { kObject, kExternal, kSource };

/// Amounts are thousandths, but base units for a Source, whose numbers are doubles.
struct Total {
  Reason problem = Reason::kNone;  // Why there is no total.
  double amount = 0;               // Finite; negative only where the range has it.
  std::int64_t milli = 0;          // The same, exactly; not for a Source.
  Timestamp oldest{};

  /// The same in the metric's own unit.
  [[nodiscard]] double InUnits(TotalKind kind) const {
    return kind == TotalKind::kSource ? amount : amount / 1000;
  }
};

/// Which numbers are numbers at all, in the unit of the totals.
struct Range {
  double least = 0;
  double most = std::numeric_limits<double>::infinity();

  [[nodiscard]] static Range Of(const Validity& validity, TotalKind kind);
  [[nodiscard]] bool Contains(double amount) const { return least <= amount && amount <= most; }
};

[[nodiscard]] Total ReadTotal(const Reading& reading, TotalKind kind, const Freshness& freshness,
                              const Range& range = {});

/// A target in the unit of the totals it is compared with; negative when it does not fit.
[[nodiscard]] double TargetAmount(const Quantity& target, TotalKind kind);

}  // namespace hpaplus::policies
