#include "policies/total_ratio.h"

#include <algorithm>
#include <cmath>

#include "engine/core/rounding.h"

namespace hpaplus::policies {
namespace {

// Pods on their way out count as long as they are ready, as in the HPA.
std::int64_t CountReady(const WorkloadView& view) {
  return std::ranges::count_if(view.pods, [](const auto& pod) {
    return pod->phase == PodPhase::kRunning && pod->ready &&
           pod->ready->status == ConditionStatus::kTrue;
  });
}

}  // namespace

Result<std::unique_ptr<const Policy>> TotalRatio::Create(const Config& config) {
  if (!(config.target > 0) || !std::isfinite(config.target)) {
    return Error{ErrorCode::kInvalidArgument, "total_ratio: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new TotalRatio(config));
}

Replicas TotalRatio::Scaled(double exact, bool grows, Replicas current) const {
  if (config_.kind != TotalKind::kSource) return CeilToReplicas(exact);
  const Replicas wanted = CeilToReplicasWithoutNoise(exact);
  return grows ? std::max(wanted, current) : std::min(wanted, current);
}

MetricOutcome TotalRatio::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const Total total =
      ReadTotal(**in.reading, config_.kind,
                Freshness::Of(in.now, config_.stale_after, in.config.future_skew), config_.range);
  if (total.problem != Reason::kNone) return Abstain(total.problem);

  MetricOutcome out;
  out.ratio = total.amount / config_.target;
  out.oldest = total.oldest;
  out.total = total.InUnits(config_.kind);
  if (config_.kind == TotalKind::kSource) {
    out.value = total.amount;
  } else {
    out.value_milli = total.milli;
  }
  const Replicas current = in.view.scale.spec_replicas;
  if (current == 0) {  // No pod shares the number yet: one is asked for each target's worth of it.
    const bool source = config_.kind == TotalKind::kSource;
    out.proposal =
        std::max(0, source ? CeilToReplicasWithoutNoise(out.ratio) : CeilToReplicas(out.ratio));
    out.demand = out.ratio;
    out.reason = SideOfTarget(out.ratio);
    return out;
  }
  const std::int64_t ready = CountReady(in.view);
  out.demand = out.ratio * static_cast<double>(ready > 0 ? ready : current);
  if (config_.tolerance.Over(in.config).Contains(out.ratio)) {
    out.proposal = current;
    out.reason = Reason::kWithinTolerance;
    return out;
  }
  if (in.view.pods.empty()) {  // How many it takes is unknown; the number is not.
    MetricOutcome abstains = Abstain(Reason::kNoReadyPods);
    abstains.total = out.total;
    abstains.ratio = out.ratio;
    return abstains;
  }
  const double exact = out.ratio * static_cast<double>(ready);
  out.proposal = std::max(0, Scaled(exact, out.ratio > 1.0, current));
  out.reason = SideOfTarget(out.ratio);
  return out;
}

}  // namespace hpaplus::policies
