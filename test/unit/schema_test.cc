// The complaints in here are what a kube-apiserver answered to the same schema and value.

#include "engine/model/schema.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/model/problem_text.h"
#include "engine/model/schema_format.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;

Schema Make(const std::string& text) {
  auto schema = Schema::Create(Json::parse(text));
  HPAPLUS_CHECK(schema.has_value());
  return *std::move(schema);
}

// A schema whose only field, "f", has the given one.
Schema MakeField(const std::string& field) {
  return Make(R"({"type":"object","properties":{"f":)" + field + "}}");
}

std::string Problems(const Schema& schema, const std::string& object) {
  std::string text;
  for (const FieldProblem& problem : schema.Validate(Json::parse(object))) {
    text += (text.empty() ? "" : "\n") + problem.path + ": " + problem.message;
  }
  return text;
}

std::string FieldProblems(const std::string& field, const std::string& value) {
  return Problems(MakeField(field), R"({"f":)" + value + "}");
}

TEST(Schema, ChecksTypes) {
  const std::string integer = R"({"type":"integer","format":"int32"})";
  EXPECT_EQ(FieldProblems(integer, "3"), "");
  EXPECT_EQ(FieldProblems(integer, "3.0"), "");
  EXPECT_EQ(FieldProblems(integer, R"("a")"),
            R"(f: Invalid value: "string": f in body must be of type integer: "string")");
  EXPECT_EQ(FieldProblems(integer, "true"),
            R"(f: Invalid value: "": f in body must be of type int32: "")");
  EXPECT_EQ(FieldProblems(integer, "1.5"),
            R"(f: Invalid value: "float64": f in body must be of type int32: "float64")");
  EXPECT_EQ(FieldProblems(integer, "[1]"),
            R"(f: Invalid value: "array": f in body must be of type integer: "array")");
  EXPECT_EQ(FieldProblems(integer, "5000000000"),
            "f: Invalid value: \"\": Checked value must be of type integer with format int32 in f");
  EXPECT_EQ(FieldProblems(R"({"type":"array"})", R"("a")"),
            R"(f: Invalid value: "string": f in body must be of type array: "string")");
  EXPECT_EQ(FieldProblems(R"({"type":"array","items":{"type":"object"}})", "[null]"),
            R"(f[0]: Invalid value: "null": f[0] in body must be of type object: "null")");
  EXPECT_EQ(FieldProblems(R"({"type":"string","nullable":true})", "null"), "");
  EXPECT_EQ(FieldProblems(R"({"x-kubernetes-preserve-unknown-fields":true})", "[1]"), "");
}

TEST(Schema, ChecksIntOrString) {
  const std::string field = R"({"x-kubernetes-int-or-string":true,
                                "anyOf":[{"type":"integer"},{"type":"string"}]})";
  EXPECT_EQ(FieldProblems(field, "5"), "");
  EXPECT_EQ(FieldProblems(field, R"("5")"), "");
  EXPECT_EQ(FieldProblems(field, "1.5"),
            R"(f: Invalid value: "number": f in body must be of type integer,string: "number")");
}

TEST(Schema, ChecksEnums) {
  const std::string field = R"({"type":"string","enum":["Active","DryRun"]})";
  EXPECT_EQ(FieldProblems(field, R"("Active")"), "");
  EXPECT_EQ(FieldProblems(field, R"("X")"),
            R"(f: Unsupported value: "X": supported values: "Active", "DryRun")");
  EXPECT_EQ(FieldProblems(field, "5"),
            R"(f: Invalid value: "integer": f in body must be of type string: "integer")"
            "\n"
            R"(f: Unsupported value: 5: supported values: "Active", "DryRun")");
}

TEST(Schema, ChecksStrings) {
  const std::string field = R"({"type":"string","minLength":2,"maxLength":4,"pattern":"^a+$"})";
  EXPECT_EQ(FieldProblems(field, R"("aa")"), "");
  EXPECT_EQ(FieldProblems(field, R"("a")"),
            R"(f: Invalid value: "a": f in body should be at least 2 chars long)");
  EXPECT_EQ(FieldProblems(field, R"("aaaaa")"), "f: Too long: may not be more than 4 bytes");
  EXPECT_EQ(FieldProblems(field, R"("ab\n")"),
            R"(f: Invalid value: "ab\n": f in body should match '^a+$')");
  EXPECT_EQ(FieldProblems(R"({"type":"string","maxLength":2})", "\"\u00E4\u00F6\""), "");
}

TEST(Schema, ChecksFormats) {
  const std::string field = R"({"type":"string","format":"duration"})";
  EXPECT_EQ(FieldProblems(field, R"("1h30m")"), "");
  EXPECT_EQ(FieldProblems(field, R"("1 day")"), "");
  EXPECT_EQ(FieldProblems(field, R"("abc")"),
            R"(f: Invalid value: "abc": f in body must be of type duration: "abc")");
  EXPECT_EQ(FieldProblems(field, "5"),
            R"(f: Invalid value: "int64": f in body must be of type duration: "int64")");
  EXPECT_EQ(FieldProblems(R"({"type":"string","format":"date-time"})", R"("yesterday")"),
            R"(f: Invalid value: "yesterday": f in body must be of type date-time: "yesterday")");
  EXPECT_EQ(FieldProblems(R"({"type":"string","format":"colour"})", R"("blue")"), "");
}

TEST(Schema, ChecksNumbers) {
  const std::string field = R"({"type":"integer","minimum":1,"maximum":100000})";
  EXPECT_EQ(FieldProblems(field, "0"),
            "f: Invalid value: 0: f in body should be greater than or equal to 1");
  EXPECT_EQ(FieldProblems(field, "100001"),
            "f: Invalid value: 100001: f in body should be less than or equal to 100000");
  const std::string open = R"({"type":"number","minimum":1,"exclusiveMinimum":true,"maximum":2.5,
                               "exclusiveMaximum":true,"multipleOf":0.5})";
  EXPECT_EQ(FieldProblems(open, "1.5"), "");
  EXPECT_EQ(FieldProblems(open, "1"), "f: Invalid value: 1: f in body should be greater than 1");
  EXPECT_EQ(FieldProblems(open, "2.5"), "f: Invalid value: 2.5: f in body should be less than 2.5");
  EXPECT_EQ(FieldProblems(open, "1.25"),
            "f: Invalid value: 1.25: f in body should be a multiple of 0.5");
}

TEST(Schema, ChecksLists) {
  const std::string field = R"({"type":"array","minItems":1,"maxItems":2,"uniqueItems":true})";
  EXPECT_EQ(FieldProblems(field, "[]"),
            "f: Invalid value: 0: f in body should have at least 1 items");
  EXPECT_EQ(FieldProblems(field, "[1,2,3]"), "f: Too many: 3: must have at most 2 items");
  EXPECT_EQ(FieldProblems(field, "[1,1]"), "f[1]: Duplicate value: 1");
  const std::string map = R"({"type":"array","x-kubernetes-list-type":"map",
                              "x-kubernetes-list-map-keys":["type"]})";
  EXPECT_EQ(FieldProblems(map, R"([{"type":"A","x":1},{"type":"B"},{"type":"A"}])"),
            R"(f[2]: Duplicate value: {"type":"A"})");
}

TEST(Schema, ChecksObjects) {
  const Schema schema = Make(R"({"type":"object","required":["spec"],"properties":{
      "spec":{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"}}},
      "labels":{"type":"object","minProperties":1,"maxProperties":2,
                "additionalProperties":{"type":"string"}}}})");
  EXPECT_EQ(Problems(schema, R"({})"), "spec: Required value");
  EXPECT_EQ(Problems(schema, R"({"spec":{}})"), "spec.a: Required value\nspec.b: Required value");
  EXPECT_EQ(Problems(schema, R"({"spec":{"a":"","b":1},"labels":{}})"),
            "labels: Invalid value: 0: labels in body should have at least 1 properties");
  EXPECT_EQ(Problems(schema, R"({"spec":{"a":"","b":1},"labels":{"x":"","y":"","z":""}})"),
            "labels: Too many: 3: must have at most 2 items");
  EXPECT_EQ(Problems(schema, R"({"spec":{"a":"","b":1},"labels":{"x":5}})"),
            R"(labels.x: Invalid value: "integer": labels.x in body must be of type string: )"
            R"("integer")");
}

TEST(Schema, PrunesWhatItDoesNotKnow) {
  const Schema schema = Make(R"({"type":"object","properties":{
      "spec":{"type":"object","properties":{
        "list":{"type":"array","items":{"type":"object","properties":{"a":{}}}},
        "labels":{"type":"object","additionalProperties":{"type":"string"}},
        "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true,
                "properties":{"known":{"type":"object","properties":{}}}}}}}})");
  Json object = Json::parse(R"({"apiVersion":"v1","kind":"K","metadata":{"name":"n"},"other":1,
      "spec":{"list":[{"a":1,"b":2}],"labels":{"x":"y"},"zip":{"deep":1},"metadata":1,
              "free":{"any":{"thing":1},"known":{"gone":1}}}})");
  const auto unknown = schema.Prune(object);
  EXPECT_EQ(unknown, (std::vector<std::string>{"other", "spec.free.known.gone", "spec.list[0].b",
                                               "spec.metadata", "spec.zip"}));
  EXPECT_EQ(object.dump(),
            R"({"apiVersion":"v1","kind":"K","metadata":{"name":"n"},"spec":{"list":[{"a":1}],)"
            R"("labels":{"x":"y"},"free":{"any":{"thing":1},"known":{}}}})");
}

TEST(Schema, FillsInDefaults) {
  const Schema schema = Make(R"({"type":"object","properties":{
      "min":{"type":"integer","default":1},
      "evaluation":{"type":"object","default":{},"properties":{
        "period":{"type":"string","default":"15s"},"timeout":{"type":"string"}}},
      "list":{"type":"array","items":{"type":"object","properties":{
        "kind":{"type":"string","default":"MetricSource"}}}},
      "labels":{"type":"object","additionalProperties":{"type":"string"}},
      "keep":{"type":"string","nullable":true,"default":"x"}}})");
  Json object = Json::parse(R"({"min":null,"list":[{}],"labels":{"a":null,"b":"c"},"keep":null,
                                "evaluation":{"timeout":null}})");
  schema.Default(object);
  EXPECT_EQ(object.dump(), R"({"min":1,"list":[{"kind":"MetricSource"}],"labels":{"b":"c"},)"
                           R"("keep":null,"evaluation":{"period":"15s"}})");
  Json empty = Json::object();
  schema.Default(empty);
  EXPECT_EQ(empty["evaluation"].dump(), R"({"period":"15s"})");
  EXPECT_EQ(empty["keep"], "x");
}

TEST(Schema, SaysWhatItDoesNotCheck) {
  EXPECT_TRUE(MakeField("{}").checks_everything());
  EXPECT_FALSE(MakeField(R"({"oneOf":[]})").checks_everything());
  EXPECT_FALSE(MakeField(R"({"patternProperties":{}})").checks_everything());
  EXPECT_FALSE(MakeField("{}").has_rules());
  EXPECT_TRUE(MakeField(R"({"x-kubernetes-validations":[{"rule":"true"}]})").has_rules());
}

TEST(Schema, RefusesSchemasThatMakeNoSense) {
  const auto problem = [](const std::string& text) {
    const auto schema = Schema::Create(Json::parse(text));
    EXPECT_FALSE(schema) << text;
    return schema ? "" : schema.error().message;
  };
  EXPECT_EQ(problem("5"), "schema: openAPIV3Schema is not an object");
  EXPECT_EQ(problem(R"({"properties":{"a":{"type":1}}})"),
            "schema: openAPIV3Schema.properties.a.type has the wrong type");
  EXPECT_EQ(problem(R"({"properties":{"a":5}})"),
            "schema: openAPIV3Schema.properties.a is not an object");
  EXPECT_EQ(problem(R"({"required":[1]})"), "schema: openAPIV3Schema.required has the wrong type");
  EXPECT_EQ(problem(R"({"pattern":"("})"),
            "schema: openAPIV3Schema.pattern does not compile: missing ): (");
  std::string deep = "{}";
  for (int i = 0; i < 70; ++i)
    deep = R"({"items":)" + deep + "}";
  EXPECT_NE(problem(deep).find("is nested too deeply"), std::string::npos);
}

TEST(ProblemText, PrintsAsGoDoes) {
  EXPECT_EQ(Quoted("a\"b\\c\td\x01\x7F"), R"("a\"b\\c\td\x01\x7f")");
  EXPECT_EQ(ValueText(Json(1.5)), "1.5");
  EXPECT_EQ(ValueText(Json(1e30)), "1e+30");
  EXPECT_EQ(ValueText(Json(100000.0)), "100000");
  EXPECT_EQ(ValueText(Json(0.00001)), "1e-05");
  EXPECT_EQ(ValueText(Json::parse("[1]")), "[1]");
}

TEST(LooseDuration, ReadsWhatAnApiServerReads) {
  using std::chrono::hours;
  EXPECT_EQ(ReadLooseDuration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(ReadLooseDuration("-1s"), -std::chrono::seconds(1));
  EXPECT_EQ(ReadLooseDuration("1 day"), hours(24));
  EXPECT_EQ(ReadLooseDuration("2 Weeks, 3 hours"), hours(339));
  EXPECT_EQ(ReadLooseDuration("5 apples 2min"), std::chrono::minutes(2));
  for (const char* text : {"", "abc", "5", "5 apples", "99999999999999999999 days", "999999999 w"})
    EXPECT_FALSE(ReadLooseDuration(text)) << text;
}

}  // namespace
}  // namespace hpaplus
