#pragma once

#include <memory>

#include "policies/pod_tally.h"

namespace hpaplus::policies {

/// Keeps the pods' usage of a resource at a percentage of what they ask for (Resource and
/// ContainerResource with averageUtilization, rule R6):
///
///     utilization = trunc(100 * usage / requests)          over the pods that reported
///     desired     = ceil(utilization / target * pods)
///
/// The percentage is a whole number before anything is compared: 109.9 % counts as 109.
class PodUtilization final : public Policy {
 public:
  struct Config {
    std::string resource;
    std::string container;  // Empty: the whole pod.
    std::int32_t target_percent = 0;
    Duration stale_after{};
    ToleranceSpec tolerance;
    MilliRange range;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "pod_utilization"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit PodUtilization(const Config& config);

  const double target_percent_;
  const ToleranceSpec tolerance_;
  const TallyRules rules_;
};

}  // namespace hpaplus::policies
