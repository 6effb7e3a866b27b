#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/quantity.h"
#include "engine/base/time.h"

namespace hpaplus {

/// What a metric is asked for.
enum class MetricRole {
  kScale,     // Votes on the size.
  kActivate,  // Says whether there is anything to do at all; see idleReplicas.
  kGuard,     // May only forbid shrinking.
  kObserve,   // Is shown, and never acts.
  kInput,     // Is read for formulas and queues, and has no target.
};

/// What a metric without a usable number is taken for.
enum class OnMissing {
  kHold,      // Unknown: nothing shrinks without it.
  kLastGood,  // What it asked for when it was last known, for a while.
  kZero,      // Zero; a source that cannot be read stays unknown.
};

/// Which samples count, and what happens without one.
struct Validity {
  std::optional<Quantity> min;  // Null: 0. A number below is no number.
  std::optional<Quantity> max;  // Null: none.
  OnMissing on_missing = OnMissing::kHold;
  std::optional<Quantity> max_step_ratio;  // A larger factor in demand is suspicious; null: any.
  Duration last_good_for = std::chrono::minutes(5);  // kLastGood: since it was last known.
  bool operator==(const Validity&) const = default;
};

/// A dead band, in the unit of the metric's target. Each takes the place of the tolerance in its
/// direction.
struct Thresholds {
  std::optional<Quantity> scale_up;    // Nothing grows unless the metric is above.
  std::optional<Quantity> scale_down;  // Nothing shrinks unless it is below.
  bool operator==(const Thresholds&) const = default;
};

enum class FallbackBehavior { kHold, kStatic, kCurrentIfHigher, kCurrentIfLower, kSchedule };

/// What stands in for a recommendation when metrics have been unknown for too long: so many
/// evaluations in a row, and for so long.
struct FallbackSpec {
  std::int32_t after_failures = 3;  // 1 .. 1000.
  Duration after_duration{};
  FallbackBehavior behavior = FallbackBehavior::kHold;
  std::int32_t replicas = 0;  // Not for kHold and kSchedule.
  bool operator==(const FallbackSpec&) const = default;
};

/// Limits on what one object may do to its target, whatever the metrics say.
struct SafetySpec {
  std::optional<std::int32_t> max_scale_down_percent_per_hour;  // 1 .. 100.
  std::optional<std::int32_t> max_replicas_per_minute;          // >= 1; in each direction.
  std::optional<std::int32_t> max_reversals_per_hour;           // 1 .. 3600.
  bool allow_scale_to_zero = false;
  bool require_fresh_for_scale_down = true;
  bool operator==(const SafetySpec&) const = default;
};

/// Running on fewer than minReplicas while there is nothing to do.
struct IdleSpec {
  std::int32_t replicas = 0;  // Below minReplicas.
  Duration cooldown = std::chrono::minutes(5);
  Duration initial_cooldown{};  // From the object's creation, while it has never been active.
  bool operator==(const IdleSpec&) const = default;
};

}  // namespace hpaplus
