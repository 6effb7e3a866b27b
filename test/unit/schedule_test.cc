#include "engine/core/schedule.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using namespace std::chrono_literals;

Timestamp Utc(std::string_view text) {
  return *ParseRfc3339(text);
}

ScheduleSpec Schedule(std::string_view cron, std::string_view zone, Duration duration) {
  ScheduleSpec schedule;
  schedule.name = "test";
  schedule.zone = *TimeZone::Load(zone);
  schedule.start = *ParseCron(cron);
  schedule.duration = duration;
  schedule.min_replicas = 80;
  return schedule;
}

std::string Since(const ScheduleSpec& schedule, std::string_view now) {
  const auto since = ActiveSince(schedule, Utc(now));
  return since ? FormatRfc3339(*since) : "inactive";
}

TEST(Schedule, IsActiveFromItsStartUntilJustBeforeItsEnd) {
  const ScheduleSpec sale = Schedule("0 18 * * 5", "Europe/Berlin", hours(4));
  EXPECT_EQ(Since(sale, "2026-11-27T16:59:59.999Z"), "inactive");
  EXPECT_EQ(Since(sale, "2026-11-27T17:00:00Z"), "2026-11-27T17:00:00Z");
  EXPECT_EQ(Since(sale, "2026-11-27T20:59:59.999Z"), "2026-11-27T17:00:00Z");
  EXPECT_EQ(Since(sale, "2026-11-27T21:00:00Z"), "inactive");
  EXPECT_EQ(Since(sale, "2026-11-26T18:00:00Z"), "inactive") << "a Thursday";
}

TEST(Schedule, StartsAtMidnightOnTheSecond) {
  const ScheduleSpec daily = Schedule("0 0 * * *", "UTC", hours(1));
  EXPECT_EQ(Since(daily, "2026-11-26T00:00:00Z"), "2026-11-26T00:00:00Z");
  EXPECT_EQ(Since(daily, "2026-11-25T23:59:59Z"), "inactive");
}

TEST(Schedule, MayLastOverMidnightAndOverMonths) {
  EXPECT_EQ(Since(Schedule("0 22 * * *", "UTC", hours(8)), "2027-01-01T05:59:00Z"),
            "2026-12-31T22:00:00Z");
  EXPECT_EQ(Since(Schedule("0 0 1 * *", "UTC", hours(744)), "2026-12-31T23:59:59Z"),
            "2026-12-01T00:00:00Z");
  EXPECT_EQ(Since(Schedule("0 0 1 2 *", "UTC", hours(672)), "2026-03-01T00:00:00Z"), "inactive");
}

TEST(Schedule, WhoseWindowsOverlapCountsFromTheNewest) {
  EXPECT_EQ(Since(Schedule("*/10 * * * *", "UTC", minutes(30)), "2026-01-01T00:05:00Z"),
            "2026-01-01T00:00:00Z");
}

struct Change {
  const char* name;
  const char* zone;
  const char* cron;
  Duration duration;
  const char* start;
  const char* end;
};

// What the clock does inside a window changes neither its length nor how often it comes.
TEST(Schedule, KeepsItsLengthAndItsCountOverChangesOfTheClock) {
  const Change changes[] = {
      {"spring, over the gap", "Europe/Berlin", "0 1 29 3 *", 4h, "2026-03-29T00:00:00Z",
       "2026-03-29T04:00:00Z"},
      {"spring, from inside the gap", "Europe/Berlin", "30 2 29 3 *", 1h, "2026-03-29T01:00:00Z",
       "2026-03-29T02:00:00Z"},
      {"autumn, over the overlap", "Europe/Berlin", "0 1 25 10 *", 4h, "2026-10-24T23:00:00Z",
       "2026-10-25T03:00:00Z"},
      {"autumn, from inside the overlap", "Europe/Berlin", "30 2 25 10 *", 30min,
       "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"},
      {"spring, from inside the gap", "America/New_York", "15 2 8 3 *", 1h, "2026-03-08T07:00:00Z",
       "2026-03-08T08:00:00Z"},
      {"autumn, from inside the overlap", "America/New_York", "30 1 1 11 *", 20min,
       "2026-11-01T05:30:00Z", "2026-11-01T05:50:00Z"},
      {"spring, half an hour", "Australia/Lord_Howe", "15 2 4 10 *", 1h, "2026-10-03T15:30:00Z",
       "2026-10-03T16:30:00Z"},
      {"autumn, half an hour", "Australia/Lord_Howe", "45 1 5 4 *", 10min, "2026-04-04T14:45:00Z",
       "2026-04-04T14:55:00Z"},
      {"autumn, over half an hour", "Australia/Lord_Howe", "0 1 5 4 *", 3h, "2026-04-04T14:00:00Z",
       "2026-04-04T17:00:00Z"},
  };
  for (const Change& c : changes) {
    SCOPED_TRACE(std::string(c.zone) + ": " + c.name);
    const ScheduleSpec schedule = Schedule(c.cron, c.zone, c.duration);
    const Timestamp start = Utc(c.start);
    const Timestamp end = Utc(c.end);
    EXPECT_EQ(end - start, c.duration);
    for (Timestamp now = start - hours(6); now < end + hours(6); now += minutes(1)) {
      const auto since = ActiveSince(schedule, now);
      const bool inside = now >= start && now < end;
      ASSERT_EQ(since.has_value(), inside) << FormatRfc3339(now);
      ASSERT_EQ(since.value_or(start), start);
    }
  }
}

TEST(Schedule, StartsNotOnExcludedDatesAndOnIncludedOnes) {
  ScheduleSpec office = Schedule("0 8 * * 1-5", "Europe/Berlin", hours(10));
  office.exclude_dates = {2026y / 12 / 25};
  office.include_dates = {2026y / 12 / 27};
  EXPECT_EQ(Since(office, "2026-12-24T08:00:00Z"), "2026-12-24T07:00:00Z") << "a Thursday";
  EXPECT_EQ(Since(office, "2026-12-25T08:00:00Z"), "inactive") << "a Friday, but excluded";
  EXPECT_EQ(Since(office, "2026-12-26T08:00:00Z"), "inactive") << "a Saturday";
  EXPECT_EQ(Since(office, "2026-12-27T08:00:00Z"), "2026-12-27T07:00:00Z") << "an open Sunday";
  office.include_dates = {2026y / 12 / 25};
  EXPECT_EQ(Since(office, "2026-12-25T08:00:00Z"), "inactive") << "excluding wins";
}

TEST(Schedule, WindowThatBeganTheDayBeforeLastsIntoAnExcludedDate) {
  ScheduleSpec night = Schedule("0 22 * * *", "UTC", hours(8));
  night.exclude_dates = {2026y / 12 / 25};
  EXPECT_EQ(Since(night, "2026-12-25T03:00:00Z"), "2026-12-24T22:00:00Z");
  EXPECT_EQ(Since(night, "2026-12-26T03:00:00Z"), "inactive");
}

ScheduleBounds At(std::span<const ScheduleSpec> schedules, std::string_view now) {
  return BoundsBySchedules(schedules, 10, 100, Utc(now));
}

TEST(ScheduleBounds, RampsInAStraightLineRoundedUp) {
  ScheduleSpec sale = Schedule("0 18 * * *", "UTC", hours(4));
  sale.ramp_up = hours(1);
  sale.ramp_down = hours(2);
  sale.min_replicas = 80;
  sale.max_replicas = 90;
  const ScheduleSpec schedules[] = {sale};
  struct Case {
    const char* now;
    Replicas floor;
    Replicas ceiling;
  };
  const Case cases[] = {
      {"2026-01-01T18:00:00Z", 10, 100}, {"2026-01-01T18:00:01Z", 11, 100},
      {"2026-01-01T18:30:00Z", 45, 95},  {"2026-01-01T19:00:00Z", 80, 90},
      {"2026-01-01T20:00:00Z", 80, 90},  {"2026-01-01T21:00:00Z", 45, 95},
      {"2026-01-01T21:59:59Z", 11, 100},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.now);
    const ScheduleBounds bounds = At(schedules, c.now);
    EXPECT_EQ(bounds.floor, c.floor);
    EXPECT_EQ(bounds.ceiling, c.ceiling);
  }
  EXPECT_FALSE(At(schedules, "2026-01-01T22:00:00Z").floor);
}

TEST(ScheduleBounds, AreTheHighestFloorAndTheLowestCeilingAndTheFloorWins) {
  ScheduleSpec low = Schedule("0 0 * * *", "UTC", hours(24));
  low.min_replicas = 20;
  low.max_replicas = 40;
  ScheduleSpec high = Schedule("0 12 * * *", "UTC", hours(1));
  high.min_replicas = 30;
  high.max_replicas = 50;
  ScheduleSpec conflicting = Schedule("0 13 * * *", "UTC", hours(1));
  conflicting.min_replicas = 60;
  const ScheduleSpec schedules[] = {low, high, conflicting};
  const ScheduleBounds noon = At(schedules, "2026-01-01T12:30:00Z");
  EXPECT_EQ(noon.floor, 30);
  EXPECT_EQ(noon.floor_of, 1U);
  EXPECT_EQ(noon.ceiling, 40);
  EXPECT_EQ(noon.ceiling_of, 0U);
  EXPECT_FALSE(noon.conflict);
  const ScheduleBounds later = At(schedules, "2026-01-01T13:30:00Z");
  EXPECT_EQ(later.floor, 60);
  EXPECT_EQ(later.ceiling, 60);
  EXPECT_EQ(later.ceiling_of, 2U) << "the floor wins";
  EXPECT_TRUE(later.conflict);
}

TEST(ScheduleBounds, NeverLoosenTheObjectsOwn) {
  ScheduleSpec schedule = Schedule("0 0 * * *", "UTC", hours(24));
  schedule.min_replicas = 5;
  schedule.max_replicas = 500;
  const ScheduleSpec schedules[] = {schedule};
  EXPECT_EQ(At(schedules, "2026-01-01T12:30:00Z").floor, 10);
  EXPECT_EQ(At(schedules, "2026-01-01T12:30:00Z").ceiling, 100);
}

int Below(Random& random, int most) {
  return static_cast<int>(random.Uniform() * most);
}

// The oracle looks at every minute of the window; ActiveSince looks at days, hours and minutes.
TEST(Schedule, AgreesWithASearchThroughAllMinutes) {
  Random random(7);
  const char* zones[] = {"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
  for (int round = 0; round < 300; ++round) {
    ScheduleSpec schedule =
        Schedule("* * * * *", zones[Below(random, 4)], minutes(1 + Below(random, 600)));
    schedule.start.minutes = random.Next() & ((std::uint64_t{1} << 60) - 1) & random.Next();
    schedule.start.hours = static_cast<std::uint32_t>(random.Next() & 0xFFFFFF);
    schedule.start.weekdays = static_cast<std::uint32_t>(random.Next() & 0x7F);
    const Timestamp now = Utc("2026-01-01T00:00:00Z") + minutes(Below(random, 365 * 24 * 60));
    std::optional<Timestamp> expected;
    const auto zone = schedule.zone;
    for (Timestamp at = now; at > now - schedule.duration; at -= minutes(1)) {
      const auto instant = std::chrono::floor<seconds>(at);
      // All local times that mean this instant: the one shown, and those that a gap maps here.
      for (auto local = zone->ToLocal(instant); local > zone->ToLocal(instant) - hours(2);
           local -= minutes(1)) {
        if (zone->ToInstant(local) != instant) break;
        const auto day = std::chrono::floor<std::chrono::days>(local);
        const auto of_day = local - day;
        const auto hour = std::chrono::floor<hours>(of_day);
        const auto minute = std::chrono::floor<minutes>(of_day - hour);
        const std::chrono::year_month_day date(day);
        if ((schedule.start.hours >> hour.count() & 1) != 0 &&
            (schedule.start.minutes >> minute.count() & 1) != 0 &&
            schedule.start.MatchesDay(static_cast<unsigned>(date.month()),
                                      static_cast<unsigned>(date.day()),
                                      std::chrono::weekday(day).c_encoding())) {
          expected = at;
        }
      }
      if (expected) break;
    }
    ASSERT_EQ(ActiveSince(schedule, now), expected) << zone->name() << " " << FormatRfc3339(now);
  }
}

TEST(ScheduleBounds, AreTheFirstOfThoseThatAgreeAndAFloorMayBeTheCeiling) {
  ScheduleSpec other = Schedule("0 12 * * *", "UTC", hours(1));
  other.min_replicas = 20;
  ScheduleSpec fixed = Schedule("0 0 * * *", "UTC", hours(24));
  fixed.min_replicas = fixed.max_replicas = 30;
  const ScheduleSpec schedules[] = {other, fixed, fixed};
  const ScheduleBounds noon = At(schedules, "2026-01-01T12:30:00Z");
  EXPECT_EQ(noon.floor_of, 1U);
  EXPECT_EQ(noon.ceiling_of, 1U);
  EXPECT_FALSE(noon.conflict);
}

}  // namespace
}  // namespace hpaplus
