// Good and bad objects of test/data/crd: the bad ones with what a real API server answered.

#include "engine/model/spec_check.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/model/crds.h"
#include "engine/model/spec_json.h"
#include "engine/model/yaml_json.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;

std::vector<YamlDocument> ReadFile(const std::string& name) {
  std::ifstream in(std::string(HPAPLUS_SOURCE_DIR "/test/data/crd/") + name);
  std::stringstream text;
  text << in.rdbuf();
  auto documents = ParseYaml(text.str());
  EXPECT_TRUE(documents) << documents.error().message;
  return documents ? *std::move(documents) : std::vector<YamlDocument>();
}

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
  const auto documents = ReadFile("good.yaml");
  EXPECT_GE(documents.size(), 9U);
  for (const YamlDocument& document : documents) {
    EXPECT_EQ(Joined(document.json), "") << document.json;
    if (document.json.find("\"kind\":\"HPAPlus\"") != std::string::npos) {
      const auto spec = ParseWorkload(document.json);
      EXPECT_TRUE(spec) << spec.error().message;
    } else {
      const auto source = ParseSource(document.json);
      EXPECT_TRUE(source) << source.error().message;
    }
  }
}

TEST(CheckObject, RefusesBadObjectsAsAnApiServerDoes) {
  std::map<std::string, Json> good;
  for (const YamlDocument& document : ReadFile("good.yaml")) {
    const Json object = Json::parse(document.json);
    good[object["kind"].get<std::string>() + "/" + object["metadata"]["name"].get<std::string>()] =
        object;
  }
  const Json cases = Json::parse(ReadFile("bad.yaml").front().json)["cases"];
  EXPECT_GE(cases.size(), 100U);
  for (const Json& bad : cases) {
    SCOPED_TRACE(bad["name"].get<std::string>());
    Json object = bad.contains("object") ? bad["object"] : good.at(bad["base"].get<std::string>());
    object["metadata"]["name"] = "bad";
    const Json set = bad.value("set", Json::object());
    for (const auto& [pointer, value] : set.items())
      object[Json::json_pointer(pointer)] = value;
    const Json remove = bad.value("remove", Json::array());
    for (const Json& pointer : remove) {
      const Json::json_pointer place(pointer.get<std::string>());
      object.at(place.parent_pointer()).erase(place.back());
    }
    const auto texts = Texts(object.dump());
    for (const Json& answer : bad["answers"]) {
      EXPECT_EQ(std::ranges::count(texts, answer.get<std::string>()), 1) << answer << " is not in\n"
                                                                         << Joined(object.dump());
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
  EXPECT_EQ(EmbeddedCrds().size(), 3U);
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
