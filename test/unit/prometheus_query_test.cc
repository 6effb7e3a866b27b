#include "collectors/prometheus_query.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::collectors {
namespace {

using testing::HasSubstr;
using Queries = PrometheusSource::Queries;

SourceSpec Source(Queries queries = Queries::kAny) {
  SourceSpec source;
  source.prometheus =
      PrometheusSource{.queries = queries,
                       .groups = {{.name = "rps", .query = "q", .by = {"namespace", "app"}},
                                  {.name = "total", .query = "t"}}};
  return source;
}

Result<std::optional<GroupQuestion>> Find(const std::string& expression,
                                          const SourceSpec& source = Source(),
                                          const std::string& ns = "shop") {
  MetricQuery query;
  query.ns = ns;
  query.expression = expression;
  return FindGroup(source, query);
}

GroupQuestion Found(const std::string& expression, const SourceSpec& source = Source()) {
  const auto found = Find(expression, source);
  EXPECT_TRUE(found) << expression << ": " << found.error().message;
  EXPECT_TRUE(!found || *found) << expression;
  return found && *found ? **found : GroupQuestion{99, ""};
}

std::string ErrorOf(const std::string& expression, const SourceSpec& source = Source()) {
  const auto found = Find(expression, source);
  EXPECT_FALSE(found) << expression;
  return found ? "" : found.error().message;
}

TEST(FindGroup, FillsInTheNamespaceOfWhoAsks) {
  const GroupQuestion shop{0, "4:shop8:checkout"};
  EXPECT_EQ(Found(R"(rps{app="checkout"})"), shop);
  EXPECT_EQ(Found(" rps { app = 'checkout' , } "), shop);
  EXPECT_EQ(Found(R"(rps{app=`checkout`,namespace="shop"})"), shop);
  EXPECT_EQ(Found(R"(rps{namespace="bank",app="a\"\\\n"})"), (GroupQuestion{0, "4:bank4:a\"\\\n"}));
  EXPECT_EQ(Found("total"), (GroupQuestion{1, ""}));
  EXPECT_EQ(Found("total{}"), (GroupQuestion{1, ""}));
}

TEST(FindGroup, LeavesEverythingElseToPrometheus) {
  for (const char* promql :
       {"sum(rps)", "other{app=\"x\"}", "rpsx", "rps:rate", "1", "{a=\"b\"}", "\"rps\"", "(rps)"}) {
    const auto found = Find(promql);
    ASSERT_TRUE(found) << promql;
    EXPECT_FALSE(*found) << promql;
  }
  MetricQuery query;
  query.expression = "rps";
  EXPECT_FALSE(*FindGroup(SourceSpec(), query)) << "a source without options has no groups";
}

TEST(FindGroup, SaysWhatIsWrongWithAQueryOfAGroup) {
  EXPECT_THAT(ErrorOf("rps"), HasSubstr("group rps: label app is missing"));
  EXPECT_THAT(ErrorOf("rps{pod=\"x\"}"), HasSubstr("it has no label pod, only namespace, app"));
  EXPECT_THAT(ErrorOf("rps{app=\"x\",app=\"y\"}"), HasSubstr("label app is there twice"));
  EXPECT_THAT(ErrorOf("rps{app=~\"x\"}"), HasSubstr("label app needs ="));
  EXPECT_THAT(ErrorOf("rps{app!=\"x\"}"), HasSubstr("label app needs ="));
  EXPECT_THAT(ErrorOf("rps{app=x}"), HasSubstr("no value in quotes"));
  EXPECT_THAT(ErrorOf("rps{app=\"x}"), HasSubstr("no value in quotes"));
  EXPECT_THAT(ErrorOf("rps{app=\"\\d\"}"), HasSubstr("no value in quotes"));
  EXPECT_THAT(ErrorOf("rps{app=\"x\" namespace=\"y\"}"), HasSubstr("a comma is missing"));
  EXPECT_THAT(ErrorOf("rps{\"app\"=\"x\"}"), HasSubstr("name of a label"));
  EXPECT_THAT(ErrorOf("rps{"), HasSubstr("name of a label"));
  EXPECT_THAT(ErrorOf("rps * 2"), HasSubstr("and nothing else"));
  EXPECT_THAT(ErrorOf("rps{app=\"x\"} * 2"), HasSubstr("and nothing else"));
  EXPECT_FALSE(Find("rps{app=\"x\"}", Source(), "")) << "nobody's namespace is not the empty label";
}

TEST(FindGroup, LetsTenantsAskForTheirOwnNamespaceOnly) {
  const SourceSpec own = Source(Queries::kOwnGroups);
  EXPECT_EQ(Found(R"(rps{app="a"})", own), (GroupQuestion{0, "4:shop1:a"}));
  EXPECT_EQ(Found(R"(rps{app="a",namespace="shop"})", own), (GroupQuestion{0, "4:shop1:a"}));
  const auto other = Find(R"(rps{app="a",namespace="bank"})", own);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(other.error().message, HasSubstr("only the object's own namespace"));
  EXPECT_FALSE(Find(R"(rps{app="a",namespace=""})", own));
  // No value of another label reaches over into the namespace's place.
  EXPECT_NE(Found(R"(rps{app="a4:bank"})", own).key, "4:bank1:a");

  for (const Queries queries : {Queries::kGroups, Queries::kOwnGroups}) {
    const auto promql = Find("sum(rate(x[1m]))", Source(queries));
    ASSERT_FALSE(promql);
    EXPECT_EQ(promql.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(promql.error().message, HasSubstr("its groups only: rps, total"));
  }
}

TEST(PromQl, KnowsPlainSelectors) {
  for (const char* plain : {"x", " x ", "job:x:rate5m", "x{}", "x{a=\"b\"}", "{__name__=\"x\"}",
                            "x{a!=\"b\", c=~'d.*', e!~`f`,}", "x{a=\"}\"}", "x{a=\"\\\\d\"}"})
    EXPECT_TRUE(IsPlainSelector(plain)) << plain;
  for (const char* other :
       {"", "1", "NaN", "inf", "x + 1", "x[1m]", "x offset 1m", "x @ 1", "rate(x[1m])", "sum(x)",
        "x{a=\"b\"", "x{a=\"b\"} # c", "x{a}", "x{a=b}", "x{a==\"b\"}", "-x", "x{,}", "\"x\""})
    EXPECT_FALSE(IsPlainSelector(other)) << other;
}

TEST(PromQl, AsksForTheTimesWhereTheyCanBeHad) {
  EXPECT_EQ(QuestionFor("x", "", false), "x");
  EXPECT_EQ(QuestionFor("sum(x)", "", true), "sum(x)");
  EXPECT_EQ(QuestionFor("x", "", true), WithTimes("x", "timestamp(x)"));
  EXPECT_EQ(QuestionFor("sum(x) # total", "min(timestamp(x))", false),
            "(sum(x) # total\n) or label_replace((min(timestamp(x))\n), \"hpaplus_part\", "
            "\"time\", \"\", \"\")");
}

}  // namespace
}  // namespace hpaplus::collectors
