#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/patch.h"

namespace hpaplus::embedded {
namespace {

Json Parse(std::string_view text) {
  return *ParseJson(text)->value;
}

// The Deployment `object` after the strategic merge patch `patch`.
Json Strategic(std::string_view object, std::string_view patch) {
  Json result = Parse(object);
  const Status status = ApplyStrategicPatch(result, Parse(patch), "Deployment");
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return result;
}

constexpr char kTwoContainers[] = R"({"spec":{"template":{"spec":{"containers":[
  {"name":"a","image":"a:1","env":[{"name":"X","value":"1"}]},{"name":"b","image":"b:1"}]}}}})";

std::string Containers(const Json& deployment) {
  return Dump(*Find(deployment, "spec.template.spec.containers"));
}

TEST(Patch, MergeReplacesListsAndRemovesWithNull) {
  Json object = Parse(R"({"a":{"b":1,"c":[1,2]},"d":2})");
  ApplyMergePatch(object, Parse(R"({"a":{"b":null,"c":[3]},"e":{"f":null,"g":1}})"));
  EXPECT_EQ(Dump(object), R"({"a":{"c":[3]},"d":2,"e":{"g":1}})");
}

TEST(Patch, StrategicMergesContainersByName) {
  const Json result = Strategic(kTwoContainers, R"({"spec":{"template":{"spec":{"containers":[
    {"name":"b","image":"b:2"},{"name":"c","image":"c:1"}]}}}})");
  EXPECT_EQ(Containers(result), R"([{"name":"a","image":"a:1","env":[{"name":"X","value":"1"}]},)"
                                R"({"name":"b","image":"b:2"},{"name":"c","image":"c:1"}])");
}

TEST(Patch, StrategicDeletesAndReplacesElements) {
  const Json deleted = Strategic(kTwoContainers, R"({"spec":{"template":{"spec":{"containers":[
    {"name":"a","$patch":"delete"}]}}}})");
  EXPECT_EQ(Containers(deleted), R"([{"name":"b","image":"b:1"}])");
  const Json replaced = Strategic(kTwoContainers, R"({"spec":{"template":{"spec":{"containers":[
    {"$patch":"replace"},{"name":"z","image":"z:1"}]}}}})");
  EXPECT_EQ(Containers(replaced), R"([{"name":"z","image":"z:1"}])");
}

TEST(Patch, StrategicKeepsTheOrderThatThePatchNames) {
  const Json result = Strategic(kTwoContainers, R"({"spec":{"template":{"spec":{
    "$setElementOrder/containers":[{"name":"b"},{"name":"a"}],
    "containers":[{"name":"a","image":"a:2"}]}}}})");
  EXPECT_EQ(Text((*Find(result, "spec.template.spec.containers"))[0], "name"), "b");
  EXPECT_EQ(Text((*Find(result, "spec.template.spec.containers"))[1], "image"), "a:2");
}

TEST(Patch, StrategicAddsToAndDeletesFromListsOfScalars) {
  const Json added =
      Strategic(R"({"metadata":{"finalizers":["a"]}})", R"({"metadata":{"finalizers":["b","a"]}})");
  EXPECT_EQ(Dump(*Find(added, "metadata.finalizers")), R"(["a","b"])");
  const Json removed = Strategic(R"({"metadata":{"finalizers":["a","b"]}})",
                                 R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}})");
  EXPECT_EQ(Dump(*Find(removed, "metadata.finalizers")), R"(["b"])");
}

TEST(Patch, StrategicRetainsKeysOfAChangedUnion) {
  const Json result =
      Strategic(R"({"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}})",
                R"({"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}})");
  EXPECT_EQ(Dump(*Find(result, "spec.strategy")), R"({"type":"Recreate"})");
}

TEST(Patch, StrategicRefusesWhatItCannotPlace) {
  Json object = Parse(kTwoContainers);
  const Json nameless = Parse(R"({"spec":{"template":{"spec":{"containers":[{"image":"a"}]}}}})");
  EXPECT_EQ(ApplyStrategicPatch(object, nameless, "Deployment").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_FALSE(ApplyStrategicPatch(object, Parse(R"({"$patch":"odd"})"), "Deployment"));
  EXPECT_FALSE(ApplyStrategicPatch(object, Parse("[]"), "Deployment"));
}

TEST(Patch, JsonPatchTellsABadPatchFromOneThatDoesNotFit) {
  Json object = Parse(R"({"a":1})");
  EXPECT_TRUE(ApplyJsonPatch(object, Parse(R"([{"op":"replace","path":"/a","value":2}])")));
  EXPECT_EQ(Dump(object), R"({"a":2})");
  const auto code = [&](std::string_view patch) {
    return ApplyJsonPatch(object, Parse(patch)).error().code;
  };
  EXPECT_EQ(code(R"([{"op":"test","path":"/a","value":9}])"), ErrorCode::kConflict);
  EXPECT_EQ(code(R"([{"op":"remove","path":"/b"}])"), ErrorCode::kConflict);
  EXPECT_EQ(code(R"([{"op":"odd","path":"/a"}])"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(R"({})"), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::embedded
