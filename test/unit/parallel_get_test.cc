// Several reads at once through the real client, from a scripted API server in this process.

#include "engine/kube/parallel_get.h"

#include <atomic>
#include <string>

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
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;

class ParallelGetTest : public testing::Test {
 protected:
  ~ParallelGetTest() override {
    kube_.reset();
    http_.reset();  // Before the server, which waits for idle connections.
  }

  void Serve(ScriptedServer::Script script) {
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    kube_ = std::make_unique<KubeClient>(
        config_, std::make_shared<test::FixedAccess>(server_->url()), *http_, clock_, telemetry_);
  }
  std::vector<Result<std::string>> Get(const std::vector<std::string>& paths,
                                       Duration patience = seconds(20)) {
    return GetAll(*kube_, clock_, "metrics.k8s.io", paths, clock_.Now() + patience);
  }

  KubeClient::Config config_;
  SystemClock clock_;
  test::RecordedTelemetry telemetry_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<CurlClient> http_ = std::make_unique<CurlClient>(clock_);
  std::unique_ptr<KubeClient> kube_;
};

TEST_F(ParallelGetTest, GivesEveryAnswerInOrder) {
  Serve([](const ScriptedRequest& request) {
    ScriptedAnswer answer;
    answer.status = request.path == "/b" ? 404 : 200;
    answer.body = "body of " + request.path;
    return answer;
  });
  const auto bodies = Get({"/a", "/b", "/c"});
  ASSERT_EQ(bodies.size(), 3U);
  EXPECT_EQ(*bodies[0], "body of /a");
  EXPECT_EQ(bodies[1].error().code, ErrorCode::kNotFound);
  EXPECT_EQ(*bodies[2], "body of /c");
  EXPECT_TRUE(Get({}).empty());
}

TEST_F(ParallelGetTest, ASlowAnswerCostsTheOthersNothing) {
  Serve([](const ScriptedRequest& request) {
    ScriptedAnswer answer;
    answer.body = "fast";
    if (request.path == "/slow") {
      answer.stream = [](ScriptedWriter& out) { return out.Pause(seconds(60)); };
    }
    return answer;
  });
  const Timestamp start = clock_.Now();
  const auto bodies = Get({"/slow", "/a", "/b"}, milliseconds(500));
  EXPECT_LT(clock_.Now() - start, seconds(10));
  EXPECT_EQ(bodies[0].error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(*bodies[1], "fast");
  EXPECT_EQ(*bodies[2], "fast");
}

TEST_F(ParallelGetTest, WhatNobodyWaitsForIsNotSent) {
  std::atomic<int> asked = 0;
  config_.max_in_flight = 1;
  std::atomic<bool> release = false;
  Serve([&](const ScriptedRequest& request) {
    ++asked;
    ScriptedAnswer answer;
    if (request.path != "/slow") return answer;
    answer.stream = [&release](ScriptedWriter& out) {
      while (!release && out.Pause(milliseconds(5))) {
      }
      return true;
    };
    return answer;
  });
  const auto bodies = Get({"/slow", "/waits"}, milliseconds(300));
  EXPECT_EQ(bodies[1].error().code, ErrorCode::kDeadlineExceeded);
  release = true;
  EXPECT_TRUE(Get({"/after"})[0]);  // Behind "/waits" in the queue.
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace hpaplus::kube
