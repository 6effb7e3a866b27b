#include "engine/base/time.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

std::string RoundTrip(std::string_view text) {
  const auto at = ParseRfc3339(text);
  return at ? FormatRfc3339(*at, true) : at.error().message;
}

TEST(Time, ReadsRfc3339) {
  EXPECT_EQ(RoundTrip("2026-11-23T14:02:17Z"), "2026-11-23T14:02:17Z");
  EXPECT_EQ(RoundTrip("2026-11-23T14:02:17.5Z"), "2026-11-23T14:02:17.500Z");
  EXPECT_EQ(RoundTrip("2026-11-23T14:02:17.000004Z"), "2026-11-23T14:02:17.000004Z");
  EXPECT_EQ(RoundTrip("2026-11-23T14:02:17.123456789Z"), "2026-11-23T14:02:17.123456789Z");
  EXPECT_EQ(RoundTrip("2026-11-23T14:02:17+01:30"), "2026-11-23T12:32:17Z");
  EXPECT_EQ(RoundTrip("2026-12-31T23:59:59-00:01"), "2027-01-01T00:00:59Z");
  EXPECT_EQ(RoundTrip("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
  EXPECT_EQ(RoundTrip("1969-12-31T23:59:59.999Z"), "1969-12-31T23:59:59.999Z");
}

TEST(Time, CoversItsWholeRange) {
  for (const auto edge : {Duration::min(), Duration::max()}) {
    const std::string text = FormatRfc3339(Timestamp(edge), true);
    const auto at = ParseRfc3339(text);
    ASSERT_TRUE(at) << text;
    EXPECT_EQ(at->time_since_epoch(), edge);
  }
  EXPECT_FALSE(ParseRfc3339("1677-09-21T00:12:43.145224191Z"));
  EXPECT_FALSE(ParseRfc3339("2262-04-11T23:47:16.854775808Z"));
  EXPECT_FALSE(ParseRfc3339("9999-12-31T23:59:59Z"));
}

TEST(Time, RefusesWhatIsNotRfc3339) {
  for (const char* text :
       {"", "2026", "2026-11-23", "2026-11-23 14:02:17Z", "2026-11-23T14:02:17",
        "2026-11-23T14:02:17z", "2026-11-23T14:02Z", "2026-11-23T14:02:17.Z",
        "2026-11-23T14:02:17.1234567890Z", "2026-11-23T14:02:17+0100", "2026-11-23T14:02:17+24:00",
        "2026-11-23T14:02:17+01:60", "2026-11-23T14:02:17Zx", "26-11-23T14:02:17Z",
        "2026-11-23T14:02:17,5Z", "+026-11-23T14:02:17Z"}) {
    EXPECT_FALSE(ParseRfc3339(text)) << text;
  }
}

TEST(Time, RefusesDaysThatDoNotExist) {
  for (const char* text : {"2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
                           "2026-04-31T00:00:00Z", "2026-04-00T00:00:00Z", "2026-04-01T24:00:00Z",
                           "2026-04-01T00:60:00Z", "2026-04-01T00:00:60Z"}) {
    const auto at = ParseRfc3339(text);
    ASSERT_FALSE(at) << text;
    EXPECT_EQ(at.error().message,
              "time: \"" + std::string(text) + "\" does not exist in the calendar");
  }
}

TEST(Time, FormatsAsKubernetesDoes) {
  const Timestamp at(seconds(1'000'000'000) + nanoseconds(4'000'567));
  EXPECT_EQ(FormatRfc3339(at), "2001-09-09T01:46:40Z");
  EXPECT_EQ(FormatRfc3339(at, true), "2001-09-09T01:46:40.004000567Z");
  EXPECT_EQ(FormatMicroTime(at), "2001-09-09T01:46:40.004000Z");
}

TEST(Duration, ReadsGoText) {
  const auto parse = [](std::string_view text) {
    const auto duration = ParseDuration(text);
    EXPECT_TRUE(duration) << text;
    return duration ? *duration : Duration(-1);
  };
  EXPECT_EQ(parse("0"), Duration(0));
  EXPECT_EQ(parse("0s"), Duration(0));
  EXPECT_EQ(parse("800ms"), milliseconds(800));
  EXPECT_EQ(parse("1h30m"), minutes(90));
  EXPECT_EQ(parse("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse(".5s"), milliseconds(500));
  EXPECT_EQ(parse("1.s"), seconds(1));
  EXPECT_EQ(parse("3us4ns"), nanoseconds(3004));
  EXPECT_EQ(parse("1\u00B5s"), nanoseconds(1000));
  EXPECT_EQ(parse("30m1h"), minutes(90));
  EXPECT_EQ(parse("0.3333333333333333333h"), nanoseconds(1'199'999'999'999));
  EXPECT_EQ(parse("2562047h47m16.854775807s"), Duration::max());
}

TEST(Duration, RefusesWhatIsNotGoText) {
  for (const char* text : {"", "15", "s", ".s", ".", "1 s", "1d", "1h 30m", "-1s", "+1s", "1sec",
                           "1s1", "1..5s", "2562047h47m16.854775808s", "9999999h",
                           "99999999999999999999s", "99999999999999999999ns"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(Duration, FormatsAsGoDoes) {
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  EXPECT_EQ(FormatDuration(hours(1)), "1h0m0s");
  EXPECT_EQ(FormatDuration(seconds(90)), "1m30s");
  EXPECT_EQ(FormatDuration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(FormatDuration(milliseconds(800)), "800ms");
  EXPECT_EQ(FormatDuration(nanoseconds(1500)), "1.5\u00B5s");
  EXPECT_EQ(FormatDuration(nanoseconds(7)), "7ns");
  EXPECT_EQ(FormatDuration(-seconds(90)), "-1m30s");
  EXPECT_EQ(FormatDuration(Duration::min()), "-2562047h47m16.854775808s");
}

TEST(Duration, ReadsWhatItFormats) {
  for (const std::int64_t count : {1LL, 999LL, 1001LL, 123'456'789LL, 60'000'000'001LL,
                                   86'399'999'999'999LL, std::numeric_limits<long long>::max()}) {
    const auto again = ParseDuration(FormatDuration(Duration(count)));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->count(), count);
  }
}

}  // namespace
}  // namespace hpaplus
