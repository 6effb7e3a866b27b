#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/pod_requests.h"
#include "engine/core/policy.h"
#include "policies/outcome.h"
#include "policies/pod_samples.h"

namespace hpaplus::policies {

/// The pods of one group together.
struct GroupSum {
  std::int64_t pods = 0;
  Int128 usage = 0;    // Thousandths; what they reported.
  Int128 request = 0;  // Thousandths; what they ask for. Only where requests matter.

  void Add(std::int64_t count, Int128 pod_usage, std::int64_t pod_request) {
    pods += count;
    usage += pod_usage * count;
    request += Int128{pod_request} * count;
  }
  [[nodiscard]] GroupSum operator+(const GroupSum& other) const {
    return {pods + other.pods, usage + other.usage, request + other.request};
  }
};

/// A workload's pods, grouped and summed up (rule R4).
struct PodTally {
  GroupSum ready;
  GroupSum unready;                 // Without usage: it does not count.
  GroupSum missing;                 // With usage as a busy pod's would be: see BusyMilli.
  GroupSum strangers;               // Samples of pods that the view does not show.
  std::optional<Timestamp> oldest;  // Of the samples that count.
};

/// Which metric of which pods is tallied, and what a missing pod is taken for when shrinking.
struct TallyRules {
  std::string resource;   // Empty: a Pods metric.
  std::string container;  // Empty: the whole pod.
  Duration stale_after{};
  bool needs_requests = false;
  std::int64_t busy_percent = 100;  // With requests: a missing pod uses that much of its request.
  std::int64_t busy_milli = 0;      // Without: it uses this.
  MilliRange range;                 // Of one pod's sample.
};

/// Or why there is nothing to go by.
struct TallyResult {
  PodTally tally;
  Reason problem = Reason::kNone;
};

[[nodiscard]] TallyResult TallyPods(const PolicyInput& in, const Reading& reading,
                                    const TallyRules& rules);

/// What the ready pods say, and what follows once unready and missing pods are taken into account.
struct PodRatios {
  double seen = 1;       // Usage over target of the pods that reported.
  double completed = 1;  // The same with assumptions about all others.
  bool complete = true;  // No assumption was necessary.
  std::int64_t ready = 0;
  std::int64_t counted = 0;  // How many `completed` is about.
};

/// Sizes the workload by a ratio over its pods; assumptions may weaken a move, never reverse it.
[[nodiscard]] MetricOutcome ProposeByPods(const PodRatios& ratios, Replicas current,
                                          const Tolerance& tolerance);

}  // namespace hpaplus::policies
