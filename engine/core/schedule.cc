#include "engine/core/schedule.h"

#include <algorithm>
#include <cmath>

namespace hpaplus {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::year_month_day;

bool StartsOn(const ScheduleSpec& schedule, local_days day) {
  const year_month_day date(day);
  const auto is_date = [&](const std::vector<year_month_day>& dates) {
    return std::ranges::find(dates, date) != dates.end();
  };
  if (is_date(schedule.exclude_dates)) return false;
  if (is_date(schedule.include_dates)) return true;
  return schedule.start.MatchesDay(static_cast<unsigned>(date.month()),
                                   static_cast<unsigned>(date.day()),
                                   std::chrono::weekday(day).c_encoding());
}

// A later local time is never an earlier instant, so that the last one that is not after `now` is
// found by going back.
std::optional<sys_seconds> LastStartOn(const ScheduleSpec& schedule, local_days day,
                                       sys_seconds now) {
  const auto instant = [&](seconds of_day) { return schedule.zone->ToInstant(day + of_day); };
  if (instant(seconds(0)) > now) return std::nullopt;
  for (int hour = 23; hour >= 0; --hour) {
    if ((schedule.start.hours >> hour & 1) == 0 || instant(hours(hour)) > now) continue;
    for (int minute = 59; minute >= 0; --minute) {
      if ((schedule.start.minutes >> minute & 1) == 0) continue;
      const sys_seconds start = instant(hours(hour) + minutes(minute));
      if (start <= now) return start;
    }
  }
  return std::nullopt;
}

// How much of the way from the object's bound to the schedule's has been gone; 0 .. 1.
double ShareOfRamp(const ScheduleSpec& schedule, Duration elapsed) {
  const Duration left = schedule.duration - elapsed;
  double share = 1;
  if (elapsed < schedule.ramp_up) share = ToSeconds(elapsed) / ToSeconds(schedule.ramp_up);
  if (left < schedule.ramp_down) {
    share = std::min(share, ToSeconds(left) / ToSeconds(schedule.ramp_down));
  }
  return share;
}

Replicas OnRamp(Replicas from, Replicas to, double share) {
  return static_cast<Replicas>(std::ceil(from + share * (to - from)));
}

}  // namespace

std::optional<Timestamp> ActiveSince(const ScheduleSpec& schedule, Timestamp now) {
  const sys_seconds second = std::chrono::floor<seconds>(now);
  const sys_seconds earliest = std::chrono::floor<seconds>(now - schedule.duration);
  // A day later: where a day comes twice, the clock may be ahead of its last start.
  local_days day = std::chrono::floor<days>(schedule.zone->ToLocal(second)) + days(1);
  const local_days last = std::chrono::floor<days>(schedule.zone->ToLocal(earliest)) - days(1);
  for (; day >= last; day -= days(1)) {
    if (!StartsOn(schedule, day)) continue;
    const auto start = LastStartOn(schedule, day, second);
    if (!start) continue;
    if (now - Timestamp(*start) >= schedule.duration) return std::nullopt;
    return Timestamp(*start);
  }
  return std::nullopt;
}

ScheduleBounds BoundsBySchedules(std::span<const ScheduleSpec> schedules, Replicas min,
                                 Replicas max, Timestamp now) {
  ScheduleBounds out;
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    const ScheduleSpec& schedule = schedules[i];
    const auto since = ActiveSince(schedule, now);
    if (!since) continue;
    const double share = ShareOfRamp(schedule, now - *since);
    if (schedule.min_replicas) {
      const Replicas floor = OnRamp(min, std::max(min, *schedule.min_replicas), share);
      if (!out.floor || floor > *out.floor) {
        out.floor = floor;
        out.floor_of = i;
      }
    }
    if (schedule.max_replicas) {
      const Replicas ceiling = OnRamp(max, std::min(max, *schedule.max_replicas), share);
      if (!out.ceiling || ceiling < *out.ceiling) {
        out.ceiling = ceiling;
        out.ceiling_of = i;
      }
    }
  }
  if (out.floor && out.ceiling && *out.floor > *out.ceiling) {
    out.ceiling = out.floor;
    out.ceiling_of = out.floor_of;
    out.conflict = true;
  }
  return out;
}

}  // namespace hpaplus
