#include "policies/alarm.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "engine/core/pod_requests.h"
#include "engine/core/rounding.h"
#include "policies/outcome.h"

namespace hpaplus::policies {
namespace {

Replicas StepUp(const StepSpec& step, Replicas current) {
  const std::int64_t share = (std::int64_t{current} * step.percent + 99) / 100;
  return SaturateToReplicas(current + std::max<std::int64_t>(step.replicas, share));
}

bool IsReady(const Pod& pod) {
  return pod.phase == PodPhase::kRunning && !pod.deleting && pod.ready &&
         pod.ready->status == ConditionStatus::kTrue;
}

}  // namespace

Result<std::unique_ptr<const Policy>> Alarm::Create(const Config& config) {
  if (!(config.bound > 0) || !std::isfinite(config.bound)) {
    return Error{ErrorCode::kInvalidArgument, "alarm: the target must be > 0"};
  }
  return std::unique_ptr<const Policy>(new Alarm(config));
}

MetricOutcome Alarm::Propose(const PolicyInput& in) const {
  if (!in.reading) return AbstainFor(in.reading.error());
  return config_.watches == Watches::kTotal ? OfTotal(in) : OfHottest(in);
}

MetricOutcome Alarm::Say(double number, Timestamp oldest, const PolicyInput& in) const {
  const Replicas current = in.view.scale.spec_replicas;
  MetricOutcome out;
  out.ratio = number / config_.bound;
  out.oldest = oldest;
  const bool over = number > config_.bound;
  out.proposal = over ? StepUp(config_.step, current) : current;
  out.reason = over ? Reason::kStepped : Reason::kNoVote;
  return out;
}

MetricOutcome Alarm::OfTotal(const PolicyInput& in) const {
  const Total total =
      ReadTotal(**in.reading, config_.kind,
                Freshness::Of(in.now, config_.stale_after, in.config.future_skew), config_.range);
  if (total.problem != Reason::kNone) return Abstain(total.problem);
  MetricOutcome out = Say(total.amount, total.oldest, in);
  if (config_.kind == TotalKind::kSource) {
    out.value = total.amount;
  } else {
    out.value_milli = total.milli;
  }
  return out;
}

// Of the ready pods that reported: one that did not says nothing either way.
MetricOutcome Alarm::OfHottest(const PolicyInput& in) const {
  const bool shares = config_.watches == Watches::kHottestShare;
  PodSamples samples(**in.reading,
                     {in.view.spec->ns, config_.resource, config_.container, config_.of_pods},
                     Freshness::Of(in.now, config_.stale_after, in.config.future_skew));
  std::optional<double> hottest;
  Timestamp oldest = Timestamp::max();
  for (const auto& pod : in.view.pods) {
    if (!IsReady(*pod)) continue;
    const PodSample* const sample = samples.Find(pod->name);
    if (sample == nullptr) continue;
    double number = static_cast<double>(sample->milli);
    if (shares) {
      const auto request = PodRequestMilli(
          *pod->resources, {config_.resource, config_.container, in.config.pod_level_resources});
      if (!request || *request <= 0) return Abstain(Reason::kNoRequests);
      number = number * 100 / static_cast<double>(*request);
    }
    hottest = std::max(hottest.value_or(number), number);
    oldest = std::min(oldest, sample->at);
  }
  if (hottest) return Say(*hottest, oldest, in);
  return Abstain(samples.refused() != Reason::kNone ? samples.refused() : Reason::kNoData);
}

}  // namespace hpaplus::policies
