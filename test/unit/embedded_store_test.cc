#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/store.h"

namespace hpaplus::embedded {
namespace {

Json Object(const std::string& ns, const std::string& name, int value = 0) {
  return {{"metadata", {{"namespace", ns}, {"name", name}, {"uid", ns + name}}}, {"value", value}};
}

ObjectPtr Put(Store& store, const std::string& name, int value = 0) {
  const ObjectKey key{"/things", "a", name};
  const ObjectPtr present = store.Get(key);
  Result<ObjectPtr> stored = present == nullptr
                                 ? store.Create(key, Object("a", name, value))
                                 : store.Update(key, VersionOf(*present), Object("a", name, value));
  HPAPLUS_CHECK(stored);
  return *stored;
}

std::vector<std::string> Names(const Listing& listing) {
  std::vector<std::string> names;
  for (const ObjectPtr& object : listing.objects) {
    names.push_back(Text(*object, "metadata.name") + "=" + Dump(*FindKey(*object, "value")));
  }
  return names;
}

using Strings = std::vector<std::string>;

TEST(Store, RefusesASecondObjectOfTheSameNameAndAStaleVersion) {
  Store store({});
  const ObjectPtr first = Put(store, "x");
  const ObjectKey key{"/things", "a", "x"};
  EXPECT_EQ(store.Create(key, Object("a", "x")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(store.Update(key, 1, Object("a", "x")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(store.Delete(key, 1).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store.Delete(key, VersionOf(*first)));
  EXPECT_EQ(store.Delete(key, VersionOf(*first)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store.Update(key, 1, Object("a", "x")).error().code, ErrorCode::kNotFound);
}

TEST(Store, IsFullAtItsLimit) {
  Store store({2, 16});
  Put(store, "x");
  Put(store, "y");
  const Result<ObjectPtr> third = store.Create({"/things", "a", "z"}, Object("a", "z"));
  EXPECT_EQ(third.error().code, ErrorCode::kUnavailable);
}

TEST(Store, ListsAsItWasAtAnEarlierVersion) {
  Store store({});
  Put(store, "b", 1);
  const ObjectPtr before = Put(store, "c", 1);
  Put(store, "a", 1);                                                    // Comes.
  Put(store, "b", 2);                                                    // Changes.
  ASSERT_TRUE(store.Delete({"/things", "a", "c"}, VersionOf(*before)));  // Goes.
  EXPECT_EQ(Names(*store.List("/things", "a")), (Strings{"a=1", "b=2"}));
  EXPECT_EQ(Names(*store.List("/things", "a", VersionOf(*before))), (Strings{"b=1", "c=1"}));
  EXPECT_EQ(store.List("/things", "a", store.version() + 1).error().code, ErrorCode::kUnavailable);
}

TEST(Store, ListsOneNamespaceOrAll) {
  Store store({});
  for (const char* ns : {"a", "a-b", "ab"}) {
    ASSERT_TRUE(store.Create({"/things", ns, "x"}, Object(ns, "x")));
  }
  EXPECT_EQ(store.List("/things", "a")->objects.size(), 1U);
  EXPECT_EQ(store.List("/things", "")->objects.size(), 3U);
  EXPECT_EQ(store.Count("/things", "a"), 1U);
  EXPECT_EQ(store.Count("/things", ""), 3U);
}

TEST(Store, HandsOutChangesInOrderAndSaysWhenTheyAreForgotten) {
  Store store({100, 3});
  const std::uint64_t start = store.version();
  for (int i = 0; i < 3; ++i)
    Put(store, "x", i);
  const ChangeBatch all = store.Wait("/things", start, store.epoch(), Duration::zero());
  ASSERT_EQ(all.changes.size(), 3U);
  EXPECT_EQ(all.changes[0].kind, Change::Kind::kAdded);
  EXPECT_EQ(all.changes[2].kind, Change::Kind::kModified);
  EXPECT_EQ(Int(*all.changes[2].before, "value"), 1);
  Put(store, "x", 3);
  EXPECT_TRUE(store.Wait("/things", start, store.epoch(), Duration::zero()).expired);
  EXPECT_FALSE(store.Wait("/things", start + 1, store.epoch(), Duration::zero()).expired);
  EXPECT_EQ(store.List("/things", "", start).error().code, ErrorCode::kGone);
}

TEST(Store, ForgetsAllWhenCompactedAndClosesWatches) {
  Store store({});
  Put(store, "x");
  const std::uint64_t version = store.version();
  const std::uint64_t epoch = store.epoch();
  store.Compact();
  EXPECT_TRUE(store.Wait("/things", version, epoch, Duration::zero()).expired);
  EXPECT_TRUE(store.Wait("/others", version, epoch, Duration::zero()).expired);
  EXPECT_FALSE(store.Wait("/things", store.version(), epoch, Duration::zero()).expired);
  store.CloseWatches();
  EXPECT_TRUE(store.Wait("/things", store.version(), epoch, Duration::zero()).closed);
}

TEST(Store, KnowsWhatDependsOnWhat) {
  Store store({});
  Json child = Object("a", "child");
  child["metadata"]["ownerReferences"] = Json::array({{{"uid", "aparent"}}});
  const ObjectPtr parent = Put(store, "parent");
  ASSERT_TRUE(store.Create({"/things", "a", "child"}, child));
  ASSERT_EQ(store.Dependents("aparent").size(), 1U);
  EXPECT_EQ(store.Dependents("aparent")[0].name, "child");
  (void)store.TakeDirt(Duration::zero());
  ASSERT_TRUE(store.Delete({"/things", "a", "parent"}, VersionOf(*parent)));
  EXPECT_FALSE(store.HasUid("aparent"));
  const Dirt dirt = store.TakeDirt(Duration::zero());
  EXPECT_EQ(dirt.orphans, (std::set<std::string>{"aparent"}));
  EXPECT_EQ(dirt.gone.size(), 1U);
}

}  // namespace
}  // namespace hpaplus::embedded
