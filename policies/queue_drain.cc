#include "policies/queue_drain.h"

#include <algorithm>
#include <cmath>

#include "engine/core/rounding.h"

namespace hpaplus::policies {
namespace {

Total Read(const QueueDrain::Side& side, const Reading& reading, const PolicyInput& in) {
  const auto freshness = Freshness::Of(in.now, side.stale_after, in.config.future_skew);
  return ReadTotal(reading, side.kind, freshness, side.range);
}

}  // namespace

Result<std::unique_ptr<const Policy>> QueueDrain::Create(const Config& config) {
  if (!(config.work_per_second > 0) || !std::isfinite(config.work_per_second)) {
    return Error{ErrorCode::kInvalidArgument, "queue_drain: the target must be > 0"};
  }
  if (config.drain_time <= Duration::zero()) {
    return Error{ErrorCode::kInvalidArgument, "queue_drain: the drain time must be > 0"};
  }
  return std::unique_ptr<const Policy>(new QueueDrain(config));
}

MetricOutcome QueueDrain::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  if (config_.backlog_metric >= in.readings.size()) return Abstain(Reason::kNoData);
  const ReadingResult& waiting = in.readings[config_.backlog_metric];
  if (!waiting) return AbstainFor(waiting.error());
  const Total arrivals = Read(config_.arrivals, **in.reading, in);
  const Total backlog = Read(config_.backlog, **waiting, in);
  if (arrivals.problem != Reason::kNone) return Abstain(arrivals.problem);
  if (backlog.problem != Reason::kNone) return Abstain(backlog.problem);

  const double per_second = arrivals.InUnits(config_.arrivals.kind) +
                            backlog.InUnits(config_.backlog.kind) / ToSeconds(config_.drain_time);
  const Replicas size = in.view.scale.spec_replicas;
  MetricOutcome out;
  out.demand = per_second / config_.work_per_second;
  if (!std::isfinite(out.demand) || out.demand < 0) return Abstain(Reason::kInvalidData);
  out.ratio = size > 0 ? out.demand / size : out.demand;
  out.oldest = std::min(arrivals.oldest, backlog.oldest);
  if (config_.arrivals.kind == TotalKind::kSource) out.value = arrivals.amount;
  if (size > 0 && config_.tolerance.Over(in.config).Contains(out.ratio)) {
    out.proposal = size;
    out.reason = Reason::kWithinTolerance;
    return out;
  }
  out.proposal = CeilToReplicasWithoutNoise(out.demand);
  out.reason = SideOfTarget(out.ratio);
  return out;
}

}  // namespace hpaplus::policies
