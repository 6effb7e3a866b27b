#include "engine/model/label_selector.h"

#include <string>

#include <gtest/gtest.h>

#include "engine/model/names.h"

namespace hpaplus {
namespace {

const Labels kWeb{{"app", "web"}, {"cores", "8"}, {"tier", "front"}};

bool Matches(std::string_view text, const Labels& labels = kWeb) {
  const auto selector = ParseSelector(text);
  EXPECT_TRUE(selector) << text << ": " << selector.error().message;
  return selector && selector->Matches(labels);
}

std::string Problem(std::string_view text) {
  const auto selector = ParseSelector(text);
  EXPECT_FALSE(selector) << text;
  return selector ? "" : selector.error().message;
}

TEST(ParseSelector, EmptyMatchesEverything) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches(" \t"));
  EXPECT_TRUE(Matches("", {}));
  EXPECT_TRUE(ParseSelector("")->matches_everything());
}

TEST(ParseSelector, MatchesByOperator) {
  EXPECT_TRUE(Matches("app=web"));
  EXPECT_TRUE(Matches("app==web"));
  EXPECT_FALSE(Matches("app=db"));
  EXPECT_TRUE(Matches("app in (db, web)"));
  EXPECT_FALSE(Matches("app in (db)"));
  EXPECT_FALSE(Matches("app notin (db,web)"));
  EXPECT_TRUE(Matches("app notin (db)"));
  EXPECT_TRUE(Matches("app!=db"));
  EXPECT_FALSE(Matches("app != web"));
  EXPECT_TRUE(Matches("tier"));
  EXPECT_FALSE(Matches("!tier"));
  EXPECT_FALSE(Matches("zone"));
  EXPECT_TRUE(Matches("!zone"));
  EXPECT_TRUE(Matches("cores>7,cores<9"));
  EXPECT_FALSE(Matches("cores > 8"));
  EXPECT_FALSE(Matches("app>1"));
}

TEST(ParseSelector, NegationHoldsWithoutTheKey) {
  EXPECT_TRUE(Matches("zone!=a"));
  EXPECT_TRUE(Matches("zone notin (a)"));
  EXPECT_FALSE(Matches("zone=a"));
  EXPECT_FALSE(Matches("zone in (a)"));
  EXPECT_FALSE(Matches("zone<5"));
}

TEST(ParseSelector, AllRequirementsMustHold) {
  EXPECT_TRUE(Matches("app=web,tier=front,!zone"));
  EXPECT_FALSE(Matches("app=web,tier=back"));
  EXPECT_FALSE(Matches("app=web,app=db"));
}

TEST(ParseSelector, KnowsEmptyValuesAndKeywordsAsKeys) {
  EXPECT_TRUE(Matches("a=", {{"a", ""}}));
  EXPECT_TRUE(Matches("a=,b", {{"a", ""}, {"b", "x"}}));
  EXPECT_TRUE(Matches("a in (,x)", {{"a", ""}}));
  EXPECT_TRUE(Matches("in in (in)", {{"in", "in"}}));
  EXPECT_TRUE(Matches("notin=in", {{"notin", "in"}}));
}

TEST(ParseSelector, PrintsCanonically) {
  const auto text = [](std::string_view given) { return ParseSelector(given)->ToString(); };
  EXPECT_EQ(text("tier in (b, a,b) , app == web"), "app=web,tier in (a,b)");
  EXPECT_EQ(text("!z, y, x notin (2,1), w != 3, v>4, u<5"), "u<5,v>4,w!=3,x notin (1,2),y,!z");
  EXPECT_EQ(text("example.com/app=web"), "example.com/app=web");
  EXPECT_EQ(text("a in (,)"), "a in (,)");
}

TEST(ParseSelector, SaysWhatItExpected) {
  EXPECT_EQ(Problem("a=b=c"), "label selector: has '=' where ',' is expected");
  EXPECT_EQ(Problem("a b"),
            "label selector: has 'b' where '=', '!=', 'in', 'notin', '<', '>' or ',' is expected");
  EXPECT_EQ(Problem("a,"), "label selector: ends where a label key is expected");
  EXPECT_EQ(Problem(",a"), "label selector: has ',' where a label key is expected");
  EXPECT_EQ(Problem("a in b"), "label selector: has 'b' where '(' is expected");
  EXPECT_EQ(Problem("a in (b"), "label selector: ends where ',' or ')' is expected");
  EXPECT_EQ(Problem("a in (b c)"), "label selector: has 'c' where ',' or ')' is expected");
  EXPECT_EQ(Problem("a in ()"), "label selector: \"a\" needs values to be in or not in");
  EXPECT_EQ(Problem("!"), "label selector: ends where a label key is expected");
  EXPECT_EQ(Problem("!a=b"), "label selector: has '=' where ',' is expected");
  EXPECT_EQ(Problem("a=("), "label selector: has '(' where a value is expected");
  EXPECT_EQ(Problem("-a"), "label selector: \"-a\" is not a label key");
  EXPECT_EQ(Problem("a=b/c"), "label selector: \"b/c\" is not a label value");
  EXPECT_FALSE(ParseSelector("a>b"));
  EXPECT_FALSE(ParseSelector("a>"));
  EXPECT_FALSE(ParseSelector("a>99999999999999999999"));
  EXPECT_FALSE(ParseSelector(std::string((64U << 10U) + 1, ' ')));
}

TEST(ConvertSelector, PrintsAsKubernetesDoes) {
  const LabelSelector selector{{{"app", "web"}, {"tier", "front"}},
                               {{"zone", "In", {"b", "a"}},
                                {"arch", "NotIn", {"arm"}},
                                {"gpu", "DoesNotExist", {}},
                                {"disk", "Exists", {}}}};
  const auto text = SelectorText(selector);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "app=web,arch notin (arm),disk,!gpu,tier=front,zone in (a,b)");
  EXPECT_EQ(ParseSelector(*text)->ToString(), *text);
  EXPECT_EQ(*SelectorText(LabelSelector{}), "");
}

TEST(ConvertSelector, RefusesWhatIsNoSelector) {
  const auto problem = [](const LabelSelector& selector) {
    const auto text = SelectorText(selector);
    EXPECT_FALSE(text);
    return text ? "" : text.error().message;
  };
  EXPECT_EQ(problem({{}, {{"a", "Near", {}}}}), "label selector: \"Near\" is not an operator");
  EXPECT_EQ(problem({{}, {{"a", "Exists", {"b"}}}}), "label selector: Exists takes no values");
  EXPECT_EQ(problem({{}, {{"a", "In", {}}}}),
            "label selector: \"a\" needs values to be in or not in");
  EXPECT_EQ(problem({{{"a b", "c"}}, {}}), "label selector: \"a b\" is not a label key");
  EXPECT_EQ(problem({{{"a", "c d"}}, {}}), "label selector: \"c d\" is not a label value");
}

TEST(Names, AreThoseOfKubernetes) {
  EXPECT_TRUE(IsDnsLabel("a-1"));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b"})
    EXPECT_FALSE(IsDnsLabel(bad)) << bad;
  EXPECT_TRUE(IsDnsLabel(std::string(63, 'a')));
  EXPECT_FALSE(IsDnsLabel(std::string(64, 'a')));

  EXPECT_TRUE(IsDnsSubdomain("a.b-c.d"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a.-b"})
    EXPECT_FALSE(IsDnsSubdomain(bad)) << bad;
  EXPECT_TRUE(IsDnsSubdomain(std::string(253, 'a')));
  EXPECT_FALSE(IsDnsSubdomain(std::string(254, 'a')));

  for (const char* good : {"a", "A_b.c-9", "example.com/A", "x/y"})
    EXPECT_TRUE(IsLabelKey(good)) << good;
  for (const char* bad : {"", "/a", "a/", "Example.com/a", "a/b/c", "-a", "a b"})
    EXPECT_FALSE(IsLabelKey(bad)) << bad;

  EXPECT_TRUE(IsLabelValue(""));
  EXPECT_FALSE(IsLabelValue("-a"));
  EXPECT_FALSE(IsLabelValue(std::string(64, 'a')));
}

TEST(ToLabelSelector, IsTheInverseOfConverting) {
  for (const char* text : {"", "app=web", "a!=b", "a in (b,c)", "a notin (b,c)", "a", "!a", "a="}) {
    const auto parsed = ParseSelector(text);
    const auto back = ToLabelSelector(*parsed);
    ASSERT_TRUE(back) << text;
    const auto again = ConvertSelector(*back);
    ASSERT_TRUE(again) << text;
    for (const Labels& labels : {Labels{}, Labels{{"a", "b"}}, Labels{{"a", ""}},
                                 Labels{{"a", "d"}}, Labels{{"app", "web"}}}) {
      EXPECT_EQ(parsed->Matches(labels), again->Matches(labels)) << text;
    }
  }
}

TEST(ToLabelSelector, HasNoWordForComparisons) {
  EXPECT_FALSE(ToLabelSelector(*ParseSelector("a>5")));
  EXPECT_FALSE(ToLabelSelector(*ParseSelector("a<5")));
}

}  // namespace
}  // namespace hpaplus
