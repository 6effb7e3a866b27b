#pragma once

#include <memory>

#include "engine/core/policy.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// A number that others are computed from: it is shown and has no vote. Object, External, Source.
class InputMetric final : public Policy {
 public:
  struct Config {
    TotalKind kind = TotalKind::kSource;
    Duration stale_after{};
    Range range;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "input"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit InputMetric(const Config& config) : config_(config) {}

  const Config config_;
};

}  // namespace hpaplus::policies
