#include "engine/model/safety_json.h"

#include <limits>

#include "engine/model/json_names.h"
#include "engine/model/spec_json.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Names<MetricRole, 5> kRoles{{{"Scale", MetricRole::kScale},
                                       {"Activate", MetricRole::kActivate},
                                       {"Guard", MetricRole::kGuard},
                                       {"Observe", MetricRole::kObserve},
                                       {"Input", MetricRole::kInput}}};
constexpr Names<OnMissing, 3> kOnMissing{
    {{"Hold", OnMissing::kHold}, {"LastGood", OnMissing::kLastGood}, {"Zero", OnMissing::kZero}}};
constexpr Names<FallbackBehavior, 5> kFallbacks{
    {{"Hold", FallbackBehavior::kHold},
     {"Static", FallbackBehavior::kStatic},
     {"CurrentIfHigher", FallbackBehavior::kCurrentIfHigher},
     {"CurrentIfLower", FallbackBehavior::kCurrentIfLower},
     {"Schedule", FallbackBehavior::kSchedule}}};

std::int32_t ReadCount(const JsonField& field, std::int64_t absent, std::int64_t least,
                       std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
  return static_cast<std::int32_t>(field.Integer(absent, least, most));
}

std::optional<std::int32_t> ReadLimit(const JsonField& field, std::int64_t most) {
  if (!field.present()) return std::nullopt;
  return ReadCount(field, 1, 1, most);
}

std::optional<Quantity> ReadNotNegative(const JsonField& field) {
  auto amount = field.Amount();
  if (amount && amount->Sign() < 0) field.Fail("is negative");
  return amount;
}

std::optional<FallbackSpec> ReadFallback(const JsonField& field, Replicas most) {
  if (!field.present()) return std::nullopt;
  FallbackSpec fallback;
  fallback.after_failures = ReadCount(field.Field("afterFailures"), 3, 1, 1000);
  fallback.after_duration =
      field.Field("afterDuration").Period(seconds(1), hours(1)).value_or(Duration::zero());
  fallback.behavior = OneOf(field.Field("behavior"), kFallbacks, FallbackBehavior::kHold);
  const JsonField replicas = field.Field("replicas");
  const bool needs_replicas = fallback.behavior != FallbackBehavior::kHold &&
                              fallback.behavior != FallbackBehavior::kSchedule;
  if (!replicas.present() && needs_replicas) {
    replicas.Fail("is missing");
  }
  fallback.replicas = ReadCount(replicas, 0, 0);
  if (fallback.replicas > most) replicas.Fail("exceeds spec.maxReplicas");
  return fallback;
}

SafetySpec ReadLimits(const JsonField& field) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  SafetySpec safety;
  safety.max_scale_down_percent_per_hour =
      ReadLimit(field.Field("maxScaleDownPercentPerHour"), 100);
  safety.max_replicas_per_minute = ReadLimit(field.Field("maxReplicasPerMinute"), kMost);
  safety.max_reversals_per_hour = ReadLimit(field.Field("maxReversalsPerHour"), 3600);
  safety.allow_scale_to_zero = field.Field("allowScaleToZero").Flag(false);
  safety.require_fresh_for_scale_down = field.Field("requireFreshMetricsForScaleDown").Flag(true);
  return safety;
}

std::optional<IdleSpec> ReadIdle(const JsonField& field, const WorkloadSpec& spec) {
  const JsonField replicas = field.Field("idleReplicas");
  if (!replicas.present()) return std::nullopt;
  IdleSpec idle;
  idle.replicas = ReadCount(replicas, 0, 0);
  if (idle.replicas >= spec.min_replicas) replicas.Fail("is not below spec.minReplicas");
  if (idle.replicas == 0 && !spec.safety.allow_scale_to_zero) {
    replicas.Fail("needs spec.safety.allowScaleToZero");
  }
  idle.cooldown =
      field.Field("cooldown").Period(Duration::zero(), hours(24)).value_or(idle.cooldown);
  idle.initial_cooldown = field.Field("initialCooldown")
                              .Period(Duration::zero(), hours(24))
                              .value_or(idle.initial_cooldown);
  return idle;
}

}  // namespace

// Whoever writes an annotation that cannot be read wants the object to be left alone, too.
std::optional<Timestamp> ReadFreeze(const JsonField& metadata) {
  const JsonField field = metadata.Field("annotations").Field(kFreezeAnnotation);
  if (!field.present() || !field.is_text()) return std::nullopt;
  const std::string text = field.Text();
  if (text.empty() || text == "false") return std::nullopt;
  const auto until = ParseRfc3339(text);
  return until ? *until : Timestamp::max();
}

void ReadMetricSafety(const JsonField& field, MetricSpec& metric) {
  metric.role = OneOf(field.Field("role"), kRoles, MetricRole::kScale);
  const JsonField thresholds = field.Field("thresholds");
  metric.thresholds.scale_up = ReadNotNegative(thresholds.Field("scaleUp"));
  metric.thresholds.scale_down = ReadNotNegative(thresholds.Field("scaleDown"));
  const auto& [up, down] = metric.thresholds;
  if (up && down && !(*down < *up)) thresholds.Field("scaleDown").Fail("is not below scaleUp");
  metric.activation_threshold = ReadNotNegative(field.Field("activationThreshold"));

  const JsonField validity = field.Field("validity");
  metric.validity.min = validity.Field("min").Amount();
  metric.validity.max = validity.Field("max").Amount();
  const std::optional<Quantity>& least = metric.validity.min;
  const std::optional<Quantity>& most = metric.validity.max;
  if (least && most && *most < *least) validity.Field("min").Fail("exceeds max");
  metric.validity.on_missing = OneOf(validity.Field("onMissing"), kOnMissing, OnMissing::kHold);
  const JsonField step = validity.Field("maxStepRatio");
  metric.validity.max_step_ratio = step.Amount();
  if (const auto& ratio = metric.validity.max_step_ratio;
      ratio && (*ratio <= *Quantity::Parse("1") || *ratio > *Quantity::Parse("1000000"))) {
    step.Fail("is not above 1 and at most 1000000");
  }
  metric.validity.last_good_for =
      validity.Field("lastGoodFor").Period(seconds(1), hours(1)).value_or(minutes(5));
}

void ReadDamping(const JsonField& field, ScalingRules& rules) {
  const JsonField elasticity = field.Field("elasticity");
  rules.elasticity = elasticity.Amount();
  if (rules.elasticity &&
      (rules.elasticity->Sign() <= 0 || *rules.elasticity > *Quantity::Parse("10"))) {
    elasticity.Fail("is not above 0 and at most 10");
  }
  rules.confirmations = ReadCount(field.Field("confirmations"), 1, 1, 100);
}

void ReadSafety(const JsonField& root, WorkloadSpec& spec) {
  const JsonField field = root.Field("spec");
  const JsonField metadata = root.Field("metadata");
  spec.safety = ReadLimits(field.Field("safety"));
  spec.fallback = ReadFallback(field.Field("fallback"), spec.max_replicas);
  spec.idle = ReadIdle(field, spec);
  spec.created = metadata.Field("creationTimestamp").Time().value_or(Timestamp{});
  spec.frozen_until = ReadFreeze(metadata);
}

}  // namespace hpaplus
