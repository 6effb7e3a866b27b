#pragma once

#include <memory>

#include "policies/outcome.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// Shares one number about the workload as a whole out among replicas (Object, External and Source
/// with an AverageValue target, rule R8):
///
///     desired = ceil(number / target)
///
/// Within tolerance of the present size nothing changes. For Object and External that size is the
/// HPA's, scale.status.replicas, which lags behind while pods start, and which the HPA proposes
/// then: it takes back a growth that is under way. For a Source it is the size asked for last,
/// scale.spec.replicas. Needs no pods.
class TotalAverage final : public Policy {
 public:
  struct Config {
    TotalKind kind = TotalKind::kExternal;
    double target = 0;  // Per replica; see TargetAmount.
    Duration stale_after{};
    ToleranceSpec tolerance;
    Range range;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "total_average"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit TotalAverage(const Config& config) : config_(config) {}

  const Config config_;
};

}  // namespace hpaplus::policies
