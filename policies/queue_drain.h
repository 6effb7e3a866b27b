#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "policies/outcome.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// Sizes a workload by the work that it has: as much as arrives, and what waits within a while.
///
///     desired = ceil((arrivals + backlog / drain time) / work of one replica)
///
/// Arrivals per second are this metric, the work that one replica gets done in a second is its
/// target, and the backlog is another metric's number. It abstains unless both are known: without
/// the backlog a growing queue would look like a quiet one.
class QueueDrain final : public Policy {
 public:
  struct Side {
    TotalKind kind = TotalKind::kSource;
    Duration stale_after{};
    Range range;  // Which numbers count.
  };
  struct Config {
    Side arrivals;
    Side backlog;
    std::size_t backlog_metric = 0;  // Which of spec.metrics.
    double work_per_second = 0;      // Of one replica; > 0.
    Duration drain_time{};           // > 0.
    ToleranceSpec tolerance;
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "queue_drain"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit QueueDrain(const Config& config) : config_(config) {}

  const Config config_;
};

}  // namespace hpaplus::policies
