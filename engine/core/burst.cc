#include "engine/core/burst.h"

#include <algorithm>
#include <cmath>

#include "engine/core/freshness.h"
#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

constexpr double kUpRateMost = 1000;  // Knative's max-scale-up-rate and
constexpr double kDownRateMost = 2;   // max-scale-down-rate.

// How much of the last burst's size is left.
Replicas FadedSize(const BurstSpec& spec, Timestamp now, BurstState& state) {
  if (!state.ended) return 0;
  const Duration elapsed = now - *state.ended;
  if (elapsed >= spec.stable_window) {
    state.ended.reset();
    return 0;
  }
  const double left = 1 - ToSeconds(elapsed) / ToSeconds(spec.stable_window);
  return CeilToReplicasWithoutNoise(state.most * left);
}

void End(const BurstSpec& spec, Timestamp now, BurstState& state) {
  state.since.reset();
  if (spec.capacity == BurstCapacity::kStarting) state.ended = now;
}

}  // namespace

Duration BurstWindow(const BurstSpec& spec) {
  return std::max<Duration>(spec.stable_window * spec.burst_window_percent / 100,
                            std::chrono::seconds(1));
}

BurstSize StepBurst(const BurstSpec& spec, const BurstInput& in, BurstState& state) {
  const bool counts_starting = spec.capacity == BurstCapacity::kStarting;
  const double pods = std::max(1.0, 1.0 * in.ready + (counts_starting ? in.starting : 0));
  if (!state.begun) {
    state.begun = true;
    if (pods > 1) {
      state.since = in.now;
      state.most = SaturateToReplicas(pods);
    }
  }
  state.demand.Add(in.at, in.demand, {spec.stable_window, SmoothingFunction::kAverage});
  const auto average = [&](Duration window) {
    constexpr double kRelativeNoise = 1e-9;  // Knative rounds to six decimals first.
    return std::ceil(state.demand.Over(window, SmoothingFunction::kAverage) * (1 - kRelativeNoise));
  };
  const double stable = average(spec.stable_window);
  const double burst = average(BurstWindow(spec));
  const double up = kUpRateMost * pods;
  const double down = std::floor(pods / kDownRateMost);

  BurstSize out;
  out.load = burst / pods;
  if (out.load >= spec.threshold_percent / 100.0) {
    if (!state.since) state.most = FadedSize(spec, in.now, state);
    state.since = in.now;
    state.ended.reset();
  } else if (state.since && Later(*state.since, spec.stable_window) < in.now) {
    End(spec, in.now, state);
  }
  out.bursting = state.since.has_value();
  out.replicas = SaturateToReplicas(std::clamp(stable, down, up));
  if (out.bursting) {
    const Replicas wanted = SaturateToReplicas(std::clamp(burst, down, up));
    state.most = std::max({state.most, out.replicas, wanted});
    out.replicas = state.most;
    out.floor = state.most;
  } else {
    out.floor = FadedSize(spec, in.now, state);
    out.replicas = std::max(out.replicas, out.floor);
  }
  return out;
}

}  // namespace hpaplus
