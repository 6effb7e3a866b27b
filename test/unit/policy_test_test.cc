// Policy tests: their series, their files, and what they find out.

#include <cmath>

#include <gmock/gmock.h>

#include "engine/model/spec_json.h"
#include "engine/model/yaml_json.h"
#include "engine/rehearse/test_file.h"
#include "policies/builtin.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Kind = ScriptPoint::Kind;

std::vector<double> Values(const std::string& text) {
  const auto script = ParseScript(text, seconds(1));
  EXPECT_TRUE(script) << text;
  std::vector<double> values;
  if (!script) return values;
  for (const ScriptPoint& point : *script)
    values.push_back(point.value);
  return values;
}

std::string Problem(const std::string& text) {
  const auto script = ParseScript(text, seconds(1));
  return script ? "" : script.error().message;
}

TEST(ParseScript, ReadsNumbersAndRows) {
  EXPECT_EQ(Values("5"), (std::vector<double>{5}));
  EXPECT_EQ(Values(" 5x3  7 \n"), (std::vector<double>{5, 5, 5, 7}));
  EXPECT_EQ(Values("5+2x3 5-1.5x3"), (std::vector<double>{5, 7, 9, 5, 3.5, 2}));
  EXPECT_EQ(Values("-1 1e3x2 resetx2"), (std::vector<double>{-1, 1000, 1000, 0, 0}));
}

TEST(ParseScript, ReadsWhatGoesWrong) {
  const auto script = ParseScript("1 _ stalex2 NaN outage(2500ms) lag(10s) 2", seconds(1));
  ASSERT_TRUE(script);
  ASSERT_EQ(script->size(), 9U);
  EXPECT_EQ((*script)[1].kind, Kind::kNothingNew);
  EXPECT_EQ((*script)[3].kind, Kind::kEmpty);
  EXPECT_TRUE(std::isnan((*script)[4].value));
  EXPECT_EQ((*script)[5].kind, Kind::kFails);
  EXPECT_EQ((*script)[7].kind, Kind::kFails) << "rounded up";
  EXPECT_EQ((*script)[8], (ScriptPoint{Kind::kValue, 2, seconds(10)}));
}

TEST(ParseScript, JittersTheSameWayEveryTime) {
  const std::vector<double> once = Values("jitter(3) 100x50");
  EXPECT_EQ(once, Values("jitter(3) 100x50"));
  EXPECT_NE(once[0], once[1]);
  for (const double value : once)
    EXPECT_NEAR(value, 100, 3);
}

TEST(ParseScript, NamesWhatIsNoElement) {
  EXPECT_EQ(Problem(""), "the series has no step");
  EXPECT_EQ(Problem("lag(1s)"), "the series has no step");
  for (const char* bad : {"x", "5x", "5x0", "5x1.5", "5y3", "_y", "stalex", "inf", "5x2000000"})
    EXPECT_EQ(Problem(bad), "\"" + std::string(bad) + "\" is no element of a series");
  EXPECT_EQ(Problem("5+x3"), "\"5+x3\" wants to be like 5+2x10");
  EXPECT_EQ(Problem("5+2"), "\"5+2\" wants to be like 5+2x10");
  EXPECT_EQ(Problem("outage(30)"), "\"outage(30)\" wants a duration, like 30s");
  EXPECT_EQ(Problem("outage(30s"), "\"outage(30s\" has no )");
  EXPECT_EQ(Problem("jitter(-1) 5"), "\"jitter(-1)\" wants a number, not below 0");
  EXPECT_THAT(Problem("1x900000 1x900000"), HasSubstr("makes more than 1000000 steps"));
  EXPECT_THAT(Problem("outage(9000h)"), HasSubstr("makes more than"));
}

TEST(Comparison, IsReadAndHolds) {
  EXPECT_TRUE(ParseComparison(">= 40", false)->Holds(40));
  EXPECT_FALSE(ParseComparison(">40", false)->Holds(40));
  EXPECT_TRUE(ParseComparison("9", false)->Holds(9));
  EXPECT_TRUE(ParseComparison("!= 9", false)->Holds(8));
  EXPECT_TRUE(ParseComparison("< 1m30s", true)->Holds(89));
  EXPECT_FALSE(ParseComparison("<= 9s", true)->Holds(10));
  for (const char* bad : {"", ">", "> x", "=> 4", "< 9s", "nan"})
    EXPECT_FALSE(ParseComparison(bad, false)) << bad;
}

constexpr const char* kObject = R"({"metadata":{"namespace":"shop","name":"web","uid":"u"},
  "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},
  "maxReplicas":100,"evaluation":{"period":"1s"},
  "metrics":[{"name":"load","type":"Source","source":{"ref":{"name":"p"},"query":"q",
    "target":{"type":"AverageValue","averageValue":"10"}}}]}})";

Result<std::vector<PolicyTest>> Read(const std::string& yaml) {
  return ReadTestFile(yaml, [](const std::string& file) -> Result<WorkloadSpec> {
    if (file != "web.yaml") return Error{ErrorCode::kNotFound, file + ": cannot be read"};
    return ParseWorkload(kObject);
  });
}

Result<std::vector<PolicyTest>> ReadOne(const std::string& test) {
  return Read("policies: [web.yaml]\ntests:\n- {name: it, " + test + "}\n");
}

std::vector<Violation> Try(const std::string& test) {
  const auto tests = ReadOne(test);
  EXPECT_TRUE(tests) << tests.error().message;
  if (!tests) return {};
  return RunPolicyTest((*tests)[0], policies::MakeBuiltinPolicies).violations;
}

TEST(PolicyTest, HoldsWhereItShould) {
  EXPECT_TRUE(Try("target: {replicas: 5}, input: {load: '50x60'}, expect: [{changes: 0}, "
                  "{from: 0s, to: 1m, replicas: 5}]")
                  .empty());
  EXPECT_TRUE(Try("target: {replicas: 5}, input: {load: '50x10 90x60'}, expect: [{changes: 1}, "
                  "{within: 3s, of: 10s, desired: 9, reason: AboveTarget}, {at: 9s, replicas: 5}, "
                  "{at: 15s, replicas: 9, condition: ScalingActive=True}]")
                  .empty());
}

TEST(PolicyTest, FailsWithTheFirstMoment) {
  const auto violations =
      Try("target: {replicas: 5}, input: {load: '50x10 90x60'}, expect: [{replicas: '<= 5'}, "
          "{changes: 0}, {at: 30s, condition: ScalingActive=False}, {at: 30s, reason: NoData}]");
  ASSERT_EQ(violations.size(), 4U);
  EXPECT_THAT(violations[0].what, HasSubstr("replicas is 9, not <= 5"));
  EXPECT_THAT(violations[0].expectation, HasSubstr("<= 5"));
  ASSERT_TRUE(violations[0].decision);
  EXPECT_EQ(violations[0].decision->current, 9);
  EXPECT_EQ(violations[1].what, "there were 1 changes");
  EXPECT_THAT(violations[2].what, HasSubstr("ScalingActive is True"));
  EXPECT_THAT(violations[3].what, HasSubstr("no stage has the reason NoData"));
}

TEST(PolicyTest, TellsWhatIsMissingFromZero) {
  const std::pair<std::string, std::string> cases[] = {{"outage(60s)", "SourceFailed"},
                                                       {"stalex60", "NoData"},
                                                       {"NaNx60", "InvalidData"},
                                                       {"-1x60", "InvalidData"},
                                                       {"lag(100s) 1x60", "StaleData"}};
  for (const auto& [series, reason] : cases) {
    SCOPED_TRACE(series);
    for (const Violation& violation :
         Try("target: {replicas: 5}, input: {load: '50x10 " + series +
             "'}, expect: [{changes: 0}, {at: 20s, reason: " + reason + "}]"))
      ADD_FAILURE() << violation.what;
  }
  EXPECT_FALSE(Try("target: {replicas: 5}, duration: 10m, input: {load: '50x10 reset'}, expect: "
                   "[{changes: 0}]")
                   .empty());
}

TEST(PolicyTest, ClosesTheLoop) {
  const std::string loop =
      "target: {replicas: 10}, closedLoop: {load: '100x30 300x60', perPod: 10, startup: 5s}, ";
  EXPECT_TRUE(Try(loop + "expect: [{within: 40s, of: 30s, replicas: 30}, "
                         "{underCapacity: '< 40s'}, {underCapacity: '> 5s'}]")
                  .empty());
  EXPECT_EQ(Try(loop + "expect: [{underCapacity: '< 1s'}]").size(), 1U);
}

TEST(PolicyTest, IsTheSameTwice) {
  const std::string test =
      "target: {replicas: 5}, input: {load: 'jitter(20) 50x300'}, expect: [{changes: -1}]";
  ASSERT_EQ(Try(test).size(), 1U);
  EXPECT_EQ(Try(test)[0].what, Try(test)[0].what);
}

TEST(ReadTestFile, NamesThePlaceOfWhatMakesNoSense) {
  const auto problem = [](const std::string& test) {
    const auto tests = ReadOne(test);
    return tests ? "" : tests.error().message;
  };
  const std::string ok = "input: {load: 5x9}, expect: [{changes: 0}]";
  EXPECT_EQ(problem(ok), "");
  EXPECT_THAT(problem(ok + ", other: 1"), HasSubstr("3:"));
  EXPECT_THAT(problem(ok + ", other: 1"), HasSubstr("tests[0].other is not known"));
  EXPECT_THAT(problem("input: {load: 5z}, expect: [{changes: 0}]"),
              HasSubstr("tests[0].input.load \"5z\" is no element"));
  EXPECT_THAT(problem("input: {cpu: 5}, expect: [{changes: 0}]"),
              HasSubstr("tests[0].input.cpu is no metric of the object"));
  EXPECT_THAT(problem("expect: [{changes: 0}]"), HasSubstr("has no series for \"load\""));
  EXPECT_THAT(problem("input: {load: 5x9}"), HasSubstr("expect has nothing in it"));
  EXPECT_THAT(problem("input: {load: 5x9}, expect: [{at: 5s}]"), HasSubstr("expects nothing"));
  EXPECT_THAT(problem("input: {load: 5x9}, expect: [{changes: many}]"),
              HasSubstr("expect[0].changes is no comparison"));
  EXPECT_THAT(problem("input: {load: 5x9}, expect: [{condition: Fine}]"),
              HasSubstr("is no condition like"));
  EXPECT_THAT(problem("input: {load: 5x9}, expect: [{of: 3s, changes: 0}]"),
              HasSubstr("has within without of"));
  EXPECT_THAT(problem(ok + ", policy: other.yaml"), HasSubstr("policy is none of the policies"));
  EXPECT_THAT(problem(ok + ", target: {replicas: 1, ready: 2}"), HasSubstr("ready is more"));
  EXPECT_THAT(problem("closedLoop: {load: 5}, expect: [{changes: 0}]"),
              HasSubstr("perPod is not above 0"));
  EXPECT_THAT(Read("policies: [x.yaml]\ntests: []").error().message,
              HasSubstr("1:12: policies[0] is unusable: x.yaml: cannot be read"));
  EXPECT_THAT(Read("policies: [web.yaml]\n").error().message, HasSubstr("tests has nothing"));
  EXPECT_THAT(Read("a: [").error().message, HasSubstr(":"));
  EXPECT_THAT(Read("").error().message, HasSubstr("not exactly one document"));
}

}  // namespace
}  // namespace hpaplus::rehearse
