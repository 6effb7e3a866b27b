#include "policies/builtin.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "policies/alarm.h"
#include "policies/formula_metric.h"
#include "policies/input_metric.h"
#include "policies/outcome.h"
#include "policies/pod_average.h"
#include "policies/pod_utilization.h"
#include "policies/queue_drain.h"
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
                               SampleMilli(*target.average_value), metric.stale_after, tolerance,
                               MilliRange::Of(metric.validity)});
  }
  if (target.average_utilization) {
    return PodUtilization::Create({metric.resource, metric.container, *target.average_utilization,
                                   metric.stale_after, tolerance, MilliRange::Of(metric.validity)});
  }
  return NoTarget(metric);
}

Made MakePods(const MetricSpec& metric, const ToleranceSpec& tolerance) {
  if (!metric.target.average_value) return NoTarget(metric);
  return PodAverage::Create({"", "", SampleMilli(*metric.target.average_value), metric.stale_after,
                             tolerance, MilliRange::Of(metric.validity)});
}

Made MakeAverage(const MetricSpec& metric, TotalKind kind, const ToleranceSpec& tolerance) {
  const double target = TargetAmount(*metric.target.average_value, kind);
  return TotalAverage::Create(
      {kind, target, metric.stale_after, tolerance, Range::Of(metric.validity, kind)});
}

Made MakeRatio(const MetricSpec& metric, TotalKind kind, const ToleranceSpec& tolerance) {
  const double target = TargetAmount(*metric.target.value, kind);
  return TotalRatio::Create(
      {kind, target, metric.stale_after, tolerance, Range::Of(metric.validity, kind)});
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

TotalKind KindOf(MetricType type) {
  if (type == MetricType::kObject) return TotalKind::kObject;
  return type == MetricType::kExternal ? TotalKind::kExternal : TotalKind::kSource;
}

Made MakeQueueDrain(const WorkloadSpec& spec, std::size_t index) {
  const MetricSpec& metric = spec.metrics[index];
  if (!metric.queue || !IsOfWhole(metric.type) || !metric.target.average_value) {
    return NoTarget(metric);
  }
  const auto backlog = std::ranges::find(spec.metrics, metric.queue->backlog, &MetricSpec::name);
  if (backlog == spec.metrics.end() || !IsReadOfWhole(backlog->type)) {
    return Error{ErrorCode::kInvalidArgument,
                 "metric \"" + metric.name + "\": the backlog is no number of a whole workload"};
  }
  QueueDrain::Config config;
  const auto side = [](const MetricSpec& of) {
    const TotalKind kind = KindOf(of.type);
    return QueueDrain::Side{kind, of.stale_after, Range::Of(of.validity, kind)};
  };
  config.arrivals = side(metric);
  config.backlog = side(*backlog);
  config.backlog_metric = static_cast<std::size_t>(backlog - spec.metrics.begin());
  config.work_per_second = metric.target.average_value->AsDouble();
  config.drain_time = metric.queue->drain_time;
  config.tolerance = ToleranceSpec::Of(spec.behavior).Without(metric.thresholds);
  return QueueDrain::Create(config);
}

Made MakeAlarm(const WorkloadSpec& spec, std::size_t index) {
  const MetricSpec& metric = spec.metrics[index];
  const MetricTarget& target = metric.target;
  Alarm::Config config;
  config.kind = KindOf(metric.type);
  config.resource = metric.resource;
  config.container = metric.container;
  config.stale_after = metric.stale_after;
  config.step = metric.step.value_or(StepSpec());
  config.range = Range::Of(metric.validity, config.kind);
  config.of_pods = MilliRange::Of(metric.validity);
  if (IsOfWhole(metric.type)) {
    if (!target.value) return NoTarget(metric);
    config.bound = TargetAmount(*target.value, config.kind);
  } else if (target.average_value) {
    config.watches = Alarm::Watches::kHottestAmount;
    config.bound = static_cast<double>(target.average_value->MilliValue());
  } else if (target.average_utilization && !metric.resource.empty()) {
    config.watches = Alarm::Watches::kHottestShare;
    config.bound = *target.average_utilization;
  } else {
    return NoTarget(metric);
  }
  return Alarm::Create(config);
}

// The HPA's rule for the metric's type.
Made MakeHpaRule(const WorkloadSpec& spec, std::size_t index) {
  const MetricSpec& metric = spec.metrics[index];
  const ToleranceSpec tolerance = ToleranceSpec::Of(spec.behavior).Without(metric.thresholds);
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
    case MetricType::kFormula:
      return MakeTotal(metric, TotalKind::kSource, tolerance);
    case MetricType::kUnknown:
      break;
  }
  return Error{ErrorCode::kInvalidArgument, "metric \"" + metric.name + "\": unknown type"};
}

std::string_view PolicyNameOf(const MetricSpec& metric) {
  if (!metric.policy.empty()) return metric.policy;
  if (metric.queue) return "queue_drain";
  return metric.step ? "alarm" : "hpa";
}

Made MakeInput(const MetricSpec& metric) {
  if (!IsReadOfWhole(metric.type)) return NoTarget(metric);
  const TotalKind kind = KindOf(metric.type);
  return InputMetric::Create({kind, metric.stale_after, Range::Of(metric.validity, kind)});
}

// Computes the metric's number for the policy that judges it.
Made Compute(const WorkloadSpec& spec, std::size_t index, std::unique_ptr<const Policy> judge) {
  FormulaMetric::Config config;
  config.formula = spec.metrics[index].formula;
  config.metrics = spec.metrics.size();
  config.judge = std::move(judge);
  for (std::size_t i = 0; config.formula && i < spec.metrics.size(); ++i) {
    if (!config.formula->Uses(i)) continue;
    const MetricSpec& input = spec.metrics[i];
    if (!IsReadOfWhole(input.type)) {
      return Error{ErrorCode::kInvalidArgument,
                   "metric \"" + input.name + "\": no number of a whole workload"};
    }
    const TotalKind kind = KindOf(input.type);
    config.inputs.push_back({i, input.name, kind, input.stale_after,
                             Range::Of(input.validity, kind),
                             input.validity.on_missing == OnMissing::kZero});
  }
  return FormulaMetric::Create(std::move(config));
}

Made MakePolicy(const PolicyRegistry& registry, const WorkloadSpec& spec, std::size_t index) {
  const MetricSpec& metric = spec.metrics[index];
  if (metric.role == MetricRole::kInput) return MakeInput(metric);
  const PolicyRegistry::Make* const make = registry.Find(PolicyNameOf(metric));
  if (make == nullptr) {
    return Error{ErrorCode::kNotFound,
                 "metric \"" + metric.name + "\": there is no policy \"" + metric.policy + "\""};
  }
  Made made = (*make)(spec, index);
  if (!made || metric.type != MetricType::kFormula) return made;
  return Compute(spec, index, *std::move(made));
}

PolicyRegistry MakeBuiltinRegistry() {
  PolicyRegistry registry;
  RegisterBuiltinPolicies(registry);
  return registry;
}

}  // namespace

void RegisterBuiltinPolicies(PolicyRegistry& registry) {
  registry.Add("hpa", &MakeHpaRule);
  registry.Add("queue_drain", &MakeQueueDrain);
  registry.Add("alarm", &MakeAlarm);
}

PolicySet MakePolicies(const PolicyRegistry& registry, const WorkloadSpec& spec) {
  PolicySet policies;
  policies.reserve(spec.metrics.size());
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const MetricSpec& metric = spec.metrics[i];
    Made made = MakePolicy(registry, spec, i);
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

PolicySet MakeBuiltinPolicies(const WorkloadSpec& spec) {
  static const auto* const registry = new PolicyRegistry(MakeBuiltinRegistry());
  return MakePolicies(*registry, spec);
}

}  // namespace hpaplus::policies
