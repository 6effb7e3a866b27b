#pragma once

#include <memory>
#include <string_view>

#include "engine/core/policy_registry.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// Square-root staffing: what is needed on average, and a reserve that grows with the square root
/// of it, because large pools ride out chance better than small ones.
///
///     desired = ceil(load + reserve * sqrt(load)),  load = total / target
class SquareRoot final : public Policy {
 public:
  struct Config {
    TotalKind kind = TotalKind::kSource;
    double target = 0;  // Of one replica; see TargetAmount. > 0.
    double reserve = 1;
    Duration stale_after{};
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "square_root"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit SquareRoot(const Config& config) : config_(config) {}

  const Config config_;
};

/// For PolicyRegistry: a Source metric with an AverageValue target.
[[nodiscard]] Result<std::unique_ptr<const Policy>> MakeSquareRoot(const WorkloadSpec& spec,
                                                                   std::size_t metric);

}  // namespace hpaplus::policies
