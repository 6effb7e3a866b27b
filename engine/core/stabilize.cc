#include "engine/core/stabilize.h"

#include <algorithm>
#include <cstddef>

#include "engine/core/freshness.h"

namespace hpaplus {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Where in the list.
struct Places {
  std::size_t old = kNone;  // The last of those that nobody looks at any more.
  std::size_t newest = kNone;
};

// One old entry is reused per round, the last one, as in the HPA: the list stays as long as the
// window is, and entries that nobody looks at any more stay in it. An entry that says the same as
// the newest takes its place, and the old one goes.
void Remember(std::vector<Recommendation>& past, const Places& places, Recommendation entry,
              const DecideConfig& config) {
  const auto [old, newest] = places;
  const bool repeats = !config.each_recommendation && newest != kNone &&
                       past[newest].replicas == entry.replicas && past[newest].at <= entry.at;
  if (repeats) {
    past[newest].at = entry.at;
    if (old != kNone && old != newest) past.erase(past.begin() + static_cast<std::ptrdiff_t>(old));
  } else if (old == kNone) {
    past.push_back(entry);
  } else {
    past[old] = entry;
  }
}

Stabilized WithoutBehavior(Replicas desired, const DecideConfig& config, Timestamp now,
                           std::vector<Recommendation>& past) {
  const Duration window = config.downscale_stabilization;
  const Timestamp cutoff = Earlier(now, window);
  Places places;
  Replicas highest = desired;
  for (std::size_t i = 0; i < past.size(); ++i) {
    if (places.newest == kNone || past[i].at >= past[places.newest].at) places.newest = i;
    if (past[i].at < cutoff) {
      places.old = i;
    } else {
      highest = std::max(highest, past[i].replicas);
    }
  }
  Remember(past, places, {desired, now}, config);
  const Reason reason =
      highest != desired ? Reason::kScaleDownStabilized : Reason::kReadyForNewScale;
  return {highest, reason, window};
}

}  // namespace

Stabilized Stabilize(Replicas current, Replicas desired, const Behavior* behavior,
                     const DecideConfig& config, Timestamp now, std::vector<Recommendation>& past) {
  if (behavior == nullptr) {
    return WithoutBehavior(desired, config, now, past);
  }
  using std::chrono::seconds;
  const auto controllers = std::chrono::duration_cast<seconds>(config.downscale_stabilization);
  const Duration up_window = seconds(behavior->scale_up.stabilization_window_seconds.value_or(0));
  const auto& down_seconds = behavior->scale_down.stabilization_window_seconds;
  const Duration down_window = down_seconds ? seconds(*down_seconds) : controllers;
  const Timestamp up_cutoff = Earlier(now, up_window);
  const Timestamp down_cutoff = Earlier(now, down_window);

  Places places;
  Replicas lowest = desired;
  Replicas highest = desired;
  for (std::size_t i = 0; i < past.size(); ++i) {
    const Recommendation& entry = past[i];
    if (places.newest == kNone || entry.at >= past[places.newest].at) places.newest = i;
    if (entry.at > up_cutoff) lowest = std::min(lowest, entry.replicas);
    if (entry.at > down_cutoff) highest = std::max(highest, entry.replicas);
    if (entry.at < up_cutoff && entry.at < down_cutoff) places.old = i;
  }
  Replicas replicas = std::max(current, lowest);
  replicas = std::min(replicas, highest);
  Remember(past, places, {desired, now}, config);

  const Duration window = desired >= current ? up_window : down_window;
  if (replicas == desired) return {replicas, Reason::kReadyForNewScale, window};
  return {replicas, desired >= current ? Reason::kScaleUpStabilized : Reason::kScaleDownStabilized,
          window};
}

}  // namespace hpaplus
