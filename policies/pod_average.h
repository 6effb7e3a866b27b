#pragma once

#include <memory>

#include "policies/pod_tally.h"

namespace hpaplus::policies {

/// Keeps a number that every pod reports at a target, on average (Resource, ContainerResource and
/// Pods with averageValue, rule R6), in thousandths:
///
///     average = trunc(usage / pods)                        over the pods that reported
///     desired = ceil(average / target * pods)
class PodAverage final : public Policy {
 public:
  struct Config {
    std::string resource;   // Empty: a Pods metric.
    std::string container;  // Empty: the whole pod.
    std::int64_t target_milli = 0;
    Duration stale_after{};
    ToleranceSpec tolerance;
    MilliRange range;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "pod_average"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit PodAverage(const Config& config);

  const double target_milli_;
  const ToleranceSpec tolerance_;
  const TallyRules rules_;
};

}  // namespace hpaplus::policies
