// The client against a scripted API server in this process.

#include "engine/kube/kube_client.h"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/fixed_access.h"
#include "test/support/recorded_telemetry.h"
#include "test/support/scripted_server.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FixedAccess;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ScriptedAnswer Refusal(int code, const std::string& message = "no") {
  ScriptedAnswer answer;
  answer.status = code;
  answer.body =
      R"({"kind":"Status","code":)" + std::to_string(code) + R"(,"message":")" + message + "\"}";
  return answer;
}

KubeRequest Get(std::string path, Priority priority = Priority::kRead) {
  KubeRequest request;
  request.path = std::move(path);
  request.verb = "get";
  request.resource = "pods";
  request.priority = priority;
  return request;
}

class KubeClientTest : public testing::Test {
 protected:
  ~KubeClientTest() override {
    kube_.reset();
    http_.reset();  // Before the server, which waits for idle connections.
  }

  void Serve(ScriptedServer::Script script, FixedAccess::Renew renew = nullptr) {
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    access_ = std::make_shared<FixedAccess>(server_->url(), std::move(renew));
    kube_ = std::make_unique<KubeClient>(config_, access_, *http_, clock_, telemetry_);
  }
  Result<std::string> Call(const KubeRequest& request, Duration patience = seconds(20)) {
    return kube_->Call(request, clock_.Now() + patience);
  }
  std::future<Result<std::string>> Start(KubeRequest request) {
    const auto promise = std::make_shared<std::promise<Result<std::string>>>();
    kube_->Start(std::move(request),
                 [promise](Result<std::string> body) { promise->set_value(std::move(body)); });
    return promise->get_future();
  }

  KubeClient::Config config_;
  SystemClock clock_;
  test::RecordedTelemetry telemetry_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<CurlClient> http_ = std::make_unique<CurlClient>(clock_);
  std::shared_ptr<FixedAccess> access_;
  std::unique_ptr<KubeClient> kube_;
};

TEST_F(KubeClientTest, SendsWhatItIsAskedTo) {
  Serve([](const ScriptedRequest& request) {
    ScriptedAnswer answer;
    answer.status = 201;
    answer.body = request.method + " " + request.path + "?" + request.query.at("x") + " " +
                  request.headers.at("content-type") + " " + request.headers.at("accept") + " " +
                  request.headers.at("user-agent") + " " + request.body;
    return answer;
  });
  KubeRequest request = Get("/api/v1/pods?x=y");
  request.method = "PATCH";
  request.content_type = "application/merge-patch+json";
  request.accept = "application/json;as=Table";
  request.body = "{}";
  const auto body = Call(request);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_THAT(*body, testing::StartsWith("PATCH /api/v1/pods?y application/merge-patch+json "
                                         "application/json;as=Table hpaplus/"));
  EXPECT_THAT(*body, testing::EndsWith(" {}"));
  EXPECT_THAT(telemetry_.requests(), ElementsAre("get pods 201"));
}

TEST_F(KubeClientTest, AP11ARefusalIsTheServersMessageAndIsNotRepeated) {
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) { return ++asked, Refusal(403, "no rule for pods"); });
  const auto body = Call(Get("/api/v1/pods"));
  EXPECT_EQ(body.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(body.error().message, "kube: get pods: 403 no rule for pods");
  EXPECT_EQ(asked, 1);
}

TEST_F(KubeClientTest, AP9IdempotentRequestsAreRepeatedUntilTheyPass) {
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) {
    ScriptedAnswer fine;
    fine.body = "fine";
    return ++asked % 3 == 0 ? fine : Refusal(asked % 3 == 1 ? 500 : 503);
  });
  EXPECT_EQ(*Call(Get("/x")), "fine");
  EXPECT_EQ(asked, 3);
  KubeRequest put = Get("/x");
  put.method = "PUT";
  put.body = R"({"metadata":{"resourceVersion":"7"}})";
  EXPECT_EQ(*Call(put), "fine");
  EXPECT_EQ(asked, 6);
  EXPECT_THAT(telemetry_.requests(), ElementsAre("get pods 500", "get pods 503", "get pods 200",
                                                 "get pods 500", "get pods 503", "get pods 200"));
}

TEST_F(KubeClientTest, AP9OtherRequestsAreSentOnce) {
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) { return ++asked, Refusal(500); });
  for (const char* method : {"POST", "PATCH", "PUT"}) {
    KubeRequest request = Get("/x");
    request.method = method;
    request.body = "{}";
    EXPECT_EQ(Call(request).error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(asked, 3);
}

TEST_F(KubeClientTest, AP1ACallEndsAtItsDeadlineWhateverTheServerDoes) {
  config_.request_timeout = milliseconds(50);
  Serve([](const ScriptedRequest&) {
    ScriptedAnswer answer;
    answer.stream = [](ScriptedWriter& out) { return out.Pause(seconds(600)); };
    return answer;
  });
  const Timestamp start = clock_.Now();
  EXPECT_EQ(Call(Get("/x"), milliseconds(400)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(clock_.Now() - start, seconds(5));
  EXPECT_GE(telemetry_.requests().size(), 2U) << "each attempt has its own timeout";
  EXPECT_EQ(telemetry_.requests()[0], "get pods 0");
  server_->Stop();
  const auto refused = Call(Get("/x"), milliseconds(300));
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr(std::to_string(server_->port())));
}

TEST_F(KubeClientTest, AP8ARetryAfterHoldsBackThatPriorityAndLowerOnes) {
  std::atomic<bool> busy = true;
  Serve([&](const ScriptedRequest& request) {
    ScriptedAnswer answer =
        request.path == "/busy" && busy.exchange(false) ? Refusal(429) : ScriptedAnswer{};
    if (answer.status == 429) answer.headers = {{"Retry-After", "1"}};
    return answer;
  });
  const Timestamp start = clock_.Now();
  EXPECT_EQ(Start(Get("/busy", Priority::kRead)).get().error().code, ErrorCode::kUnavailable);
  auto event = Start(Get("/event", Priority::kEvent));
  auto read = Start(Get("/read", Priority::kRead));
  ASSERT_TRUE(Start(Get("/scale", Priority::kScaleUp)).get());
  EXPECT_LT(clock_.Now() - start, seconds(1));
  ASSERT_TRUE(read.get());
  ASSERT_TRUE(event.get());
  EXPECT_GE(clock_.Now() - start, seconds(1));
}

TEST_F(KubeClientTest, WaitingRequestsGoByPriority) {
  config_.max_in_flight = 1;
  std::promise<void> go_on;
  std::mutex mutex;
  std::vector<std::string> order;
  Serve([&, gate = go_on.get_future().share()](const ScriptedRequest& request) {
    if (request.path == "/first") gate.wait();
    const std::lock_guard lock(mutex);
    order.push_back(request.path);
    return ScriptedAnswer{};
  });
  std::promise<void> sent;
  KubeRequest first = Get("/first");
  first.before_sending = [&](std::string&) { return sent.set_value(), Done{}; };
  std::vector<std::future<Result<std::string>>> all;
  all.push_back(Start(first));
  sent.get_future().wait();
  all.push_back(Start(Get("/event", Priority::kEvent)));
  all.push_back(Start(Get("/status", Priority::kStatus)));
  all.push_back(Start(Get("/read", Priority::kRead)));
  all.push_back(Start(Get("/scale", Priority::kScaleUp)));
  go_on.set_value();
  for (auto& answer : all)
    EXPECT_TRUE(answer.get());
  EXPECT_THAT(order, ElementsAre("/first", "/scale", "/read", "/status", "/event"));
}

TEST_F(KubeClientTest, AP18KeepsWithinItsBudget) {
  config_.qps = 50;
  config_.burst = 2;
  Serve([](const ScriptedRequest&) { return ScriptedAnswer{}; });
  const Timestamp start = clock_.Now();
  std::vector<std::future<Result<std::string>>> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(Start(Get("/x")));
  for (auto& answer : all)
    EXPECT_TRUE(answer.get());
  EXPECT_GE(clock_.Now() - start, milliseconds(199));
}

TEST_F(KubeClientTest, AP18SendsNothingWithoutATurn) {
  config_.qps = 0.001;
  config_.burst = 2;
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) { return ++asked, ScriptedAnswer{}; });
  EXPECT_TRUE(Start(Get("/x")).get());
  EXPECT_TRUE(Start(Get("/x")).get());
  EXPECT_EQ(Call(Get("/x"), milliseconds(100)).error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(asked, 2);
}

TEST_F(KubeClientTest, AFullQueueRefuses) {
  config_.qps = 0.001;
  config_.burst = 1;
  config_.queue_limit = 2;
  Serve([](const ScriptedRequest&) { return ScriptedAnswer{}; });
  EXPECT_TRUE(Start(Get("/taken")).get());
  auto first = Start(Get("/waits"));
  auto second = Start(Get("/waits"));
  const auto refused = Start(Get("/refused")).get();
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("too many"));
  // A call that gives up is taken from the queue when its turn comes; here it is refused at once.
  EXPECT_FALSE(Call(Get("/x"), milliseconds(50)));
  kube_.reset();
  EXPECT_THAT(first.get().error().message, HasSubstr("stopped"));
  EXPECT_THAT(second.get().error().message, HasSubstr("stopped"));
}

TEST_F(KubeClientTest, ARequestIsWithdrawnWhenItsConditionFailsAtTheLastMoment) {
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) { return ++asked, ScriptedAnswer{}; });
  KubeRequest request = Get("/x");
  request.before_sending = [](std::string&) { return Error{ErrorCode::kGone, "not the leader"}; };
  EXPECT_EQ(Start(request).get().error().message, "not the leader");
  EXPECT_EQ(asked, 0);
}

TEST_F(KubeClientTest, WhatIsWithdrawnCostsNothingOfTheBudget) {
  config_.qps = 0.001;
  config_.burst = 1;
  Serve([](const ScriptedRequest&) { return ScriptedAnswer{}; });
  KubeRequest withdrawn = Get("/x");
  withdrawn.before_sending = [](std::string&) { return Error{ErrorCode::kGone, "withdrawn"}; };
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(Start(withdrawn).get());
  EXPECT_TRUE(Call(Get("/x"), seconds(10)));
}

TEST_F(KubeClientTest, ASilentServerIsTriedBySomeRequestsAndTheOthersWaitForIt) {
  std::atomic<bool> silent = true;
  Serve([&](const ScriptedRequest&) {
    ScriptedAnswer answer;
    if (silent) answer.stream = [](ScriptedWriter& /*out*/) { return false; };
    return answer;
  });
  EXPECT_FALSE(Start(Get("/x")).get());
  constexpr std::size_t kSizes = 50;
  std::vector<std::future<Result<std::string>>> sizes;
  sizes.reserve(kSizes);
  for (std::size_t i = 0; i < kSizes; ++i)
    sizes.push_back(Start(Get("/x", Priority::kScaleUp)));
  EXPECT_FALSE(sizes[0].get()) << "a try";
  silent = false;
  std::size_t done = 0;
  for (std::size_t i = 1; i < sizes.size(); ++i)
    done += sizes[i].get() ? 1U : 0U;
  EXPECT_GE(done, 40U) << "49 less those tried before";
}

ScriptedServer::Script OnlyFor(const std::string& token) {
  return [token](const ScriptedRequest& request) {
    return request.headers.at("authorization") == "Bearer " + token ? ScriptedAnswer{}
                                                                    : Refusal(401, "Unauthorized");
  };
}

FixedAccess::Renew TokenAfter(int refusals_needed) {
  return [refusals_needed](int refusals) {
    HttpAuth auth;
    auth.bearer_token = refusals >= refusals_needed ? "canary-new" : "canary-old";
    return auth;
  };
}

TEST_F(KubeClientTest, AP10A401MakesTheCredentialsBeReadAgainOnce) {
  Serve(OnlyFor("canary-new"), TokenAfter(1));
  std::vector<std::future<Result<std::string>>> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(Start(Get("/x")));
  for (auto& answer : all)
    EXPECT_TRUE(answer.get());
  EXPECT_LT(access_->refusals(), 5) << "late refusals of the old token are no news";
}

TEST_F(KubeClientTest, AP10ASecond401IsTheAnswerAndNamesNoToken) {
  Serve(OnlyFor("canary-new"), TokenAfter(100));
  const auto body = Call(Get("/x"));
  EXPECT_EQ(body.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(body.error().message, Not(HasSubstr("canary")));
  EXPECT_EQ(telemetry_.requests().size(), 2U);
}

TEST_F(KubeClientTest, WithoutCredentialsNothingIsSent) {
  std::atomic<int> asked = 0;
  Serve([&](const ScriptedRequest&) { return ++asked, ScriptedAnswer{}; },
        [](int) {
          return Error{ErrorCode::kPermissionDenied, "the plug-in failed"};
        });
  EXPECT_EQ(Start(Get("/x")).get().error().message, "kube: get pods: the plug-in failed");
  EXPECT_EQ(kube_->Watch(Get("/x"), {}).error().message, "kube: get pods: the plug-in failed");
  EXPECT_EQ(asked, 0);
}

TEST_F(KubeClientTest, AWatchGivesItsLines) {
  Serve([](const ScriptedRequest&) {
    ScriptedAnswer answer;
    answer.stream = [](ScriptedWriter& out) { return out.Write("one\ntwo\n"); };
    return answer;
  });
  auto stream = kube_->Watch(Get("/x"), {});
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(*(*stream)->ReadLine(clock_.Now() + seconds(20), {}), "one");
  EXPECT_EQ(*(*stream)->ReadLine(clock_.Now() + seconds(20), {}), "two");
  EXPECT_EQ(*(*stream)->ReadLine(clock_.Now() + seconds(20), {}), std::nullopt);
}

TEST_F(KubeClientTest, AP4ARefusedWatchIsAnError) {
  Serve([](const ScriptedRequest&) { return Refusal(410, "too old"); });
  const auto stream = kube_->Watch(Get("/x"), {});
  EXPECT_EQ(stream.error().code, ErrorCode::kGone);
  EXPECT_EQ(stream.error().message, "kube: get pods: 410 too old");
}

TEST_F(KubeClientTest, AP10AWatchIsOpenedAgainAfterA401) {
  Serve(OnlyFor("canary-new"), TokenAfter(1));
  EXPECT_TRUE(kube_->Watch(Get("/x"), {}));
  Serve(OnlyFor("canary-new"), TokenAfter(100));
  EXPECT_EQ(kube_->Watch(Get("/x"), {}).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(KubeClientTest, AStopEndsTheWaitForAWatchInEveryPhase) {
  config_.qps = 0.001;
  config_.burst = 1;
  config_.request_timeout = seconds(600);
  std::promise<void> go_on;
  Serve([gate = go_on.get_future().share()](const ScriptedRequest&) {
    gate.wait();
    return ScriptedAnswer{};
  });
  for (const char* phase : {"for the answer", "for a turn"}) {
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_EQ(kube_->Watch(Get("/x"), stop.get_token()).error().code, ErrorCode::kUnavailable)
        << phase;
  }
  go_on.set_value();
}

TEST_F(KubeClientTest, WhatIsUnderWayAtTheEndFails) {
  config_.request_timeout = seconds(600);
  std::promise<void> go_on;
  Serve([gate = go_on.get_future().share()](const ScriptedRequest&) {
    gate.wait();
    return ScriptedAnswer{};
  });
  std::promise<void> sent;
  KubeRequest request = Get("/x");
  request.before_sending = [&](std::string&) { return sent.set_value(), Done{}; };
  auto under_way = Start(request);
  sent.get_future().wait();
  kube_.reset();
  EXPECT_EQ(under_way.get().error().code, ErrorCode::kUnavailable);
  go_on.set_value();
}

}  // namespace
}  // namespace hpaplus::kube
