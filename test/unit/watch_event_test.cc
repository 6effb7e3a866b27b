#include "engine/kube/watch_event.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using testing::HasSubstr;

TEST(WatchEvent, GivesTheObjectAsItIs) {
  const std::string object =
      R"({"kind":"Pod","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"12"},"x":"é\"}"})";
  const std::string line = R"({"type":"ADDED","object":)" + object + "}";
  const auto event = ParseWatchEvent(line);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, WatchEvent::Type::kAdded);
  EXPECT_EQ(event->object, object);
  EXPECT_GE(event->object.data(), line.data());
  EXPECT_EQ(event->head.name, "a");
  EXPECT_EQ(event->head.ns, "n");
  EXPECT_EQ(event->head.uid, "u");
  EXPECT_EQ(event->head.resource_version, "12");
}

TEST(WatchEvent, KnowsAllTypesInAnyOrderOfFields) {
  const std::pair<const char*, WatchEvent::Type> types[] = {
      {"ADDED", WatchEvent::Type::kAdded},
      {"MODIFIED", WatchEvent::Type::kModified},
      {"DELETED", WatchEvent::Type::kDeleted},
      {"BOOKMARK", WatchEvent::Type::kBookmark}};
  for (const auto& [name, type] : types) {
    const auto event = ParseWatchEvent(
        R"({"object":{"metadata":{"resourceVersion":"1","name":"a"}},"new":[{}],"type":")" +
        std::string(name) + "\"}");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->type, type);
  }
}

TEST(WatchEvent, AP5ABookmarkMayHaveUnknownAnnotations) {
  const auto plain = ParseWatchEvent(
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7","annotations":{"a":"b"}}}})");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_FALSE(plain->head.initial_events_end);
  const auto end = ParseWatchEvent(
      R"({"type":"BOOKMARK","object":{"metadata":{"annotations":
          {"x":"y","k8s.io/initial-events-end":"true"},"resourceVersion":"7"}}})");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_TRUE(end->head.initial_events_end);
  EXPECT_TRUE(ParseWatchEvent(
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7","annotations":null}}})"));
}

TEST(WatchEvent, AP4AnErrorCarriesItsStatus) {
  const auto event = ParseWatchEvent(
      R"json({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},
          "status":"Failure","message":"too old resource version: 1 (341)","reason":"Expired",
          "code":410}})json");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, WatchEvent::Type::kError);
  EXPECT_EQ(event->status.code, 410);
}

TEST(WatchEvent, AP17RefusesWhatIsNoEvent) {
  for (const char* line :
       {"",
        "{",
        "null",
        "[]",
        "{}",
        R"({"type":"ADDED"})",
        R"({"object":{}})",
        R"({"type":"ADDED","object":{}})",
        R"({"type":"ADDED","object":null})",
        R"({"type":"ADDED","object":[]})",
        R"({"type":"ADDED","object":{"metadata":null}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})",
        R"({"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}})",
        R"({"type":"ADDED","object":{"metadata":{"name":1,"resourceVersion":"1"}}})",
        R"({"type":"NEW","object":{"metadata":{"name":"a","resourceVersion":"1"}}})",
        R"({"type":1,"object":{"metadata":{"name":"a","resourceVersion":"1"}}})",
        R"({"type":"BOOKMARK","object":{"metadata":{}}})",
        R"({"type":"ERROR","object":{}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"})",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\xC3\",\"resourceVersion\":"
        "\"1\"}}}"}) {
    const auto event = ParseWatchEvent(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().code, ErrorCode::kMalformedData) << line;
  }
  EXPECT_FALSE(ParseWatchEvent(R"({"type":"ADDED","object":)" + std::string(100'000, '[')));
}

TEST(ListPage, GivesItemsVersionAndWhereToGoOn) {
  const auto page = ParseListPage(
      R"({"kind":"PodList","metadata":{"resourceVersion":"9","continue":"abc","remainingItemCount":3},
          "items":[{"metadata":{"name":"a","resourceVersion":"1"}},
                   {"metadata":{"name":"b","resourceVersion":"2"},"spec":{}}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->resource_version, "9");
  EXPECT_EQ(page->continue_token, "abc");
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[1].head.name, "b");
  EXPECT_EQ(page->items[1].object, R"({"metadata":{"name":"b","resourceVersion":"2"},"spec":{}})");
}

TEST(ListPage, MayBeEmptyAndHaveItsFieldsInAnyOrder) {
  const auto page = ParseListPage(R"({"items":[],"metadata":{"resourceVersion":"9"}})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_TRUE(page->items.empty());
  EXPECT_TRUE(page->continue_token.empty());
  EXPECT_TRUE(ParseListPage(R"({"metadata":{"resourceVersion":"9"},"items":null})"));
}

TEST(ListPage, LeavesManagedFieldsOut) {
  const auto page = ParseListPage(
      R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"managedFields":
          [{"fieldsV1":{"f:x":{}}},"]"],"name":"a"},"spec":{"managedFields":[1]}}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(WithoutManagedFields(R"({"metadata":{"managedFields":[{"a":[]}],"name":"a"}})"),
            R"({"metadata":{"managedFields":[],"name":"a"}})");
  EXPECT_THAT(page->items[0].object, HasSubstr(R"("managedFields":
          [],"name":"a"},"spec":{"managedFields":[1]})"));
}

TEST(ListPage, AP17RefusesWhatIsNoList) {
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"items":[]})", R"({"metadata":{"resourceVersion":"1"}})",
        R"({"metadata":{"resourceVersion":"1"},"items":[7]})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{}]})",
        R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}})",
        R"({"metadata":{"resourceVersion":1},"items":[]})", R"({"metadata":[],"items":[]})"})
    EXPECT_FALSE(ParseListPage(body)) << body;
}

}  // namespace
}  // namespace hpaplus::kube
