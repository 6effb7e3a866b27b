#include <gtest/gtest.h>

#include "collectors/schedule.h"
#include "test/support/fake_http_client.h"

namespace hpaplus::collectors {
namespace {

class ScheduleCollectorTest : public testing::Test {
 protected:
  test::FakeHttpClient http_;
  SerialExecutor executor_;

  // One window over "w"; the value at a time, -1 for an error.
  double ValueAt(const char* start, const char* end, const char* zone, const char* now) {
    ResolvedSource source;
    source.spec.cron = CronSource{*TimeZone::Load(zone), {}};
    source.spec.cron->windows.push_back({"w", *ParseCron(start), *ParseCron(end), 10});
    auto collector = ScheduleCollector::Create(source, {http_, executor_});
    const MetricQuery query{.ns = "shop", .expression = "w"};
    const Timestamp at = *ParseRfc3339(now);
    const auto results = (*collector)->Collect({&query, 1}, {at, at + std::chrono::seconds(1), {}});
    if (results.size() != 1 || !results[0]) return -1;
    const ScalarSample& sample = (*results[0])->values.at(0);
    EXPECT_EQ(sample.at, at);
    EXPECT_EQ(static_cast<double>(sample.milli), sample.value * 1000);
    return sample.value;
  }
};

TEST_F(ScheduleCollectorTest, GivesTheNumberFromStartToEnd) {
  const auto office = [&](const char* now) {
    return ValueAt("0 8 * * 1-5", "0 18 * * 1-5", "UTC", now);
  };
  EXPECT_EQ(office("2026-11-23T07:59:59.999Z"), 0);
  EXPECT_EQ(office("2026-11-23T08:00:00Z"), 10);
  EXPECT_EQ(office("2026-11-23T17:59:59.999Z"), 10);
  EXPECT_EQ(office("2026-11-23T18:00:00Z"), 0);
  EXPECT_EQ(office("2026-11-22T12:00:00Z"), 0) << "a Sunday";
}

TEST_F(ScheduleCollectorTest, SpansMidnightAndTheEndOfTheYear) {
  const auto night = [&](const char* now) {
    return ValueAt("0 22 * * *", "0 6 * * *", "UTC", now);
  };
  EXPECT_EQ(night("2026-12-31T21:59:59Z"), 0);
  EXPECT_EQ(night("2026-12-31T23:59:59Z"), 10);
  EXPECT_EQ(night("2027-01-01T05:59:59Z"), 10);
  EXPECT_EQ(night("2027-01-01T06:00:00Z"), 0);
}

TEST_F(ScheduleCollectorTest, FollowsTheWallClockThroughItsChanges) {
  const auto berlin = [&](const char* now) {
    return ValueAt("30 2 * * *", "0 4 * * *", "Europe/Berlin", now);
  };
  EXPECT_EQ(berlin("2026-03-29T00:59:59Z"), 0);
  EXPECT_EQ(berlin("2026-03-29T01:00:00Z"), 10) << "02:30 does not exist: it opens at 03:00";
  EXPECT_EQ(berlin("2026-03-29T02:00:00Z"), 0) << "04:00 summer time";
  EXPECT_EQ(berlin("2026-10-25T00:30:00Z"), 10) << "the first 02:30";
  EXPECT_EQ(berlin("2026-10-25T01:30:00Z"), 10) << "the second";
  EXPECT_EQ(berlin("2026-10-25T03:00:00Z"), 0);
}

TEST_F(ScheduleCollectorTest, DecidesAsKedaDoesByWhatComesNext) {
  // No start on Sunday, yet the next end, on Sunday at 18:00, comes before the next start.
  EXPECT_EQ(ValueAt("0 8 * * 1-5", "0 18 * * *", "UTC", "2026-11-22T12:00:00Z"), 10);
  EXPECT_EQ(ValueAt("0 8 * * *", "0 8 * * *", "UTC", "2026-11-22T12:00:00Z"), 10) << "a tie";
}

TEST_F(ScheduleCollectorTest, NamesTheWindowThatIsNotThere) {
  ResolvedSource source;
  source.spec.cron = CronSource{*TimeZone::Load("UTC"), {}};
  source.spec.cron->windows.push_back({"w", *ParseCron("0 8 * * *"), *ParseCron("0 9 * * *"), 1});
  auto collector = ScheduleCollector::Create(source, {http_, executor_});
  ASSERT_TRUE(collector);
  const MetricQuery queries[] = {{.expression = "nights\n"},
                                 {.type = MetricType::kExternal, .expression = "w"}};
  const Timestamp now = *ParseRfc3339("2026-11-22T12:00:00Z");
  const auto results = (*collector)->Collect(queries, {now, now + std::chrono::seconds(1), {}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].error().message, "schedule: the source has no window \"nights?\"");
  EXPECT_EQ(results[1].error().message, "schedule: only metrics of type Source are read");
}

TEST_F(ScheduleCollectorTest, NeedsWindows) {
  EXPECT_FALSE(ScheduleCollector::Create({}, {http_, executor_}));
  ResolvedSource source;
  source.spec.cron = CronSource{*TimeZone::Load("UTC"), {}};
  EXPECT_FALSE(ScheduleCollector::Create(source, {http_, executor_}));
}

}  // namespace
}  // namespace hpaplus::collectors
