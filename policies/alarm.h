#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/core/policy.h"
#include "engine/model/work.h"
#include "policies/pod_samples.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// A metric that says "more", not "how many": while a number is above its bound it asks for a step
/// more than the current size, and below for nothing at all, not even for staying.
///
///     desired = current + max(replicas, ceil(current * percent / 100))
///
/// The number is a total (the share of throttled periods, say) or that of the hottest pod, which an
/// average hides. How soon the next step follows is the pipeline's business. Unknown is not calm:
/// without a number it abstains, which keeps the others from shrinking.
class Alarm final : public Policy {
 public:
  enum class Watches { kTotal, kHottestAmount, kHottestShare };
  struct Config {
    Watches watches = Watches::kTotal;
    TotalKind kind = TotalKind::kSource;  // kTotal.
    std::string resource;                 // Of pods; empty: a Pods metric.
    std::string container;                // Empty: the whole pod.
    double bound = 0;  // kTotal: see TargetAmount. Amount: thousandths. Share: %.
    Duration stale_after{};
    StepSpec step;
    Range range;         // Which numbers count; of a total,
    MilliRange of_pods;  // and of a pod.
  };

  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(const Config& config);

  [[nodiscard]] std::string_view name() const override { return "alarm"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit Alarm(const Config& config) : config_(config) {}

  [[nodiscard]] MetricOutcome Say(double number, Timestamp oldest, const PolicyInput& in) const;
  [[nodiscard]] MetricOutcome OfTotal(const PolicyInput& in) const;
  [[nodiscard]] MetricOutcome OfHottest(const PolicyInput& in) const;

  const Config config_;
};

}  // namespace hpaplus::policies
