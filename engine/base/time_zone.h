#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus {

/// What a clock on a wall shows, without saying where the wall is.
using LocalSeconds = std::chrono::local_seconds;

/// One zone of the tz database ("Europe/Berlin"), read once into a table and never changed: what
/// it answers depends on its arguments alone. Changes of the offset are known for 1970 to 2200.
class TimeZone {
 public:
  /// kInvalidArgument: no such zone on this machine. The same name gives the same object.
  [[nodiscard]] static Result<std::shared_ptr<const TimeZone>> Load(std::string_view name);

  /// From a list of changes, ordered by time, for tests and for zones of nowhere.
  struct Change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset{};  // East of UTC, from then on.
  };
  TimeZone(std::string name, std::chrono::seconds first_offset, std::vector<Change> changes);

  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] LocalSeconds ToLocal(std::chrono::sys_seconds at) const;

  /// When the wall clock shows `local`. A time that a change skips means the instant of the change;
  /// of one that occurs twice, the first. So a later local time is never an earlier instant.
  [[nodiscard]] std::chrono::sys_seconds ToInstant(LocalSeconds local) const;

 private:
  const std::string name_;
  const std::chrono::seconds first_offset_;  // Before all changes.
  const std::vector<Change> changes_;
};

}  // namespace hpaplus
