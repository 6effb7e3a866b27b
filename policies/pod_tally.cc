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
    for (const auto& pod : in_.view.pods) {
      if (!Add(*pod)) return {{}, Reason::kNoRequests};
    }
    if (reading_.selected) AddStrangers();
    if (tally_.ready.pods + tally_.strangers.pods == 0) {
      const bool refused = samples_.refused() != Reason::kNone;
      return {{}, refused ? samples_.refused() : Reason::kNoData};
    }
    return {tally_, Reason::kNone};
  }

 private:
  // False: the pod's request is needed and unknown. That of every pod is, ignored ones included.
  bool Add(const Pod& pod) {
    std::int64_t request = 0;
    if (rules_.needs_requests) {
      const auto milli =
          PodRequestMilli(pod, {rules_.resource, rules_.container, in_.config.pod_level_resources});
      if (!milli || *milli < 0) return false;
      request = *milli;
    }
    const auto sample = samples_.Find(pod.name);
    if (sample) {
      ++known_.pods;
      known_.milli += sample->milli;
    }
    switch (GroupPod(pod, sample ? &*sample : nullptr, group_rules_)) {
      case PodGroup::kReady:
        tally_.ready = tally_.ready + GroupSum{1, sample->milli, request};
        tally_.oldest = std::min(tally_.oldest.value_or(sample->at), sample->at);
        break;
      case PodGroup::kUnready:
        tally_.unready = tally_.unready + GroupSum{1, 0, request};
        break;
      case PodGroup::kMissing:
        tally_.missing = tally_.missing + GroupSum{1, Busy(request), request};
        break;
      case PodGroup::kIgnored:
        break;
    }
    return true;
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
  PodSamples::Sum known_;  // Samples of the view's pods.
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
