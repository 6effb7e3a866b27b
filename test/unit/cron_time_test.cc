#include "engine/model/cron_time.h"

#include <string>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::sys_seconds;

// "2026-03-29T01:30:00Z"; empty when there is no such time.
std::string Next(const char* cron, const char* zone, const char* after) {
  const auto loaded = TimeZone::Load(zone);
  const auto from = ParseRfc3339(after);
  const auto at =
      NextTime(*ParseCron(cron), **loaded, std::chrono::floor<std::chrono::seconds>(*from));
  return at ? FormatRfc3339(Timestamp(*at)) : "";
}

TEST(NextTime, IsStrictlyLater) {
  EXPECT_EQ(Next("0 8 * * *", "UTC", "2026-11-23T07:59:59Z"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(Next("0 8 * * *", "UTC", "2026-11-23T08:00:00Z"), "2026-11-24T08:00:00Z");
  EXPECT_EQ(Next("*/15 * * * *", "UTC", "2026-11-23T23:45:00Z"), "2026-11-24T00:00:00Z");
  EXPECT_EQ(Next("30 22 31 12 *", "UTC", "2026-12-31T22:30:00Z"), "2027-12-31T22:30:00Z");
}

TEST(NextTime, FollowsTheClockOfItsZone) {
  EXPECT_EQ(Next("0 8 * * 1", "Europe/Berlin", "2026-07-19T00:00:00Z"), "2026-07-20T06:00:00Z");
  EXPECT_EQ(Next("0 8 * * 1", "Europe/Berlin", "2026-01-18T00:00:00Z"), "2026-01-19T07:00:00Z");
  EXPECT_EQ(Next("0 0 * * *", "Pacific/Kiritimati", "2026-01-01T09:59:59Z"),
            "2026-01-01T10:00:00Z");
  EXPECT_EQ(Next("45 23 * * *", "Pacific/Pago_Pago", "2026-01-02T10:44:00Z"),
            "2026-01-02T10:45:00Z");
}

TEST(NextTime, TakesTheChangeForATimeThatIsSkipped) {
  EXPECT_EQ(Next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(Next("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z"), "2026-03-30T00:30:00Z");
}

TEST(NextTime, TakesTheFirstOfATimeThatComesTwice) {
  EXPECT_EQ(Next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(Next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
}

TEST(NextTime, WaitsForRareDays) {
  EXPECT_EQ(Next("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z"), "2028-02-29T00:00:00Z");
  EXPECT_EQ(Next("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z"), "2104-02-29T00:00:00Z");
  EXPECT_EQ(Next("0 0 29 2 */6", "UTC", "2026-01-01T00:00:00Z"), "2032-02-29T00:00:00Z");
}

}  // namespace
}  // namespace hpaplus
