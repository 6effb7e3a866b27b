// The small languages of the embedded cluster: selectors, JSON paths, ages, tokens, URL paths,
// Accept headers, JSON itself.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/continue_token.h"
#include "engine/embedded/json_path.h"
#include "engine/embedded/protobuf.h"
#include "engine/embedded/request.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/table.h"
#include "engine/embedded/type_table.h"

namespace hpaplus::embedded {
namespace {

Json Parse(std::string_view text) {
  return *ParseJson(text)->value;
}

bool Selects(std::string_view selector, std::string_view labels) {
  const Result<LabelSelector> parsed = LabelSelector::Parse(selector);
  EXPECT_TRUE(parsed) << selector;
  const Json json = Parse(labels);
  return parsed->Matches(&json);
}

TEST(EmbeddedText, LabelSelectorsSelect) {
  constexpr char kLabels[] = R"({"app":"web","tier":"a","n":"5"})";
  for (const char* yes : {"", "app=web", "app==web", "app", "!other", "app!=db", "other!=x",
                          "tier in (a, b)", "tier notin (c)", "n>4,n<6", "app=web,tier=a"}) {
    EXPECT_TRUE(Selects(yes, kLabels)) << yes;
  }
  for (const char* no : {"app=db", "other", "!app", "app!=web", "tier in (b)", "tier notin (a)",
                         "n>5", "app>1", "app=web,tier=b", "app="}) {
    EXPECT_FALSE(Selects(no, kLabels)) << no;
  }
}

TEST(EmbeddedText, LabelSelectorsSayWhatIsWrong) {
  EXPECT_EQ(LabelSelector::Parse("app in a").error().message,
            "unable to parse requirement: found 'a' expected: '('");
  for (const char* bad : {"=", "app in (", "a,", "a b", "!", "app in (a", "a in (b c)",
                          "a in (b,c>1)", "a=b)", "a=b c"}) {
    EXPECT_FALSE(LabelSelector::Parse(bad)) << bad;
  }
}

TEST(EmbeddedText, ALabelSelectorObjectSelectsNothingWhenMissingAndAllWhenEmpty) {
  const Json labels = Parse(R"({"app":"web"})");
  const Json empty = Json::object();
  EXPECT_FALSE(LabelSelector::FromJson(nullptr).Matches(&labels));
  EXPECT_TRUE(LabelSelector::FromJson(&empty).Matches(&labels));
  const Json terms = Parse(R"({"matchLabels":{"b":"1"},"matchExpressions":[
    {"key":"a","operator":"In","values":["y","x"]},{"key":"c","operator":"DoesNotExist"}]})");
  EXPECT_EQ(LabelSelector::FromJson(&terms).ToString(), "a in (x,y),b=1,!c");
}

TEST(EmbeddedText, FieldSelectorsKnowTheirFields) {
  const std::vector<std::string> known = {"metadata.name", "spec.on"};
  const Result<FieldSelector> parsed = FieldSelector::Parse("metadata.name=x,spec.on!=true", known);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->Matches(Parse(R"({"metadata":{"name":"x"},"spec":{"on":false}})")));
  EXPECT_FALSE(parsed->Matches(Parse(R"({"metadata":{"name":"x"},"spec":{"on":true}})")));
  EXPECT_FALSE(FieldSelector::Parse("spec.other=1", known));
  EXPECT_FALSE(FieldSelector::Parse("metadata.name", known));
}

TEST(EmbeddedText, JsonPathsFind) {
  const Json root = Parse(R"({"a":{"b":[{"t":"X","s":1},{"t":"Y","s":2}],"c.d":3}})");
  const auto find = [&](std::string_view path) {
    const Result<JsonPath> parsed = JsonPath::Parse(path);
    EXPECT_TRUE(parsed) << path;
    std::string text;
    for (const Json* one : parsed->Find(root))
      text += Dump(*one) + " ";
    return text;
  };
  EXPECT_EQ(find(R"(.a.b[?(@.t=="Y")].s)"), "2 ");
  EXPECT_EQ(find(R"(.a.b[?(@.s>=1)].t)"), R"("X" "Y" )");
  EXPECT_EQ(find(".a.b[0].t"), R"("X" )");
  EXPECT_EQ(find(".a.b[-1].t"), R"("Y" )");
  EXPECT_EQ(find(".a.b[*].s"), "1 2 ");
  EXPECT_EQ(find(R"(.a.c\.d)"), "3 ");
  EXPECT_EQ(find(".a['c.d']"), "3 ");
  EXPECT_EQ(find("{.a.b[7]}"), "");
  EXPECT_EQ(find(".missing.x"), "");
  for (const char* bad : {"a", ".a[", ".a[x]", ".", ".a[?(t)]", ".a[?(@.t=1)]", "..a"}) {
    EXPECT_FALSE(JsonPath::Parse(bad)) << bad;
  }
}

TEST(EmbeddedText, AgesReadAsKubectlPrintsThem) {
  using std::chrono::seconds;
  const std::pair<std::int64_t, const char*> cases[] = {{0, "0s"},
                                                        {119, "119s"},
                                                        {120, "2m"},
                                                        {125, "2m5s"},
                                                        {600, "10m"},
                                                        {3 * 3600, "3h"},
                                                        {3 * 3600 + 60, "3h1m"},
                                                        {8 * 3600, "8h"},
                                                        {48 * 3600, "2d"},
                                                        {49 * 3600, "2d1h"},
                                                        {9 * 86400, "9d"},
                                                        {800L * 86400, "2y70d"},
                                                        {-5, "<invalid>"},
                                                        {10L * 365 * 86400, "10y"}};
  for (const auto& [age, text] : cases)
    EXPECT_EQ(HumanAge(seconds(age)), text);
}

TEST(EmbeddedText, ContinueTokensComeBack) {
  const ContinueToken token{42, "shop/web"};
  const Result<ContinueToken> back = ContinueToken::Parse(token.ToString());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->version, 42U);
  EXPECT_EQ(back->start, "shop/web");
  EXPECT_FALSE(ContinueToken::Parse(ContinueToken{std::nullopt, "a"}.ToString())->version);
  for (const char* bad : {"nonsense", "!", ""})
    EXPECT_FALSE(ContinueToken::Parse(bad)) << bad;
  EXPECT_FALSE(ContinueToken::Parse(std::string(5000, 'A')));
}

TEST(EmbeddedText, UrlPathsNameResources) {
  const auto parse = [](std::string_view path) {
    const Result<ResourcePath> parsed = ParseResourcePath(path);
    if (!parsed) return std::string("none");
    return parsed->group + "|" + parsed->version + "|" + parsed->ns + "|" + parsed->plural + "|" +
           parsed->name + "|" + parsed->subresource;
  };
  EXPECT_EQ(parse("/api/v1/pods"), "|v1||pods||");
  EXPECT_EQ(parse("/api/v1/namespaces/a/pods/b/status"), "|v1|a|pods|b|status");
  EXPECT_EQ(parse("/api/v1/namespaces/a"), "|v1||namespaces|a|");
  EXPECT_EQ(parse("/api/v1/namespaces/a/status"), "|v1||namespaces|a|status");
  EXPECT_EQ(parse("/apis/apps/v1/namespaces/a/deployments/b/scale"),
            "apps|v1|a|deployments|b|scale");
  for (const char* bad :
       {"", "/", "/api", "/api/v1", "/apis/apps/v1", "/x/y/z", "/api/v1/namespaces/a/pods/b/c/d"}) {
    EXPECT_EQ(parse(bad), "none") << bad;
  }
}

TEST(EmbeddedText, AcceptHeadersAreNegotiated) {
  using enum Representation;
  EXPECT_EQ(NegotiateRepresentation(""), kObject);
  EXPECT_EQ(NegotiateRepresentation("*/*"), kObject);
  EXPECT_EQ(NegotiateRepresentation("application/vnd.kubernetes.protobuf"), kNone);
  EXPECT_EQ(NegotiateRepresentation("application/vnd.kubernetes.protobuf, application/json"),
            kObject);
  EXPECT_EQ(
      NegotiateRepresentation("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
      kTable);
  EXPECT_EQ(
      NegotiateRepresentation("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"),
      kMetadata);
  EXPECT_EQ(NegotiateRepresentation("application/json;as=Table;v=v9;g=meta.k8s.io"), kNone);
}

TEST(EmbeddedText, JsonSaysWhichKeysCameTwiceAndHowDeepIsTooDeep) {
  const Result<ParsedJson> parsed = ParseJson(R"({"a":{"b":1,"b":2},"a":3})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->duplicates, (std::vector<std::string>{"a.b", "a"}));
  EXPECT_TRUE(ParseJson(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']')));
  const std::size_t deep = kJsonDepthMax + 1;
  EXPECT_FALSE(ParseJson(std::string(deep, '[') + std::string(deep, ']')));
  for (const char* bad : {"", "{", "{\"a\":}", "[1,]", "nul", "{} x"}) {
    EXPECT_FALSE(ParseJson(bad)) << bad;
  }
}

// Tag, length and bytes of a field on the wire; short ones only.
std::string Part(int number, std::string_view bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} +
         std::string(bytes);
}

std::string Envelope(const std::string& kind, std::string_view raw) {
  return std::string("k8s\0", 4) + Part(1, Part(1, "v1") + Part(2, kind)) + Part(2, raw);
}

TEST(EmbeddedText, ProtobufBecomesTheJsonThatItStandsFor) {
  const std::string label = Part(1, "app") + Part(2, "web");
  const std::string metadata = Part(1, "x") + Part(2, "") + Part(8, "") + Part(11, label);
  const auto map = DecodeProtobuf(
      Envelope("Secret", Part(1, metadata) + Part(2, Part(1, "k") + Part(2, "v!"))), "Secret");
  ASSERT_TRUE(map);
  EXPECT_EQ(Dump(**map),
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"x","labels":{"app":"web"}},)"
            R"("data":{"k":"diE="}})");
  const std::string port = Part(1, Part(2, Part(2, std::string("\x10\x50", 2))));
  const auto pod =
      DecodeProtobuf(Envelope("Pod", Part(2, Part(2, Part(1, "main") + Part(10, port)))), "Pod");
  ASSERT_TRUE(pod);
  // The handler of a probe is a part of its own on the wire.
  EXPECT_EQ(Dump(*Find(**pod, "spec.containers")),
            R"([{"name":"main","livenessProbe":{"httpGet":{"port":80}}}])");
}

TEST(EmbeddedText, BrokenProtobufIsRefused) {
  const std::string good = Envelope("Pod", Part(2, Part(2, Part(1, "main"))));
  ASSERT_TRUE(DecodeProtobuf(good, "Pod"));
  for (std::size_t size = 1; size < good.size(); ++size) {
    const std::string cut = good.substr(0, size);
    // Cut between two parts it is shorter, but not broken.
    if (size == 4 || size == 4 + 2 + 9) continue;
    EXPECT_FALSE(DecodeProtobuf(cut, "Pod")) << size;
  }
  EXPECT_FALSE(DecodeProtobuf("", "Pod"));
  EXPECT_FALSE(DecodeProtobuf(Envelope("Pod", Part(1, Part(1, "x")) + "\x10"), "Pod"));
}

TEST(EmbeddedText, DecodingComplainsAsGoDoes) {
  const auto decode = [](std::string_view text) {
    Json value = Parse(text);
    const Decoded decoded = TypeTable::Builtin().Decode("Deployment", value);
    std::string result = decoded.failure.value_or("");
    for (const std::string& path : decoded.unknown)
      result += "unknown " + path;
    return result.empty() ? Dump(value) : result;
  };
  EXPECT_EQ(decode(R"({"spec":{"replicas":"two"}})"),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of "
            "type int32");
  EXPECT_EQ(decode(R"({"spec":{"replica":2}})"), "unknown spec.replica");
  EXPECT_EQ(decode(R"({"spec":{"replicas":null,"paused":true}})"), R"({"spec":{"paused":true}})");
  EXPECT_EQ(decode(R"({"metadata":{"labels":{"a":1}}})"),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of "
            "type string");
}

}  // namespace
}  // namespace hpaplus::embedded
