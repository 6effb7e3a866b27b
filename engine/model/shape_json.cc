#include "engine/model/shape_json.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/model/json_names.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Names<SmoothingFunction, 7> kFunctions{{{"Average", SmoothingFunction::kAverage},
                                                  {"Max", SmoothingFunction::kMax},
                                                  {"Min", SmoothingFunction::kMin},
                                                  {"P50", SmoothingFunction::kP50},
                                                  {"P90", SmoothingFunction::kP90},
                                                  {"P99", SmoothingFunction::kP99},
                                                  {"EWMA", SmoothingFunction::kEwma}}};
constexpr Names<BurstCapacity, 2> kCapacities{
    {{"Ready", BurstCapacity::kReady}, {"ReadyAndStarting", BurstCapacity::kStarting}}};

std::int32_t ReadInt32(const JsonField& field, std::int32_t absent, std::int32_t least,
                       std::int32_t most) {
  return static_cast<std::int32_t>(field.Integer(absent, least, most));
}

std::optional<Smoothing> ReadSmoothing(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  Smoothing smoothing;
  const JsonField window = field.Field("window");
  if (!window.present()) window.Fail("is missing");
  smoothing.window = window.Period(seconds(1), hours(1)).value_or(seconds(1));
  smoothing.function = OneOf(field.Field("function"), kFunctions, smoothing.function);
  return smoothing;
}

std::optional<BurstSpec> ReadBurst(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  BurstSpec burst;
  burst.stable_window =
      field.Field("stableWindow").Period(seconds(6), hours(1)).value_or(burst.stable_window);
  burst.burst_window_percent =
      ReadInt32(field.Field("burstWindowPercent"), burst.burst_window_percent, 1, 100);
  burst.threshold_percent =
      ReadInt32(field.Field("thresholdPercent"), burst.threshold_percent, 110, 1000);
  burst.capacity = OneOf(field.Field("capacity"), kCapacities, burst.capacity);
  return burst;
}

constexpr Names<CombineStrategy, 6> kStrategies{{{"Max", CombineStrategy::kMax},
                                                 {"Min", CombineStrategy::kMin},
                                                 {"Average", CombineStrategy::kAverage},
                                                 {"Weighted", CombineStrategy::kWeighted},
                                                 {"Priority", CombineStrategy::kPriority},
                                                 {"Formula", CombineStrategy::kFormula}}};
constexpr Names<RolloutMode, 3> kRolloutModes{
    {{"Ignore", RolloutMode::kIgnore}, {"Wait", RolloutMode::kWait}, {"Hold", RolloutMode::kHold}}};

CombineSpec ReadCombine(const JsonField& field, const std::vector<MetricSpec>& metrics) {
  CombineSpec combine;
  combine.strategy = OneOf(field.Field("strategy"), kStrategies, combine.strategy);
  const JsonField formula = field.Field("formula");
  if (formula.present() != (combine.strategy == CombineStrategy::kFormula)) {
    field.Fail("has a formula without strategy: Formula, or the reverse");
    combine.strategy = CombineStrategy::kMax;
    return combine;
  }
  if (!formula.present()) return combine;
  std::vector<std::string> names;
  for (const MetricSpec& metric : metrics)
    names.push_back(metric.name);
  auto compiled = Formula::Compile(formula.Text(), names);
  for (std::size_t i = 0; compiled && i < metrics.size(); ++i) {
    if (!(*compiled)->Uses(i) || metrics[i].role != MetricRole::kInput) continue;
    compiled = Error{ErrorCode::kInvalidArgument, "formula: \"" + names[i].substr(0, 64) +
                                                      "\" has role Input and asks for no size"};
  }
  if (compiled) {
    combine.formula = *std::move(compiled);
  } else {
    formula.Fail("is unusable: " + compiled.error().message);
    combine.strategy = CombineStrategy::kMax;
  }
  return combine;
}

// "2026-12-25"
std::optional<std::chrono::year_month_day> ParseDate(std::string_view text) {
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = -1;
    const char* const begin = text.data() + at;
    const auto parsed = std::from_chars(begin, begin + size, value);
    return parsed.ptr == begin + size ? value : -1;
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  return date.ok() ? std::optional(date) : std::nullopt;
}

std::vector<std::chrono::year_month_day> ReadDates(const JsonField& field) {
  constexpr std::size_t kDatesMost = 100;
  std::vector<std::chrono::year_month_day> dates;
  field.Each([&](const JsonField& item) {
    if (dates.size() >= kDatesMost) return field.Fail("has more than 100 items");
    const auto date = ParseDate(item.Text());
    if (!date) return item.Fail("is no date like 2026-12-25");
    dates.push_back(*date);
  });
  return dates;
}

// Null after keeping a problem.
std::shared_ptr<const TimeZone> ReadZone(const JsonField& field) {
  auto zone = TimeZone::Load(field.Text("UTC"));
  if (zone) return *std::move(zone);
  field.Fail("is unusable: " + zone.error().message);
  return nullptr;
}

std::optional<ScheduleSpec> ReadSchedule(const JsonField& field) {
  constexpr Replicas kMost = 100'000;
  ScheduleSpec schedule;
  schedule.name = field.Field("name").Required();
  schedule.zone = ReadZone(field.Field("timeZone"));
  const JsonField start = field.Field("start");
  const auto cron = ParseCron(start.Text());
  if (!cron) start.Fail("is unusable: " + cron.error().message);
  const JsonField duration = field.Field("duration");
  if (!duration.present()) duration.Fail("is missing");
  schedule.duration = duration.Period(minutes(1), hours(744)).value_or(minutes(1));
  schedule.ramp_up = field.Field("rampUp").Period(Duration(), hours(744)).value_or(Duration());
  schedule.ramp_down = field.Field("rampDown").Period(Duration(), hours(744)).value_or(Duration());
  if (schedule.ramp_up + schedule.ramp_down > schedule.duration) {
    field.Fail("has ramps that are longer than its duration");
  }
  const JsonField least = field.Field("minReplicas");
  const JsonField most = field.Field("maxReplicas");
  if (least.present()) schedule.min_replicas = ReadInt32(least, 1, 1, kMost);
  if (most.present()) schedule.max_replicas = ReadInt32(most, 1, 1, kMost);
  if (!least.present() && !most.present()) field.Fail("has neither minReplicas nor maxReplicas");
  if (schedule.min_replicas.value_or(0) > schedule.max_replicas.value_or(kMost)) {
    least.Fail("exceeds maxReplicas");
  }
  schedule.exclude_dates = ReadDates(field.Field("excludeDates"));
  schedule.include_dates = ReadDates(field.Field("includeDates"));
  if (schedule.zone == nullptr || !cron) return std::nullopt;
  schedule.start = *cron;
  return schedule;
}

std::vector<ScheduleSpec> ReadSchedules(const JsonField& field) {
  constexpr std::size_t kSchedulesMost = 64;
  std::vector<ScheduleSpec> schedules;
  std::set<std::string> names;
  field.Each([&](const JsonField& item) {
    if (schedules.size() >= kSchedulesMost) return field.Fail("has more than 64 items");
    auto schedule = ReadSchedule(item);
    if (!schedule) return;
    if (!names.insert(schedule->name).second) item.Field("name").Fail("is there a second time");
    schedules.push_back(*std::move(schedule));
  });
  return schedules;
}

std::optional<RolloutSpec> ReadRollout(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  RolloutSpec rollout;
  rollout.mode = OneOf(field.Field("mode"), kRolloutModes, rollout.mode);
  rollout.wait_most =
      field.Field("waitMost").Period(minutes(1), hours(744)).value_or(rollout.wait_most);
  rollout.extra_percent_most =
      ReadInt32(field.Field("extraPercentMost"), rollout.extra_percent_most, 0, 100);
  return rollout;
}

std::optional<QueueSpec> ReadQueue(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  QueueSpec queue;
  queue.backlog = field.Field("backlog").Required();
  queue.drain_time =
      field.Field("drainTime").Period(seconds(1), hours(24)).value_or(queue.drain_time);
  return queue;
}

std::optional<StepSpec> ReadStep(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  StepSpec step;
  step.replicas = ReadInt32(field.Field("replicas"), step.replicas, 1, 1000);
  step.percent = ReadInt32(field.Field("percent"), step.percent, 0, 100);
  step.cooldown = field.Field("cooldown").Period(seconds(1), hours(1)).value_or(step.cooldown);
  return step;
}

// Which metric counts what waits; a name that is none of theirs, or its own, is a problem.
void CheckBacklogs(const JsonField& field, const std::vector<MetricSpec>& metrics) {
  for (const MetricSpec& metric : metrics) {
    if (!metric.queue) continue;
    const auto found = std::ranges::find(metrics, metric.queue->backlog, &MetricSpec::name);
    const bool other = found != metrics.end() && found->name != metric.name;
    if (other && found->type == MetricType::kFormula) {
      field.Fail("has a queue whose backlog is a formula, which is not read");
    }
    if (other) continue;
    field.Fail("has no other \"" + metric.queue->backlog.substr(0, 64) + "\", which a queue names");
  }
}

}  // namespace

void ReadShape(const JsonField& field, MetricSpec& metric) {
  metric.smoothing = ReadSmoothing(field.Field("smoothing"));
  metric.weight = field.Field("weight").Amount();
  metric.queue = ReadQueue(field.Field("queue"));
  metric.step = ReadStep(field.Field("step"));
  metric.policy = field.Field("policy").Text();
}

void ReadShape(const JsonField& field, WorkloadSpec& spec) {
  CheckBacklogs(field.Field("metrics"), spec.metrics);
  spec.burst = ReadBurst(field.Field("burst"));
  spec.combine = ReadCombine(field.Field("combine"), spec.metrics);
  spec.schedules = ReadSchedules(field.Field("schedules"));
  spec.rollout = ReadRollout(field.Field("rollout"));
}

}  // namespace hpaplus
