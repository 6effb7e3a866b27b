#include "examples/policy/square_root.h"

#include <cmath>

#include "engine/core/rounding.h"
#include "policies/outcome.h"

namespace hpaplus::policies {

Result<std::unique_ptr<const Policy>> SquareRoot::Create(const Config& config) {
  if (!(config.target > 0) || !std::isfinite(config.target)) {
    return Error{ErrorCode::kInvalidArgument, "square_root: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new SquareRoot(config));
}

MetricOutcome SquareRoot::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const auto freshness = Freshness::Of(in.now, config_.stale_after, in.config.future_skew);
  const Total total = ReadTotal(**in.reading, config_.kind, freshness);
  if (total.problem != Reason::kNone) return Abstain(total.problem);

  const double load = total.amount / config_.target;
  const Replicas size = in.view.scale.spec_replicas;
  MetricOutcome out;
  out.demand = load + config_.reserve * std::sqrt(load);
  if (!std::isfinite(out.demand)) return Abstain(Reason::kInvalidData);
  out.ratio = size > 0 ? out.demand / size : out.demand;
  out.oldest = total.oldest;
  out.value = total.amount;
  out.proposal = CeilToReplicasWithoutNoise(out.demand);
  out.reason = SideOfTarget(out.ratio);
  return out;
}

Result<std::unique_ptr<const Policy>> MakeSquareRoot(const WorkloadSpec& spec, std::size_t metric) {
  const MetricSpec& asked = spec.metrics[metric];
  if (asked.type != MetricType::kSource || !asked.target.average_value) {
    return Error{ErrorCode::kInvalidArgument, "square_root: needs a Source with an AverageValue"};
  }
  SquareRoot::Config config;
  config.target = TargetAmount(*asked.target.average_value, config.kind);
  config.stale_after = asked.stale_after;
  return SquareRoot::Create(config);
}

}  // namespace hpaplus::policies
