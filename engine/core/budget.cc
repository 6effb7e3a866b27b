#include "engine/core/budget.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/core/freshness.h"
#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kHour = std::chrono::hours(1);

struct Moved {
  std::int64_t added = 0;
  std::int64_t removed = 0;
  Replicas peak = 0;
};

Moved MovedWithin(Duration period, std::span<const SizeChange> changes, Timestamp now) {
  const Timestamp start = Earlier(now, period);
  Moved moved;
  for (const SizeChange& change : changes) {
    if (change.at <= start) continue;
    const std::int64_t by = std::int64_t{change.to} - change.from;
    (by > 0 ? moved.added : moved.removed) += std::abs(by);
    moved.peak = std::max({moved.peak, change.from, change.to});
  }
  return moved;
}

// What is left of the budgets in the direction of a change, and the tightest of them.
struct Left {
  std::int64_t replicas = std::numeric_limits<Replicas>::max();
  Reason reason = Reason::kWithinBudget;

  void Limit(std::int64_t most, Reason why) {
    most = std::max<std::int64_t>(most, 0);
    if (most >= replicas) return;
    replicas = most;
    reason = why;
  }
};

}  // namespace

bool HasBudgets(const SafetySpec& safety) {
  return safety.max_replicas_per_minute || safety.max_scale_down_percent_per_hour ||
         safety.max_reversals_per_hour;
}

void RecordChange(std::vector<SizeChange>& changes, SizeChange change) {
  const Timestamp start = Earlier(change.at, kHour);
  const auto young =
      std::ranges::find_if(changes, [start](const SizeChange& past) { return past.at > start; });
  if (young - changes.begin() > 1) changes.erase(changes.begin(), young - 1);
  changes.push_back(change);
}

std::size_t Reversals(std::span<const SizeChange> changes, Timestamp now) {
  const Timestamp start = Earlier(now, kHour);
  std::size_t count = 0;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    const bool up = changes[i].to > changes[i].from;
    const bool was_up = changes[i - 1].to > changes[i - 1].from;
    if (changes[i].at > start && up != was_up) ++count;
  }
  return count;
}

StageResult KeepInBudget(const SafetySpec& safety, std::span<const SizeChange> changes,
                         Timestamp now, Replicas current, Replicas asked) {
  const bool down = asked < current;
  if (down && safety.max_reversals_per_hour) {
    const std::size_t reversals = Reversals(changes, now);
    if (reversals >= static_cast<std::size_t>(*safety.max_reversals_per_hour)) {
      return {current, Reason::kFlapping, static_cast<double>(reversals)};
    }
  }
  Left left;
  if (safety.max_replicas_per_minute) {
    const Moved moved = MovedWithin(kMinute, changes, now);
    left.Limit(*safety.max_replicas_per_minute - (down ? moved.removed : moved.added),
               Reason::kMinuteBudget);
  }
  if (down && safety.max_scale_down_percent_per_hour) {
    const Moved moved = MovedWithin(kHour, changes, now);
    const std::int64_t peak = std::max(moved.peak, current);
    const std::int64_t budget = (peak * *safety.max_scale_down_percent_per_hour + 99) / 100;
    left.Limit(budget - moved.removed, Reason::kHourBudget);
  }
  const std::int64_t wanted = std::abs(std::int64_t{asked} - current);
  const auto evidence = static_cast<double>(left.replicas);
  if (wanted <= left.replicas) return {asked, Reason::kWithinBudget, evidence};
  const std::int64_t size = current + (down ? -left.replicas : left.replicas);
  return {SaturateToReplicas(size), left.reason, evidence};
}

}  // namespace hpaplus
