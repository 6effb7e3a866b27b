#include "engine/model/shape_rules.h"

#include <cstdint>

#include <fmt/core.h>

namespace hpaplus {
namespace {

std::optional<std::int64_t> WholeOf(const RuleChecks::Json* value) {
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

}  // namespace

void ShapeRules::Check(const Json* spec) {
  CheckDuration(Find(Find(spec, "burst"), "stableWindow"), "spec.burst.stableWindow", "6s", "1h");
  CheckDuration(Find(Find(spec, "rollout"), "waitMost"), "spec.rollout.waitMost", "1m", "744h");
  const Json* combine = Find(spec, "combine");
  if (combine != nullptr && combine->is_object() &&
      (TextOf(Find(combine, "strategy")) == "Formula") != (Find(combine, "formula") != nullptr)) {
    Refuse("spec.combine", "formula goes with strategy: Formula");
  }
  CheckSchedules(spec);
  const Json* metrics = Find(spec, "metrics");
  if (metrics == nullptr || !metrics->is_array()) return;
  for (std::size_t i = 0; i < metrics->size(); ++i)
    CheckMetric((*metrics)[i], fmt::format("spec.metrics[{}]", i));
}

void ShapeRules::CheckMetric(const Json& metric, const std::string& path) {
  CheckDuration(Find(Find(&metric, "smoothing"), "window"), path + ".smoothing.window", "1s", "1h");
  CheckQuantity(Find(&metric, "weight"), path + ".weight", "0", "1000");
  const Json* queue = Find(&metric, "queue");
  CheckDuration(Find(queue, "drainTime"), path + ".queue.drainTime", "1s", "24h");
  CheckDuration(Find(Find(&metric, "step"), "cooldown"), path + ".step.cooldown", "1s", "1h");
  if (Count(&metric, {"queue", "step", "policy"}) > 1) {
    Refuse(path, "set at most one of queue, step, policy");
  }
  if (Count(&metric, {"smoothing", "step"}) == 2) {
    Refuse(path, "an alarm looks at the newest sample, so step goes without smoothing");
  }
}

void ShapeRules::CheckSchedules(const Json* spec) {
  const Json* schedules = Find(spec, "schedules");
  if (schedules == nullptr || !schedules->is_array()) return;
  const auto least = WholeOf(Find(spec, "minReplicas"));
  const auto most = WholeOf(Find(spec, "maxReplicas"));
  bool exceeds = false;
  bool stays_below = false;
  for (std::size_t i = 0; i < schedules->size(); ++i) {
    const Json& schedule = (*schedules)[i];
    CheckSchedule(schedule, fmt::format("spec.schedules[{}]", i));
    const auto floor = WholeOf(Find(&schedule, "minReplicas"));
    const auto ceiling = WholeOf(Find(&schedule, "maxReplicas"));
    exceeds = exceeds || (floor && most && *floor > *most);
    stays_below = stays_below || (ceiling && least && *ceiling < *least);
  }
  if (exceeds) Refuse("spec", "a schedule's minReplicas must not exceed maxReplicas");
  if (stays_below) Refuse("spec", "a schedule's maxReplicas must not be below minReplicas");
}

void ShapeRules::CheckSchedule(const Json& schedule, const std::string& path) {
  const Json* duration = Find(&schedule, "duration");
  CheckDuration(duration, path + ".duration", "1m", "744h");
  CheckDuration(Find(&schedule, "rampUp"), path + ".rampUp", "0s", "744h");
  CheckDuration(Find(&schedule, "rampDown"), path + ".rampDown", "0s", "744h");
  if (!schedule.is_object()) return;
  if (Count(&schedule, {"minReplicas", "maxReplicas"}) == 0) {
    Refuse(path, "a schedule must set minReplicas or maxReplicas");
  }
  const auto least = WholeOf(Find(&schedule, "minReplicas"));
  const auto most = WholeOf(Find(&schedule, "maxReplicas"));
  if (least && most && *least > *most) {
    Refuse(path, "schedule minReplicas must not exceed maxReplicas");
  }
  const auto up = DurationOf(Find(&schedule, "rampUp")).value_or(Duration());
  const auto down = DurationOf(Find(&schedule, "rampDown")).value_or(Duration());
  const auto lasts = DurationOf(duration);
  if (lasts && up + down > *lasts) {
    Refuse(path, "rampUp and rampDown must not be longer than the duration together");
  }
}

}  // namespace hpaplus
