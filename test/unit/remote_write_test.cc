#include "engine/push/remote_write.h"

#include <gtest/gtest.h>

#include "engine/push/series_key.h"
#include "test/support/remote_write_bytes.h"

namespace hpaplus::push {
namespace {

using std::chrono::milliseconds;
using test::SentSeries;
using test::WireField;

const Labels kOrders{{"__name__", "depth"}, {"queue", "orders"}};

std::string Problem(std::string_view message) {
  RemoteWriteMessage decoded;
  const Status status = decoded.Decode(message);
  EXPECT_FALSE(status);
  EXPECT_TRUE(decoded.series().empty());
  if (status) return "none";
  EXPECT_EQ(status.error().code, ErrorCode::kMalformedData);
  return status.error().message;
}

TEST(RemoteWrite, MarksLabelsAndReadsSamples) {
  const std::string message =
      test::WriteRequest({{kOrders, {{1.5, 1'700'000'000'123}, {0, -5}}}, {kOrders, {{2, 7}}}});
  RemoteWriteMessage decoded;
  ASSERT_TRUE(decoded.Decode(message));
  ASSERT_EQ(decoded.series().size(), 2U);
  EXPECT_EQ(decoded.series()[0].labels, SeriesKey(kOrders));
  const auto samples = decoded.SamplesOf(decoded.series()[0]);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0], (TimedValue{Timestamp(milliseconds(1'700'000'000'123)), 1.5}));
  EXPECT_EQ(samples[1], (TimedValue{Timestamp(milliseconds(-5)), 0}));
  EXPECT_EQ(decoded.SamplesOf(decoded.series()[1])[0].value, 2);
}

TEST(RemoteWrite, TakesWhatIsNotWrittenForZero) {
  const std::string message =
      WireField(1, WireField(1, WireField(1, "__name__")) + WireField(2, ""));
  RemoteWriteMessage decoded;
  ASSERT_TRUE(decoded.Decode(message));
  ASSERT_EQ(decoded.series().size(), 1U);
  EXPECT_EQ(decoded.SamplesOf(decoded.series()[0])[0], (TimedValue{Timestamp(), 0}));
}

TEST(RemoteWrite, SkipsWhatItDoesNotKnow) {
  const std::string series = WireField(1, WireField(1, "__name__") + WireField(9, "x")) +
                             test::WireSample({1, 1}) + WireField(3, "exemplar") + "\x78\x05";
  const std::string message = WireField(3, "metadata") + WireField(1, series) +
                              "\x7d"
                              "1234";
  RemoteWriteMessage decoded;
  ASSERT_TRUE(decoded.Decode(message));
  EXPECT_EQ(decoded.series().size(), 1U);
}

TEST(RemoteWrite, SurvivesTimesOutsideOfOurs) {
  RemoteWriteMessage decoded;
  ASSERT_TRUE(decoded.Decode(test::WriteRequest({{kOrders, {{1, INT64_MAX}, {1, INT64_MIN}}}})));
  const auto samples = decoded.SamplesOf(decoded.series()[0]);
  EXPECT_GT(samples[0].at, Timestamp::max() - milliseconds(1));
  EXPECT_LT(samples[1].at, Timestamp::min() + milliseconds(1));
}

TEST(RemoteWrite, RefusesTheWholeOfWhatIsCutOff) {
  const std::string message = test::WriteRequest({{kOrders, {{1, 1}}}, {kOrders, {{2, 2}}}});
  RemoteWriteMessage decoded;
  for (std::size_t size = 1; size < message.size(); ++size) {
    if (size == message.size() / 2) continue;  // Exactly one series.
    EXPECT_FALSE(decoded.Decode(message.substr(0, size))) << size;
    EXPECT_TRUE(decoded.series().empty()) << size;
  }
}

TEST(RemoteWrite, RefusesNonsense) {
  constexpr const char* kNoMessage = "remote write: not a message of prometheus.WriteRequest";
  constexpr const char* kNoSeries = "remote write: a series that is none";
  EXPECT_EQ(Problem("\x0a"), kNoMessage);
  EXPECT_EQ(Problem(std::string_view("\0\0", 2)), kNoMessage);  // Field number 0.
  EXPECT_EQ(Problem("\x0b"), kNoMessage);                       // A group.
  EXPECT_EQ(Problem("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), kNoMessage);
  EXPECT_EQ(Problem("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), kNoMessage);
  EXPECT_EQ(Problem(WireField(1, "\x0a\x7f")), kNoSeries);
  EXPECT_EQ(Problem(WireField(1, WireField(1, "\x0a\x7f"))), kNoSeries);
  EXPECT_EQ(Problem(WireField(1, WireField(2,
                                           "\x09"
                                           "1234"))),
            kNoSeries);
  // Labels on both sides of a sample.
  EXPECT_EQ(Problem(WireField(1, WireField(1, "") + WireField(2, "") + WireField(1, ""))),
            kNoSeries);
}

TEST(RemoteWrite, HasLimits) {
  const std::string one = WireField(1, WireField(2, ""));
  std::string many;
  for (std::size_t i = 0; i <= RemoteWriteMessage::kMostSeries; ++i)
    many += one;
  EXPECT_EQ(Problem(many), "remote write: more than 100000 series");
  std::string samples;
  for (std::size_t i = 0; i <= RemoteWriteMessage::kMostSamples; ++i)
    samples += WireField(2, "");
  EXPECT_EQ(Problem(WireField(1, samples)), "remote write: more than 500000 samples");
}

TEST(RemoteWrite, SaysThatNativeHistogramsAreNotRead) {
  MemoryBudget budget(1U << 20U);
  SourceSamples source({}, budget, 1U << 20U);
  const std::string series = WireField(1, WireField(1, "__name__") + WireField(2, "a")) +
                             WireField(4, "histogram") + test::WireSample({1, 0});
  RemoteWriteMessage decoded;
  const std::string message = WireField(1, series);
  ASSERT_TRUE(decoded.Decode(message));
  const PushTally tally = decoded.AppendTo(source, Timestamp());
  EXPECT_EQ(tally.written, 1U);
  EXPECT_EQ(tally.refused, 1U);
  EXPECT_EQ(tally.problem, "native histograms are not read");
}

TEST(InflateSnappy, ChecksTheSizeBeforeItMakesAByte) {
  std::string out;
  ASSERT_TRUE(InflateSnappy(test::Snappy("hello"), 5, out));
  EXPECT_EQ(out, "hello");
  const Status large = InflateSnappy(test::Snappy(std::string(1000, 'a')), 999, out);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(large.error().message, "remote write: 1000 bytes inflated, 999 at most");
  const std::string bomb(
      "\xff\xff\xff\xff\x0f"
      "aaaa",
      9);  // Claims four gigabytes.
  const std::size_t before = out.capacity();
  EXPECT_FALSE(InflateSnappy(bomb, 32U << 20U, out));
  EXPECT_EQ(out.capacity(), before);
}

TEST(InflateSnappy, RefusesWhatIsNotSnappy) {
  std::string out;
  const std::string good = test::Snappy("hello, hello, hello");
  for (const std::string& bytes :
       {std::string(), std::string("\xff\xff\xff\xff\xff\xff"), good.substr(0, good.size() - 1),
        good + "x", std::string("{\"a\":1}")}) {
    const Status status = InflateSnappy(bytes, 1000, out);
    ASSERT_FALSE(status) << bytes;
    EXPECT_EQ(status.error().code, ErrorCode::kMalformedData);
  }
}

}  // namespace
}  // namespace hpaplus::push
