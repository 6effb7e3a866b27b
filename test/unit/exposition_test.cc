#include "collectors/exposition.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/exposition_number.h"
#include "collectors/numbers.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

using Step = ExpositionReader::Step;

// All samples as "series=value@milliseconds", or the error.
std::vector<std::string> ReadAll(std::string_view body, ExpositionFormat format,
                                 std::string_view expected = {}) {
  ExpositionReader reader(body, format, {.line_bytes = 200});
  ExpositionReader::Sample sample;
  std::vector<std::string> all;
  while (true) {
    const Step step = reader.Next(expected, sample);
    if (step == Step::kEnd) return all;
    if (step == Step::kMalformed) return {reader.error().message};
    std::ostringstream text;
    text << sample.series << "=" << sample.value;
    if (sample.at) text << "@" << sample.at->time_since_epoch() / milliseconds(1);
    all.push_back(text.str());
  }
}

std::vector<std::string> ReadText(std::string_view body) {
  return ReadAll(body, ExpositionFormat::kPrometheusText);
}

std::vector<std::string> ReadOpen(std::string_view body) {
  return ReadAll(body, ExpositionFormat::kOpenMetrics);
}

TEST(Exposition, ReadsWhatPrometheusWrites) {
  EXPECT_THAT(
      ReadText("# HELP up Is it \"up\"?\n"
               "# TYPE up gauge\n"
               "up 1\n"
               "\n"
               "# a comment\n"
               "http:requests_total{code=\"200\",path=\"/a b\"} 1.5e+06 1700000000123\n"
               "a{} -3.25\n"),
      ElementsAre("up=1", "http:requests_total{code=\"200\",path=\"/a b\"}=1.5e+06@1700000000123",
                  "a{}=-3.25"));
}

TEST(Exposition, TakesBlanksWherePrometheusDoes) {
  EXPECT_THAT(ReadText(" \tup \t 1 \t 5 \t\n"
                       "up\t{ a = \"1\" , b=\"2\" , }\t2\n"
                       "  # TYPE \t up \t counter \n"
                       "#TYPE up is a mere comment\n#\n"),
              ElementsAre("up=1@5", "up\t{ a = \"1\" , b=\"2\" , }=2"));
}

TEST(Exposition, ReadsOpenMetrics) {
  EXPECT_THAT(ReadOpen("# TYPE rpc counter\n"
                       "# UNIT rpc calls\n"
                       "# HELP rpc Calls.\n"
                       "rpc_total{m=\"a\"} 17.0 1700000000.250 # {trace_id=\"x\"} 0.5 1700000000\n"
                       "rpc_total{m=\"b\"} 2 # {} 1\n"
                       "rpc_created 1.7e9\n"
                       "# EOF\n"),
              ElementsAre("rpc_total{m=\"a\"}=17@1700000000250", "rpc_total{m=\"b\"}=2",
                          "rpc_created=1.7e+09"));
  EXPECT_THAT(ReadOpen("# EOF\n"), ElementsAre());
  EXPECT_THAT(ReadText(""), ElementsAre());
}

TEST(Exposition, M3NanAndInfinityAreReportedAsSuch) {
  EXPECT_THAT(ReadText("a NaN\nb +Inf\nc -Inf\nd Inf\ne nan\n"),
              ElementsAre("a=nan", "b=inf", "c=-inf", "d=inf", "e=nan"));
}

TEST(Exposition, GivesNameAndLabels) {
  ExpositionReader reader("up{a=\"x\\\\\\\"\\n\\t\",b=\"\"} 1\n", ExpositionFormat::kPrometheusText,
                          {});
  ExpositionReader::Sample sample;
  ASSERT_EQ(reader.Next({}, sample), Step::kSample);
  EXPECT_EQ(sample.name, "up");
  ASSERT_EQ(sample.labels.size(), 2U);
  EXPECT_EQ(sample.labels[0].name, "a");
  EXPECT_EQ(UnescapeLabel(sample.labels[0].value), "x\\\"\n\\t");
  EXPECT_EQ(sample.labels[1].value, "");
}

TEST(Exposition, AnExpectedSeriesIsTakenOnlyWhenItIsThatOne) {
  const auto read = [](std::string_view line, std::string_view expected) {
    const auto all = ReadAll(std::string(line), ExpositionFormat::kPrometheusText, expected);
    return all.empty() ? "nothing" : all.front();
  };
  EXPECT_EQ(read("up{a=\"1\"} 5\n", "up{a=\"1\"}"), "up{a=\"1\"}=5");
  EXPECT_EQ(read("up {a=\"1\"} 5\n", "up"), "up {a=\"1\"}=5");
  EXPECT_EQ(read("upper 5\n", "up"), "upper=5");
  EXPECT_EQ(read("up\n", "up"), "line 1: a series has no value");
  EXPECT_EQ(read("up 5\n", "up 5\n# and more"), "up=5");
}

struct BadText {
  std::string_view body;
  std::string_view problem;
};

TEST(Exposition, NamesTheLineAndWhatIsWrongWithIt) {
  const BadText cases[] = {
      {"up 1\nup", "line 2: the text ends in the middle of a line"},
      {"up 1\n\nup\n", "line 3: a series has no value"},
      {"up{a=\"1\"}\n", "line 1: a series has no value"},
      {"up{a=\"1\"} \n", "line 1: a series has no value"},
      {"1up 1\n", "line 1: a line begins with neither a metric's name nor #"},
      {"{a=\"1\"} 1\n", "line 1: a line begins with neither"},
      {"<html>\n", "line 1: a line begins with neither"},
      {"up{1=\"a\"} 1\n", "line 1: a label has no name"},
      {"up{,} 1\n", "line 1: a label has no name"},
      {"up{\"a.b\"} 1\n", "line 1: a label has no name"},
      {"up{a:b=\"1\"} 1\n", "line 1: a label's name is not followed by ="},
      {"up{a 1} 1\n", "line 1: a label's name is not followed by ="},
      {"up{a=1} 1\n", "line 1: a label's value is not in quotes"},
      {"up{a=\"1} 1\n", "line 1: a label's value has no end"},
      {"up{a=\"1\\\n\"} 1\n", "line 1: a label's value has no end"},
      {"up{a=\"1\\\"\n", "line 1: a label's value has no end"},
      {"up{a=\"1\" b=\"2\"} 1\n", "line 1: a label is followed by neither a comma nor }"},
      {"up{a=\"1\"\n", "line 1: a label is followed by neither a comma nor }"},
      {"up one\n", "line 1: a value is no number"},
      {"up 1 2 3\n", "line 1: something follows the value and its timestamp"},
      {"up 1 1.5\n", "line 1: a timestamp is none"},
      {"up 1 -5\n", "line 1: a timestamp is none"},
      {"up 1 9999999999999999\n", "line 1: a timestamp is none"},
      {"up 1 # {a=\"b\"} 1\n", "line 1: something follows the value"},
      {"up 1\r\n", "line 1: a value is no number"},
      {"up{a=\"1\"}1 x\n", "line 1: a timestamp is none"},
      {"# TYPE up speed\n", "line 1: the type of a metric is unknown"},
      {"# TYPE up\n", "line 1: the type of a metric is unknown"},
      {"# HELP 1up x\n", "line 1: a comment names no metric"},
      {"# TYPE\n", "line 1: a comment names no metric"},
      {"up 1\nup{a=\"\xFF\"} 1\n", "line 2: the text is not UTF-8"},
  };
  for (const BadText& bad : cases) {
    const auto all = ReadText(std::string(bad.body));
    ASSERT_EQ(all.size(), 1U) << bad.body;
    EXPECT_THAT(all.front(), HasSubstr(std::string(bad.problem))) << bad.body;
  }
}

TEST(Exposition, HoldsOpenMetricsToTheLetter) {
  const BadText cases[] = {
      {"up 1\n", "line 2: the text ends without # EOF"},
      {"# EOF\nup 1\n", "line 2: something follows # EOF"},
      {"# EOF\n\n", "line 2: something follows # EOF"},
      {"\n# EOF\n", "line 1: an empty line"},
      {"# comment\n# EOF\n", "line 1: a comment is none of"},
      {"# TYPE up untyped\n# EOF\n", "line 1: the type of a metric is unknown"},
      {" up 1\n# EOF\n", "line 1: a line begins with neither"},
      {"up  1\n# EOF\n", "line 1: a series has no value"},
      {"up\t1\n# EOF\n", "line 1: a series is not followed by a blank"},
      {"up 1 \n# EOF\n", "line 1: a line ends with a blank"},
      {"up 1 2 \n# EOF\n", "line 1: a line ends with a blank"},
      {"up{a=\"1\",} 1\n# EOF\n", "line 1: a comma is followed by no label"},
      {"up{a =\"1\"} 1\n# EOF\n", "line 1: a label's name is not followed by ="},
      {"up 1 # trace\n# EOF\n", "line 1: an exemplar has no labels"},
      {"up 1 # {a=\"b\"}\n# EOF\n", "line 1: an exemplar has no value"},
      {"up 1 # {a=\"b\"} x\n# EOF\n", "line 1: a value is no number"},
      {"up 1 # {a=\"b\"} 1 x\n# EOF\n", "line 1: an exemplar's timestamp is none"},
      {"up 1 # {a=\"b\"} 1 1 1\n# EOF\n", "line 1: something follows an exemplar"},
      {"up 1 99999999999\n# EOF\n", "line 1: a timestamp is none"},
  };
  for (const BadText& bad : cases) {
    const auto all = ReadOpen(std::string(bad.body));
    ASSERT_EQ(all.size(), 1U) << bad.body;
    EXPECT_THAT(all.front(), HasSubstr(std::string(bad.problem))) << bad.body;
  }
}

TEST(Exposition, RS1LinesAndLabelsHaveTheirLimits) {
  EXPECT_THAT(ReadText("up{a=\"" + std::string(200, 'x') + "\"} 1\n"),
              ElementsAre("line 1: the line is too long"));
  std::string many = "up{";
  for (int i = 0; i < 65; ++i)
    many += "l" + std::to_string(i) + "=\"\",";
  EXPECT_THAT(ReadText(many + "} 1\n"), ElementsAre("line 1: a series has too many labels"));
}

TEST(Exposition, KnowsTheTwoFormatsByTheirContentType) {
  EXPECT_EQ(*FormatOfContentType("text/plain; version=0.0.4; charset=utf-8"),
            ExpositionFormat::kPrometheusText);
  EXPECT_EQ(*FormatOfContentType(""), ExpositionFormat::kPrometheusText);
  EXPECT_EQ(*FormatOfContentType("application/openmetrics-text; version=1.0.0"),
            ExpositionFormat::kOpenMetrics);
  EXPECT_THAT(FormatOfContentType("text/html").error().message, HasSubstr("text/html"));
  EXPECT_FALSE(FormatOfContentType("application/vnd.google.protobuf"));
}

TEST(ExpositionNumber, IsTheNearestDouble) {
  for (const char* text : {"0",
                           "-0",
                           "1",
                           "12345678901234567",
                           "9007199254740993",
                           "0.1",
                           "123.456",
                           "1e22",
                           "1e23",
                           "1.7976931348623157e308",
                           "5e-324",
                           "2.2250738585072011e-308",
                           "-1.5e-10",
                           ".5",
                           "5.",
                           "00012",
                           "123456789012345678901234567890",
                           "0.000000000000000000000000000001",
                           "1E5",
                           "4.35",
                           "1e-22",
                           "1e-23",
                           "8.5e+3",
                           "72057594037927945"}) {
    const std::string padded = std::string(text) + "\n";
    double plain = 0;
    const char* const end = ReadPlainNumber(padded.data(), plain);
    const double expected = std::strtod(text, nullptr);
    const double got = end != nullptr && *end == '\n' ? plain : ReadRareNumber(text).value_or(NAN);
    EXPECT_EQ(got, expected) << text;
    EXPECT_EQ(std::signbit(got), std::signbit(expected)) << text;
  }
}

TEST(ExpositionNumber, TooSmallIsZeroAndTooLargeIsNone) {
  EXPECT_EQ(ReadRareNumber("1e-400"), 0.0);
  EXPECT_EQ(ReadRareNumber("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(ReadRareNumber("1e400"), std::nullopt);
  EXPECT_EQ(ReadRareNumber("1" + std::string(400, '0')), std::nullopt);
  for (const char* text : {"", "-", "+", "e5", "1e", "1e+", "0x10", "1_000", "nan(1)", "--1", "+-1",
                           "infinit", "1.2.3", ".", "1e5.5"}) {
    EXPECT_EQ(ReadRareNumber(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hpaplus::collectors
