#include "collectors/scrape.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/scrape_counter.h"
#include "engine/ports/executor.h"
#include "test/support/fake_http_client.h"
#include "test/support/fake_pod_directory.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPlain = "text/plain; version=0.0.4";

class ScrapeTest : public testing::Test {
 protected:
  ScrapeTest() {
    http_.answer = [this](const HttpRequest& request) -> Result<HttpResponse> {
      const auto found = bodies_.find(request.url);
      if (found == bodies_.end()) return Error{ErrorCode::kDeadlineExceeded, "it hangs"};
      return HttpResponse{status_, {{"content-type", type_}}, found->second};
    };
    source_.spec.scrape = ScrapeSource{.port = 8080};
    source_.spec.scrape->pods.match_labels = {{"app", "web"}};
  }

  void AddPod(int i, const std::string& body) {
    PodAddress pod{.name = "web-" + std::to_string(i),
                   .ip = "10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200),
                   .node = "n"};
    pod.phase = PodPhase::kRunning;
    pod.ready = true;
    Show(pod.ip, body);
    pods_.pods["shop"].push_back({std::move(pod), {{"app", "web"}}});
  }

  void Show(const std::string& ip, const std::string& body) {
    bodies_["http://" + ip + ":8080/metrics"] = body;
  }

  PodAddress& Pod(std::size_t i) { return pods_.pods["shop"].at(i).address; }

  ReadingResult Ask(const std::string& query, const std::string& ns = "shop") {
    if (!collector_) {
      auto made = factory_(source_, {http_, executor_, &pods_});
      EXPECT_TRUE(made) << made.error().message;
      collector_ = std::move(*made);
    }
    const MetricQuery asked{.ns = ns, .expression = query};
    auto results = collector_->Collect({&asked, 1}, {now_, now_ + seconds(2), {}});
    return results.at(0);
  }

  double Number(const std::string& query) {
    const ReadingResult result = Ask(query);
    EXPECT_TRUE(result) << result.error().message;
    if (!result || (*result)->values.size() != 1) return std::nan("");
    return (*result)->values[0].value;
  }

  std::string Problem(const std::string& query) {
    const ReadingResult result = Ask(query);
    return result ? "none" : result.error().message;
  }

  Timestamp now_{seconds(1'700'000'000)};
  std::map<std::string, std::string> bodies_;  // By URL; others hang.
  int status_ = 200;
  std::string type_ = kPlain;
  test::FakeHttpClient http_;
  test::FakePodDirectory pods_;
  SerialExecutor executor_;
  ResolvedSource source_;
  CollectorFactory factory_ = ScrapeCollector::Factory();
  std::unique_ptr<Collector> collector_;
};

TEST_F(ScrapeTest, AggregatesOverAllPods) {
  AddPod(1, "inflight{code=\"200\"} 4\ninflight{code=\"503\"} 1\nother 9\n");
  AddPod(2, "inflight{code=\"200\"} 6\n");
  EXPECT_EQ(Number("sum(inflight)"), 11);
  EXPECT_EQ(Number("avg(inflight{code=\"200\"})"), 5);
  EXPECT_EQ(Number("max(inflight)"), 6);
  EXPECT_EQ(Number("min(inflight)"), 1);
  EXPECT_EQ(Number("count(inflight)"), 3);
  EXPECT_EQ(Number("quantile(0.5, inflight)"), 4);
  EXPECT_EQ(Number("inflight{code=~\"5..\"}"), 1);
  EXPECT_EQ(http_.seen.size(), 14U);
  EXPECT_THAT(http_.seen[0].headers[0].second, HasSubstr("openmetrics"));
}

TEST_F(ScrapeTest, OneScrapeAnswersAllQueriesOfABatch) {
  AddPod(1, "a 1\nb 2\n");
  (void)Ask("a");
  http_.seen.clear();
  const MetricQuery queries[] = {{.ns = "shop", .expression = "a"},
                                 {.ns = "shop", .expression = "sum(b)"},
                                 {.ns = "shop", .expression = "b["}};
  const auto results = collector_->Collect(queries, {now_, now_ + seconds(2), {}});
  EXPECT_EQ((*results[0])->values[0].value, 1);
  EXPECT_EQ((*results[1])->values[0].value, 2);
  EXPECT_EQ(results[2].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(http_.seen.size(), 1U);
}

TEST_F(ScrapeTest, OnlyPodsThatTakeLoadAreAsked) {
  for (int i = 0; i < 6; ++i)
    AddPod(i, "a 1\n");
  Pod(1).ready = false;
  Pod(2).deleting = true;
  Pod(3).phase = PodPhase::kFailed;
  Pod(4).ip.clear();
  EXPECT_EQ(Number("sum(a)"), 2);
  EXPECT_EQ(http_.seen.size(), 2U);
}

TEST_F(ScrapeTest, M12APodThatGivesNothingIsNeitherZeroNorLeftOut) {
  AddPod(1, "a 1\n");
  AddPod(2, "a 1\n");
  Pod(1).ip = "10.9.9.9";
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("1 of 2 pods gave nothing, the first is web-2"));
  Show("10.9.9.9", "a one\n");
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("web-2: line 1: a value is no number"));
  Show("10.9.9.9", "");
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("web-2: there are no metrics"));
  Show("10.9.9.9", "a 1\n");
  EXPECT_EQ(Number("sum(a)"), 2);
  type_ = "text/html";
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("text/html"));
  type_ = kPlain;
  status_ = 302;
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("redirects are not followed"));
}

TEST_F(ScrapeTest, M11NothingThereIsNotZero) {
  const ReadingResult no_pods = Ask("sum(a)");
  ASSERT_TRUE(no_pods);
  EXPECT_THAT((*no_pods)->values, IsEmpty());
  AddPod(1, "b 1\n");
  const ReadingResult no_series = Ask("sum(a)");
  ASSERT_TRUE(no_series);
  EXPECT_THAT((*no_series)->values, IsEmpty());
}

TEST_F(ScrapeTest, PodsOfAnotherNamespaceAreNotAsked) {
  AddPod(1, "a 1\n");
  const ReadingResult elsewhere = Ask("a", "elsewhere");
  ASSERT_TRUE(elsewhere);
  EXPECT_THAT((*elsewhere)->values, IsEmpty());
  EXPECT_THAT(http_.seen, IsEmpty());
}

TEST_F(ScrapeTest, PodsThatAreNotKnownMakeTheNumberUnknown) {
  pods_.problem = Error{ErrorCode::kUnavailable, "not read yet"};
  EXPECT_EQ(Problem("a"), "scrape: not read yet");
}

TEST_F(ScrapeTest, M1ASampleHasTheTimeThatTheExpositionGives) {
  AddPod(1, "a 1 1699999990000\n");
  EXPECT_EQ((*Ask("a"))->values[0].at, Timestamp(seconds(1'699'999'990)));
  Show(Pod(0).ip, "a 1\n");
  EXPECT_EQ((*Ask("a"))->values[0].at, now_);
}

TEST_F(ScrapeTest, M3NanIsPassedOnAsWhatItIs) {
  AddPod(1, "a NaN\n");
  EXPECT_TRUE(std::isnan(Number("a")));
  EXPECT_EQ((*Ask("a"))->values[0].milli, kInvalidMilli);
}

TEST_F(ScrapeTest, M10TheFirstIntervalOfACounterGivesNothingAndResetsDoNotShow) {
  AddPod(1, "requests_total 100\n");
  const std::string query = "sum(rate(requests_total[10s]))";
  EXPECT_THAT((*Ask(query))->values, IsEmpty());
  now_ += seconds(1);
  Show(Pod(0).ip, "requests_total 120\n");
  EXPECT_EQ(Number(query), 20);
  now_ += seconds(1);
  Show(Pod(0).ip, "requests_total 30\n");
  EXPECT_EQ(Number(query), 25) << "20 before the restart and 30 after it";
}

TEST_F(ScrapeTest, M10ANewPodOfTheSameNameCountsFromTheStart) {
  AddPod(1, "requests_total 100\n");
  (void)Ask("rate(requests_total[10s])");
  now_ += seconds(1);
  Pod(0).ip = "10.7.7.7";
  Show("10.7.7.7", "requests_total 5000\n");
  EXPECT_THAT((*Ask("rate(requests_total[10s])"))->values, IsEmpty());
}

TEST_F(ScrapeTest, CollectorsOfOneSourceShareTheirCounters) {
  AddPod(1, "requests_total 100\n");
  (void)Ask("rate(requests_total[10s])");
  const auto first = std::exchange(collector_, nullptr);
  now_ += seconds(2);
  Show(Pod(0).ip, "requests_total 120\n");
  EXPECT_EQ(Number("rate(requests_total[10s])"), 10);
}

TEST_F(ScrapeTest, S10WhoHungLastTimeIsAskedLastAndTheBatchesShareTheTime) {
  source_.spec.max_concurrent = 2;
  for (int i = 0; i < 6; ++i)
    AddPod(i, "a 1\n");
  bodies_.erase("http://10.0.0.0:8080/metrics");
  (void)Ask("sum(a)");
  EXPECT_THAT(http_.batches, ElementsAre(2, 2, 2));
  EXPECT_THAT(http_.seen[0].url, HasSubstr("10.0.0.0"));
  EXPECT_EQ(http_.deadline, now_ + seconds(2));
  http_.seen.clear();
  (void)Ask("sum(a)");
  EXPECT_THAT(http_.seen[5].url, HasSubstr("10.0.0.0"));
}

TEST_F(ScrapeTest, AskedOfManyPodsASampleGivesTheSum) {
  source_.spec.scrape->targets_most = 50;
  for (int i = 0; i < 400; ++i)
    AddPod(i, "a " + std::to_string(100 + i % 7) + "\n");
  EXPECT_NEAR(Number("sum(a)"), 400 * 103.0, 400.0);
  EXPECT_EQ(http_.seen.size(), 50U);
  EXPECT_NEAR(Number("avg(a)"), 103, 1);
  EXPECT_EQ(Number("count(a)"), 400);
  EXPECT_THAT(Problem("max(a)"), HasSubstr("needs all pods, and only 50 of 400 are asked"));
  EXPECT_THAT(Problem("quantile(0.9, a)"), HasSubstr("may be off by 18.0 %"));
}

TEST_F(ScrapeTest, ASampleThatSaysTooLittleMakesTheNumberUnknown) {
  source_.spec.scrape->targets_most = 50;
  for (int i = 0; i < 400; ++i)
    AddPod(i, i % 10 == 0 ? "a 1000\n" : "a 1\n");
  EXPECT_THAT(Problem("sum(a)"), HasSubstr("more than maxErrorPercent allows"));
}

TEST_F(ScrapeTest, IPv6AddressesAndTheSourcesOptionsMakeTheUrl) {
  source_.spec.scrape->tls = true;
  source_.spec.scrape->path = "/a?b=c";
  source_.auth.bearer_token = "secret";
  AddPod(1, "a 1\n");
  Pod(0).ip = "fd00::7";
  (void)Ask("a");
  ASSERT_EQ(http_.seen.size(), 1U);
  EXPECT_EQ(http_.seen[0].url, "https://[fd00::7]:8080/a?b=c");
  EXPECT_EQ(http_.seen[0].auth->bearer_token, "secret");
  Pod(0).ip = "evil.example/";
  EXPECT_THAT(Problem("a"), HasSubstr("is no address"));
  EXPECT_EQ(http_.seen.size(), 1U);
}

TEST_F(ScrapeTest, RS2SeriesAreLimited) {
  source_.spec.max_series = 2;
  AddPod(1, "a 1\nb 1\nc 1\n");
  EXPECT_THAT(Problem("a"), HasSubstr("line 3: there are too many series"));
}

TEST_F(ScrapeTest, RS2AHundredQueriesAreRememberedAndMoreStillAnswered) {
  AddPod(1, "a 1\n");
  for (int i = 0; i < 150; ++i)
    EXPECT_EQ(Number("a{x!=\"" + std::to_string(i) + "\"}"), 1);
  EXPECT_EQ(Number("a{x!=\"0\"}"), 1);
}

TEST(ScrapedCounter, LateAndNonsensicalSamplesChangeNothing) {
  ScrapedCounter counter;
  const Timestamp start{seconds(1000)};
  counter.Add(start, 10, seconds(10));
  counter.Add(start, 99, seconds(10));
  counter.Add(start - seconds(1), 99, seconds(10));
  counter.Add(start + seconds(1), std::nan(""), seconds(10));
  counter.Add(start + seconds(2), 14, seconds(10));
  EXPECT_THAT(counter.points(),
              ElementsAre(TimedValue{start, 0}, TimedValue{start + seconds(2), 4}));
}

TEST(ScrapedCounter, KeepsAboutAHundredPointsWithoutLosingGrowth) {
  ScrapedCounter counter;
  Timestamp at{seconds(1000)};
  for (int i = 0; i < 100'000; ++i) {
    counter.Add(at, i % 50, std::chrono::minutes(10));
    at += milliseconds(100);
  }
  ASSERT_LE(counter.points().size(), 130U);
  const auto& points = counter.points();
  const double seconds_between = ToSeconds(points.back().at - points.front().at);
  EXPECT_NEAR((points.back().value - points.front().value) / seconds_between, 9.8, 0.1);
}

}  // namespace
}  // namespace hpaplus::collectors
