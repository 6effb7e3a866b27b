// The Prometheus collector against a real Prometheus, which scrapes a server in this process, over
// the real HTTP client. Skipped, loudly, where there is no prometheus.

#include "collectors/prometheus.h"

#include <atomic>
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::PrometheusProcess;
using testing::HasSubstr;

// Basic authentication of "engine" with the password "open-sesame", as Prometheus stores it.
constexpr const char* kWebConfig =
    "basic_auth_users: "
    "{engine: '$2y$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO'}\n";

class PrometheusIntegration : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (PrometheusProcess::Find().empty()) return;
    exporter_ = std::make_unique<test::ScriptedServer>([](const test::ScriptedRequest&) {
      test::ScriptedAnswer answer;
      answer.content_type = "text/plain; version=0.0.4";
      answer.body = "queue_depth{queue=\"a\"} " + std::to_string(depth_.load()) +
                    "\nqueue_depth{queue=\"b\"} 0.25\nnegative -5\n";
      return answer;
    });
    PrometheusProcess::Options options;
    options.targets = {"127.0.0.1:" + std::to_string(exporter_->port())};
    auto started = PrometheusProcess::Start(options);
    ASSERT_TRUE(started) << started.error().message;
    prometheus_ = std::move(*started);
  }

  static void TearDownTestSuite() {
    prometheus_.reset();
    exporter_.reset();
  }

  void SetUp() override {
    if (prometheus_ == nullptr) {
      GTEST_SKIP() << "SKIPPED: no prometheus in PATH; install Debian's package prometheus";
    }
    source_.spec.endpoint = prometheus_->url();
    source_.spec.timeout = seconds(20);
  }

  ReadingResult Ask(const std::string& expression) {
    MetricQuery query;
    query.ns = "shop";
    query.expression = expression;
    auto collector = PrometheusCollector::Create(source_, {http_, executor_});
    EXPECT_TRUE(collector);
    const Timestamp now = clock_.Now();
    auto results = (*collector)->Collect({&query, 1}, {now, now + seconds(20), {}});
    EXPECT_EQ(results.size(), 1U);
    return results[0];
  }

  Error ErrorOf(const std::string& expression) {
    const ReadingResult result = Ask(expression);
    return result ? Error{ErrorCode::kGone, "it was accepted"} : result.error();
  }

  // Asks until the answer has a value that `wanted` takes, or 30 s have passed.
  template <class F>
  ReadingResult AskUntil(const std::string& expression, F wanted) {
    const Timestamp give_up = clock_.Now() + seconds(30);
    while (true) {
      ReadingResult result = Ask(expression);
      const bool done = result && !(*result)->values.empty() && wanted((*result)->values.front());
      if (done || clock_.Now() > give_up) return result;
      (void)clock_.WaitUntil(clock_.Now() + milliseconds(50), {});
    }
  }

  static inline std::atomic<int> depth_ = 7;
  static inline std::unique_ptr<test::ScriptedServer> exporter_;
  static inline std::unique_ptr<PrometheusProcess> prometheus_;

  SystemClock clock_;
  CurlClient http_{clock_};
  SerialExecutor executor_;
  ResolvedSource source_;
};

TEST_F(PrometheusIntegration, GivesEverySeriesOfAVector) {
  const auto scraped = AskUntil("queue_depth + 0", [](const ScalarSample&) { return true; });
  ASSERT_TRUE(scraped) << scraped.error().message;
  ASSERT_EQ((*scraped)->values.size(), 2U);
  EXPECT_EQ((*scraped)->values[0].value + (*scraped)->values[1].value, 7.25);
  // Evaluated as of now, in milliseconds.
  const Duration age = (*scraped)->received - (*scraped)->values[0].at;
  EXPECT_GE(age, Duration(0));
  EXPECT_LT(age, milliseconds(1));
  EXPECT_EQ((*AskUntil("negative", [](const auto&) { return true; }))->values[0].milli, -5000);
}

TEST_F(PrometheusIntegration, GivesTheTimeOfAPlainSelectorsSample) {
  const std::string gauge = "queue_depth{queue=\"b\"}";
  const auto scraped = AskUntil(gauge, [](const ScalarSample&) { return true; });
  ASSERT_TRUE(scraped) << scraped.error().message;
  ASSERT_EQ((*scraped)->values.size(), 1U);
  EXPECT_EQ((*scraped)->values[0].value, 0.25);
  const auto said = Ask("timestamp(" + gauge + ")");
  ASSERT_TRUE(said) << said.error().message;
  // Scraped before it was asked for, at a time of its own that Prometheus confirms.
  EXPECT_LT((*scraped)->values[0].at, (*scraped)->received);
  const double apart =
      (*said)->values.at(0).value -
      std::chrono::duration<double>((*scraped)->values[0].at.time_since_epoch()).count();
  EXPECT_GE(apart, -0.001);
  EXPECT_LT(apart, 5) << "a scrape or two later at most";
  // Several series are no number, but still all there.
  EXPECT_EQ((*Ask("queue_depth"))->values.size(), 2U);
}

TEST_F(PrometheusIntegration, AnswersManyObjectsFromOneGroup) {
  (void)AskUntil("queue_depth", [](const ScalarSample&) { return true; });
  source_.spec.prometheus =
      PrometheusSource{.groups = {{.name = "depth",
                                   .query = "sum by (queue) (queue_depth) # per queue",
                                   .by = {"queue"},
                                   .timestamp = "min by (queue) (timestamp(queue_depth))"},
                                  {.name = "plain", .query = "queue_depth", .by = {"queue"}},
                                  {.name = "broken", .query = "sum(", .by = {}}}};
  const auto a = Ask("depth{queue=\"a\"}");
  ASSERT_TRUE(a) << a.error().message;
  ASSERT_EQ((*a)->values.size(), 1U);
  EXPECT_EQ((*a)->values[0].value, 7);
  EXPECT_LT((*a)->values[0].at, (*a)->received);
  EXPECT_GT((*a)->values[0].at, (*a)->received - seconds(30));
  const auto b = Ask("plain{queue=\"b\"}");
  ASSERT_TRUE(b) << b.error().message;
  EXPECT_EQ((*b)->values.at(0).value, 0.25);
  EXPECT_GT((*b)->values[0].at, (*b)->received - seconds(30));
  EXPECT_TRUE((*Ask("depth{queue=\"gone\"}"))->values.empty());
  EXPECT_THAT(ErrorOf("broken").message, HasSubstr("parse error"));
  source_.spec.max_series = 1;
  EXPECT_THAT(ErrorOf("depth{queue=\"a\"}").message,
              HasSubstr("limits.maxSeries, 1 (group depth)"));
}

// As docs/sources.md tells.
TEST_F(PrometheusIntegration, CanBeAskedForFreshGaugesOnly) {
  const std::string gauge = "queue_depth{queue=\"b\"}";
  (void)AskUntil(gauge, [](const ScalarSample&) { return true; });
  const auto asked = [&](const std::string& age) {
    return Ask(gauge + " and (time() - timestamp(" + gauge + ") < " + age + ")");
  };
  ASSERT_TRUE(asked("30"));
  EXPECT_EQ((*asked("30"))->values.size(), 1U);
  EXPECT_TRUE((*asked("-1"))->values.empty());
}

TEST_F(PrometheusIntegration, GivesAScalar) {
  const auto answer = Ask("scalar(vector(4.1)) * 2");
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_EQ((*answer)->values.size(), 1U);
  EXPECT_EQ((*answer)->values[0].milli, 8200);
}

TEST_F(PrometheusIntegration, FollowsAChangeWithinAScrape) {
  depth_ = 70;
  const auto answer =
      AskUntil("sum(queue_depth)", [](const ScalarSample& s) { return s.value == 70.25; });
  depth_ = 7;
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)->values[0].value, 70.25);
}

TEST_F(PrometheusIntegration, AnEmptyVectorIsNothingAndNotZero) {
  const auto answer = Ask("sum(nobody_has_this)");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE((*answer)->values.empty());
}

TEST_F(PrometheusIntegration, PassesOnNotANumberAndInfinity) {
  const auto nan = Ask("0/0");
  ASSERT_TRUE(nan) << nan.error().message;
  EXPECT_TRUE(std::isnan((*nan)->values[0].value));
  EXPECT_EQ((*nan)->values[0].milli, kInvalidMilli);
  EXPECT_EQ((*Ask("vector(-1/0)"))->values[0].value, -INFINITY);
  EXPECT_EQ((*Ask("1e308 * 10"))->values[0].value, INFINITY);
}

TEST_F(PrometheusIntegration, TellsWhatIsWrongWithAQuery) {
  const Error broken = ErrorOf("sum(");
  EXPECT_EQ(broken.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(broken.message, HasSubstr("prometheus: bad_data: "));
  EXPECT_THAT(broken.message, HasSubstr("parse error"));
  EXPECT_THAT(ErrorOf("queue_depth[5s]").message, HasSubstr("range vector"));
  EXPECT_THAT(ErrorOf("\"text\"").message, HasSubstr("string"));
}

TEST_F(PrometheusIntegration, AnswersAQueryThatNoUrlCanHold) {
  std::string expression = "1";
  while (expression.size() < 6000)
    expression += " + 1";
  const auto answer = Ask(expression);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_GT((*answer)->values[0].value, 1400);
}

TEST_F(PrometheusIntegration, NamesTheLimitsItHits) {
  (void)AskUntil("queue_depth", [](const ScalarSample&) { return true; });
  source_.spec.max_series = 1;
  EXPECT_THAT(ErrorOf("queue_depth").message, HasSubstr("limits.maxSeries, 1"));
  source_.spec.max_series = 1000;
  source_.spec.max_response_bytes = 10;
  const Error error = ErrorOf("queue_depth");
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
}

TEST_F(PrometheusIntegration, SaysWhenNobodyListens) {
  source_.spec.endpoint = "http://127.0.0.1:1";
  EXPECT_EQ(ErrorOf("1").code, ErrorCode::kUnavailable);
}

TEST_F(PrometheusIntegration, IsLetInWithThePasswordOnly) {
  PrometheusProcess::Options options;
  options.web_config = kWebConfig;
  options.flags = {"--web.route-prefix=/prom"};
  const auto guarded = PrometheusProcess::Start(options);
  ASSERT_TRUE(guarded) << guarded.error().message;
  source_.spec.endpoint = (*guarded)->url() + "/prom/";
  const Error refused = ErrorOf("1");
  EXPECT_EQ(refused.code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused.message, HasSubstr("401"));
  source_.auth.basic_username = "engine";
  source_.auth.basic_password = "guess";
  EXPECT_EQ(ErrorOf("1").code, ErrorCode::kPermissionDenied);
  source_.auth.basic_password = "open-sesame";
  EXPECT_TRUE(Ask("1"));
}

TEST(PrometheusProcess, SaysWhyItDidNotStart) {
  if (PrometheusProcess::Find().empty()) GTEST_SKIP() << "SKIPPED: no prometheus in PATH";
  PrometheusProcess::Options options;
  options.flags = {"--no-such-flag"};
  const auto started = PrometheusProcess::Start(options);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("no-such-flag"));
}

}  // namespace
}  // namespace hpaplus::collectors
