#include "engine/base/time_zone.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;

sys_seconds Utc(std::string_view text) {
  return std::chrono::floor<seconds>(*ParseRfc3339(text));
}

std::shared_ptr<const TimeZone> Zone(std::string_view name) {
  return *TimeZone::Load(name);
}

TEST(TimeZone, KnowsOffsetsOfTodayAndOfTheFarFuture) {
  const auto berlin = Zone("Europe/Berlin");
  EXPECT_EQ(berlin->ToLocal(Utc("2026-01-15T12:00:00Z")), local_days(2026y / 1 / 15) + 13h);
  EXPECT_EQ(berlin->ToLocal(Utc("2026-07-15T12:00:00Z")), local_days(2026y / 7 / 15) + 14h);
  EXPECT_EQ(berlin->ToLocal(Utc("2150-07-15T12:00:00Z")), local_days(2150y / 7 / 15) + 14h);
  EXPECT_EQ(berlin->name(), "Europe/Berlin");
}

TEST(TimeZone, ChangesExactlyAtTheSecondOfTheChange) {
  const auto new_york = Zone("America/New_York");
  EXPECT_EQ(new_york->ToLocal(Utc("2026-03-08T06:59:59Z")),
            local_days(2026y / 3 / 8) + 1h + 59min + 59s);
  EXPECT_EQ(new_york->ToLocal(Utc("2026-03-08T07:00:00Z")), local_days(2026y / 3 / 8) + 3h);
}

struct Case {
  const char* name;
  const char* zone;
  LocalSeconds local;
  const char* instant;
};

TEST(TimeZone, MapsSkippedTimesToTheChangeAndRepeatedOnesToTheFirst) {
  const Case cases[] = {
      {"before the gap", "Europe/Berlin", local_days(2026y / 3 / 29) + 1h + 59min,
       "2026-03-29T00:59:00Z"},
      {"in the gap", "Europe/Berlin", local_days(2026y / 3 / 29) + 2h + 30min,
       "2026-03-29T01:00:00Z"},
      {"after the gap", "Europe/Berlin", local_days(2026y / 3 / 29) + 3h, "2026-03-29T01:00:00Z"},
      {"before the overlap", "Europe/Berlin", local_days(2026y / 10 / 25) + 1h + 59min,
       "2026-10-24T23:59:00Z"},
      {"in the overlap", "Europe/Berlin", local_days(2026y / 10 / 25) + 2h + 30min,
       "2026-10-25T00:30:00Z"},
      {"after the overlap", "Europe/Berlin", local_days(2026y / 10 / 25) + 3h,
       "2026-10-25T02:00:00Z"},
      {"in the gap", "America/New_York", local_days(2026y / 3 / 8) + 2h + 1min,
       "2026-03-08T07:00:00Z"},
      {"in the overlap", "America/New_York", local_days(2026y / 11 / 1) + 1h + 30min,
       "2026-11-01T05:30:00Z"},
      {"half an hour's gap", "Australia/Lord_Howe", local_days(2026y / 10 / 4) + 2h + 15min,
       "2026-10-03T15:30:00Z"},
      {"after half an hour's gap", "Australia/Lord_Howe", local_days(2026y / 10 / 4) + 2h + 30min,
       "2026-10-03T15:30:00Z"},
      {"half an hour's overlap", "Australia/Lord_Howe", local_days(2026y / 4 / 5) + 1h + 45min,
       "2026-04-04T14:45:00Z"},
      {"after half an hour's overlap", "Australia/Lord_Howe", local_days(2026y / 4 / 5) + 2h,
       "2026-04-04T15:30:00Z"},
      {"a whole day skipped", "Pacific/Apia", local_days(2011y / 12 / 30) + 9h,
       "2011-12-30T10:00:00Z"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.zone) + ": " + c.name);
    EXPECT_EQ(FormatRfc3339(Zone(c.zone)->ToInstant(c.local)), c.instant);
  }
}

TEST(TimeZone, GoesThereAndBackAcrossAYearExceptWhereTimeIsRepeated) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"}) {
    SCOPED_TRACE(name);
    const auto zone = Zone(name);
    sys_seconds before{};
    const sys_seconds end = Utc("2027-01-01T00:00:00Z");
    for (sys_seconds at = Utc("2026-01-01T00:00:00Z"); at < end; at += minutes(10)) {
      const LocalSeconds local = zone->ToLocal(at);
      const sys_seconds back = zone->ToInstant(local);
      EXPECT_LE(back, at);
      EXPECT_GE(back, at - hours(1));
      EXPECT_EQ(zone->ToLocal(back), local);
      EXPECT_LE(zone->ToInstant(local - minutes(1)), back) << "monotone";
      before = at;
    }
    EXPECT_NE(before, sys_seconds{});
  }
}

TEST(TimeZone, OfTheSameNameIsTheSameObject) {
  EXPECT_EQ(Zone("Asia/Tokyo"), Zone("Asia/Tokyo"));
}

TEST(TimeZone, ThatDoesNotExistIsAnErrorThatNamesIt) {
  for (const char* name : {"", "Europe/Atlantis", "/etc/passwd", "../UTC", "localtime",
                           "europe/berlin", "UTC ", "Fixed/UTC+01:00:00"}) {
    SCOPED_TRACE(name);
    const auto zone = TimeZone::Load(name);
    ASSERT_FALSE(zone);
    EXPECT_EQ(zone.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(zone.error().message.find("\"" + std::string(name) + "\""), std::string::npos);
  }
}

}  // namespace
}  // namespace hpaplus
