#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include <gtest/gtest.h>

#include "engine/loop/collector_runner.h"

namespace hpaplus::test {

// Shared by the test and the threads: time moves by hand, and everybody may wait for news.
class Stage final : public Clock {
 public:
  Timestamp Now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  bool WaitUntil(Timestamp, std::stop_token) override { return true; }
  void Advance(Duration by) {
    const std::lock_guard lock(mutex_);
    now_ += by;
  }

  // Runs `change` under the lock and wakes whoever waits.
  template <class F>
  void Change(F change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  // False when it does not come true within ten seconds of real time, which no test waits for.
  template <class F>
  bool Wait(F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), condition);
  }
  template <class F>
  bool Wait(const std::stop_token& stop, F condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Timestamp now_{std::chrono::hours(1000)};
};

// What all collectors of one source share; guarded by the stage's lock.
struct Plug {
  int made = 0;
  int running = 0;
  int running_most = 0;
  int collected = 0;
  bool hangs = false;  // Until the stop token says otherwise, or this changes.
  bool ignores_stop = false;
  Result<double> answer = 1.0;
  std::vector<std::vector<MetricQuery>> batches;
  std::vector<Duration> allowed;  // deadline - now of every Collect().
};

class PluggedCollector final : public Collector {
 public:
  PluggedCollector(Stage& stage, Plug& plug) : stage_(stage), plug_(plug) {}
  std::string_view name() const override { return "plugged"; }
  std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                     const CollectContext& context) override {
    EXPECT_FALSE(inside_.exchange(true)) << "two threads in one collector";
    Result<double> answer = 0.0;
    stage_.Change([&] {
      plug_.batches.emplace_back(queries.begin(), queries.end());
      plug_.allowed.push_back(context.deadline - context.now);
      plug_.running_most = std::max(plug_.running_most, ++plug_.running);
    });
    (void)stage_.Wait(context.stop, [&] { return !plug_.hangs; });
    stage_.Change([&] {
      --plug_.running;
      ++plug_.collected;
      answer = plug_.answer;
    });
    inside_ = false;
    std::vector<ReadingResult> results;
    for (const MetricQuery& query : queries) {
      if (query.expression == "throw") throw std::runtime_error("oops");
      if (query.expression == "swallow") continue;
      if (!answer) {
        results.emplace_back(answer.error());
        continue;
      }
      auto reading = std::make_shared<Reading>();
      reading->values.push_back({context.now, *answer, 0});
      results.emplace_back(std::shared_ptr<const Reading>(std::move(reading)));
    }
    return results;
  }

 private:
  Stage& stage_;
  Plug& plug_;
  std::atomic<bool> inside_ = false;
};

class CountingTelemetry final : public Telemetry {
 public:
  explicit CountingTelemetry(Stage& stage) : stage_(stage) {}
  std::size_t reads = 0;
  std::size_t queries = 0;
  std::size_t failed = 0;
  void SourceRead(std::string_view, Duration, std::size_t asked, std::size_t bad) override {
    stage_.Change([&] {
      ++reads;
      queries += asked;
      failed += bad;
    });
  }
  void KubeRequest(std::string_view, std::string_view, int, Duration) override {}
  void WatchRestarted(std::string_view, std::string_view) override {}
  void CacheObjects(std::string_view, std::size_t) override {}

 private:
  Stage& stage_;
};

/// The runner with real threads and collectors that block until they are told to go on. Nothing
/// here waits for time to pass but for a deadline to be missed; everything else waits for a
/// condition.
class CollectorRunnerTest : public ::testing::Test {
 protected:
  void Make(CollectorRunner::Config config = {}) {
    runner_.emplace(config, stage_, telemetry_, [this] { stage_.Change([this] { ++wakes_; }); });
  }
  RunnableSource Plugged(Plug& plug) {
    RunnableSource source;
    source.timeout = std::chrono::seconds(5);
    source.make = [this, &plug]() -> Result<std::unique_ptr<Collector>> {
      ++plug.made;
      return std::unique_ptr<Collector>(std::make_unique<PluggedCollector>(stage_, plug));
    };
    return source;
  }
  void Set(const SourceName& name, Plug& plug) {
    EXPECT_TRUE(runner_->SetSource(name, Plugged(plug)));
  }
  ReadRequest Request(const SourceName& source, const std::string& expression,
                      Duration timeout = std::chrono::seconds(2)) {
    ReadRequest request;
    request.id = ReadId{next_id_++};
    request.read = PlannedRead{source, {.ns = "shop", .expression = expression}};
    request.deadline = stage_.Now() + timeout;
    return request;
  }
  ReadId Ask(const SourceName& source, const std::string& expression,
             Duration timeout = std::chrono::seconds(2)) {
    const ReadRequest request = Request(source, expression, timeout);
    runner_->Start({&request, 1});
    return request.id;
  }
  // Takes what has arrived until this read is in.
  ReadingResult ResultOf(ReadId id) {
    for (int tries = 0; !results_.contains(id) && tries < 1000; ++tries) {
      int seen = 0;
      stage_.Change([&] { seen = wakes_; });
      for (ReadResult& result : runner_->TakeArrived()) {
        EXPECT_FALSE(results_.contains(result.id)) << "two results for one request";
        results_.emplace(result.id, std::move(result.reading));
      }
      if (results_.contains(id)) break;
      EXPECT_TRUE(stage_.Wait([&] { return wakes_ > seen; }));
      if (HasFailure()) break;
    }
    const auto found = results_.find(id);
    if (found == results_.end()) return Error{ErrorCode::kGone, "test: never came"};
    return found->second;
  }
  ErrorCode FailureOf(ReadId id) {
    const ReadingResult result = ResultOf(id);
    EXPECT_FALSE(result);
    return result ? ErrorCode::kGone : result.error().code;
  }
  bool WaitRunning(Plug& plug, int running) {
    return stage_.Wait([&] { return plug.running == running; });
  }
  void Release(Plug& plug) {
    stage_.Change([&] { plug.hangs = false; });
  }

  Stage stage_;
  CountingTelemetry telemetry_{stage_};
  int wakes_ = 0;
  std::uint32_t next_id_ = 0;
  std::map<ReadId, ReadingResult> results_;
  Plug prom_;
  Plug monitor_;
  std::optional<CollectorRunner> runner_;  // Last: its threads use everything above.
};

}  // namespace hpaplus::test
