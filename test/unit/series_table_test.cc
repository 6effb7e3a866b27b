#include "collectors/series_table.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace hpaplus::collectors {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kText = ExpositionFormat::kPrometheusText;

class SeriesTableTest : public testing::Test {
 protected:
  std::vector<SeriesTable::Point> Read(std::string_view body) {
    std::vector<SeriesTable::Point> points;
    const Status read = table_.Read(body, kText, points);
    problem_ = read ? "" : read.error().message;
    return points;
  }

  SeriesTable table_{{.series_most = 1000, .kept_most = 2000}};
  std::string problem_;
};

TEST_F(SeriesTableTest, ASeriesHasTheSameNumberHoweverItIsWrittenAndWhereverItStands) {
  const auto first = Read("a{x=\"1\",y=\"2\"} 1\nb 2\n");
  const auto second = Read("b{} 3\na { y=\"2\", x=\"1\", z=\"\"} 4\n");
  ASSERT_EQ(first.size(), 2U);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(first[0].series, second[1].series);
  EXPECT_EQ(first[1].series, second[0].series);
  EXPECT_NE(first[0].series, first[1].series);
  EXPECT_EQ(second[1].value, 4);
  const SeriesLabels labels = table_.LabelsOf(second[1].series);
  EXPECT_EQ(labels.name, "a");
  EXPECT_THAT(labels.labels, ElementsAre(Pair("x", "1"), Pair("y", "2")));
  EXPECT_EQ(labels.Value("y"), "2");
  EXPECT_EQ(labels.Value("z"), "");
  EXPECT_EQ(labels.Value("__name__"), "a");
}

TEST_F(SeriesTableTest, EscapesAreResolved) {
  const auto points = Read("a{x=\"q\\\"\\\\\\n\"} 1\n");
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(table_.LabelsOf(points[0].series).Value("x"), "q\"\\\n");
}

TEST_F(SeriesTableTest, M7ASeriesThatOccursTwiceSpoilsTheWhole) {
  EXPECT_THAT(Read("a{x=\"1\",y=\"\"} 1\nb 1\na{x=\"1\"} 1\n"), IsEmpty());
  EXPECT_EQ(problem_, "line 3: the series occurs for the second time");
  EXPECT_EQ(Read("a 1 5\na 2 6\n").size(), 2U) << "two times";
  EXPECT_THAT(Read("a 1 5\na 2 5\n"), IsEmpty());
  EXPECT_EQ(Read("a 1\n").size(), 1U) << "and the next exposition is another one";
}

TEST_F(SeriesTableTest, LabelsThatNobodyCouldTellApartAreRefused) {
  EXPECT_THAT(Read("a{x=\"1\",x=\"2\"} 1\n"), IsEmpty());
  EXPECT_EQ(problem_, "line 1: a label occurs twice");
  EXPECT_THAT(Read("a{__name__=\"b\"} 1\n"), IsEmpty());
  EXPECT_EQ(problem_, "line 1: a label is called __name__");
}

TEST_F(SeriesTableTest, AMalformedLineSpoilsTheWhole) {
  EXPECT_THAT(Read("a 1\nb x\n"), IsEmpty());
  EXPECT_EQ(problem_, "line 2: a value is no number");
}

TEST_F(SeriesTableTest, RS2TheNumberOfSeriesIsLimited) {
  std::string body;
  for (int i = 0; i < 1001; ++i)
    body += "a{i=\"" + std::to_string(i) + "\"} 1\n";
  EXPECT_THAT(Read(body), IsEmpty());
  EXPECT_EQ(problem_, "line 1001: there are too many series");
}

TEST_F(SeriesTableTest, RS2TheTableBeginsAnewWhenSeriesComeAndGo) {
  std::size_t most = 0;
  for (int round = 0; round < 50; ++round) {
    std::string body;
    for (int i = 0; i < 900; ++i)
      body += "a{i=\"" + std::to_string(i) + "\",round=\"" + std::to_string(round) + "\"} 1\n";
    EXPECT_EQ(Read(body).size(), 900U);
    most = std::max(most, table_.bytes());
  }
  EXPECT_GT(table_.generation(), 10U);
  EXPECT_LT(most, std::size_t{2} << 20U);
}

// Many expositions in random order with series that come and go, against a map.
TEST_F(SeriesTableTest, AgreesWithAMapOfNames) {
  Random random(7);
  std::map<std::string, SeriesTable::SeriesId> known;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> names;
    for (int i = 0; i < 60; ++i) {
      if (random.Chance(0.8)) names.push_back("m{i=\"" + std::to_string(i) + "\"}");
    }
    for (std::size_t i = names.size(); i > 1 && round % 3 == 0; --i)
      std::swap(names[i - 1], names[random.Next() % i]);
    std::string body;
    for (const std::string& name : names)
      body += name + " " + std::to_string(body.size()) + "\n";
    const auto points = Read(body);
    ASSERT_EQ(points.size(), names.size()) << problem_;
    for (std::size_t i = 0; i < points.size(); ++i)
      EXPECT_EQ(known.emplace(names[i], points[i].series).first->second, points[i].series);
  }
  EXPECT_EQ(known.size(), 60U);
}

}  // namespace
}  // namespace hpaplus::collectors
