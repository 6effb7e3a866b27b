#include "policies/pod_tally.h"

#include <algorithm>

namespace hpaplus::policies {
namespace {

class Tallying {
 public:
  Tallying(const PolicyInput& in, const Reading& reading, const TallyRules& rules)
      : in_(in),
        rules_(rules),
        reading_(reading),
        samples_(reading, {in.view.spec->ns, rules.resource, rules.container, rules.range},
                 Freshness::Of(in.now, rules.stale_after, in.config.future_skew)),
        group_rules_{in.now, rules.resource == "cpu", in.config.cpu_initialization_period,
                     in.config.initial_readiness_delay} {}

  TallyResult Run() {
    if (samples_.empty()) return {{}, Reason::kNoData};
    if (in_.view.pods.empty()) return {{}, Reason::kNoReadyPods};
    // Who rehearses shows pods that are alike as one, so many times.
    const auto& pods = in_.view.pods;
    for (std::size_t i = 0, next = 0; i < pods.size(); i = next) {
      next = i + 1;
      while (next < pods.size() && pods[next] == pods[i])
        ++next;
      if (!Add(*pods[i], static_cast<std::int64_t>(next - i))) return {{}, Reason::kNoRequests};
    }
    if (reading_.selected) AddStrangers();
    if (tally_.ready.pods + tally_.strangers.pods == 0) {
      const bool refused = samples_.refused() != Reason::kNone;
      return {{}, refused ? samples_.refused() : Reason::kNoData};
    }
    if (tally_.ready.pods > 0) tally_.oldest = oldest_;
    return {tally_, Reason::kNone};
  }

 private:
  // False: the pod's request is needed and unknown. That of every pod is, ignored ones included.
  bool Add(const Pod& pod, std::int64_t count) {
    if (rules_.needs_requests && !TakeRequest(pod)) return false;
    const std::int64_t request = request_.value_or(0);
    const PodSample* const sample = samples_.Find(pod.name);
    if (sample != nullptr && reading_.selected) {
      known_.pods += count;
      known_.milli += Int128{sample->milli} * count;
    }
    switch (GroupPod(pod, sample, group_rules_)) {
      case PodGroup::kReady:
        tally_.ready.Add(count, sample->milli, request);
        oldest_ = std::min(oldest_, sample->at);
        break;
      case PodGroup::kUnready:
        tally_.unready.Add(count, 0, request);
        break;
      case PodGroup::kMissing:
        tally_.missing.Add(count, Busy(request), request);
        break;
      case PodGroup::kIgnored:
        break;
    }
    return true;
  }

  // Most pods ask for the same as the one before.
  bool TakeRequest(const Pod& pod) {
    if (pod.resources.get() != resources_) {
      resources_ = pod.resources.get();
      request_ = PodRequestMilli(
          *resources_, {rules_.resource, rules_.container, in_.config.pod_level_resources});
    }
    return request_.has_value();
  }

  [[nodiscard]] Int128 Busy(std::int64_t request) const {
    if (!rules_.needs_requests) return rules_.busy_milli;
    return Int128{request} * rules_.busy_percent / 100;
  }

  void AddStrangers() {
    const PodSamples::Sum all = samples_.Total();
    tally_.strangers = {all.pods - known_.pods, all.milli - known_.milli, 0};
  }

  const PolicyInput& in_;
  const TallyRules& rules_;
  const Reading& reading_;
  PodSamples samples_;
  const PodGroupRules group_rules_;
  PodTally tally_;
  Timestamp oldest_ = Timestamp::max();
  PodSamples::Sum known_;  // Samples of the view's pods, where there may be others.
  const PodResources* resources_ = nullptr;
  std::optional<std::int64_t> request_;  // What they come to.
};

}  // namespace

TallyResult TallyPods(const PolicyInput& in, const Reading& reading, const TallyRules& rules) {
  return Tallying(in, reading, rules).Run();
}

MetricOutcome ProposeByPods(const PodRatios& ratios, Replicas current, const Tolerance& tolerance) {
  MetricOutcome out;
  out.proposal = current;
  out.ratio = ratios.seen;
  const double decisive = ratios.complete ? ratios.seen : ratios.completed;
  out.demand = decisive * static_cast<double>(ratios.complete ? ratios.ready : ratios.counted);
  if (tolerance.Contains(decisive)) {
    out.reason = Reason::kWithinTolerance;
    return out;
  }
  if (ratios.complete) {
    out.proposal = CeilToReplicas(out.demand);
    out.reason = SideOfTarget(ratios.seen);
    return out;
  }
  const Replicas wanted = CeilToReplicas(out.demand);
  const bool reversed =
      (ratios.seen < 1.0 && decisive > 1.0) || (ratios.seen > 1.0 && decisive < 1.0) ||
      (decisive < 1.0 && wanted > current) || (decisive > 1.0 && wanted < current);
  out.proposal = reversed ? current : wanted;
  out.reason = reversed ? Reason::kHeldIncomplete : SideOfTarget(decisive);
  return out;
}

}  // namespace hpaplus::policies
