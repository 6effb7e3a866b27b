#include "engine/rehearse/import.h"

#include <gmock/gmock.h>

#include "engine/rehearse/trace.h"

namespace hpaplus::rehearse {
namespace {

using ::testing::HasSubstr;

std::string Csv(const std::string& text) {
  const auto series = ReadSeriesCsv(text);
  if (!series) return series.error().message;
  const auto imported = MakeTrace(*series);
  if (!imported) return imported.error().message;
  EXPECT_TRUE(Trace::FromCsv(imported->csv));
  return imported->csv + ImportNotes(*imported);
}

std::string OpenMetrics(const std::string& text, const std::string& series) {
  const auto samples = ReadOpenMetrics(text, series);
  if (!samples) return samples.error().message;
  const auto imported = MakeTrace(*samples);
  return imported ? imported->csv : imported.error().message;
}

TEST(MakeTrace, TakesAnOrderlySeriesAsItIs) {
  EXPECT_EQ(Csv("t_seconds,value\n100,1\n115,2.5\n130,0\n"),
            "t_seconds,value\n0,1\n15,2.5\n30,0\n");
}

TEST(MakeTrace, SaysWhatItDidToOneThatIsNot) {
  EXPECT_EQ(Csv("30,3\n0,1\n15,NaN\n45,-1\n60,+Inf\n15,2\n15,2.5\n200,9\n"),
            "t_seconds,value\n0,1\n15,2.5\n30,3\n200,9\n"
            "2 that are no finite number were left out; 1 negative ones were left out; "
            "2 were put in the order of time; 1 had a later one of the same time, which counts; "
            "1 gaps, the longest of 170 s: the value before holds on");
}

TEST(MakeTrace, RefusesWhatIsNoSeries) {
  EXPECT_EQ(Csv(""), "there is no line with a time and a value");
  EXPECT_EQ(Csv("t_seconds,value\n"), "there is no line with a time and a value");
  EXPECT_EQ(Csv("0,1\nx,2\n"), "line 2: the time is not a number of seconds");
  EXPECT_EQ(Csv("0,1\n5,two\n"), "line 2: the value is not a number");
  EXPECT_EQ(Csv("0,1\n\n5;2\n"), "line 3: has no comma");
  EXPECT_EQ(Csv("0,1\nNaN,2\n"), "line 2: the time is not a number of seconds");
  EXPECT_EQ(Csv("0,1\n1e300,2\n"), "line 2: the time is not a number of seconds");
  EXPECT_EQ(Csv("0,1\n5,NaN\n"), "1 of 2 samples can be a demand; a trace needs two");
  EXPECT_THAT(Csv("0,1\n8e9,1\n"), HasSubstr("more than ten years"));
}

TEST(ReadOpenMetrics, TakesTheSeriesThatIsNamed) {
  const std::string text =
      "# TYPE q gauge\nq{a=\"x } y\\\"\",b=\"2\"} 5 1000 # {id=\"7\"} 1\nq_total 9 1000\n"
      "q{a=\"x } y\\\"\",b=\"2\"} 6.5 1010\nother 1\n# EOF\n";
  const std::string trace = "t_seconds,value\n0,5\n10,6.5\n";
  EXPECT_EQ(OpenMetrics(text, "q"), trace);
  EXPECT_EQ(OpenMetrics(text, "q{a=\"x } y\\\"\",b=\"2\"}"), trace);
  EXPECT_EQ(OpenMetrics(text, "p"), "there is no series \"p\"");
  EXPECT_EQ(OpenMetrics(text, "other"), "line 5: the sample has no timestamp");
  EXPECT_THAT(OpenMetrics("q{a=\"1\"} 1 1\nq{a=\"2\"} 1 1\n", "q"),
              HasSubstr("are 2 series; name one of them with its labels, like q{a=\"1\"}"));
  EXPECT_EQ(OpenMetrics("q{a=\"1 1 1\n", "q"), "line 1: is no sample");
  EXPECT_EQ(OpenMetrics("q x 1\n", "q"), "line 1: the value is not a number");
  EXPECT_EQ(OpenMetrics("q 1 x\n", "q"), "line 1: the timestamp is not a number of seconds");
}

}  // namespace
}  // namespace hpaplus::rehearse
