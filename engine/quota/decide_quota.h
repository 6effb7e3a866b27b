#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/model/quota.h"
#include "engine/model/quota_decision.h"
#include "engine/quota/tree.h"

namespace hpaplus {

/// One resource of one quota, as it is now.
struct ResourceUse {
  std::optional<Amount> hard;       // Null: the ResourceQuota does not limit it.
  Amount used = 0;                  // As the ResourceQuota's status says.
  std::optional<Amount> requested;  // By the pods that the engine sees; null: it cannot tell.
  Amount in_flight = 0;             // Of pods that are wanted, but not there yet.
  std::optional<Amount> desired;    // What HPAPlus objects want; null: nothing is scaled here.
  std::optional<Amount> desired_most;
  bool operator==(const ResourceUse&) const = default;

  /// What must not be taken away: the status lags behind the pods, and the pods behind the wish.
  [[nodiscard]] Amount in_use() const { return std::max(used, requested.value_or(0)) + in_flight; }
};

struct QuotaObservation {
  std::vector<ResourceUse> resources;  // One per spec.resources.
  std::optional<Timestamp> known_at;   // When all of this was last known; null: never.
  bool frozen = false;                 // By the cluster, or its pool.
  bool operator==(const QuotaObservation&) const = default;
};

/// What a resource's decisions remember.
struct ResourceHistory {
  struct Wish {
    Timestamp at{};
    Amount amount = 0;
    bool operator==(const Wish&) const = default;
  };
  struct Change {
    Timestamp at{};
    bool grew = false;
    bool operator==(const Change&) const = default;
  };
  std::vector<Wish> wishes;     // Of the window; only those that no later one exceeds.
  std::vector<Change> changes;  // Of the last ten minutes.
  bool operator==(const ResourceHistory&) const = default;
};

/// Passed in, moved through, handed back. A new one enters what the quota has, so that a restart
/// shrinks nothing inside the first window.
struct QuotaHistory {
  std::vector<ResourceHistory> resources;
  bool operator==(const QuotaHistory&) const = default;
};

/// What a resource needs:
///
///     largest driver * (1 + headroomPercent / 100) + headroom, up to a multiple of step,
///     within min and max
[[nodiscard]] Amount QuotaDemand(const QuotaResource& resource, const QuotaDrivers& drivers,
                                 const ResourceUse& use);

/// What is not taken away: what is in use, with its headroom when the spec says so.
[[nodiscard]] Amount QuotaFloor(const QuotaSpec& spec, const QuotaResource& resource,
                                const ResourceUse& use);

struct DecideQuotaInput {
  Timestamp now;
  const QuotaSpec& spec;
  const QuotaObservation& observed;
  std::span<const NodeShare> shares;  // One per spec.resources: what the pool gives.
};

struct DecidedQuota {
  QuotaDecision decision;
  QuotaHistory history;
};

/// What a quota is to be, as a pure function. Nothing is taken that is in use; what is not known
/// freshly moves nothing, and after staleAfter it falls back to min, never to max.
[[nodiscard]] DecidedQuota DecideQuota(const DecideQuotaInput& in, QuotaHistory history);

/// The history after `hard` was really written.
[[nodiscard]] ResourceHistory AdvanceQuota(ResourceHistory history, Amount from, Amount to,
                                           Timestamp now);

}  // namespace hpaplus
