#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/amount.h"

namespace hpaplus {

/// In the order in which they run.
enum class QuotaStage {
  kDemand,      // What is needed, with headroom.
  kShare,       // What the pool gives.
  kFreshness,   // What is known is too old.
  kHysteresis,  // Small changes are not made.
  kCooldown,    // Windows and pauses.
  kStep,        // As much as may change at once.
  kInUse,       // Never below what is in use.
  kFreeze,
  kMode,
  kSlack,  // What others have really given back, and the pool's budget per minute.
};

/// Stable: they are shown in conditions, events and metrics.
enum class QuotaReason {
  kNone,
  kDemand,     // The demand as it is.
  kAboveMax,   // It asks for more than its max.
  kBelowMin,   // It asks for less than its min.
  kPoolShare,  // The pool has less than is asked for.
  kDeficit,    // Less than its guarantee.
  kHeldStale,
  kFellBackToMin,
  kWithinBand,
  kDamped,  // The same, with the band doubled as it went to and fro.
  kShrinkWindow,
  kGrowCooldown,
  kStepLimit,
  kInUse,
  kFrozen,
  kOff,
  kDryRun,
  kRecommended,
  kAwaitingSlack,  // What it is to get is not free yet.
  kMoveBudget,
  kNoLimit,  // The ResourceQuota does not limit it yet.
};

[[nodiscard]] std::string_view QuotaStageName(QuotaStage stage);
[[nodiscard]] std::string_view QuotaReasonName(QuotaReason reason);

struct QuotaStep {
  QuotaStage stage = QuotaStage::kDemand;
  Amount before = 0;
  Amount after = 0;
  QuotaReason reason = QuotaReason::kNone;
  Amount evidence = 0;  // The amount, or the number of seconds or percent, that convinced it.
  bool operator==(const QuotaStep&) const = default;
};

/// What is decided for one resource of one quota.
struct ResourceDecision {
  std::string name;
  std::optional<Amount> hard;  // As it is; null: not limited.
  Amount in_use = 0;           // With what is being created.
  Amount demand = 0;           // Within min and max.
  Amount share = 0;
  Amount target = 0;
  bool deficit = false;
  std::vector<QuotaStep> steps;  // The explanation.

  [[nodiscard]] bool grows() const { return !hard || target > *hard; }
  [[nodiscard]] bool shrinks() const { return hard && target < *hard; }
  bool operator==(const ResourceDecision&) const = default;
};

struct QuotaDecision {
  Timestamp at{};
  std::vector<ResourceDecision> resources;  // One per spec.resources.
  bool acts = false;                        // The mode allows writing, and nothing is frozen.
  bool stale = false;
  bool operator==(const QuotaDecision&) const = default;
};

}  // namespace hpaplus
