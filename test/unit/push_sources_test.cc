#include "engine/push/push_sources.h"

#include <map>

#include <gtest/gtest.h>

#include "engine/push/series_key.h"
#include "test/support/manual_clock.h"

namespace hpaplus::push {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

ResolvedSource Source(const std::string& ns, const std::string& name) {
  ResolvedSource source;
  source.spec.ns = ns;
  source.spec.name = name;
  source.spec.type = "Push";
  source.spec.push = PushSource();
  source.auth.bearer_token = "s3cret";
  return source;
}

class PushSourcesTest : public testing::Test {
 protected:
  test::ManualClock clock_{Timestamp(seconds(1'700'000'000))};
  PushSources sources_{{}, clock_};

  bool Admits(const SourceName& name, const std::map<std::string, std::string>& headers) {
    const auto admitted = sources_.Admit(name, [&](std::string_view header) {
      const auto found = headers.find(std::string(header));
      return found == headers.end() ? std::string_view() : std::string_view(found->second);
    });
    if (!admitted) {
      EXPECT_EQ(admitted.error().code, ErrorCode::kPermissionDenied);
      EXPECT_EQ(admitted.error().message, "no source of this name takes these credentials");
    }
    return admitted.has_value();
  }

  bool HasToken(const SourceName& name, const std::string& token) {
    return Admits(name, {{"authorization", "Bearer " + token}});
  }
};

TEST_F(PushSourcesTest, AdmitsWithTheTokenOfThatSourceOnly) {
  sources_.Set(Source("shop", "orders"));
  ResolvedSource other = Source("shop", "carts");
  other.auth.bearer_token = "other";
  sources_.Set(other);
  EXPECT_TRUE(HasToken("MetricSource/shop/orders", "s3cret"));
  EXPECT_TRUE(Admits("MetricSource/shop/orders", {{"authorization", "bearer   s3cret"}}));
  EXPECT_FALSE(HasToken("MetricSource/shop/carts", "s3cret"));
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "other"));
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "s3cre"));
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "s3cret2"));
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", ""));
  EXPECT_FALSE(Admits("MetricSource/shop/orders", {}));
  EXPECT_FALSE(Admits("MetricSource/shop/orders", {{"authorization", "s3cret"}}));
  EXPECT_FALSE(Admits("MetricSource/shop/orders", {{"authorization", "Basic s3cret"}}));
}

TEST_F(PushSourcesTest, KeepsNamespacesApart) {
  sources_.Set(Source("shop", "orders"));
  EXPECT_FALSE(HasToken("MetricSource/other/orders", "s3cret"));
  EXPECT_FALSE(HasToken("ClusterMetricSource/orders", "s3cret"));
  ResolvedSource cluster = Source("", "orders");
  cluster.auth.bearer_token = "cluster";
  sources_.Set(cluster);
  EXPECT_TRUE(HasToken("ClusterMetricSource/orders", "cluster"));
  EXPECT_FALSE(HasToken("ClusterMetricSource/orders", "s3cret"));
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "cluster"));
}

TEST_F(PushSourcesTest, AdmitsByPasswordAndByAHeader) {
  ResolvedSource basic = Source("shop", "basic");
  basic.auth = {.basic_username = "Aladdin", .basic_password = "open sesame"};
  sources_.Set(basic);
  EXPECT_TRUE(
      Admits("MetricSource/shop/basic", {{"authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}}));
  EXPECT_FALSE(Admits("MetricSource/shop/basic", {{"authorization", "Basic QWxhZGRpbg=="}}));
  ResolvedSource header = Source("shop", "header");
  header.auth = {.header = {"X-Push-Key", "k"}};
  sources_.Set(header);
  EXPECT_TRUE(Admits("MetricSource/shop/header", {{"x-push-key", "k"}}));
  EXPECT_FALSE(Admits("MetricSource/shop/header", {{"authorization", "k"}}));
}

TEST_F(PushSourcesTest, AdmitsEverybodyOnlyWhenTheSourceSaysSo) {
  ResolvedSource open = Source("shop", "open");
  open.auth = {};
  sources_.Set(open);
  EXPECT_FALSE(Admits("MetricSource/shop/open", {{"authorization", "Bearer "}}));
  open.spec.push->anonymous = true;
  sources_.Set(open);
  EXPECT_TRUE(Admits("MetricSource/shop/open", {}));
}

TEST_F(PushSourcesTest, RefusesEverybodyWhenTheSecretIsEmpty) {
  ResolvedSource empty = Source("shop", "empty");
  empty.auth = {.header = {"X-Push-Key", ""}};
  sources_.Set(empty);
  EXPECT_FALSE(Admits("MetricSource/shop/empty", {{"x-push-key", ""}}));
  EXPECT_FALSE(Admits("MetricSource/shop/empty", {}));
}

TEST_F(PushSourcesTest, KeepsTheSeriesWhenTheTokenChanges) {
  sources_.Set(Source("shop", "orders"));
  const auto samples =
      sources_.Admit("MetricSource/shop/orders", [](std::string_view) { return "Bearer s3cret"; });
  ASSERT_TRUE(samples);
  PushTally tally;
  const TimedValue one{clock_.Now(), 1};
  (*samples)->Append(SeriesKey({{"__name__", "a"}}), {&one, 1}, clock_.Now(), tally);
  ResolvedSource changed = Source("shop", "orders");
  changed.auth.bearer_token = "new";
  sources_.Set(changed);
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "s3cret"));
  EXPECT_TRUE(HasToken("MetricSource/shop/orders", "new"));
  EXPECT_EQ((*sources_.Catalog("MetricSource/shop/orders"))->series.size(), 1U);
}

TEST_F(PushSourcesTest, ForgetsASourceThatIsGone) {
  sources_.Set(Source("shop", "orders"));
  sources_.Remove("MetricSource/shop/orders");
  sources_.Remove("MetricSource/shop/orders");
  EXPECT_FALSE(HasToken("MetricSource/shop/orders", "s3cret"));
  EXPECT_EQ(sources_.Catalog("MetricSource/shop/orders").error().code, ErrorCode::kNotFound);
  const std::vector<std::uint64_t> ids = {1, 2};
  EXPECT_EQ(sources_.Read("MetricSource/shop/orders", ids, 1).size(), 2U);
}

TEST_F(PushSourcesTest, FreesWhatNobodyReadsAnyMore) {
  sources_.Set(Source("shop", "orders"));
  PushTally tally;
  const TimedValue one{clock_.Now(), 1};
  (*sources_.Admit("MetricSource/shop/orders", [](std::string_view) {
    return "Bearer s3cret";
  }))->Append(SeriesKey({{"__name__", "a"}}), {&one, 1}, clock_.Now(), tally);
  EXPECT_GT(sources_.bytes_used(), 0U);
  clock_.Advance(minutes(6));
  (void)HasToken("MetricSource/shop/other", "x");
  EXPECT_EQ(sources_.bytes_used(), 0U);
}

TEST(ParsePushTarget, ReadsNamesAndRefusesEverythingElse) {
  EXPECT_EQ(*ParsePushTarget("shop/orders.v1"), "MetricSource/shop/orders.v1");
  EXPECT_EQ(*ParsePushTarget("orders"), "ClusterMetricSource/orders");
  for (const char* text : {"", "/", "a/", "/a", "a/b/c", "A", "a b", "a%2fb", "../a", "a/../b"}) {
    EXPECT_EQ(ParsePushTarget(text).error().code, ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace hpaplus::push
