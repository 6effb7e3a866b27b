#include "engine/core/step_limit.h"

#include <algorithm>

#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

constexpr Duration kBelieveMoreAfter = std::chrono::minutes(10);
constexpr Duration kBelieveLessAfter = std::chrono::hours(2);

// Of what is below, nothing is lost by a step in its unit.
constexpr double kSmallest = 1;

StageResult Suspect(double factor, Replicas proposal, MetricOutcome& outcome) {
  outcome.proposal = proposal;
  outcome.reason = Reason::kSuspicious;
  outcome.stood_in = true;
  return {proposal, Reason::kSuspicious, factor};
}

}  // namespace

std::optional<StageResult> LimitStep(double ratio_most, Timestamp now, Replicas current,
                                     std::optional<BelievedDemand>& believed,
                                     MetricOutcome& outcome) {
  const bool plain = outcome.reason != Reason::kHeldIncomplete && outcome.reason != Reason::kNoVote;
  if (!outcome.proposal || !outcome.oldest || outcome.stood_in || !plain) return std::nullopt;
  const double demand = std::max(outcome.demand, kSmallest);
  if (!believed) {
    believed = BelievedDemand{demand, now};
    return std::nullopt;
  }
  const double before = believed->demand;
  if (demand > before * ratio_most && now - believed->at >= kBelieveMoreAfter) {
    believed = BelievedDemand{before * ratio_most, now};
  }
  const double most = believed->demand * ratio_most;
  if (demand > most) {
    const Replicas size = std::min(*outcome.proposal, CeilToReplicasWithoutNoise(most));
    outcome.ratio *= most / demand;
    outcome.demand = most;
    return Suspect(demand / before, std::max(size, current), outcome);
  }
  const bool low = demand * ratio_most < believed->demand;
  if (low && now - believed->at < kBelieveLessAfter) {
    return Suspect(demand / before, std::max(*outcome.proposal, current), outcome);
  }
  believed = BelievedDemand{demand, now};
  return std::nullopt;
}

}  // namespace hpaplus
