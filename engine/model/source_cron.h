#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/time_zone.h"
#include "engine/model/cron.h"

namespace hpaplus {

/// spec.cron of a source: a number by the clock.
struct CronSource {
  /// From each start up to the next end, the number; otherwise 0.
  struct Window {
    std::string name;  // Unique in its source; what a query names.
    Cron start;
    Cron end;
    std::int64_t desired_replicas = 0;
    bool operator==(const Window&) const = default;
  };
  std::shared_ptr<const TimeZone> zone;  // Never null.
  std::vector<Window> windows;
  bool operator==(const CronSource&) const = default;
};

}  // namespace hpaplus
