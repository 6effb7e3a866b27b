#include "policies/input_metric.h"

#include "policies/outcome.h"

namespace hpaplus::policies {

Result<std::unique_ptr<const Policy>> InputMetric::Create(const Config& config) {
  return std::unique_ptr<const Policy>(new InputMetric(config));
}

MetricOutcome InputMetric::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const auto freshness = Freshness::Of(in.now, config_.stale_after, in.config.future_skew);
  const Total total = ReadTotal(**in.reading, config_.kind, freshness, config_.range);
  if (total.problem != Reason::kNone) return Abstain(total.problem);
  MetricOutcome out;
  out.reason = Reason::kNoVote;
  out.oldest = total.oldest;
  out.total = total.InUnits(config_.kind);
  if (config_.kind == TotalKind::kSource) {
    out.value = total.amount;
  } else {
    out.value_milli = total.milli;
  }
  return out;
}

}  // namespace hpaplus::policies
