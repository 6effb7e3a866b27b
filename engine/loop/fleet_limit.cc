#include "engine/loop/fleet_limit.h"

#include <algorithm>

#include "engine/core/freshness.h"
#include "engine/core/rounding.h"
#include "engine/loop/hold_decision.h"

namespace hpaplus {
namespace {

bool IsOutside(Replicas size, const WorkloadSpec& spec) {
  const Replicas least = spec.idle ? spec.idle->replicas : spec.min_replicas;
  return size < least || size > spec.max_replicas;
}

}  // namespace

void FleetLimit::Forget(Timestamp now) {
  const Timestamp start = Earlier(now, config_.window);
  while (!moves_.empty() && moves_.front().at <= start) {
    added_ -= moves_.front().added;
    removed_ -= moves_.front().removed;
    moves_.pop_front();
  }
}

void FleetLimit::Admit(const WorkloadSpec& spec, Decision& decision) {
  if (!decision.acts || (!config_.max_added && !config_.max_removed)) return;
  Forget(decision.at);
  const std::int64_t change = std::int64_t{decision.desired} - decision.current;
  const bool up = change > 0;
  const auto& most = up ? config_.max_added : config_.max_removed;
  if (most) {
    const std::int64_t left = std::max<std::int64_t>(*most - (up ? added_ : removed_), 0);
    const bool whole = IsOutside(decision.current, spec);
    if (left == 0) {
      EndWith(decision.current, Reason::kFleetLimit, static_cast<double>(left), decision);
    } else if (!whole && std::abs(change) > left) {
      EndWith(SaturateToReplicas(decision.current + (up ? left : -left)), Reason::kFleetLimit,
              static_cast<double>(left), decision);
    }
  }
  if (!decision.acts) return;
  if (moves_.empty() || moves_.back().at != decision.at) moves_.push_back({decision.at, 0, 0});
  const std::int64_t done = std::abs(std::int64_t{decision.desired} - decision.current);
  (up ? moves_.back().added : moves_.back().removed) += done;
  (up ? added_ : removed_) += done;
}

}  // namespace hpaplus
