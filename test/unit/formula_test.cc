#include "engine/model/formula.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

const std::vector<std::string> kNames = {"cpu", "rps", "busy-workers", "5xx"};

std::optional<double> Value(std::string_view text, std::vector<double> values) {
  const auto formula = Formula::Compile(text, kNames);
  EXPECT_TRUE(formula) << text << ": " << formula.error().message;
  return formula ? (*formula)->Evaluate(values) : std::nullopt;
}

TEST(Formula, ComputesWhatItSays) {
  struct Case {
    const char* text;
    double value;
  };
  const Case cases[] = {
      {"max(cpu, rps * 1.1)", 11},
      {"min(cpu, rps, 3)", 3},
      {"(cpu + rps) / 2", 7},
      {"avg(cpu, rps)", 7},
      {"sum(cpu, rps, 1)", 15},
      {"cpu > rps ? cpu : rps + 1", 11},
      {"cpu >= 4 && rps != 0 ? 1 : 2", 1},
      {"cpu == 4 || rps < 0 ? 5 : 6", 5},
      {"ceil(cpu / 3) + floor(cpu / 3) + round(2.5) + abs(-1)", 2 + 1 + 3 + 1},
      {"sqrt(cpu) ^ 3", 8},
      {"busy_workers + _5xx", 13},
      {"-cpu", -4},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Value(c.text, {4, 10, 6, 7}), c.value) << c.text;
}

TEST(Formula, HasNoValueWhereThereIsNone) {
  EXPECT_EQ(Value("cpu / rps", {1, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("cpu / rps", {0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("sqrt(cpu)", {-1, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("cpu * 1e308 * 10", {10, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("max(cpu, 1)", {std::numeric_limits<double>::infinity(), 0, 0, 0}), std::nullopt);
}

TEST(Formula, SaysWhichInputsItUses) {
  const auto formula = Formula::Compile("max(cpu, busy_workers)", kNames);
  ASSERT_TRUE(formula);
  EXPECT_TRUE((*formula)->Uses(0));
  EXPECT_FALSE((*formula)->Uses(1));
  EXPECT_TRUE((*formula)->Uses(2));
  EXPECT_EQ((*formula)->text(), "max(cpu, busy_workers)");
}

TEST(Formula, RefusesWhatMakesNoSense) {
  struct Case {
    std::string text;
    const char* message;
  };
  const Case cases[] = {
      {"", "1 to 1024"},
      {std::string(1025, '1'), "1 to 1024"},
      {"cpu +", "end of expression"},
      {"7", "names no metric"},
      {"max(cpu", "parenthes"},
      {"cpu, rps", "several results"},
      {"memory * 2", "there is no metric \"memory\""},
      {"busy-workers", "there is no metric \"busy\""},
      {"cpu = 5", "means nothing here"},
      {"cpu += 5", "means nothing here"},
      {"\"cpu\"", "means nothing here"},
      {"cpu; rps", "means nothing here"},
      {"cpu # rps", "means nothing here"},
      {"sin(cpu)", "Unexpected"},
      {"_pi", "there is no metric \"_pi\""},
      {"rnd()", ""},
      {"max()", ""},
      {"1 2", ""},
      {"cpu rps", ""},
      {"cpu = = 5", ""},
      {"cpu\n", "means nothing here"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text.substr(0, 40));
    const auto formula = Formula::Compile(c.text, kNames);
    ASSERT_FALSE(formula);
    EXPECT_EQ(formula.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(formula.error().message.find(c.message), std::string::npos)
        << formula.error().message;
  }
}

TEST(Formula, IsTheSameEveryTime) {
  const auto formula = *Formula::Compile("avg(cpu, rps) * 1.1 ^ cpu", kNames);
  const double values[] = {3, 7, 0, 0};
  const auto first = formula->Evaluate(values);
  for (int i = 0; i < 100; ++i) {
    const double others[] = {1.0 * i, 2, 3, 4};
    (void)formula->Evaluate(others);
    ASSERT_EQ(formula->Evaluate(values), first);
  }
}

}  // namespace
}  // namespace hpaplus
