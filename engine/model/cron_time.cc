#include "engine/model/cron_time.h"

namespace hpaplus {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::sys_seconds;

constexpr auto kHorizon = days(41 * 366);

// A later local time is never an earlier instant, so the first one that is late enough is the
// earliest.
std::optional<sys_seconds> NextOn(const Cron& cron, const TimeZone& zone, local_days day,
                                  sys_seconds after) {
  if (zone.ToInstant(day + hours(23) + minutes(59)) <= after) return std::nullopt;
  for (int hour = 0; hour < 24; ++hour) {
    if ((cron.hours >> hour & 1) == 0) continue;
    if (zone.ToInstant(day + hours(hour) + minutes(59)) <= after) continue;
    for (int minute = 0; minute < 60; ++minute) {
      if ((cron.minutes >> minute & 1) == 0) continue;
      const sys_seconds at = zone.ToInstant(day + hours(hour) + minutes(minute));
      if (at > after) return at;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<sys_seconds> NextTime(const Cron& cron, const TimeZone& zone, sys_seconds after) {
  // A day earlier: where a day comes twice, what is left of it may lie behind the clock's day.
  local_days day = std::chrono::floor<days>(zone.ToLocal(after)) - days(1);
  for (const local_days last = day + kHorizon; day <= last; day += days(1)) {
    const std::chrono::year_month_day date(day);
    if (!cron.MatchesDay(static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         std::chrono::weekday(day).c_encoding())) {
      continue;
    }
    if (const auto at = NextOn(cron, zone, day, after)) return at;
  }
  return std::nullopt;
}

}  // namespace hpaplus
