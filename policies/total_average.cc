#include "policies/total_average.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/rounding.h"

namespace hpaplus::policies {
namespace {

std::int64_t CeilToMilli(double milli) {
  constexpr double kTooLarge = 0x1p63;
  if (milli >= kTooLarge) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::ceil(milli));
}

}  // namespace

Result<std::unique_ptr<const Policy>> TotalAverage::Create(const Config& config) {
  if (!(config.target > 0) || !std::isfinite(config.target)) {
    return Error{ErrorCode::kInvalidArgument, "total_average: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new TotalAverage(config));
}

MetricOutcome TotalAverage::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const Total total =
      ReadTotal(**in.reading, config_.kind,
                Freshness::Of(in.now, config_.stale_after, in.config.future_skew), config_.range);
  if (total.problem != Reason::kNone) return Abstain(total.problem);

  const bool source = config_.kind == TotalKind::kSource;
  const Replicas size = source ? in.view.scale.spec_replicas : in.view.scale.status_replicas;
  MetricOutcome out;
  out.ratio = total.amount / (config_.target * size);
  out.demand = total.amount / config_.target;
  out.oldest = total.oldest;
  out.total = total.InUnits(config_.kind);
  if (source) out.value = total.amount;
  if (size > 0) {
    const double milli = source ? total.amount * 1000 : total.amount;
    out.average_value_milli = CeilToMilli(milli / size);
  }
  if (config_.tolerance.Over(in.config).Contains(out.ratio)) {
    out.proposal = size;
    out.reason = Reason::kWithinTolerance;
    return out;
  }
  out.proposal =
      std::max(0, source ? CeilToReplicasWithoutNoise(out.demand) : CeilToReplicas(out.demand));
  out.reason = SideOfTarget(out.ratio);
  return out;
}

}  // namespace hpaplus::policies
