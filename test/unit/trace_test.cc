#include "engine/rehearse/trace.h"

#include <gtest/gtest.h>

namespace hpaplus::rehearse {
namespace {

std::string Problem(std::string_view text) {
  const auto trace = Trace::FromCsv(text);
  return trace ? "" : trace.error().message;
}

TEST(Trace, BeginsAtItsFirstTimeAndItsLastPointLasts) {
  const auto trace = Trace::FromCsv("t_seconds,value\r\n60, 5\n\n 75,2.5e1\n90,0\n150,1");
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_EQ(trace->points().size(), 4U);
  EXPECT_EQ(trace->points()[1].seconds, 15);
  EXPECT_EQ(trace->points()[1].value, 25);
  EXPECT_EQ(trace->seconds(), 105);  // The usual step is 15 s.
  EXPECT_EQ(trace->peak(), 25);
}

TEST(Trace, SaysInWhichLineSomethingIsWrong) {
  const std::string header = "t_seconds,value\n";
  EXPECT_EQ(Problem(""), "line 1: the header is not \"t_seconds,value\"");
  EXPECT_EQ(Problem("time,value\n0,1\n1,1\n"), "line 1: the header is not \"t_seconds,value\"");
  EXPECT_EQ(Problem(header), "a trace needs two points at least");
  EXPECT_EQ(Problem(header + "0,1\n"), "a trace needs two points at least");
  EXPECT_EQ(Problem(header + "0,1\n1\n"), "line 3: has no comma");
  EXPECT_EQ(Problem(header + "0,1\nx,1\n"), "line 3: the time is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,\n"), "line 3: the value is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,nan\n"), "line 3: the value is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,inf\n"), "line 3: the value is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,1e999\n"), "line 3: the value is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,2,3\n"), "line 3: the value is not a finite number");
  EXPECT_EQ(Problem(header + "0,1\n1,-2\n"), "line 3: the value is negative");
  EXPECT_EQ(Problem(header + "0,1\n0,2\n"), "line 3: the time is not later than the one before");
  EXPECT_EQ(Problem(header + "-1e300,1\n1e300,2\n"),
            "line 3: the time is more than ten years after the first one");
  EXPECT_EQ(Problem(header + "5,1\n\n4,2\n"), "line 4: the time is not later than the one before");
}

TEST(TraceReader, HoldsAPointOrGoesStraightToTheNext) {
  const auto trace = Trace::FromCsv("t_seconds,value\n0,10\n10,20\n40,0\n");
  ASSERT_TRUE(trace);
  TraceReader hold(*trace, Between::kHold);
  TraceReader linear(*trace, Between::kLinear);
  for (const auto& [at, held, on_line] :
       {std::tuple(0.0, 10.0, 10.0), std::tuple(5.0, 10.0, 15.0), std::tuple(10.0, 20.0, 20.0),
        std::tuple(25.0, 20.0, 10.0), std::tuple(40.0, 0.0, 0.0), std::tuple(99.0, 0.0, 0.0)}) {
    EXPECT_EQ(hold.At(at), held) << at;
    EXPECT_EQ(linear.At(at), on_line) << at;
  }
}

}  // namespace
}  // namespace hpaplus::rehearse
