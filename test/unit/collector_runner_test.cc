#include "engine/loop/collector_runner.h"

#include "test/support/collector_runner_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(CollectorRunnerTest, AnswersWhatIsAsked) {
  Make();
  Set("prom", prom_);
  const ReadingResult result = ResultOf(Ask("prom", "load"));
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->values.at(0).value, 1.0);
  EXPECT_EQ(prom_.made, 2) << "one collector a lane";
  EXPECT_TRUE(stage_.Wait([&] { return telemetry_.queries == 1; }));
  EXPECT_EQ(telemetry_.failed, 0U);
}

TEST_F(CollectorRunnerTest, AnUnknownSourceIsNotFound) {
  Make();
  EXPECT_EQ(FailureOf(Ask("prom", "load")), ErrorCode::kNotFound);
}

TEST_F(CollectorRunnerTest, ANamespaceThatMayNotUseTheSourceIsRefused) {
  Make();
  RunnableSource source = Plugged(prom_);
  source.allows = [](std::string_view ns) { return ns != "shop"; };
  EXPECT_TRUE(runner_->SetSource("prom", std::move(source)));
  EXPECT_EQ(FailureOf(Ask("prom", "load")), ErrorCode::kPermissionDenied);
  ReadRequest request = Request("prom", "load");
  request.read = PlannedRead{"prom", {.ns = "bank", .expression = "load"}};
  runner_->Start({&request, 1});
  EXPECT_TRUE(ResultOf(request.id));
}

TEST_F(CollectorRunnerTest, ASourceThatCannotBeResolvedSaysWhy) {
  Make();
  EXPECT_TRUE(runner_->SetSource("prom", Error{ErrorCode::kNotFound, "secret prom-token"}));
  const ReadingResult result = ResultOf(Ask("prom", "load"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "secret prom-token");
}

TEST_F(CollectorRunnerTest, ABadChangeKeepsTheOldSource) {
  Make();
  Set("prom", prom_);
  RunnableSource bad;
  bad.make = [] {
    return Result<std::unique_ptr<Collector>>(Error{ErrorCode::kInvalidArgument, "no such type"});
  };
  const Status status = runner_->SetSource("prom", bad);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "no such type");
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
  EXPECT_FALSE(runner_->SetSource("other", bad));
  EXPECT_EQ(FailureOf(Ask("other", "load")), ErrorCode::kInvalidArgument);
}

TEST_F(CollectorRunnerTest, WhatIsPendingGoesOutAsOneBatchWithEachQueryOnce) {
  Make();
  prom_.hangs = true;
  Set("prom", prom_);
  const ReadId first = Ask("prom", "a");
  ASSERT_TRUE(WaitRunning(prom_, 1));
  const ReadId second = Ask("prom", "a");
  ASSERT_TRUE(WaitRunning(prom_, 2));
  std::vector<ReadId> ids{first, second};
  for (const char* query : {"a", "b", "a", "c", "b"})
    ids.push_back(Ask("prom", query));
  Release(prom_);
  for (const ReadId id : ids)
    EXPECT_TRUE(ResultOf(id));
  ASSERT_EQ(prom_.batches.size(), 3U);
  EXPECT_EQ(prom_.batches[2].size(), 3U) << "a, b and c";
}

TEST_F(CollectorRunnerTest, N1_AHangingSourceLeavesOthersAloneAndGetsTimeouts) {
  CollectorRunner::Config config;
  config.threads = 4;
  Make(config);
  prom_.hangs = true;
  Set("prom", prom_);
  Set("monitor", monitor_);
  std::vector<ReadId> lost{Ask("prom", "first")};
  ASSERT_TRUE(WaitRunning(prom_, 1));
  for (int i = 0; i < 50; ++i)
    lost.push_back(Ask("prom", "q" + std::to_string(i)));
  ASSERT_TRUE(WaitRunning(prom_, 2));
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(ResultOf(Ask("monitor", "depth"))) << "S10";
  EXPECT_EQ(prom_.running_most, 2);
  stage_.Advance(seconds(2));
  for (const ReadId id : lost)
    EXPECT_EQ(FailureOf(id), ErrorCode::kDeadlineExceeded);
}

TEST_F(CollectorRunnerTest, ManyHangingSourcesLeaveHalfOfTheThreads) {
  CollectorRunner::Config config;
  config.threads = 8;
  config.breaker.failures = 1;
  Make(config);
  std::vector<Plug> plugs(20);
  // Each fails once, so that it is known not to answer, and hangs from then on.
  for (std::size_t i = 0; i < plugs.size(); ++i) {
    plugs[i].answer = Error{ErrorCode::kUnavailable, "refused"};
    Set("bad" + std::to_string(i), plugs[i]);
    EXPECT_EQ(FailureOf(Ask("bad" + std::to_string(i), "q")), ErrorCode::kUnavailable);
    stage_.Change([&] { plugs[i].hangs = true; });
  }
  stage_.Advance(seconds(2));
  for (std::size_t i = 0; i < plugs.size(); ++i)
    (void)Ask("bad" + std::to_string(i), "q");
  const auto running = [&] {
    int sum = 0;
    for (const Plug& plug : plugs)
      sum += plug.running;
    return sum;
  };
  ASSERT_TRUE(stage_.Wait([&] { return running() == 2; })) << "a quarter of the threads";
  Set("monitor", monitor_);
  EXPECT_TRUE(ResultOf(Ask("monitor", "depth")));
  stage_.Change([&] { EXPECT_EQ(running(), 2); });
  runner_.reset();  // Its threads use the plugs.
}

TEST_F(CollectorRunnerTest, ALateAnswerIsDroppedAndTheNextReadGetsItsOwn) {
  CollectorRunner::Config config;
  config.lanes_per_source = 1;
  Make(config);
  prom_.hangs = true;
  Set("prom", prom_);
  ReadRequest request = Request("prom", "load");
  runner_->Start({&request, 1});
  ASSERT_TRUE(WaitRunning(prom_, 1));
  stage_.Advance(seconds(2));
  EXPECT_EQ(FailureOf(request.id), ErrorCode::kDeadlineExceeded);
  results_.clear();
  request.deadline = stage_.Now() + seconds(2);
  runner_->Start({&request, 1});
  Release(prom_);
  EXPECT_TRUE(ResultOf(request.id));
  EXPECT_EQ(prom_.collected, 2) << "the answer to the first one was taken for the second";
}

TEST_F(CollectorRunnerTest, ACollectorGetsTheSourcesTimeoutAtMost) {
  Make();
  Set("prom", prom_);
  EXPECT_TRUE(ResultOf(Ask("prom", "load", std::chrono::minutes(10))));
  EXPECT_TRUE(ResultOf(Ask("prom", "load", milliseconds(300))));
  EXPECT_EQ(prom_.allowed, (std::vector<Duration>{seconds(5), milliseconds(300)}));
}

TEST_F(CollectorRunnerTest, WhatACollectorThrowsIsAnError) {
  Make();
  Set("prom", prom_);
  const ReadingResult result = ResultOf(Ask("prom", "throw"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kMalformedData);
  EXPECT_NE(result.error().message.find("oops"), std::string::npos);
  EXPECT_EQ(FailureOf(Ask("prom", "swallow")), ErrorCode::kMalformedData);
  EXPECT_TRUE(ResultOf(Ask("prom", "load"))) << "the lane goes on";
}

TEST_F(CollectorRunnerTest, N8_AFailingSourceIsAskedLessAndLessOften) {
  Make();
  prom_.answer = Error{ErrorCode::kUnavailable, "connection refused"};
  Set("prom", prom_);
  // Ten reads a second for a minute.
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(FailureOf(Ask("prom", "load")), ErrorCode::kUnavailable);
    stage_.Advance(milliseconds(100));
  }
  // Three, then after a second, then every 1.5; each wait up to a fifth longer.
  EXPECT_LE(prom_.collected, 3 + 1 + 40);
  EXPECT_GE(prom_.collected, 3 + 1 + 30);
  EXPECT_NE(ResultOf(Ask("prom", "load")).error().message.find("connection refused"),
            std::string::npos);
  stage_.Change([&] { prom_.answer = 2.0; });
  stage_.Advance(milliseconds(1800));
  EXPECT_TRUE(ResultOf(Ask("prom", "load"))) << "one probe, and it is back";
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
}

TEST_F(CollectorRunnerTest, L3_AShortOutageEndsWithTheFirstProbe) {
  Make();
  prom_.answer = Error{ErrorCode::kUnavailable, "connection refused"};
  Set("prom", prom_);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(FailureOf(Ask("prom", "load")), ErrorCode::kUnavailable);
    stage_.Advance(milliseconds(100));
  }
  stage_.Change([&] { prom_.answer = 2.0; });
  stage_.Advance(milliseconds(1200));
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
}

TEST_F(CollectorRunnerTest, AWrongQueryDoesNotCloseTheSourceToOthers) {
  Make();
  prom_.answer = Error{ErrorCode::kInvalidArgument, "parse error"};
  Set("prom", prom_);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(FailureOf(Ask("prom", "(")), ErrorCode::kInvalidArgument);
  EXPECT_EQ(prom_.collected, 10);
}

TEST_F(CollectorRunnerTest, TooMuchPendingIsRefused) {
  CollectorRunner::Config config;
  config.pending_most = 10;
  config.lanes_per_source = 1;
  Make(config);
  prom_.hangs = true;
  Set("prom", prom_);
  (void)Ask("prom", "first");
  ASSERT_TRUE(WaitRunning(prom_, 1));
  for (int i = 0; i < 10; ++i)
    (void)Ask("prom", "q" + std::to_string(i));
  EXPECT_EQ(FailureOf(Ask("prom", "one too many")), ErrorCode::kUnavailable);
  stage_.Advance(seconds(3));
  (void)Ask("prom", "what has expired makes room");
  Release(prom_);
  EXPECT_TRUE(ResultOf(ReadId{next_id_ - 1}));
}

TEST_F(CollectorRunnerTest, ARemovedSourceEndsWhatIsPending) {
  CollectorRunner::Config config;
  config.lanes_per_source = 1;
  Make(config);
  prom_.hangs = true;
  Set("prom", prom_);
  const ReadId running = Ask("prom", "running");
  ASSERT_TRUE(WaitRunning(prom_, 1));
  const ReadId pending = Ask("prom", "pending");
  runner_->RemoveSource("prom");
  EXPECT_EQ(FailureOf(pending), ErrorCode::kNotFound);
  EXPECT_EQ(FailureOf(Ask("prom", "new")), ErrorCode::kNotFound);
  Release(prom_);
  EXPECT_TRUE(ResultOf(running));
}

TEST_F(CollectorRunnerTest, AReplacedSourceTakesOverWhatIsPendingButNoMoreThreads) {
  Make();
  prom_.hangs = true;
  Set("prom", prom_);
  (void)Ask("prom", "running");
  ASSERT_TRUE(WaitRunning(prom_, 1));
  (void)Ask("prom", "running too");
  ASSERT_TRUE(WaitRunning(prom_, 2));
  const ReadId pending = Ask("prom", "pending");
  Set("prom", monitor_);
  Plug other;
  Set("other", other);
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(ResultOf(Ask("other", "q"))) << "there are threads left";
  stage_.Change([&] { EXPECT_EQ(monitor_.collected, 0) << "two lanes are busy already"; });
  Release(prom_);
  EXPECT_TRUE(ResultOf(pending));
  EXPECT_EQ(monitor_.collected, 1);
  runner_.reset();  // Its threads use the plug.
}

TEST_F(CollectorRunnerTest, TellsNewsOncePerSource) {
  CollectorRunner::Config config;
  config.news_names_most = 2;
  Make(config);
  Set("pushed", prom_);
  int seen = 0;
  stage_.Change([&] { seen = wakes_; });
  runner_->Announce("pushed", {"b"});
  EXPECT_TRUE(stage_.Wait([&] { return wakes_ > seen; }));
  runner_->Announce("pushed", {"a", "b"});
  runner_->Announce("nobody", {"a"});
  std::vector<MetricNews> news = runner_->TakeNews();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].source, "pushed");
  EXPECT_EQ(news[0].metrics, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(runner_->TakeNews().empty());
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"c"}, std::vector<std::string>()}) {
    runner_->Announce("pushed", {"a", "b"});
    runner_->Announce("pushed", more);
    runner_->Announce("pushed", {"d"});
    news = runner_->TakeNews();
    ASSERT_EQ(news.size(), 1U);
    EXPECT_TRUE(news[0].metrics.empty()) << "about anything";
  }
}

TEST_F(CollectorRunnerTest, SaysForHowLongAnAnswerIsShared) {
  Make();
  RunnableSource source = Plugged(prom_);
  source.share_for = seconds(30);
  EXPECT_TRUE(runner_->SetSource("prom", std::move(source)));
  EXPECT_EQ(runner_->ShareFor("prom"), seconds(30));
  EXPECT_EQ(runner_->ShareFor("other"), Duration::zero());
}

TEST_F(CollectorRunnerTest, StopsAtOnceThoughCollectorsHang) {
  Make();
  prom_.hangs = true;
  Set("prom", prom_);
  (void)Ask("prom", "load");
  ASSERT_TRUE(WaitRunning(prom_, 1));
  runner_.reset();
  EXPECT_EQ(prom_.running, 0);
}

}  // namespace
}  // namespace hpaplus::test
