// The demo's own parts: what it counts has to be right, it is what people see first.

#include <gtest/gtest.h>

#include "examples/demo/board.h"
#include "examples/demo/scoreboard.h"
#include "examples/demo/trace.h"

namespace hpaplus::demo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Timestamp At(int ms) {
  return Timestamp(milliseconds(ms));
}

TEST(TraceTest, ReplaysAllRowsInTheGivenTime) {
  const auto trace = Trace::Parse("t_seconds,value\n0,10\n60,20\n120,30\n", seconds(3));
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->At(seconds(0)), 10);
  EXPECT_EQ(trace->At(milliseconds(1999)), 20);
  EXPECT_EQ(trace->At(seconds(60)), 30);
  EXPECT_EQ(trace->speed(), 40);
}

TEST(TraceTest, NamesTheLineThatIsNoRow) {
  const auto trace = Trace::Parse("t_seconds,value\n0,10\n60;20\n", seconds(3));
  ASSERT_FALSE(trace);
  EXPECT_EQ(trace.error().message, "trace: line 3 is not t_seconds,value");
  EXPECT_FALSE(Trace::Parse("t_seconds,value\n", seconds(3)));
}

TEST(ScoreboardTest, MeasuresFromTheNeedToTheWrite) {
  Scoreboard score(100);
  score.Written(2, At(0));
  score.Load(150, At(0));
  score.Load(350, At(1000));
  score.Written(4, At(1700));
  EXPECT_EQ(score.reactions(), std::vector<Duration>{milliseconds(700)});
  EXPECT_EQ(score.changes(), 1);
}

TEST(ScoreboardTest, OneWriteMayAnswerSeveralNeeds) {
  Scoreboard score(100);
  score.Written(1, At(0));
  score.Load(150, At(100));
  score.Load(250, At(300));
  score.Written(3, At(1000));
  EXPECT_EQ(score.reactions(), (std::vector<Duration>{milliseconds(900), milliseconds(700)}));
}

TEST(ScoreboardTest, ForgetsANeedThatPassed) {
  Scoreboard score(100);
  score.Written(1, At(0));
  score.Load(250, At(100));
  score.Load(90, At(200));
  score.Written(3, At(1000));
  EXPECT_TRUE(score.reactions().empty());
}

TEST(ScoreboardTest, CountsTheTimeUnderCapacity) {
  Scoreboard score(100);
  score.Ready(1, At(0));
  score.Load(250, At(1000));
  score.Ready(3, At(3500));
  score.Load(100, At(9000));
  EXPECT_EQ(score.under_capacity(), milliseconds(2500));
}

TEST(PercentileTest, IsAValueOfTheSet) {
  EXPECT_EQ(Percentile({}, 0.5), Duration::zero());
  EXPECT_EQ(Percentile({seconds(3), seconds(1), seconds(2)}, 0.5), Duration(seconds(2)));
  EXPECT_EQ(Percentile({seconds(3), seconds(1), seconds(2)}, 0.99), Duration(seconds(3)));
}

TEST(BoardTest, HasALinePerWorkload) {
  Scoreboard score(100);
  score.Written(4, At(0));
  score.Ready(3, At(0));
  score.Load(350, At(0));
  const std::string board =
      DrawBoard({{"checkout", "rps, 1s", 100, &score, "2 -> 4: rps"}}, seconds(3), seconds(60));
  EXPECT_NE(board.find("checkout"), std::string::npos);
  EXPECT_NE(board.find("3/4  ###+..."), std::string::npos) << board;
}

TEST(SummaryTest, TellsTheTimeUnderCapacity) {
  Scoreboard score(100);
  score.Ready(1, At(0));
  score.Load(250, At(1000));
  score.Ready(3, At(3500));
  const std::string summary =
      DrawSummary({{"checkout", "rps, 1s", 100, &score, ""}}, seconds(60), "made of wood");
  EXPECT_NE(summary.find(" 2.5 s\n"), std::string::npos) << summary;
  EXPECT_NE(summary.find("of 60 s, with pods made of wood."), std::string::npos) << summary;
}

TEST(SummaryTest, SaysSoWhenThereAreNoPods) {
  Scoreboard score(100);
  score.Written(4, At(0));
  score.Load(250, At(1000));
  const std::string summary =
      DrawSummary({{"checkout", "rps, 1s", 100, &score, ""}}, seconds(60), "made of wood");
  EXPECT_NE(summary.find(" no pods\n"), std::string::npos) << summary;
  EXPECT_NE(summary.find("does the cluster run controllers and nodes?"), std::string::npos);
  EXPECT_EQ(summary.find("wood"), std::string::npos) << summary;
}

}  // namespace
}  // namespace hpaplus::demo
