#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "collectors/numbers.h"
#include "engine/base/random.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::nanoseconds;

TEST(MilliFromDouble, RoundsAwayFromZero) {
  EXPECT_EQ(MilliFromDouble(0), 0);
  EXPECT_EQ(MilliFromDouble(-0.0), 0);
  EXPECT_EQ(MilliFromDouble(1.0001), 1001);
  EXPECT_EQ(MilliFromDouble(-1.0001), -1001);
  EXPECT_EQ(MilliFromDouble(1e-300), 1);
  EXPECT_EQ(MilliFromDouble(-1e-300), -1);
}

TEST(MilliFromDouble, TakesNoNoiseForAThousandth) {
  // Every number of thousandths up to 100,000 comes back as itself.
  for (std::int64_t milli = 0; milli < 100'000'000; milli += 997) {
    ASSERT_EQ(MilliFromDouble(static_cast<double>(milli) / 1000), milli);
  }
  EXPECT_EQ(MilliFromDouble(4.1), 4100);
  EXPECT_EQ(MilliFromDouble(0.1 + 0.2), 300);
}

TEST(MilliFromDouble, RefusesWhatDoesNotFit) {
  EXPECT_EQ(MilliFromDouble(std::nan("")), kInvalidMilli);
  EXPECT_EQ(MilliFromDouble(std::numeric_limits<double>::infinity()), kInvalidMilli);
  EXPECT_EQ(MilliFromDouble(-std::numeric_limits<double>::infinity()), kInvalidMilli);
  EXPECT_EQ(MilliFromDouble(1e308), kInvalidMilli);
  EXPECT_EQ(MilliFromDouble(9.3e15), kInvalidMilli);
  EXPECT_EQ(MilliFromDouble(9.2e15), 9'200'000'000'000'000'000);
  EXPECT_EQ(MilliFromDouble(-9.2e15), -9'200'000'000'000'000'000);
}

TEST(ParseDouble, ReadsWholeNumbersOnly) {
  EXPECT_EQ(ParseDouble("12.5"), 12.5);
  EXPECT_EQ(ParseDouble("1e308"), 1e308);
  EXPECT_EQ(ParseDouble("-3"), -3.0);
  EXPECT_EQ(ParseDouble("+Inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("-Inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(ParseDouble("NaN").value()));
  for (const char* bad : {"", " 1", "1 ", "1x", "0x10", "+-1", "++1", "1e999", "one", "-", "+"}) {
    EXPECT_FALSE(ParseDouble(bad)) << bad;
  }
}

TEST(ParseUnixSeconds, IsExactToTheNanosecond) {
  const auto at = [](std::int64_t nanos) { return Timestamp(nanoseconds(nanos)); };
  EXPECT_EQ(ParseUnixSeconds("0"), at(0));
  EXPECT_EQ(ParseUnixSeconds("1700000000.123"), at(1'700'000'000'123'000'000));
  EXPECT_EQ(ParseUnixSeconds("1700000000.123456789"), at(1'700'000'000'123'456'789));
  EXPECT_EQ(ParseUnixSeconds("1700000000.1234567899"), at(1'700'000'000'123'456'789));
  EXPECT_EQ(ParseUnixSeconds("1.7e9"), at(1'700'000'000'000'000'000));
  EXPECT_EQ(ParseUnixSeconds("9223372035"), at(9'223'372'035'000'000'000));
}

TEST(ParseUnixSeconds, RefusesWhatIsNoTimeOfOurs) {
  for (const char* bad : {"", "-1", "-0.5", "253402300799", "9223372036", "1e300", "-1e3", "nan",
                          "1.", ".5", "1.x", "1,5", "99999999999999999999", "1e-", "1700000000Z"}) {
    EXPECT_FALSE(ParseUnixSeconds(bad)) << bad;
  }
}

TEST(PlainQuantityMilli, IsWhatTheQuantityGives) {
  Random random(5);
  const char* suffixes[] = {"", "n", "u", "m", "k", "M", "Ki", "Mi"};
  std::size_t plain = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t digits = random.Next() >> (random.Next() % 64);
    const std::string text = std::to_string(digits) + suffixes[random.Next() % 8];
    const auto milli = PlainQuantityMilli(text);
    if (!milli) continue;
    ++plain;
    EXPECT_EQ(*milli, SampleMilli(*Quantity::Parse(text))) << text;
  }
  EXPECT_GT(plain, 10'000U);
}

TEST(PlainQuantityMilli, LeavesEverythingElseToTheQuantity) {
  for (const char* text : {"", "m", "-5", "+5", "1.5", "1e3", "5Gi", "5x", " 5", "5 ", "1m2",
                           "1234567890123456", "9000000000001M"}) {
    EXPECT_EQ(PlainQuantityMilli(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hpaplus::collectors
