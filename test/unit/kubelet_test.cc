#include "collectors/kubelet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/kubelet_ask.h"
#include "test/support/fake_kubelets.h"
#include "test/support/fake_pod_directory.h"
#include "test/support/kubelet_page.h"
#include "test/support/manual_clock.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;
using test::KubeletPageText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const Timestamp kNow{seconds(1'700'000'000)};

MetricQuery Usage(const std::string& selector = "app=web") {
  return {.type = MetricType::kResource, .ns = "shop", .pod_selector = selector};
}

MetricQuery Receive() {
  MetricQuery query = Usage();
  query.type = MetricType::kPods;
  query.expression = "network_receive_bytes_per_second";
  return query;
}

class KubeletCollectorTest : public testing::Test {
 protected:
  KubeletCollectorTest() {
    Add("web-1", "n1", "web");
    Add("web-2", "n2", "web");
    Add("db-1", "n3", "db");
    for (const std::string node : {"n1", "n2", "n3"}) {
      const std::string pod = node == "n3" ? "db-1" : "web-" + node.substr(1);
      kubelets_.Show(node + "/metrics/resource", KubeletPageText()
                                                     .Memory("shop", pod, 1000, kNow)
                                                     .Memory("shop", "stranger", 7, kNow)
                                                     .Resource());
    }
  }

  PodAddress& Add(const std::string& name, const std::string& node, const std::string& app) {
    PodAddress pod;
    pod.name = name;
    pod.node = node;
    pod.host_ip = "10.0.0.1";
    pod.phase = PodPhase::kRunning;
    auto& pods = pods_.pods["shop"];
    pods.push_back({pod, {{"app", app}}});
    return pods.back().address;
  }

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries) {
    return collector_.Collect(queries,
                              {clock_.Now(), clock_.Now() + seconds(1), stop_.get_token()});
  }

  static std::vector<std::string> Names(const ReadingResult& result) {
    if (!result) return {"error: " + result.error().message};
    std::vector<std::string> names;
    for (const PodUsage& pod : (*result)->pod_usage.Pods())
      names.push_back(pod.pod);
    return names;
  }

  test::ManualClock clock_{kNow};
  SerialExecutor executor_;
  test::FakeKubelets kubelets_;
  test::FakePodDirectory pods_;
  std::stop_source stop_;
  std::shared_ptr<KubeletBoard> board_ =
      KubeletBoard::Create({}, kubelets_.AsFunction(), clock_, executor_);
  KubeletCollector collector_{board_, pods_};
};

TEST_F(KubeletCollectorTest, OnlyTheNodesOfTheSelectedPodsAreAskedAndOnlyThosePodsAnswered) {
  const auto results = Collect({Usage()});
  EXPECT_THAT(Names(results.at(0)), ElementsAre("web-1", "web-2"));
  EXPECT_FALSE((*results[0])->selected);
  EXPECT_THAT(kubelets_.seen(), ElementsAre("n1/metrics/resource", "n2/metrics/resource"));
}

TEST_F(KubeletCollectorTest, OnePageAnswersAllQueriesOfABatch) {
  MetricQuery container = Usage();
  container.type = MetricType::kContainerResource;
  const auto results = Collect({Usage(), Usage("app=db"), container, Usage("app in (web,db)")});
  EXPECT_THAT(Names(results.at(1)), ElementsAre("db-1"));
  EXPECT_THAT(Names(results.at(2)), ElementsAre("web-1", "web-2"));
  EXPECT_THAT(Names(results.at(3)), ElementsAre("db-1", "web-1", "web-2"));
  EXPECT_EQ(kubelets_.seen().size(), 3U);
}

TEST_F(KubeletCollectorTest, PodsOfANodeThatGivesNothingAreMissingAndNeverZero) {
  kubelets_.Show("n2/metrics/resource", Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_THAT(Names(Collect({Usage()}).at(0)), ElementsAre("web-1"));
}

TEST_F(KubeletCollectorTest, WhenNoNodeGivesAnythingTheAnswerIsTheKubeletsError) {
  for (const char* page : {"n1/metrics/resource", "n2/metrics/resource"})
    kubelets_.Show(page, Error{ErrorCode::kUnavailable, "refused"});
  auto results = Collect({Usage()});
  ASSERT_FALSE(results.at(0));
  EXPECT_EQ(results[0].error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(results[0].error().message, "kubelet of n1: refused");
  // Others answer, so it is not the source that is down.
  results = Collect({Usage(), Usage("app=db")});
  EXPECT_FALSE(results.at(0));
  EXPECT_TRUE(results.at(1));
  results = Collect({Usage()});
  ASSERT_FALSE(results.at(0));
  EXPECT_EQ(results[0].error().code, ErrorCode::kGone);
  EXPECT_EQ(results[0].error().message, "kubelet of n1: refused");
}

TEST_F(KubeletCollectorTest, PodsThatRunNowhereAreNotAskedFor) {
  Add("web-3", "", "web");
  Add("web-4", "n4", "web").phase = PodPhase::kSucceeded;
  Add("web-5", "n5", "web").phase = PodPhase::kFailed;
  EXPECT_THAT(Names(Collect({Usage()}).at(0)), ElementsAre("web-1", "web-2"));
  EXPECT_EQ(kubelets_.seen().size(), 2U);
}

TEST_F(KubeletCollectorTest, NoPodsIsAnAnswer) {
  EXPECT_THAT(Names(Collect({Usage("app=none")}).at(0)), IsEmpty());
  EXPECT_THAT(kubelets_.seen(), IsEmpty());
}

TEST_F(KubeletCollectorTest, TrafficComesFromTheOtherPage) {
  for (const int second : {0, 10}) {
    for (const std::string node : {"n1", "n2"}) {
      kubelets_.Show(node + "/metrics/cadvisor",
                     KubeletPageText()
                         .Traffic("receive", "web-" + node.substr(1), "eth0", 1000.0 * second,
                                  kNow + seconds(second))
                         .Cadvisor());
    }
    const auto results = Collect({Receive()});
    ASSERT_TRUE(results.at(0)) << results.at(0).error().message;
    const auto& values = (*results[0])->pod_values;
    if (second == 0) {
      EXPECT_THAT(values, IsEmpty());
    } else {
      ASSERT_EQ(values.size(), 2U);
      EXPECT_EQ(values[0].pod, "web-1");
      EXPECT_EQ(values[0].milli, 1'000'000);
      EXPECT_EQ(values[0].at, kNow + seconds(10));
      EXPECT_EQ(values[0].window, seconds(10));
    }
    clock_.Advance(seconds(10));
  }
  EXPECT_THAT(kubelets_.seen(), testing::Each(HasSubstr("/metrics/cadvisor")));
}

TEST_F(KubeletCollectorTest, WhatItCannotAnswerIsRefused) {
  MetricQuery other = Receive();
  other.expression = "requests_per_second";
  MetricQuery nowhere = Usage();
  nowhere.ns.clear();
  const std::pair<MetricQuery, const char*> cases[] = {
      {other, "network_receive_bytes_per_second"},
      {{.type = MetricType::kExternal, .ns = "shop", .expression = "x"}, "only metrics of type"},
      {nowhere, "namespace"},
      {Usage("app in web"), "kubelet: "},
      {Usage("cores>4"), "kubelet: "}};
  for (const auto& [query, what] : cases) {
    const auto results = Collect({query});
    ASSERT_FALSE(results.at(0));
    EXPECT_THAT(results[0].error().message, HasSubstr(what));
  }
  EXPECT_THAT(kubelets_.seen(), IsEmpty());
}

TEST_F(KubeletCollectorTest, UnknownPodsAreAnError) {
  pods_.problem = Error{ErrorCode::kUnavailable, "pods: the list is still being read"};
  const auto results = Collect({Usage()});
  ASSERT_FALSE(results.at(0));
  EXPECT_EQ(results[0].error().message, "kubelet: pods: the list is still being read");
}

TEST(KubeletAsk, GoesThroughTheApiServerByTheNodesName) {
  std::vector<std::string> paths;
  const KubeletAsk ask =
      AskThroughApiServer([&](const std::string& path, Timestamp deadline, const auto& done) {
        paths.push_back(path);
        EXPECT_EQ(deadline, kNow);
        done(std::string("up 1\n"));
      });
  std::string body;
  ask({.node = "n/1", .address = "", .page = KubeletPage::kCadvisor}, kNow,
      [&](const Result<std::string>& result) { body = *result; });
  EXPECT_THAT(paths, ElementsAre("/api/v1/nodes/n%2F1/proxy/metrics/cadvisor"));
  EXPECT_EQ(body, "up 1\n");
}

// Answers at once.
class OneAnswer final : public AsyncHttpClient {
 public:
  std::vector<HttpRequest> seen;
  Result<HttpResponse> answer = HttpResponse{200, {{"content-type", "text/plain"}}, "up 1\n"};

  void Start(HttpRequest request, Timestamp /*deadline*/, OnDone on_done) override {
    seen.push_back(std::move(request));
    on_done(answer);
  }
  std::vector<Result<HttpResponse>> SendAll(std::span<const HttpRequest> /*requests*/,
                                            Timestamp /*deadline*/) override {
    return {};
  }
  Result<std::unique_ptr<LineStream>> Open(HttpRequest /*request*/, Timestamp /*deadline*/,
                                           const std::stop_token& /*stop*/) override {
    return Error{ErrorCode::kUnavailable, "no streams here"};
  }
};

class KubeletConnectTest : public testing::Test {
 protected:
  Result<std::string> Ask(const std::string& address) {
    const KubeletAsk ask =
        AskKubelets({.port = 10250, .response_bytes_most = 99, .auth = auth_}, http_);
    Result<std::string> body = Error{ErrorCode::kGone, "nothing was said"};
    ask({.node = "n1", .address = address, .page = KubeletPage::kResource}, kNow,
        [&](Result<std::string> result) { body = std::move(result); });
    return body;
  }

  OneAnswer http_;
  std::function<Result<std::shared_ptr<const HttpAuth>>()> auth_ = [] {
    return std::make_shared<const HttpAuth>(HttpAuth{.bearer_token = "t"});
  };
};

TEST_F(KubeletConnectTest, AsksTheNodesAddressAsOurselves) {
  ASSERT_TRUE(Ask("10.0.0.1"));
  ASSERT_TRUE(Ask("fd00::1"));
  ASSERT_EQ(http_.seen.size(), 2U);
  EXPECT_EQ(http_.seen[0].url, "https://10.0.0.1:10250/metrics/resource");
  EXPECT_EQ(http_.seen[1].url, "https://[fd00::1]:10250/metrics/resource");
  EXPECT_EQ(http_.seen[0].auth->bearer_token, "t");
  EXPECT_EQ(http_.seen[0].max_response_bytes, 99U);
}

TEST_F(KubeletConnectTest, SendsNothingWithoutAnAddressOrCredentials) {
  EXPECT_THAT(Ask("").error().message, HasSubstr("address"));
  EXPECT_EQ(Ask("evil.example/x").error().code, ErrorCode::kMalformedData);
  auth_ = [] { return Error{ErrorCode::kNotFound, "no token"}; };
  EXPECT_EQ(Ask("10.0.0.1").error().message, "no token");
  EXPECT_THAT(http_.seen, IsEmpty());
}

TEST_F(KubeletConnectTest, WhatIsNoPageIsAnError) {
  http_.answer = HttpResponse{403, {}, "Forbidden (user=x, verb=get, resource=nodes)\n"};
  EXPECT_EQ(Ask("10.0.0.1").error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(Ask("10.0.0.1").error().message, HasSubstr("resource=nodes"));
  http_.answer = HttpResponse{200, {{"content-type", "text/html"}}, "<html>"};
  EXPECT_EQ(Ask("10.0.0.1").error().code, ErrorCode::kMalformedData);
  http_.answer = HttpResponse{
      200, {{"content-type", "application/openmetrics-text; version=1.0.0"}}, "# EOF\n"};
  EXPECT_THAT(Ask("10.0.0.1").error().message, HasSubstr("OpenMetrics"));
  http_.answer = Error{ErrorCode::kUnavailable, "refused"};
  EXPECT_EQ(Ask("10.0.0.1").error().message, "refused");
}

}  // namespace
}  // namespace hpaplus::collectors
