#include "collectors/document.h"

#include <string>

#include <gmock/gmock.h>

#include "collectors/value_path.h"
#include "collectors/xml_document.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};
constexpr DocumentFormat kYaml = DocumentFormat::kYaml;
constexpr DocumentFormat kXml = DocumentFormat::kXml;

DocumentValues At(const std::string& path, std::string_view body,
                  DocumentFormat format = DocumentFormat::kJson) {
  return ReadDocument(format, body, {&path, 1}, kNow).front();
}

double ValueAt(const std::string& path, std::string_view body,
               DocumentFormat format = DocumentFormat::kJson) {
  const auto values = At(path, body, format);
  EXPECT_TRUE(values) << values.error().message;
  if (!values || values->size() != 1) return -1;
  EXPECT_EQ(values->front().at, kNow);
  return values->front().value;
}

std::string MessageAt(const std::string& path, std::string_view body,
                      DocumentFormat format = DocumentFormat::kJson) {
  const auto number = At(path, body, format);
  return number ? "it was accepted" : number.error().message;
}

TEST(JsonPath, IsDottedOrAPointer) {
  const std::string_view body = R"({
    "queue": {"depth": 7, "a.b": 8, "0": 9},
    "items": [{"depth": 1}, {"depth": 2.5}],
    "a/b": {"c~d": 3}, "": {"": 4}})";
  EXPECT_EQ(ValueAt("queue.depth", body), 7);
  EXPECT_EQ(ValueAt("/queue/depth", body), 7);
  EXPECT_EQ(ValueAt("items.1.depth", body), 2.5);
  EXPECT_EQ(ValueAt("/items/0/depth", body), 1);
  EXPECT_EQ(ValueAt("/queue/a.b", body), 8);
  EXPECT_EQ(ValueAt("queue.0", body), 9);  // A key that looks like an index.
  EXPECT_EQ(ValueAt("/a~1b/c~0d", body), 3);
  EXPECT_EQ(ValueAt("//", body), 4);
  EXPECT_EQ(ValueAt("0", "[11]"), 11);
}

TEST(JsonPath, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(MessageAt("", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("a..b", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt(".a", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("a.", "{}"), HasSubstr("empty step"));
  EXPECT_THAT(MessageAt("/a~2", "{}"), HasSubstr("~ must be followed by 0 or 1"));
  EXPECT_THAT(MessageAt("/a~", "{}"), HasSubstr("~ must be followed by 0 or 1"));
  EXPECT_EQ(At("a..b", "{}").error().code, ErrorCode::kInvalidArgument);
  std::string deep = "a";
  for (std::size_t i = 1; i < kMostPathSteps; ++i)
    deep += ".a";
  EXPECT_TRUE(ParseValuePath(deep));
  EXPECT_FALSE(ParseValuePath(deep + ".a"));
}

TEST(JsonNumber, IsANumberOrAStringThatIsOne) {
  EXPECT_EQ(ValueAt("a", R"({"a": 12})"), 12);
  EXPECT_EQ(ValueAt("a", R"({"a": -0.5})"), -0.5);
  EXPECT_EQ(ValueAt("a", R"({"a": 1e308})"), 1e308);
  EXPECT_EQ(ValueAt("a", R"({"a": 123456789012345678901234567890})"),
            123456789012345678901234567890.0);
  EXPECT_EQ(ValueAt("a", R"({"a": "12"})"), 12);
  EXPECT_EQ(ValueAt("a", R"({"a": "1.5k"})"), 1500);
  EXPECT_EQ(ValueAt("a", R"({"a": "2Mi"})"), 2097152);
  EXPECT_EQ(ValueAt("a", R"({"a": "250m"})"), 0.25);
  EXPECT_EQ(ValueAt("a", R"({"a": "1e3"})"), 1000);
  EXPECT_EQ(ValueAt("a", "{\"a\": \"\\u0031\"}"), 1);
  EXPECT_EQ(At("a", R"({"a": 4.1})")->at(0).milli, 4100);
  EXPECT_EQ(At("a", R"({"a": "250m"})")->at(0).milli, 250);
}

TEST(JsonNumber, NamesWhatWasFoundInstead) {
  EXPECT_EQ(MessageAt("a", R"({"a": null})"), "business monitor: no number at a: null");
  EXPECT_THAT(MessageAt("a", R"({"a": true})"), HasSubstr("a boolean"));
  EXPECT_THAT(MessageAt("a", R"({"a": {}})"), HasSubstr("an object"));
  EXPECT_THAT(MessageAt("a", R"({"a": []})"), HasSubstr("an array"));
  EXPECT_THAT(MessageAt("a", R"({"a": "soon"})"), HasSubstr("\"soon\""));
  for (const char* text :
       {"", " 1", "1 ", "k", ".", "m", "NaN", "Inf", "1.5x", "0x1", "1e999", "nan(1)"}) {
    const std::string body = std::string(R"({"a": ")") + text + "\"}";
    EXPECT_THAT(MessageAt("a", body), HasSubstr("neither a number nor a quantity")) << text;
  }
  EXPECT_THAT(MessageAt("a.b", R"({"b": 1})"), HasSubstr("there is no key \"a\""));
  EXPECT_THAT(MessageAt("a.b", R"({"a": {}})"), HasSubstr("there is no key \"b\""));
  EXPECT_THAT(MessageAt("a.b", R"({"a": 5})"), HasSubstr("a number before step \"b\""));
  EXPECT_THAT(MessageAt("2", "[1,2]"), HasSubstr("an array of 2 has no element \"2\""));
  EXPECT_THAT(MessageAt("/-", "[1,2]"), HasSubstr("no element \"-\""));
  EXPECT_THAT(MessageAt("/01", "[1,2]"), HasSubstr("no element \"01\""));
  EXPECT_THAT(MessageAt("a", "5"), HasSubstr("neither an object nor an array"));
  EXPECT_THAT(MessageAt("a", R"({"a": 1, "a": 2})"), HasSubstr("occurs twice"));
}

TEST(JsonNumber, RefusesWhatIsNoJson) {
  const std::string good = R"({"queue":{"depth":5,"max":[1,2]},"x":"y"})";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_FALSE(At("queue.depth", good.substr(0, cut))) << cut;
  }
  EXPECT_TRUE(At("queue.depth", good));
  EXPECT_FALSE(At("queue.depth", good + "{}"));
  EXPECT_FALSE(At("queue.depth", good + "}"));
  const std::string bodies[] = {good + "{}",
                                good + "x",
                                "",
                                " ",
                                "<html>",
                                "\xff",
                                "{\"a\":01}",
                                "{\"a\":1.}",
                                "{\"a\":-}",
                                "{\"a\":1e400}",
                                "{\"a\":nan}",
                                "{\"a\":tru}",
                                "{\"a\" 1}",
                                "{\"a\":\"1}",
                                std::string(100'000, '{'),
                                std::string(100'000, '[')};
  for (const std::string& body : bodies) {
    const auto number = At("a", body);
    ASSERT_FALSE(number) << body.substr(0, 50);
    EXPECT_EQ(number.error().code, ErrorCode::kMalformedData) << body.substr(0, 50);
  }
}

TEST(ValuePath, HasIndicesAndWildcards) {
  const auto path = ParseValuePath("avg(a[*].b[0].c)");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->aggregation, Aggregation::kAverage);
  using enum PathStep::Kind;
  EXPECT_EQ(path->steps, (std::vector<PathStep>{
                             {kName, "a"}, {kAll, ""}, {kName, "b"}, {kIndex, "0"}, {kName, "c"}}));
  EXPECT_TRUE(ParseValuePath("[0].a"));
  EXPECT_TRUE(ParseValuePath("sum([*][*])"));
  EXPECT_EQ(ParseValuePath("summary(1)")->steps.size(), 1U) << "a name like any other";
}

TEST(ValuePath, SaysWhatIsWrongWithItsBrackets) {
  const auto problem = [](const char* text) {
    const auto path = ParseValuePath(text);
    EXPECT_FALSE(path) << text;
    return path ? "" : path.error().message;
  };
  EXPECT_EQ(problem("a[*].b"),
            "business monitor: path a[*].b: [*] needs sum, avg, max, min or "
            "count around the path");
  EXPECT_THAT(problem("sum(a.b)"), HasSubstr("there is no [*] to combine"));
  EXPECT_THAT(problem("sum(/a/b)"), HasSubstr("there is no [*] to combine"));
  EXPECT_THAT(problem("sum(a[*]"), HasSubstr("a ( without )"));
  EXPECT_THAT(problem("a[0"), HasSubstr("a [ without ]"));
  EXPECT_THAT(problem("a[0]b"), HasSubstr("a [ without ]"));
  EXPECT_THAT(problem("a]"), HasSubstr("a ] without ["));
  EXPECT_THAT(problem("a[]"), HasSubstr("an index or *"));
  EXPECT_THAT(problem("a[-1]"), HasSubstr("an index or *"));
  EXPECT_THAT(problem("a[b]"), HasSubstr("an index or *"));
  EXPECT_THAT(problem("a.[0]"), HasSubstr("empty step"));
  EXPECT_THAT(problem("sum()"), HasSubstr("empty step"));
}

TEST(JsonValues, AreCombinedOverListsAndObjects) {
  const std::string_view body = R"({"shards": [{"busy": 1}, {"busy": "2"}, {"busy": 6}],
      "queues": {"a": {"n": 4}, "b": {"n": 8}}, "grid": [[1, 2], [3]], "jobs": ["x", {}, null]})";
  EXPECT_EQ(ValueAt("sum(shards[*].busy)", body), 9);
  EXPECT_EQ(ValueAt("avg(shards[*].busy)", body), 3);
  EXPECT_EQ(ValueAt("max(shards[*].busy)", body), 6);
  EXPECT_EQ(ValueAt("min(shards[*].busy)", body), 1);
  EXPECT_EQ(ValueAt("count(shards[*].busy)", body), 3);
  EXPECT_EQ(ValueAt("sum(queues[*].n)", body), 12);
  EXPECT_EQ(ValueAt("sum(grid[*][*])", body), 6);
  EXPECT_EQ(ValueAt("sum(grid[1][*])", body), 3);
  EXPECT_EQ(ValueAt("count(jobs[*])", body), 3) << "whatever they are";
  EXPECT_EQ(ValueAt("shards[1].busy", body), 2);
  EXPECT_EQ(ValueAt("sum([*])", "[1,2]"), 3);
}

TEST(JsonValues, AreNotCombinedWhenOneIsWrong) {
  EXPECT_THAT(MessageAt("sum(a[*].b)", R"({"a": [{"b": 1}, {}]})"),
              HasSubstr("there is no key \"b\""));
  EXPECT_THAT(MessageAt("sum(a[*].b)", R"({"a": [{"b": 1}, {"b": null}]})"), HasSubstr("null"));
  EXPECT_THAT(MessageAt("sum(a[*])", R"({"a": {"x": 1, "x": 2}})"), HasSubstr("occurs twice"));
  EXPECT_THAT(MessageAt("sum(a[*])", R"({"a": 5})"), HasSubstr("a number before step \"[*]\""));
  EXPECT_THAT(MessageAt("a[0]", R"({"a": {"0": 5}})"), HasSubstr("an object before step \"0\""));
  EXPECT_THAT(MessageAt("count(a[*].b)", R"({"a": [{}]})"), HasSubstr("there is no key"));
}

TEST(JsonValues, OfNothingAreNothing) {
  const auto values = At("sum(a[*].b)", R"({"a": []})");
  ASSERT_TRUE(values);
  EXPECT_TRUE(values->empty());
  EXPECT_EQ(ValueAt("count(a[*].b)", R"({"a": []})"), 0);
}

TEST(JsonValues, OverflowToAnInvalidNumberAndNotToALargeOne) {
  const auto values = At("sum([*])", "[1e308,1e308]");
  ASSERT_TRUE(values);
  EXPECT_EQ(values->at(0).milli, kInvalidMilli);
}

TEST(JsonValues, AreNotMoreThanTheLimit) {
  std::string body = "[1";
  for (std::size_t i = 0; i < kMostValues; ++i)
    body += ",1";
  EXPECT_THAT(MessageAt("sum([*])", body + "]"), HasSubstr("more than 100000 values"));
}

TEST(YamlValues, AreReadByTheSamePaths) {
  const std::string_view body = "queue:\n  depth: 7\n  max: 1.5k\nshards:\n- busy: 1\n- busy: 2\n";
  EXPECT_EQ(ValueAt("queue.depth", body, kYaml), 7);
  EXPECT_EQ(ValueAt("/queue/max", body, kYaml), 1500);
  EXPECT_EQ(ValueAt("sum(shards[*].busy)", body, kYaml), 3);
  EXPECT_EQ(ValueAt("a", "{\"a\": 5}", kYaml), 5);
}

TEST(YamlValues, RefuseWhatIsNotOnePlainDocument) {
  EXPECT_THAT(MessageAt("a", "a: 1\n---\na: 2\n", kYaml), HasSubstr("2 YAML documents"));
  EXPECT_THAT(MessageAt("a", "", kYaml), HasSubstr("0 YAML documents"));
  EXPECT_THAT(MessageAt("a", "a: [", kYaml), HasSubstr("not usable YAML: yaml: line"));
  EXPECT_THAT(MessageAt("a", "a: 1\na: 2", kYaml), HasSubstr("duplicate key"));
  EXPECT_THAT(MessageAt("a", "a: &x 1\nb: *x", kYaml), HasSubstr("not usable YAML"));
  EXPECT_THAT(MessageAt("a", "a: !!int 1", kYaml), HasSubstr("not usable YAML"));
  std::string bomb = "a: &a [1,1]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [*" + char(c - 1) + ",*" + char(c - 1) + "]\n";
  EXPECT_THAT(MessageAt("z", bomb, kYaml), HasSubstr("not usable YAML"));
  EXPECT_THAT(MessageAt("a", std::string(10'000, '['), kYaml), HasSubstr("not usable YAML"));
  EXPECT_THAT(MessageAt("a", "a: .nan", kYaml), HasSubstr("a"));
  EXPECT_EQ(At("a", "a: yes", kYaml).error().code, ErrorCode::kMalformedData);
}

TEST(XmlValues, AreTextsOfElementsAndAttributes) {
  const std::string_view body =
      R"(<?xml version="1.0"?><!-- all --><stats at="12"><queue depth=" 3 "> 7 </queue><q:x>1.5k</q:x>
         <shard busy="1">a</shard><shard busy="2"><n>4</n></shard><n><![CDATA[8]]></n><e>&#49;</e></stats>)";
  EXPECT_EQ(ValueAt("stats.queue", body, kXml), 7);
  EXPECT_EQ(ValueAt("/stats/queue", body, kXml), 7);
  EXPECT_EQ(ValueAt("stats.@at", body, kXml), 12);
  EXPECT_EQ(ValueAt("/stats/q:x", body, kXml), 1500);
  EXPECT_EQ(ValueAt("stats.shard[1].n", body, kXml), 4);
  EXPECT_EQ(ValueAt("stats.shard.0.@busy", body, kXml), 1);
  EXPECT_EQ(ValueAt("sum(stats.shard[*].@busy)", body, kXml), 3);
  EXPECT_EQ(ValueAt("count(stats.shard[*])", body, kXml), 2);
  EXPECT_EQ(ValueAt("count(stats.none[*])", body, kXml), 0);
  EXPECT_EQ(ValueAt("stats.n", body, kXml), 8);
  EXPECT_EQ(ValueAt("stats.e", body, kXml), 1);
}

TEST(XmlValues, NameWhatWasFoundInstead) {
  const std::string_view body = "<a x='1'><b>1</b><b>2</b><c/><d>soon</d></a>";
  EXPECT_EQ(MessageAt("b", body, kXml),
            "business monitor: no number at b: there is no element \"b\"");
  EXPECT_THAT(MessageAt("a.b", body, kXml), HasSubstr("element \"b\" occurs 2 times"));
  EXPECT_THAT(MessageAt("a.b[2]", body, kXml),
              HasSubstr("of 2 elements \"b\" there is no number 2"));
  EXPECT_THAT(MessageAt("a", body, kXml), HasSubstr("an element with elements in it"));
  EXPECT_THAT(MessageAt("a.c", body, kXml), HasSubstr("the text \"\""));
  EXPECT_THAT(MessageAt("a.d", body, kXml), HasSubstr("the text \"soon\""));
  EXPECT_THAT(MessageAt("a.@y", body, kXml), HasSubstr("there is no attribute \"y\""));
  EXPECT_THAT(MessageAt("a.@x.b", body, kXml), HasSubstr("must be the last step"));
  EXPECT_THAT(MessageAt("[0].b", body, kXml), HasSubstr("must follow the name"));
  EXPECT_THAT(MessageAt("sum(a.d[*])", body, kXml), HasSubstr("soon"));
  EXPECT_THAT(MessageAt("a.@x", "<a x='1' x='2'/>", kXml), HasSubstr("occurs twice"));
}

TEST(XmlValues, RefuseADtdSecondRootsAndWhatIsNotWellFormed) {
  const std::string good = "<a><b>1</b></a>";
  EXPECT_EQ(ValueAt("a.b", good, kXml), 1);
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_FALSE(At("a.b", good.substr(0, cut), kXml)) << cut;
  const std::string bodies[] = {
      "<!DOCTYPE a>" + good,
      "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a><b>&e;</b></a>",
      "<!DOCTYPE a [<!ENTITY x \"1\"><!ENTITY y \"&x;&x;\">]><a><b>&y;</b></a>",
      good + good,
      good + "<a>",
      "<a><b>&e;</b></a>",
      "<a><b>1</a></b>",
      "<html>",
      "{}",
      "",
      "\xff\xfe",
      std::string("<a><b>1\0</b></a>", 16)};
  for (const std::string& body : bodies) {
    const auto values = At("a.b", body, kXml);
    ASSERT_FALSE(values) << body;
    EXPECT_EQ(values.error().code, ErrorCode::kMalformedData) << body;
  }
}

TEST(XmlValues, HaveLimitsOnNodesAndLevels) {
  const auto nested = [](std::size_t depth) {
    std::string body;
    for (std::size_t i = 0; i < depth; ++i)
      body += "<a>";
    body += "1";
    for (std::size_t i = 0; i < depth; ++i)
      body += "</a>";
    return body;
  };
  EXPECT_THAT(MessageAt("b", nested(kXmlDepthMost - 1), kXml), HasSubstr("no element"));
  EXPECT_THAT(MessageAt("b", nested(kXmlDepthMost), kXml), HasSubstr("more than 64 levels"));
  EXPECT_THAT(MessageAt("b", nested(90'000), kXml), HasSubstr("more than 64 levels"));
  std::string wide = "<a>";
  for (std::size_t i = 0; i <= kXmlNodesMost; ++i)
    wide += "<b/>";
  EXPECT_THAT(MessageAt("a.b", wide + "</a>", kXml), HasSubstr("more than 200000 nodes"));
}

TEST(OneNumber, IsAllThereIs) {
  constexpr DocumentFormat kNumber = DocumentFormat::kNumber;
  EXPECT_EQ(ValueAt("value", "12", kNumber), 12);
  EXPECT_EQ(ValueAt("value", " 1.5k\r\n", kNumber), 1500);
  EXPECT_EQ(ValueAt("value", "0", kNumber), 0);
  for (const char* body : {"", "\n", "1 2", "x", "NaN", "1\n2"})
    EXPECT_THAT(MessageAt("value", body, kNumber), HasSubstr("no number at value: \"")) << body;
  EXPECT_THAT(MessageAt("depth", "12", kNumber), HasSubstr("of one number the path is \"value\""));
}

TEST(ContentType, NamesTheFormat) {
  using enum DocumentFormat;
  EXPECT_EQ(DocumentFormatOf("application/json"), kJson);
  EXPECT_EQ(DocumentFormatOf("Application/JSON ; charset=utf-8"), kJson);
  EXPECT_EQ(DocumentFormatOf("application/vnd.shop+json"), kJson);
  EXPECT_EQ(DocumentFormatOf("text/x-yaml"), DocumentFormat::kYaml);
  EXPECT_EQ(DocumentFormatOf("application/soap+xml"), DocumentFormat::kXml);
  for (const char* type : {"", "text/html", "application/xhtml+xml", "text/plain", "json"})
    EXPECT_EQ(DocumentFormatOf(type), std::nullopt) << type;
}

}  // namespace
}  // namespace hpaplus::collectors
