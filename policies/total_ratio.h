#pragma once

#include <memory>

#include "policies/outcome.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// Keeps one number about the workload as a whole at a target (Object, External and Source with a
/// Value target, rule R7), assuming that it falls as ready pods are added:
///
///     desired = ceil(number / target * ready pods)
///
/// From zero, where there is no pod, without tolerance:
///
///     desired = ceil(number / target)
///
/// Ready pods, not the current size: with pods still starting, Object and External may propose
/// less than the current size though the number is above its target. That is the HPA's rule. For a
/// Source a number above the target never shrinks, and one below it never grows.
class TotalRatio final : public Policy {
 public:
  struct Config {
    TotalKind kind = TotalKind::kExternal;
    double target = 0;  // See TargetAmount.
    Duration stale_after{};
    ToleranceSpec tolerance;
    Range range;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "total_ratio"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit TotalRatio(const Config& config) : config_(config) {}

  [[nodiscard]] Replicas Scaled(double exact, bool grows, Replicas current) const;

  const Config config_;
};

}  // namespace hpaplus::policies
