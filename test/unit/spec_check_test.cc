// Good and bad objects of test/data/crd: the bad ones with what a real API server answered.

#include "engine/model/spec_check.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/model/crds.h"
#include "engine/model/quota_json.h"
#include "engine/model/spec_json.h"
#include "test/support/crd_cases.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(const FieldProblem& problem) {
  if (problem.kind == ProblemKind::kUnknownField) return problem.message;
  return problem.path + ": " + problem.message;
}

std::vector<std::string> Texts(const std::string& object) {
  std::vector<std::string> texts;
  for (const FieldProblem& problem : CheckObject(object))
    texts.push_back(Text(problem));
  return texts;
}

std::string Joined(const std::string& object) {
  std::string joined;
  for (const std::string& text : Texts(object))
    joined += (joined.empty() ? "" : "\n") + text;
  return joined;
}

TEST(CheckObject, TakesGoodObjectsAndSoDoTheParsers) {
  const auto objects = test::LoadGoodObjects();
  EXPECT_GE(objects.size(), 9U);
  for (const Json& object : objects) {
    const std::string text = object.dump();
    EXPECT_EQ(Joined(text), "") << text;
    if (object["kind"] == "HPAPlus") {
      const auto spec = ParseWorkload(text);
      EXPECT_TRUE(spec) << spec.error().message;
    } else if (object["kind"] == "DynamicQuota") {
      const auto quota = ParseQuota(text);
      EXPECT_TRUE(quota) << quota.error().message;
    } else if (object["kind"] == "QuotaPool") {
      const auto pool = ParsePool(text);
      EXPECT_TRUE(pool) << pool.error().message;
    } else {
      const auto source = ParseSource(text);
      EXPECT_TRUE(source) << source.error().message;
    }
  }
}

TEST(CheckObject, RefusesBadObjectsAsAnApiServerDoes) {
  const auto objects = test::LoadBadObjects();
  EXPECT_GE(objects.size(), 100U);
  for (const test::BadObject& bad : objects) {
    SCOPED_TRACE(bad.name);
    const auto texts = Texts(bad.object.dump());
    for (const std::string& answer : bad.answers) {
      EXPECT_EQ(std::ranges::count(texts, answer), 1) << answer << " is not in\n"
                                                      << Joined(bad.object.dump());
    }
  }
}

TEST(CheckObject, RefusesWhatIsNoObjectOfOurs) {
  EXPECT_EQ(CheckObject("").front().kind, ProblemKind::kUnknownKind);
  EXPECT_EQ(Joined("[]"), ": not an object");
  EXPECT_EQ(Joined("{}"), "apiVersion: unknown version \"\"");
  EXPECT_EQ(Joined(R"({"apiVersion":"apps/v1","kind":"Deployment"})"),
            "apiVersion: unknown version \"apps/v1\"");
  EXPECT_EQ(Joined(R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPA"})"),
            "kind: unknown kind \"HPA\"");
}

std::string Named(const std::string& metadata) {
  return R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPAPlus","metadata":)" +
         metadata +
         R"(,"spec":{"scaleTargetRef":{"kind":"Deployment","name":"x"},"maxReplicas":3}})";
}

TEST(CheckObject, ChecksMetadata) {
  EXPECT_EQ(Joined(Named(R"({"name":"a.b"})")), "");
  EXPECT_EQ(Joined(Named(R"({"generateName":"a-"})")), "");
  EXPECT_EQ(Joined(Named("{}")), "metadata.name: Required value: name or generateName is required");
  EXPECT_NE(Joined(Named("5")).find("metadata: Invalid value: \"integer\""), std::string::npos);
  EXPECT_NE(Joined(Named(R"({"name":"A"})")).find("metadata.name: Invalid value: \"A\""),
            std::string::npos);
  EXPECT_EQ(Joined(Named(R"({"name":"a","namespace":"x.y"})")),
            "metadata.namespace: Invalid value: \"x.y\": must be a lower case DNS label");
  EXPECT_EQ(Joined(Named(R"({"name":"a","label":{}})")), "unknown field \"metadata.label\"");
  EXPECT_EQ(Joined(Named(R"({"name":"a","labels":{"a":5}})")),
            "metadata.labels.a: must be a string: quote it");
  EXPECT_EQ(Joined(Named(R"({"name":"a","labels":{"a b":"c d"}})")),
            "metadata.labels: Invalid value: \"a b\": must be a label key\n"
            "metadata.labels.a b: Invalid value: \"c d\": must be a label value");
  EXPECT_EQ(Joined(Named(R"({"name":"a","annotations":[]})")),
            "metadata.annotations: must be an object");
}

TEST(CheckObject, DemandsMetadata) {
  EXPECT_EQ(Joined(R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPAPlus",
                       "spec":{"scaleTargetRef":{"kind":"D","name":"x"},"maxReplicas":3}})"),
            "metadata.name: Required value: name or generateName is required");
}

TEST(CheckObject, FindsDuplicateFields) {
  EXPECT_EQ(Joined(Named(R"({"name":"a","name":"b"})")), "duplicate field \"metadata.name\"");
}

TEST(CheckObject, HasLimits) {
  std::string deep = "1";
  for (int i = 0; i < 70; ++i)
    deep = "[" + deep + "]";
  EXPECT_EQ(Joined(deep), ": json: more than 20000 values or 64 levels");
  std::string wide = "[0";
  for (int i = 0; i < 20'000; ++i)
    wide += ",0";
  EXPECT_EQ(Joined(wide + "]"), ": json: more than 20000 values or 64 levels");
}

TEST(CheckRules, RefusesFloatsThatARuleLooksAt) {
  const auto problems = [](const std::string& object) {
    std::string texts;
    for (const FieldProblem& problem : CheckRules(Json::parse(object)))
      texts += Text(problem);
    return texts;
  };
  const std::string float_error =
      "Invalid value: \"object\": invalid data, expected int, got float64 evaluating rule: ";
  EXPECT_EQ(problems(R"({"kind":"HPAPlus","spec":{"minReplicas":1,"maxReplicas":3.0}})"),
            "spec: " + float_error + "minReplicas must not exceed maxReplicas");
  EXPECT_EQ(problems(R"({"kind":"HPAPlus","spec":{"minReplicas":4,"maxReplicas":3.5}})"), "");
  EXPECT_EQ(problems(R"({"kind":"HPAPlus","spec":{"metrics":[{"type":"Resource","resource":{
                         "target":{"type":"Utilization","averageUtilization":50.0}}}]}})"),
            "spec.metrics[0].resource.target: " + float_error +
                "set exactly the field that target.type names: value, averageValue or "
                "averageUtilization");
}

TEST(CheckRules, PassesOverOtherKinds) {
  EXPECT_TRUE(CheckRules(Json::parse(R"({"kind":"Deployment","spec":{}})")).empty());
  EXPECT_TRUE(CheckRules(Json::parse("[]")).empty());
  EXPECT_EQ(
      CheckRules(Json::parse(R"({"kind":"HPAPlus","spec":{"minReplicas":2,"maxReplicas":1}})"))
          .size(),
      1U);
}

TEST(BlocksRules, AsTheServerDoes) {
  EXPECT_TRUE(BlocksRules(ProblemKind::kRequired));
  EXPECT_TRUE(BlocksRules(ProblemKind::kTypeInvalid));
  EXPECT_FALSE(BlocksRules(ProblemKind::kInvalid));
}

TEST(EmbeddedCrds, AreTheFilesOfTheChart) {
  EXPECT_EQ(EmbeddedCrds().size(), 5U);
  for (const EmbeddedFile& file : EmbeddedCrds()) {
    std::ifstream in(std::string(HPAPLUS_SOURCE_DIR "/charts/hpaplus/crds/") +
                     std::string(file.name));
    std::stringstream text;
    text << in.rdbuf();
    EXPECT_EQ(file.text, text.str()) << file.name;
  }
}

}  // namespace
}  // namespace hpaplus
