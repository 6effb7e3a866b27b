#include "engine/base/time_zone.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/time/time.h>

#include "engine/base/mutex.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t kNameMost = 64;
constexpr std::int64_t kLastSecond = 7'258'118'400;  // 2200-01-01T00:00:00Z
constexpr std::size_t kChangesMost = 1024;           // Two a year, with room.

seconds OffsetAt(const absl::TimeZone& zone, absl::Time at) {
  return seconds(zone.At(at).offset);
}

std::vector<TimeZone::Change> ReadChanges(const absl::TimeZone& zone) {
  std::vector<TimeZone::Change> changes;
  absl::Time at = absl::UnixEpoch();
  absl::TimeZone::CivilTransition next;
  while (changes.size() < kChangesMost && zone.NextTransition(at, &next)) {
    at = zone.At(next.to).trans;
    const std::int64_t second = absl::ToUnixSeconds(at);
    if (second > kLastSecond) break;
    changes.push_back({sys_seconds(seconds(second)), OffsetAt(zone, at)});
  }
  return changes;
}

// Names of zones, not of files: the library would take those too.
bool LooksLikeZone(std::string_view name) {
  constexpr std::string_view kOthers = "_+-/";
  return !name.empty() && name.size() <= kNameMost && name.front() != '/' && name != "localtime" &&
         std::ranges::all_of(name, [&](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

}  // namespace

TimeZone::TimeZone(std::string name, seconds first_offset, std::vector<Change> changes)
    : name_(std::move(name)), first_offset_(first_offset), changes_(std::move(changes)) {}

Result<std::shared_ptr<const TimeZone>> TimeZone::Load(std::string_view name) {
  struct Zones {
    Mutex mutex;
    std::map<std::string, std::shared_ptr<const TimeZone>, std::less<>> by_name
        HPAPLUS_GUARDED_BY(mutex);
  };
  static auto* const zones = new Zones;  // As many as the tz database has at most.
  const MutexLock lock(zones->mutex);
  if (const auto found = zones->by_name.find(name); found != zones->by_name.end()) {
    return found->second;
  }
  absl::TimeZone zone;
  if (!LooksLikeZone(name) || !absl::LoadTimeZone({name.data(), name.size()}, &zone)) {
    return Error{ErrorCode::kInvalidArgument,
                 "time zone: there is no \"" + std::string(name.substr(0, kNameMost)) + "\" here"};
  }
  auto made = std::make_shared<const TimeZone>(std::string(name), OffsetAt(zone, absl::UnixEpoch()),
                                               ReadChanges(zone));
  zones->by_name.emplace(name, made);
  return made;
}

LocalSeconds TimeZone::ToLocal(sys_seconds at) const {
  const auto later = std::ranges::upper_bound(changes_, at, {}, &Change::at);
  const seconds offset = later == changes_.begin() ? first_offset_ : std::prev(later)->offset;
  return LocalSeconds((at + offset).time_since_epoch());
}

sys_seconds TimeZone::ToInstant(LocalSeconds local) const {
  // No offset is a day or more, so that what holds a day earlier is tried first.
  const sys_seconds as_utc(local.time_since_epoch());
  auto next = std::ranges::upper_bound(changes_, as_utc - std::chrono::days(1), {}, &Change::at);
  for (;; ++next) {
    const seconds offset = next == changes_.begin() ? first_offset_ : std::prev(next)->offset;
    const sys_seconds instant = as_utc - offset;
    if (next == changes_.end() || instant < next->at) {
      const bool skipped = next != changes_.begin() && instant < std::prev(next)->at;
      return skipped ? std::prev(next)->at : instant;
    }
  }
}

}  // namespace hpaplus
