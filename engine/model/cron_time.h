#pragma once

#include <chrono>
#include <optional>

#include "engine/base/time_zone.h"
#include "engine/model/cron.h"

namespace hpaplus {

/// When something recurs next, strictly after `after`. A time that the zone's clock skips is the
/// instant of the change; of one that comes twice, the first counts. Null: not within 41 years, in
/// which every date that there is falls on every day of the week.
[[nodiscard]] std::optional<std::chrono::sys_seconds> NextTime(const Cron& cron,
                                                               const TimeZone& zone,
                                                               std::chrono::sys_seconds after);

}  // namespace hpaplus
