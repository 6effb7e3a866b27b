#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/base/time_zone.h"
#include "engine/model/cron.h"

namespace hpaplus {

/// A floor, a ceiling or both, from every start for a duration. A start is a time on the wall clock
/// of a zone; what lasts is real time: four hours are four hours, whatever the clock does
/// meanwhile.
struct ScheduleSpec {
  std::string name;                      // Unique in its object.
  std::shared_ptr<const TimeZone> zone;  // Never null.
  Cron start;
  Duration duration{};  // 1 min .. 31 days.
  std::optional<std::int32_t> min_replicas;
  std::optional<std::int32_t> max_replicas;
  Duration ramp_up{};    // From the start on; both together not longer than the duration.
  Duration ramp_down{};  // Before the end.
  std::vector<std::chrono::year_month_day> exclude_dates;  // No start on those days of the zone,
  std::vector<std::chrono::year_month_day>
      include_dates;  // and one on those, whatever the weekday.
  bool operator==(const ScheduleSpec&) const = default;
};

}  // namespace hpaplus
