#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/decision.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// The controller-wide settings of a decision. Defaults are kube-controller-manager's.
struct DecideConfig {
  double tolerance = 0.1;  // Relative, both directions, where the object names none.
  Duration cpu_initialization_period = std::chrono::seconds(300);
  Duration initial_readiness_delay = std::chrono::seconds(30);
  Duration downscale_stabilization = std::chrono::seconds(300);
  double scale_up_limit_factor = 2.0;  // Only without spec.behavior.
  double scale_up_limit_minimum = 4.0;
  bool pod_level_resources = true;  // Kubernetes' gate: requests of a pod as a whole count.
  Duration future_skew = std::chrono::seconds(2);  // Samples further ahead are invalid.
  /// Recommendations are remembered one by one, as the HPA does. Otherwise equal ones in a row are
  /// one, the newest, which says the same: a window asks for its highest and its lowest.
  bool each_recommendation = false;
};

/// Everything a policy may look at. There is deliberately no clock, no I/O and no logger in here.
struct PolicyInput {
  Timestamp now;
  const DecideConfig& config;
  const WorkloadView& view;
  const ReadingResult& reading;                  // This metric's.
  std::span<const ReadingResult> readings = {};  // Those of all metrics, as spec.metrics.
};

/// A scaling rule for one metric. Implementations are pure: the same input gives the same outcome,
/// whatever the machine, the thread or the time of day. That is what makes replay and tuning
/// meaningful. A policy abstains when it does not know: silence is not idleness.
class Policy {
 public:
  virtual ~Policy() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual MetricOutcome Propose(const PolicyInput& in) const = 0;
};

/// One policy per entry of spec.metrics, in order. Immutable once made.
using PolicySet = std::vector<std::unique_ptr<const Policy>>;

/// Makes a workload's policies from its spec. Never fails: a metric that makes no sense gets a
/// policy that abstains with the reason.
using PolicyFactory = std::function<PolicySet(const WorkloadSpec& spec)>;

}  // namespace hpaplus
