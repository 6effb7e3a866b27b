#include "policies/pod_average.h"

namespace hpaplus::policies {
namespace {

std::int64_t Average(const GroupSum& pods) {
  return SaturateToInt64(pods.usage / pods.pods);
}

}  // namespace

Result<std::unique_ptr<const Policy>> PodAverage::Create(const Config& config) {
  if (config.target_milli <= 0) {
    return Error{ErrorCode::kInvalidArgument, "pod_average: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new PodAverage(config));
}

PodAverage::PodAverage(const Config& config)
    : target_milli_(static_cast<double>(config.target_milli)),
      tolerance_(config.tolerance),
      rules_{config.resource,     config.container, config.stale_after, false, 0,
             config.target_milli, config.range} {}

MetricOutcome PodAverage::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  const TallyResult result = TallyPods(in, **in.reading, rules_);
  if (result.problem != Reason::kNone) return Abstain(result.problem);
  const PodTally& tally = result.tally;

  const GroupSum seen = tally.ready + tally.strangers;
  const std::int64_t average = Average(seen);
  PodRatios ratios;
  ratios.seen = static_cast<double>(average) / target_milli_;
  ratios.ready = tally.ready.pods;
  const bool grows = tally.unready.pods > 0 && ratios.seen > 1.0;
  ratios.complete = !grows && tally.missing.pods == 0;
  if (!ratios.complete) {
    GroupSum all = seen;
    if (ratios.seen < 1.0) all = all + tally.missing;
    if (ratios.seen > 1.0) all = all + GroupSum{tally.missing.pods, 0, 0};
    if (grows) all = all + tally.unready;
    ratios.completed = static_cast<double>(Average(all)) / target_milli_;
    ratios.counted = all.pods;
  }
  MetricOutcome out =
      ProposeByPods(ratios, in.view.scale.spec_replicas, tolerance_.Over(in.config));
  out.average_value_milli = average;
  out.oldest = tally.oldest;
  return out;
}

}  // namespace hpaplus::policies
