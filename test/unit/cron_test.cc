#include "engine/model/cron.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

TEST(Cron, ReadsNumbersRangesStepsAndLists) {
  const auto cron = ParseCron("0,30 8-10 */10 1-12/6 1,3-5");
  ASSERT_TRUE(cron);
  EXPECT_EQ(cron->minutes, (std::uint64_t{1} << 0) | (std::uint64_t{1} << 30));
  EXPECT_EQ(cron->hours, 0b111U << 8);
  EXPECT_EQ(cron->days, (1U << 1) | (1U << 11) | (1U << 21) | (1U << 31));
  EXPECT_EQ(cron->months, (1U << 1) | (1U << 7));
  EXPECT_EQ(cron->weekdays, 0b111010U);
  EXPECT_FALSE(cron->any_day_of_two) << "*/10 counts as unrestricted, as in cron";
}

TEST(Cron, TakesSevenForSunday) {
  EXPECT_EQ(ParseCron("0 0 * * 7")->weekdays, 1U);
  EXPECT_EQ(ParseCron("0 0 * * 5-7")->weekdays, 0b1100001U);
  EXPECT_EQ(ParseCron("0 0 * * *")->weekdays, 0b1111111U);
}

TEST(Cron, FitsEitherDayWhenBothAreRestricted) {
  const auto both = ParseCron("0 0 13 * 5");
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->MatchesDay(3, 13, 1));
  EXPECT_TRUE(both->MatchesDay(3, 14, 5));
  EXPECT_FALSE(both->MatchesDay(3, 14, 1));
  const auto one = ParseCron("0 0 * 2 5");
  EXPECT_TRUE(one->MatchesDay(2, 14, 5));
  EXPECT_FALSE(one->MatchesDay(2, 14, 4));
  EXPECT_FALSE(one->MatchesDay(3, 14, 5));
}

TEST(Cron, RefusesWhatItDoesNotUnderstandAndNamesTheField) {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {"", "\"\" is no minute"},
      {"* * * *", "needs five fields"},
      {"* * * * * *", "needs five fields"},
      {"* * * * * ", "needs five fields"},
      {" * * * * *", "is no minute"},
      {"*  * * * *", "is no hour"},
      {"60 * * * *", "\"60\" is no minute"},
      {"* 24 * * *", "\"24\" is no hour"},
      {"* * 0 * *", "\"0\" is no day of month"},
      {"* * 32 * *", "\"32\" is no day of month"},
      {"* * * 13 *", "\"13\" is no month"},
      {"* * * * 8", "\"8\" is no day of week"},
      {"* * * JAN *", "\"JAN\" is no month"},
      {"5-1 * * * *", "\"5-1\" is no minute"},
      {"5/2 * * * *", "\"5/2\" is no minute"},
      {"*/0 * * * *", "is no minute"},
      {"*/60 * * * *", "is no minute"},
      {"1, * * * *", "is no minute"},
      {",1 * * * *", "is no minute"},
      {"1-2-3 * * * *", "is no minute"},
      {"*/ * * * *", "is no minute"},
      {"-1 * * * *", "is no minute"},
      {"+1 * * * *", "is no minute"},
      {"001 * * * *", "is no minute"},
      {"? * * * *", "is no minute"},
      {"@daily", "is no minute"},
      {"0 0 30 2 *", "never happens"},
      {"0 0 31 4,6 *", "never happens"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto cron = ParseCron(c.text);
    ASSERT_FALSE(cron);
    EXPECT_NE(cron.error().message.find(c.message), std::string::npos) << cron.error().message;
  }
  EXPECT_FALSE(ParseCron(std::string(101, '1')));
  EXPECT_TRUE(ParseCron("0 0 29 2 *")) << "leap days come";
}

}  // namespace
}  // namespace hpaplus
