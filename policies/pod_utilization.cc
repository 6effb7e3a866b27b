#include "policies/pod_utilization.h"

#include <algorithm>

namespace hpaplus::policies {
namespace {

// Precondition: the pods ask for something.
std::int32_t Percent(const GroupSum& pods) {
  return SaturateToReplicas(SaturateToInt64(pods.usage * 100 / pods.request));
}

}  // namespace

Result<std::unique_ptr<const Policy>> PodUtilization::Create(const Config& config) {
  if (config.target_percent <= 0) {
    return Error{ErrorCode::kInvalidArgument, "pod_utilization: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new PodUtilization(config));
}

PodUtilization::PodUtilization(const Config& config)
    : target_percent_(config.target_percent),
      tolerance_(config.tolerance),
      rules_{config.resource,
             config.container,
             config.stale_after,
             true,
             std::max(100, config.target_percent),
             0,
             config.range} {}

MetricOutcome PodUtilization::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const TallyResult result = TallyPods(in, **in.reading, rules_);
  if (result.problem != Reason::kNone) return Abstain(result.problem);
  const PodTally& tally = result.tally;
  if (tally.ready.request == 0) return Abstain(Reason::kNoRequests);

  const std::int32_t percent = Percent(tally.ready);
  PodRatios ratios;
  ratios.seen = percent / target_percent_;
  ratios.ready = tally.ready.pods;
  const bool grows = tally.unready.pods > 0 && ratios.seen > 1.0;
  ratios.complete = !grows && tally.missing.pods == 0;
  if (!ratios.complete) {
    GroupSum all = tally.ready;
    if (ratios.seen < 1.0) all = all + tally.missing;
    if (ratios.seen > 1.0) all = all + GroupSum{tally.missing.pods, 0, tally.missing.request};
    if (grows) all = all + tally.unready;
    ratios.completed = Percent(all) / target_percent_;
    ratios.counted = all.pods + tally.strangers.pods;
  }
  MetricOutcome out =
      ProposeByPods(ratios, in.view.scale.spec_replicas, tolerance_.Over(in.config));
  out.average_utilization = percent;
  out.average_value_milli = SaturateToInt64(tally.ready.usage / tally.ready.pods);
  out.oldest = tally.oldest;
  return out;
}

}  // namespace hpaplus::policies
