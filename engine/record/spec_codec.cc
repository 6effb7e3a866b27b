// What a user asked for, as bytes.

#include <chrono>
#include <utility>

#include "engine/record/codec.h"
#include "engine/record/items.h"

namespace hpaplus {

constexpr Mode LastOf(Mode /*of*/) {
  return Mode::kScaleDownOnly;
}
constexpr EvaluationPriority LastOf(EvaluationPriority /*of*/) {
  return EvaluationPriority::kHigh;
}
constexpr MetricType LastOf(MetricType /*of*/) {
  return MetricType::kFormula;
}
constexpr TargetType LastOf(TargetType /*of*/) {
  return TargetType::kAverageValue;
}
constexpr SmoothingFunction LastOf(SmoothingFunction /*of*/) {
  return SmoothingFunction::kEwma;
}
constexpr MetricRole LastOf(MetricRole /*of*/) {
  return MetricRole::kInput;
}
constexpr OnMissing LastOf(OnMissing /*of*/) {
  return OnMissing::kZero;
}
constexpr SelectPolicy LastOf(SelectPolicy /*of*/) {
  return SelectPolicy::kDisabled;
}
constexpr ScalingPolicyType LastOf(ScalingPolicyType /*of*/) {
  return ScalingPolicyType::kPercent;
}
constexpr BurstCapacity LastOf(BurstCapacity /*of*/) {
  return BurstCapacity::kStarting;
}
constexpr CombineStrategy LastOf(CombineStrategy /*of*/) {
  return CombineStrategy::kFormula;
}
constexpr RolloutMode LastOf(RolloutMode /*of*/) {
  return RolloutMode::kHold;
}
constexpr FallbackBehavior LastOf(FallbackBehavior /*of*/) {
  return FallbackBehavior::kSchedule;
}

namespace record {

template <class A>
void Fields(A& a, Of<ObjectRef> auto& ref) {
  Items(a, ref.api_version, ref.kind, ref.name);
}
template <class A>
void Fields(A& a, Of<SourceRef> auto& ref) {
  Items(a, ref.kind, ref.name);
}
template <class A>
void Fields(A& a, Of<LabelRequirement> auto& requirement) {
  Items(a, requirement.key, requirement.op, requirement.values);
}
template <class A>
void Fields(A& a, Of<LabelSelector> auto& selector) {
  Items(a, selector.match_labels, selector.match_expressions);
}
template <class A>
void Fields(A& a, Of<MetricTarget> auto& target) {
  Items(a, target.type, target.value, target.average_value, target.average_utilization);
}
template <class A>
void Fields(A& a, Of<Smoothing> auto& smoothing) {
  Items(a, smoothing.window, smoothing.function);
}
template <class A>
void Fields(A& a, Of<QueueSpec> auto& queue) {
  Items(a, queue.backlog, queue.drain_time);
}
template <class A>
void Fields(A& a, Of<StepSpec> auto& step) {
  Items(a, step.replicas, step.percent, step.cooldown);
}
template <class A>
void Fields(A& a, Of<Thresholds> auto& thresholds) {
  Items(a, thresholds.scale_up, thresholds.scale_down);
}
template <class A>
void Fields(A& a, Of<Validity> auto& validity) {
  Items(a, validity.min, validity.max, validity.on_missing, validity.max_step_ratio,
        validity.last_good_for);
}
// But the formula, whose names are those of all metrics.
template <class A>
void Fields(A& a, Of<MetricSpec> auto& metric) {
  Items(a, metric.type, metric.name, metric.resource, metric.container, metric.metric,
        metric.metric_selector, metric.described_object, metric.source, metric.query, metric.target,
        metric.stale_after, metric.smoothing, metric.weight, metric.queue, metric.step,
        metric.policy, metric.role, metric.thresholds, metric.validity,
        metric.activation_threshold);
}
template <class A>
void Fields(A& a, Of<ScalingPolicy> auto& policy) {
  Items(a, policy.type, policy.value, policy.period_seconds);
}
template <class A>
void Fields(A& a, Of<ScalingRules> auto& rules) {
  Items(a, rules.stabilization_window_seconds, rules.select_policy, rules.policies, rules.tolerance,
        rules.elasticity, rules.confirmations);
}
template <class A>
void Fields(A& a, Of<Behavior> auto& behavior) {
  Items(a, behavior.scale_up, behavior.scale_down);
}
template <class A>
void Fields(A& a, Of<BurstSpec> auto& burst) {
  Items(a, burst.stable_window, burst.burst_window_percent, burst.threshold_percent,
        burst.capacity);
}
template <class A>
void Fields(A& a, Of<RolloutSpec> auto& rollout) {
  Items(a, rollout.mode, rollout.wait_most, rollout.extra_percent_most);
}
template <class A>
void Fields(A& a, Of<FallbackSpec> auto& fallback) {
  Items(a, fallback.after_failures, fallback.after_duration, fallback.behavior, fallback.replicas);
}
template <class A>
void Fields(A& a, Of<SafetySpec> auto& safety) {
  Items(a, safety.max_scale_down_percent_per_hour, safety.max_replicas_per_minute,
        safety.max_reversals_per_hour, safety.allow_scale_to_zero,
        safety.require_fresh_for_scale_down);
}
template <class A>
void Fields(A& a, Of<IdleSpec> auto& idle) {
  Items(a, idle.replicas, idle.cooldown, idle.initial_cooldown);
}
template <class A>
void Fields(A& a, Of<Cron> auto& cron) {
  Items(a, cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays, cron.any_day_of_two);
}

template <class A>
void Fields(A& a, Of<std::chrono::year_month_day> auto& date) {
  if constexpr (A::kReads) {
    constexpr std::int64_t kDaysMost = 4'000'000;  // Ten thousand years.
    const std::int64_t days = a.TakeInteger();
    if (days > kDaysMost || days < -kDaysMost) return void(a.Fail());
    date = std::chrono::sys_days(std::chrono::days(days));
  } else {
    a.PutInteger(std::chrono::sys_days(date).time_since_epoch().count());
  }
}

// A zone goes by its name; what it means is what this machine knows of it.
template <class A>
void Fields(A& a, Of<ScheduleSpec> auto& schedule) {
  if constexpr (A::kReads) {
    auto zone = TimeZone::Load(a.TakeText());
    if (!zone) return void(a.Fail());
    schedule.zone = *std::move(zone);
  } else {
    a.PutText(schedule.zone->name());
  }
  Items(a, schedule.name, schedule.start, schedule.duration, schedule.min_replicas,
        schedule.max_replicas, schedule.ramp_up, schedule.ramp_down, schedule.exclude_dates,
        schedule.include_dates);
}

template <class A>
void Fields(A& a, Of<WorkloadSpec> auto& spec) {
  Items(a, spec.ns, spec.name, spec.uid, spec.generation, spec.target, spec.min_replicas,
        spec.max_replicas, spec.mode, spec.period, spec.timeout, spec.metrics, spec.behavior,
        spec.burst, spec.combine.strategy, spec.schedules, spec.rollout, spec.fallback, spec.idle,
        spec.safety, spec.priority, spec.quota.priority, spec.quota.weight, spec.created,
        spec.frozen_until);
}

namespace {

std::string TextOf(const SharedFormula& formula) {
  return formula ? formula->text() : std::string();
}

SharedFormula TakeFormula(Unpacker& unpacker, const std::vector<std::string>& names) {
  const std::string_view text = unpacker.TakeText();
  if (text.empty()) return {};
  auto formula = Formula::Compile(text, names);
  if (formula) return *std::move(formula);
  unpacker.Fail();
  return {};
}

}  // namespace

std::string PackSpec(const WorkloadSpec& spec) {
  Packer packer;
  Item(packer, spec);
  for (const MetricSpec& metric : spec.metrics)
    packer.PutText(TextOf(metric.formula));
  packer.PutText(TextOf(spec.combine.formula));
  return packer.Take();
}

Result<WorkloadSpec> UnpackSpec(std::string_view bytes) {
  Unpacker unpacker(bytes);
  WorkloadSpec spec;
  Item(unpacker, spec);
  std::vector<std::string> names;
  for (const MetricSpec& metric : spec.metrics)
    names.push_back(metric.name);
  for (MetricSpec& metric : spec.metrics)
    metric.formula = TakeFormula(unpacker, names);
  spec.combine.formula = TakeFormula(unpacker, names);
  const bool needs_formula = spec.combine.strategy == CombineStrategy::kFormula;
  const bool sane =
      spec.period > Duration::zero() && needs_formula == static_cast<bool>(spec.combine.formula);
  if (unpacker.bad() || unpacker.left() > 0 || !sane) {
    return Error{ErrorCode::kMalformedData,
                 "the object makes no sense, or a time zone or formula in it is not known here"};
  }
  return spec;
}

}  // namespace record
}  // namespace hpaplus
