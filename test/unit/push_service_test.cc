#include "engine/push/push_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/manual_clock.h"
#include "test/support/remote_write_bytes.h"

namespace hpaplus::push {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::int64_t kNowMs = 1'700'000'000'000;
const Labels kDepth{{"__name__", "depth"}};

class PushServiceTest : public testing::Test {
 protected:
  test::ManualClock clock_{Timestamp(std::chrono::milliseconds(kNowMs))};
  std::vector<std::pair<SourceName, std::vector<std::string>>> news_;
  PushSources sources_{
      {.on_new =
           [this](const SourceName& name, const std::vector<std::string>& metrics) {
             news_.emplace_back(name, metrics);
           }},
      clock_};
  PushCounts counts_;
  std::string unready_;
  PushService service_{{.inflated_most = 100'000, .unready = [this] { return unready_; }},
                       sources_,
                       counts_,
                       clock_};
  HttpHead head_;

  void SetUp() override {
    ResolvedSource source;
    source.spec.ns = "shop";
    source.spec.name = "orders";
    source.spec.type = "Push";
    source.spec.max_series = 2;
    source.spec.push = PushSource();
    source.auth.bearer_token = "t";
    sources_.Set(source);
    head_.method = "POST";
    head_.path = "/api/v1/write/shop/orders";
    head_.headers = {{"authorization", "Bearer t"},
                     {"content-type", "application/x-protobuf"},
                     {"content-encoding", "snappy"}};
  }

  HttpReply Send(const std::string& message) {
    return service_.Serve(head_, test::Snappy(message));
  }

  // A header as in head_, but with another value; empty: without it.
  std::optional<HttpReply> Refused(const std::string& name, std::string_view value) {
    HttpHead head = head_;
    for (auto& [key, present] : head.headers) {
      if (key == name) present = value;
    }
    return service_.Refuse(head);
  }
};

TEST_F(PushServiceTest, TakesWhatIsInOrder) {
  EXPECT_FALSE(service_.Refuse(head_));
  const HttpReply reply = Send(test::WriteRequest({{kDepth, {{1, kNowMs}, {2, kNowMs + 1}}}}));
  EXPECT_EQ(reply.status, 204);
  ASSERT_FALSE(reply.headers.empty());
  EXPECT_EQ(reply.headers[0].first, "X-Prometheus-Remote-Write-Samples-Written");
  EXPECT_EQ(reply.headers[0].second, "2");
  EXPECT_EQ((*sources_.Catalog("MetricSource/shop/orders"))->series.size(), 1U);
  EXPECT_EQ(counts_.written_samples, 2U);
  EXPECT_EQ(Send("").status, 204);  // Nothing, or metadata alone.
}

TEST_F(PushServiceTest, TellsOfWhatIsNew) {
  const std::string message = test::WriteRequest({{kDepth, {{1, kNowMs}}}});
  EXPECT_EQ(Send(message).status, 204);
  ASSERT_EQ(news_.size(), 1U);
  EXPECT_EQ(news_[0].first, "MetricSource/shop/orders");
  EXPECT_EQ(news_[0].second, std::vector<std::string>{"depth"});
  EXPECT_EQ(Send(message).status, 204);
  EXPECT_EQ(Send("").status, 204);
  EXPECT_EQ(Send(test::WriteRequest({{kDepth, {{1, kNowMs + 70'000}}}})).status, 400);
  EXPECT_EQ(news_.size(), 1U) << "the same again, nothing, and what is refused are no news";
}

TEST_F(PushServiceTest, TakesTheGoodPartAndNamesTheOther) {
  const HttpReply reply = Send(test::WriteRequest({{{{"__name__", "a"}}, {{1, kNowMs}}},
                                                   {{{"b", "c"}}, {{1, kNowMs}}},
                                                   {{{"__name__", "d"}}, {{1, kNowMs + 70'000}}}}));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, "2 samples refused: a series without a name\n");
  EXPECT_EQ(reply.headers[0].second, "1");
  EXPECT_EQ(counts_.refused_samples, 2U);
  EXPECT_EQ(counts_.refused_requests, 1U);
}

TEST_F(PushServiceTest, TakesNothingOfWhatIsMalformed) {
  const std::string good = test::WriteRequest({{kDepth, {{1, kNowMs}}}});
  EXPECT_EQ(Send(good + "\x0a\x7f").status, 400);
  EXPECT_EQ(service_.Serve(head_, "not snappy").status, 400);
  EXPECT_TRUE((*sources_.Catalog("MetricSource/shop/orders"))->series.empty());
}

TEST_F(PushServiceTest, RefusesABombBeforeItGoesOff) {
  const HttpReply reply = Send(std::string(100'001, '\0'));
  EXPECT_EQ(reply.status, 413);
  EXPECT_THAT(reply.body, HasSubstr("100001 bytes inflated"));
}

TEST_F(PushServiceTest, RefusesStrangersBeforeTheirBody) {
  for (const char* value : {"", "Bearer x", "Basic t"}) {
    const auto reply = Refused("authorization", value);
    ASSERT_TRUE(reply) << value;
    EXPECT_EQ(reply->status, 401);
    EXPECT_EQ(reply->headers[0].first, "WWW-Authenticate");
  }
  for (const char* path :
       {"/api/v1/write/shop/carts", "/api/v1/write/other/orders", "/api/v1/write/orders"}) {
    head_.path = path;
    ASSERT_TRUE(service_.Refuse(head_)) << path;
    EXPECT_EQ(service_.Refuse(head_)->status, 401) << path;
  }
}

TEST_F(PushServiceTest, SaysWhatItIsNot) {
  for (const char* path : {"/", "/api/v1/write", "/api/v1/write/", "/api/v1/write/a/b/c",
                           "/api/v1/write/../x", "/metrics"}) {
    head_.path = path;
    ASSERT_TRUE(service_.Refuse(head_)) << path;
    EXPECT_EQ(service_.Refuse(head_)->status, 404) << path;
  }
  head_.path = "/api/v1/write/shop/orders";
  head_.method = "GET";
  EXPECT_EQ(service_.Refuse(head_)->status, 405);
}

TEST_F(PushServiceTest, RefusesFormsThatItDoesNotRead) {
  EXPECT_EQ(Refused("content-type", "application/json")->status, 415);
  EXPECT_EQ(Refused("content-type", "")->status, 415);
  EXPECT_EQ(Refused("content-type", "application/x-protobuf;proto=io.prometheus.write.v2.Request")
                ->status,
            415);
  EXPECT_EQ(Refused("content-encoding", "gzip")->status, 415);
  EXPECT_EQ(Refused("content-encoding", "")->status, 415);
  EXPECT_FALSE(Refused("content-type", "application/x-protobuf;proto=prometheus.WriteRequest"));
  EXPECT_FALSE(Refused("content-type", "Application/X-Protobuf"));
}

TEST_F(PushServiceTest, AsksForPatienceUntilTheSourcesAreKnown) {
  unready_ = "the sources are being read";
  ASSERT_TRUE(service_.Refuse(head_));
  EXPECT_EQ(service_.Refuse(head_)->status, 503);
  unready_.clear();
  EXPECT_FALSE(service_.Refuse(head_));
}

TEST_F(PushServiceTest, RefusesAfterTheBodyWhoMayNoLonger) {
  sources_.Remove("MetricSource/shop/orders");
  EXPECT_EQ(Send(test::WriteRequest({{kDepth, {{1, kNowMs}}}})).status, 401);
}

}  // namespace
}  // namespace hpaplus::push
