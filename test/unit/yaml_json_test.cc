#include "engine/model/yaml_json.h"

#include <string>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

std::string Json(std::string_view text) {
  const auto documents = ParseYaml(text);
  if (!documents) return documents.error().message;
  return documents->size() == 1 ? documents->front().json
                                : std::to_string(documents->size()) + " documents";
}

TEST(YamlJson, TypesPlainScalarsOfTheCoreSchema) {
  EXPECT_EQ(Json("{a: true, b: False, c: null, d: ~, e: , f: x}"),
            R"({"a":true,"b":false,"c":null,"d":null,"e":null,"f":"x"})");
  EXPECT_EQ(Json("[yes, no, on, off, y, N]"), R"(["yes","no","on","off","y","N"])");
  EXPECT_EQ(Json("[0x1F, 0o17, 0xZZ, 1_000, 2026-11-23]"),
            R"([31,15,"0xZZ","1_000","2026-11-23"])");
}

TEST(YamlJson, KeepsNumbersAsWritten) {
  EXPECT_EQ(Json("[0, -0, 18446744073709551615, 1.50, 1e3, 1.5E-07]"),
            "[0,-0,18446744073709551615,1.50,1e3,1.5E-07]");
  EXPECT_EQ(Json("[+5, .5, 5., -.5e1, '5', \"1.5\"]"), R"([5,0.5,5.0,-0.5e1,"5","1.5"])");
  EXPECT_EQ(Json("[., 1.2.3, 1e, e1, '', 1m, 100Mi, -, +]"),
            R"([".","1.2.3","1e","e1","","1m","100Mi","-","+"])");
}

TEST(YamlJson, ReadsJson) {
  const std::string json = R"({"a":[1,{"b":"c\nd\u00e4"}],"e":{},"f":[],"g":"\""})";
  EXPECT_EQ(Json(json), "{\"a\":[1,{\"b\":\"c\\nd\u00E4\"}],\"e\":{},\"f\":[],\"g\":\"\\\"\"}");
  EXPECT_EQ(Json("{\n\t\"a\": 1\n}"), R"({"a":1})");
}

TEST(YamlJson, ReadsBlocksAndQuotes) {
  EXPECT_EQ(Json("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: 'it''s'\nd: \"\\t\"\n"),
            R"({"a":"x\ny\n","b":"x y","c":"it's","d":"\t"})");
  EXPECT_EQ(Json("a:\n- 1\n- b: 2\n  c: 3\n"), R"({"a":[1,{"b":2,"c":3}]})");
}

TEST(YamlJson, ReadsManyDocumentsAndLeavesOutEmptyOnes) {
  const auto documents = ParseYaml("# nothing\n---\na: 1\n---\n---\n# only a comment\n---\nb: 2\n");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[0].json, R"({"a":1})");
  EXPECT_EQ((*documents)[1].json, R"({"b":2})");
  EXPECT_EQ(ParseYaml("")->size(), 0U);
}

TEST(YamlJson, KnowsWhereFieldsAre) {
  const auto documents = ParseYaml("spec:\n  metrics:\n  - type: A\n  - source: {query: x}\n");
  ASSERT_TRUE(documents);
  const YamlDocument& document = documents->front();
  EXPECT_EQ(document.Find("spec"), (TextPosition{1, 1}));
  EXPECT_EQ(document.Find("spec.metrics[0].type"), (TextPosition{3, 5}));
  EXPECT_EQ(document.Find("spec.metrics[1].source.query"), (TextPosition{4, 14}));
  EXPECT_EQ(document.Find("spec.metrics[1].source.target.value"), (TextPosition{4, 5}));
  EXPECT_EQ(document.Find("spec.metrics[7]"), (TextPosition{2, 3}));
  EXPECT_EQ(document.Find("nowhere"), (TextPosition{1, 1}));
}

TEST(YamlJson, RefusesWhatIsAmbiguous) {
  EXPECT_EQ(Json("a: 1\nb: 2\na: 3\n"), "yaml: line 3, column 1: duplicate key \"a\"");
  EXPECT_EQ(Json("x: {a: 1, a: 2}"), "yaml: line 1, column 11: duplicate key \"a\"");
  EXPECT_EQ(Json("a: 010"),
            "yaml: line 1, column 4: \"010\" may be octal: quote it or drop the leading zero");
  EXPECT_EQ(Json("a: .inf"), "yaml: line 1, column 4: \".inf\" is not a finite number");
  EXPECT_EQ(Json("a: -.NaN"), "yaml: line 1, column 4: \"-.NaN\" is not a finite number");
  EXPECT_EQ(Json("a: 1e999"), "yaml: line 1, column 4: \"1e999\" is out of range");
  EXPECT_EQ(Json("a: 18446744073709551616"),
            "yaml: line 1, column 4: \"18446744073709551616\" is out of range");
  EXPECT_EQ(Json("a: -9223372036854775809"),
            "yaml: line 1, column 4: \"-9223372036854775809\" is out of range");
  EXPECT_EQ(Json("a: !foo 1"), "yaml: line 1, column 4: tags are not supported: !foo");
  EXPECT_EQ(Json("a: !!str 1"),
            "yaml: line 1, column 4: tags are not supported: tag:yaml.org,2002:str");
  EXPECT_EQ(Json("? [a]\n: 1\n"), "yaml: line 1, column 3: a key must be a scalar");
  EXPECT_NE(Json(": 1").find("a key is missing"), std::string::npos);
  EXPECT_NE(Json("{~: 1}").find("a key is missing"), std::string::npos);
  EXPECT_EQ(Json(R"({"": 1, "~": 2})"), R"({"":1,"~":2})");
}

TEST(YamlJson, RefusesAnchorsAndAliases) {
  EXPECT_EQ(Json("a: &x 1\nb: 2\n"), "yaml: line 1, column 4: anchors are not supported");
  EXPECT_EQ(Json("a: &x [1]\nb: *x\n"), "yaml: line 1, column 4: anchors are not supported");
  EXPECT_NE(Json("b: *x\n").find("yaml: line 1"), std::string::npos);
}

TEST(YamlJson, SaysWhereTheSyntaxIsBroken) {
  EXPECT_NE(Json("a: [1, 2\nb: 3\n").find("yaml: line 2"), std::string::npos);
  EXPECT_NE(Json("a: 1\n  b: 2\n").find("yaml: line 2"), std::string::npos);
  EXPECT_NE(Json("a: \"\\q\"").find("yaml: line 1"), std::string::npos);
}

TEST(YamlJson, RefusesTextThatBelongsToNoDocument) {
  EXPECT_EQ(Json("[1], 2"), "yaml: line 1, column 4: unexpected text after the document");
}

TEST(YamlJson, KeepsWhatCameBeforeAProblem) {
  const YamlText text = ReadYaml("a: 1\n---\nb: [\n");
  ASSERT_EQ(text.documents.size(), 1U);
  EXPECT_EQ(text.documents[0].json, R"({"a":1})");
  ASSERT_TRUE(text.problem);
  EXPECT_GE(text.problem->at.line, 3);
}

TEST(YamlJson, HasLimits) {
  std::string deep(64, '[');
  deep += std::string(64, ']');
  EXPECT_EQ(Json(deep), deep);
  EXPECT_EQ(Json("[" + deep + "]"), "yaml: line 1, column 65: nested more than 64 levels deep");

  std::string wide = "[0";
  for (int i = 0; i < 9'998; ++i)
    wide += ",0";
  EXPECT_EQ(Json(wide + "]"), wide + "]");
  EXPECT_NE(Json(wide + ",0]").find("more than 10000 nodes"), std::string::npos);

  // What would cost the parser, or us, a multiple of its length.
  for (const char sign : std::string_view("[]{},:?&*!'\""))
    EXPECT_EQ(Json(std::string(1'000'000, sign)),
              "yaml: line 1, column 1: the text has more than 40000 brackets or 200000 signs of "
              "punctuation");
  std::string keys = "? " + std::string(100'000, 'k') + "\n:\n";
  for (int i = 0; i < 1000; ++i)
    keys += "  k" + std::to_string(i) + ": 1\n";
  EXPECT_NE(Json(keys).find("the paths exceed 8 MiB"), std::string::npos) << Json(keys);

  EXPECT_EQ(Json(std::string((1U << 20U) + 1, ' ')),
            "yaml: line 1, column 1: the text is longer than 1 MiB");
}

}  // namespace
}  // namespace hpaplus
