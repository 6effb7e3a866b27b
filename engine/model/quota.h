#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/amount.h"

namespace hpaplus {

enum class QuotaMode {
  kOff,        // Left alone; what it has counts in its pool.
  kDryRun,     // Decided and logged.
  kRecommend,  // Shown in the status, too.
  kAuto,       // Written.
};

/// What demand is made of; the largest counts.
struct QuotaDrivers {
  bool used = true;        // What the ResourceQuota's status says is in use.
  bool requested = false;  // What the pods request, as the engine sees them.
  bool desired = true;     // What HPAPlus objects want, before quota limits them.
  bool largest = false;    // What they could want at most: maxReplicas.
  bool operator==(const QuotaDrivers&) const = default;
};

/// One resource of a DynamicQuota.
struct QuotaResource {
  std::string name;  // A key of ResourceQuota.spec.hard.
  Amount min = 0;
  Amount max = 0;
  std::int32_t headroom_percent = 20;  // Of the demand, on top of it; and so much besides:
  Amount headroom = 0;
  Amount step = 1;  // Demand is rounded up to a multiple.
  std::int64_t weight = 100;
  std::optional<Amount> lends_most = 0;  // Of min, while that is not needed; null: all of it.
  std::optional<Amount> borrows_most;    // Beyond min; null: up to max.
  bool operator==(const QuotaResource&) const = default;
};

/// One DynamicQuota, parsed and checked: it keeps one ResourceQuota of its namespace.
struct QuotaSpec {
  std::string ns;
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  bool deleting = false;
  Timestamp created{};
  std::string quota;       // The ResourceQuota.
  bool take_over = false;  // Keys that others have written are taken from them, once.
  QuotaMode mode = QuotaMode::kAuto;
  Duration period = std::chrono::seconds(10);  // 1 s .. 1 h.
  std::vector<QuotaResource> resources;        // 1 .. 32, names unique.
  QuotaDrivers drivers;
  std::string pool;  // Empty: nothing but its own max limits it.
  std::int32_t priority = 100;
  std::int32_t min_delta_percent = 2;  // Smaller changes are not made.
  Duration grow_cooldown{};
  std::optional<std::int32_t> grow_percent_most;  // Of hard, in one evaluation.
  Duration shrink_window = std::chrono::minutes(5);
  std::int32_t shrink_percent_most = 10;
  bool keeps_headroom = false;  // What is in use keeps its headroom, even if others lack it.
  Duration stale_after = std::chrono::minutes(5);  // Then it falls back to min.
  std::optional<Timestamp> frozen_until;
  bool operator==(const QuotaSpec&) const = default;
};

/// One resource of a QuotaPool. Of a pool below another one `capacity` is the most it takes.
struct PoolResource {
  std::string name;
  Amount capacity = 0;
  Amount min = 0;  // Guaranteed by the parent.
  std::int64_t weight = 100;
  std::optional<Amount> lends_most;
  std::optional<Amount> borrows_most;
  bool operator==(const PoolResource&) const = default;
};

/// One QuotaPool: what its DynamicQuotas and the pools below it share.
struct PoolSpec {
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  std::string parent;                   // Empty: a root.
  std::vector<PoolResource> resources;  // 1 .. 32, names unique.
  std::int32_t priority = 100;
  /// So much of a root's capacity may move within a minute, in each direction; null: any.
  std::optional<std::int32_t> move_percent_per_minute;
  std::optional<std::vector<std::string>> namespaces;  // Who may join; null: everybody.
  std::optional<Timestamp> frozen_until;
  bool operator==(const PoolSpec&) const = default;
};

/// The resource of that name, or null.
[[nodiscard]] inline const PoolResource* FindResource(const PoolSpec& pool,
                                                      const std::string& name) {
  for (const PoolResource& one : pool.resources) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace hpaplus
