#include "policies/builtin.h"

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "policies/outcome.h"
#include "policies/pod_average.h"
#include "policies/pod_utilization.h"
#include "policies/total_average.h"
#include "policies/total_ratio.h"

namespace hpaplus::policies {
namespace {

using Made = Result<std::unique_ptr<const Policy>>;

// A metric that makes no sense: it abstains with the reason, which holds the others' shrinking.
class InvalidMetric final : public Policy {
 public:
  InvalidMetric(Reason reason, std::string problem)
      : reason_(reason), problem_(std::move(problem)) {}

  [[nodiscard]] std::string_view name() const override { return "invalid_metric"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& /*in*/) const override {
    return Abstain(reason_, problem_);
  }

 private:
  const Reason reason_;
  const std::string problem_;
};

Error NoTarget(const MetricSpec& metric) {
  return {ErrorCode::kInvalidArgument,
          "metric \"" + metric.name + "\": the target does not fit the type"};
}

// The HPA does not look at target.type here: an average value wins.
Made MakeResource(const MetricSpec& metric, const ToleranceSpec& tolerance) {
  const MetricTarget& target = metric.target;
  if (target.average_value) {
    return PodAverage::Create({metric.resource, metric.container,
                               SampleMilli(*target.average_value), metric.stale_after, tolerance});
  }
  if (target.average_utilization) {
    return PodUtilization::Create({metric.resource, metric.container, *target.average_utilization,
                                   metric.stale_after, tolerance});
  }
  return NoTarget(metric);
}

Made MakePods(const MetricSpec& metric, const ToleranceSpec& tolerance) {
  if (!metric.target.average_value) return NoTarget(metric);
  return PodAverage::Create(
      {"", "", SampleMilli(*metric.target.average_value), metric.stale_after, tolerance});
}

Made MakeAverage(const MetricSpec& metric, TotalKind kind, const ToleranceSpec& tolerance) {
  const double target = TargetAmount(*metric.target.average_value, kind);
  return TotalAverage::Create({kind, target, metric.stale_after, tolerance});
}

Made MakeRatio(const MetricSpec& metric, TotalKind kind, const ToleranceSpec& tolerance) {
  const double target = TargetAmount(*metric.target.value, kind);
  return TotalRatio::Create({kind, target, metric.stale_after, tolerance});
}

// The HPA looks at target.type for Object and not for External; a Source's has to fit.
Made MakeTotal(const MetricSpec& metric, TotalKind kind, const ToleranceSpec& tolerance) {
  const MetricTarget& target = metric.target;
  const bool any_type = kind == TotalKind::kExternal;
  if (target.average_value && (any_type || target.type == TargetType::kAverageValue)) {
    return MakeAverage(metric, kind, tolerance);
  }
  if (target.value && (any_type || target.type == TargetType::kValue)) {
    return MakeRatio(metric, kind, tolerance);
  }
  return NoTarget(metric);
}

Made Make(const MetricSpec& metric, const ToleranceSpec& tolerance) {
  switch (metric.type) {
    case MetricType::kResource:
    case MetricType::kContainerResource:
      return MakeResource(metric, tolerance);
    case MetricType::kPods:
      return MakePods(metric, tolerance);
    case MetricType::kObject:
      return MakeTotal(metric, TotalKind::kObject, tolerance);
    case MetricType::kExternal:
      return MakeTotal(metric, TotalKind::kExternal, tolerance);
    case MetricType::kSource:
      return MakeTotal(metric, TotalKind::kSource, tolerance);
    case MetricType::kUnknown:
      break;
  }
  return Error{ErrorCode::kInvalidArgument, "metric \"" + metric.name + "\": unknown type"};
}

}  // namespace

PolicySet MakeBuiltinPolicies(const WorkloadSpec& spec) {
  const ToleranceSpec tolerance = ToleranceSpec::Of(spec.behavior);
  PolicySet policies;
  policies.reserve(spec.metrics.size());
  for (const MetricSpec& metric : spec.metrics) {
    Made made = Make(metric, tolerance);
    if (made) {
      policies.push_back(*std::move(made));
    } else {
      const Reason reason = metric.type == MetricType::kUnknown ? Reason::kInvalidMetricSourceType
                                                                : Reason::kInvalidTarget;
      policies.push_back(std::make_unique<InvalidMetric>(reason, made.error().message));
    }
  }
  return policies;
}

}  // namespace hpaplus::policies
