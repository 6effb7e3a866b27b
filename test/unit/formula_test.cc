#include "engine/model/formula.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

const std::vector<std::string> kNames = {"cpu",       "rps",       "busy-workers", "5xx",
                                         "same-name", "same_name", "min",          "gpu.x/y"};

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
      {"min + min(cpu, rps)", 13},
  };
  for (const Case& c : cases)
    EXPECT_EQ(Value(c.text, {4, 10, 6, 7, 0, 0, 9, 0}), c.value) << c.text;
}

TEST(Formula, HasNoValueWhereThereIsNone) {
  EXPECT_EQ(Value("cpu / rps", {1, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("cpu / rps", {0, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("sqrt(cpu)", {-1, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("cpu * 1e308 * 10", {10, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
  EXPECT_EQ(Value("max(cpu, 1)", {std::numeric_limits<double>::infinity(), 0, 0, 0, 0, 0, 0, 0}),
            std::nullopt);
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
      {"cpu +", "column 6: the end, where something is missing"},
      {"7", "names no metric"},
      {"max(cpu", "column 8: a parenthesis is not closed"},
      {"cpu, rps", "several results"},
      {"rps + memory * 2", "column 7: there is no metric \"memory\""},
      {"rps + rpsx", "column 7: there is no metric \"rpsx\""},
      {"busy-workers", "column 1: there is no metric \"busy\""},
      {"cpu = 5", "column 5: a character that means nothing here"},
      {"cpu += 5", "column 6: a character that means nothing here"},
      {"\"cpu\"", "column 1: a character that means nothing here"},
      {"cpu; rps", "column 4: a character that means nothing here"},
      {"cpu # rps", "column 5: a character that means nothing here"},
      {"sin(cpu)", "column 4: a parenthesis that does not belong here"},
      {"_pi", "column 1: there is no metric \"_pi\""},
      {"rnd()", "column 4: a parenthesis that does not belong here"},
      {"max()", "column 6: too few numbers for the function"},
      {"1 2", "column 3: a number without an operator to its left"},
      {"cpu rps", "column 5: a metric without an operator to its left"},
      {"cpu * / rps", "column 7: an operator without something to its left"},
      {"abs(cpu, 1)", "too many numbers for the function"},
      {"cpu > 1 ? 2", "a \"?\" without its \":\""},
      {"cpu : 2", "a \":\" without its \"?\""},
      {"cpu = = 5", "column 5: "},
      {"cpu\n", "column 4: a character that means nothing here"},
      {"same_name + 1", "column 1: several metrics are written \"same_name\""},
      {std::string(33, '(') + "cpu" + std::string(33, ')'), "column 33: too many parentheses"},
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

TEST(Formula, TakesAsManyParenthesesInAnotherAsItSays) {
  const std::string open(Formula::kDepthMost, '(');
  const std::string close(Formula::kDepthMost, ')');
  EXPECT_EQ(Value(open + "cpu" + close, {4, 0, 0, 0, 0, 0, 0, 0}), 4);
  EXPECT_EQ(Value("(cpu) + " + open + "cpu" + close, {4, 0, 0, 0, 0, 0, 0, 0}), 8);
}

TEST(SharedFormula, IsEqualToOneOfTheSameText) {
  const SharedFormula one = *Formula::Compile("cpu + rps", kNames);
  EXPECT_EQ(one, *Formula::Compile("cpu + rps", kNames));
  EXPECT_FALSE(one == *Formula::Compile("rps + cpu", kNames));
  EXPECT_FALSE(one == SharedFormula());
  EXPECT_EQ(SharedFormula(), SharedFormula());
}

TEST(Formula, IsTheSameEveryTime) {
  const auto formula = *Formula::Compile("avg(cpu, rps) * 1.1 ^ cpu", kNames);
  const double values[] = {3, 7, 0, 0, 0, 0, 0, 0};
  const auto first = formula->Evaluate(values);
  for (int i = 0; i < 100; ++i) {
    const double others[] = {1.0 * i, 2, 3, 4, 0, 0, 0, 0};
    (void)formula->Evaluate(others);
    ASSERT_EQ(formula->Evaluate(values), first);
  }
}

}  // namespace
}  // namespace hpaplus
