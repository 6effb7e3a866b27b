#include "collectors/business_monitor.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/fake_http_client.h"
#include "test/support/fake_pod_directory.h"

namespace hpaplus::collectors {
namespace {

using test::FakeHttpClient;

using std::chrono::seconds;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

class BusinessMonitorTest : public testing::Test {
 protected:
  ResolvedSource source{.spec = {.type = "HTTP", .endpoint = "http://shop/stats?v=1"}};
  FakeHttpClient http;
  SerialExecutor executor;

  std::vector<ReadingResult> Collect(const std::vector<std::string>& paths) {
    std::vector<MetricQuery> queries;
    for (const std::string& path : paths) {
      MetricQuery query;
      query.expression = path;
      queries.push_back(query);
    }
    auto collector = BusinessMonitorCollector::Create(source, {http, executor});
    EXPECT_TRUE(collector);
    return (*collector)->Collect(queries, {kNow, kNow + seconds(10), {}});
  }

  Error ErrorOf(const std::string& path = "a") { return Collect({path})[0].error(); }
};

TEST_F(BusinessMonitorTest, AsksOnceForAllQueries) {
  source.auth.bearer_token = "secret";
  http.AnswerAlways(R"({"a": 1, "b": {"c": "2k"}})", 200, "application/vnd.shop+json; charset=x");
  const auto results = Collect({"a", "b.c", "missing", "a"});
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].url, "http://shop/stats?v=1");
  EXPECT_EQ(http.seen[0].auth->bearer_token, "secret");
  EXPECT_EQ(http.deadline, kNow + seconds(2));
  EXPECT_EQ((*results[0])->values[0].value, 1);
  EXPECT_EQ((*results[0])->values[0].at, kNow);
  EXPECT_EQ((*results[1])->values[0].value, 2000);
  EXPECT_EQ((*results[1])->values[0].milli, 2'000'000);
  EXPECT_FALSE(results[2]);
  EXPECT_TRUE(results[3]);
}

TEST_F(BusinessMonitorTest, IgnoresTheServersIdeaOfTime) {
  http.answer = [](const HttpRequest&) -> Result<HttpResponse> {
    return HttpResponse{200,
                        {{"content-type", "application/json"},
                         {"date", "Thu, 01 Jan 1970 00:00:00 GMT"},
                         {"age", "100000"}},
                        R"({"a": 1})"};
  };
  EXPECT_EQ((*Collect({"a"})[0])->values[0].at, kNow);
}

TEST_F(BusinessMonitorTest, RefusesWhatIsNotCalledADocument) {
  http.AnswerAlways(R"({"a": 1})", 200, "text/html");
  EXPECT_THAT(ErrorOf().message, HasSubstr("of type \"text/html\", which cannot be read"));
  http.AnswerAlways(R"({"a": 1})", 200, "");
  EXPECT_THAT(ErrorOf().message, HasSubstr("no content type"));
  EXPECT_EQ(ErrorOf().code, ErrorCode::kMalformedData);
  for (const char* type : {"application/json", "text/json", "Application/JSON ;charset=utf-8"}) {
    http.AnswerAlways(R"({"a": 1})", 200, type);
    EXPECT_TRUE(Collect({"a"})[0]) << type;
  }
}

TEST_F(BusinessMonitorTest, TellsStatusesApart) {
  http.AnswerAlways(R"({"a": 1})", 302);
  EXPECT_THAT(ErrorOf().message, HasSubstr("redirects are not followed"));
  EXPECT_EQ(ErrorOf().code, ErrorCode::kInvalidArgument);
  http.AnswerAlways(R"({"a": 1})", 204);
  EXPECT_FALSE(Collect({"a"})[0]);
  http.AnswerAlways(R"({"a": 1})", 500);
  EXPECT_EQ(ErrorOf().code, ErrorCode::kUnavailable);
  http.AnswerAlways(R"({"a": 1})", 401);
  EXPECT_EQ(ErrorOf().code, ErrorCode::kPermissionDenied);
}

TEST_F(BusinessMonitorTest, NamesTheLimitOnBytes) {
  source.spec.max_response_bytes = 5;
  http.AnswerAlways(R"({"a": 1})");
  EXPECT_THAT(ErrorOf().message, HasSubstr("limits.maxResponseBytes, 5"));
  EXPECT_EQ(http.seen[0].max_response_bytes, 5U);
}

TEST_F(BusinessMonitorTest, PassesOnWhatTheClientSays) {
  http.answer = [](const HttpRequest&) {
    return Error{ErrorCode::kDeadlineExceeded, "no answer in time"};
  };
  EXPECT_EQ(ErrorOf().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(ErrorOf().message, "business monitor: no answer in time");
}

TEST_F(BusinessMonitorTest, RefusesBadEndpoints) {
  source.spec.endpoint = "grpc://shop";
  const auto made = BusinessMonitorCollector::Create(source, {http, executor});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(BusinessMonitorTest, ReadsWhatTheContentTypeSays) {
  http.AnswerAlways("a: {b: 3}", 200, "application/yaml; charset=utf-8");
  EXPECT_EQ((*Collect({"a.b"})[0])->values[0].value, 3);
  http.AnswerAlways("<a><b>4</b></a>", 200, "text/xml");
  EXPECT_EQ((*Collect({"a.b"})[0])->values[0].value, 4);
  http.AnswerAlways("{}", 200, "application/yaml");
  EXPECT_FALSE(Collect({"a.b"})[0]);
}

TEST_F(BusinessMonitorTest, ReadsTheFormatOfTheSourceWhateverTheContentTypeSays) {
  source.spec.http = HttpSource{.format = DocumentFormat::kNumber};
  http.AnswerAlways("17\n", 200, "text/plain");
  EXPECT_EQ((*Collect({"value"})[0])->values[0].value, 17);
  EXPECT_EQ(http.seen[0].headers[0].second, "text/plain");
}

TEST_F(BusinessMonitorTest, PostsItsBody) {
  source.spec.http = HttpSource{.post = true, .body = "<q/>", .body_type = "application/xml"};
  http.AnswerAlways(R"({"a": 1})");
  EXPECT_TRUE(Collect({"a"})[0]);
  ASSERT_EQ(http.seen.size(), 1U);
  EXPECT_EQ(http.seen[0].method, "POST");
  EXPECT_EQ(http.seen[0].body, "<q/>");
  EXPECT_EQ(http.seen[0].headers[1],
            (std::pair<std::string, std::string>("Content-Type", "application/xml")));
}

TEST_F(BusinessMonitorTest, TakesAnEmptyWildcardForNothingThere) {
  http.AnswerAlways(R"({"shards": []})");
  const auto results = Collect({"sum(shards[*].busy)", "count(shards[*])"});
  ASSERT_TRUE(results[0]) << results[0].error().message;
  EXPECT_TRUE((*results[0])->values.empty());
  EXPECT_EQ((*results[1])->values.at(0).value, 0) << "an empty list has no elements";
}

TEST_F(BusinessMonitorTest, ReadsExpositionText) {
  const std::string body =
      "# TYPE jobs gauge\njobs{queue=\"a\"} 3\njobs{queue=\"b\"} 4\nload 0.5 1699999990000\nbad "
      "NaN\n";
  http.AnswerAlways(body, 200, "text/plain; version=0.0.4; charset=utf-8");
  const auto results = Collect(
      {"jobs{queue=\"a\"}", "sum(jobs)", "jobs", "none", "load", "bad", "rate(jobs[1m])", "sum("});
  EXPECT_EQ((*results[0])->values.at(0).value, 3);
  EXPECT_EQ((*results[0])->values.at(0).at, kNow);
  EXPECT_EQ((*results[1])->values.at(0).value, 7);
  EXPECT_EQ((*results[2])->values.size(), 2U) << "which of them is nobody's guess";
  EXPECT_TRUE((*results[3])->values.empty());
  EXPECT_EQ((*results[4])->values.at(0).at, kNow - seconds(10)) << "its own time";
  EXPECT_EQ((*results[5])->values.at(0).milli, kInvalidMilli);
  EXPECT_THAT(results[6].error().message, HasSubstr("one answer has no rate"));
  EXPECT_FALSE(results[7]);
  http.AnswerAlways("jobs 3", 200, "text/plain; version=0.0.4");
  EXPECT_THAT(Collect({"jobs"})[0].error().message, HasSubstr("not usable exposition: line 1"));
  http.AnswerAlways("jobs 3\n# EOF\n", 200, "application/openmetrics-text; version=1.0.0");
  EXPECT_EQ((*Collect({"jobs"})[0])->values.at(0).value, 3);
}

class PodMonitorTest : public BusinessMonitorTest {
 protected:
  PodMonitorTest() {
    source.spec = {.ns = "shop", .type = "HTTP"};
    source.spec.http = HttpSource();
    source.spec.http->pods = HttpSource::Pods{
        .selector = {.match_labels = {{"app", "worker"}}}, .port = 8080, .path = "/stats?x=1"};
    Add("a", "10.0.0.1");
    Add("b", "10.0.0.2");
    Add("c", "fd00::3");
    http.answer = [this](const HttpRequest& request) -> Result<HttpResponse> {
      const auto found = bodies.find(request.url);
      if (found == bodies.end()) return Error{ErrorCode::kUnavailable, "connection refused"};
      return HttpResponse{200, {{"content-type", "application/json"}}, found->second};
    };
  }

  void Add(const std::string& name, const std::string& ip, bool ready = true,
           bool deleting = false) {
    pods.pods["shop"].push_back({{.name = name,
                                  .ip = ip,
                                  .phase = PodPhase::kRunning,
                                  .ready = ready,
                                  .deleting = deleting},
                                 {{"app", "worker"}}});
  }

  ReadingResult Ask(const std::string& path) {
    auto collector = BusinessMonitorCollector::Create(source, {http, executor, &pods});
    EXPECT_TRUE(collector);
    const MetricQuery query{.ns = "shop", .expression = path};
    return (*collector)->Collect({&query, 1}, {kNow, kNow + seconds(10), {}}).at(0);
  }

  double Combined(HttpSource::Pods::Combine combine) {
    source.spec.http->pods->combine = combine;
    const auto reading = Ask("busy");
    EXPECT_TRUE(reading) << reading.error().message;
    return reading ? (*reading)->values.at(0).value : -1;
  }

  std::map<std::string, std::string> bodies{{"http://10.0.0.1:8080/stats?x=1", R"({"busy": 1})"},
                                            {"http://10.0.0.2:8080/stats?x=1", R"({"busy": 2})"},
                                            {"http://[fd00::3]:8080/stats?x=1", R"({"busy": 6})"}};
  test::FakePodDirectory pods;
};

TEST_F(PodMonitorTest, CombinesTheNumbersOfAllReadyPods) {
  using enum HttpSource::Pods::Combine;
  EXPECT_EQ(Combined(kSum), 9);
  EXPECT_EQ(Combined(kAverage), 3);
  EXPECT_EQ(Combined(kMax), 6);
  EXPECT_EQ(Combined(kMin), 1);
}

TEST_F(PodMonitorTest, AsksNeitherUnreadyNorDyingPodsNorThoseWithoutAnAddress) {
  Add("d", "10.0.0.4", /*ready=*/false);
  Add("e", "10.0.0.5", /*ready=*/true, /*deleting=*/true);
  Add("f", "");
  EXPECT_EQ(Combined(HttpSource::Pods::Combine::kSum), 9);
  EXPECT_EQ(http.seen.size(), 3U);
}

TEST_F(PodMonitorTest, LeavesNoPodOutSilently) {
  bodies.erase("http://10.0.0.2:8080/stats?x=1");
  const auto reading = Ask("busy");
  ASSERT_FALSE(reading);
  EXPECT_EQ(reading.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(reading.error().message,
            "business monitor: 2 of 3 ready pods have the number, and 3 must: pod b: business "
            "monitor: connection refused");
  bodies["http://10.0.0.2:8080/stats?x=1"] = R"({"idle": 2})";
  EXPECT_THAT(Ask("busy").error().message, HasSubstr("pod b: business monitor: no number at busy"));
  bodies["http://10.0.0.2:8080/stats?x=1"] = R"({"busy": []})";
  EXPECT_FALSE(Ask("sum(busy[*])"));
}

TEST_F(PodMonitorTest, DoesWithAsManyAsTheSourceSays) {
  bodies.erase("http://10.0.0.2:8080/stats?x=1");
  source.spec.http->pods->min_answers = 2;
  EXPECT_EQ(Combined(HttpSource::Pods::Combine::kSum), 7);
  EXPECT_EQ(Combined(HttpSource::Pods::Combine::kAverage), 3.5);
  source.spec.http->pods->min_answers = 4;
  EXPECT_THAT(Ask("busy").error().message, HasSubstr("2 of 3 ready pods have the number, and 4"));
}

TEST_F(PodMonitorTest, TakesNoPodsForNothingThereAndNotKnownForAnError) {
  pods.pods.clear();
  const auto nothing = Ask("busy");
  ASSERT_TRUE(nothing);
  EXPECT_TRUE((*nothing)->values.empty());
  pods.problem = Error{ErrorCode::kUnavailable, "the pods have not been read yet"};
  EXPECT_EQ(Ask("busy").error().message, "business monitor: the pods have not been read yet");
}

TEST_F(PodMonitorTest, AsksAFewAtATime) {
  source.spec.max_concurrent = 2;
  EXPECT_EQ(Combined(HttpSource::Pods::Combine::kSum), 9);
  EXPECT_EQ(http.batches, (std::vector<std::size_t>{2, 1}));
}

TEST_F(PodMonitorTest, AsksOverTlsWhereItShould) {
  source.spec.http->pods->tls = true;
  (void)Ask("busy");
  EXPECT_EQ(http.seen[0].url, "https://10.0.0.1:8080/stats?x=1");
}

TEST_F(PodMonitorTest, AsksNoMoreThanItMay) {
  for (std::size_t i = 0; i < BusinessMonitorCollector::kPodsMost; ++i)
    Add("p" + std::to_string(i), "10.1.0.1");
  EXPECT_THAT(Ask("busy").error().message, HasSubstr("1003 pods are ready, and no more than 1000"));
  EXPECT_TRUE(http.seen.empty());
}

TEST_F(PodMonitorTest, NeedsACluster) {
  EXPECT_EQ(BusinessMonitorCollector::Create(source, {http, executor}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors
