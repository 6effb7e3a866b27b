// One hour without a source, in every form that an outage can take, over 1,000 objects that nothing
// else keeps from shrinking: no windows, no rates, no budgets.

#include <limits>
#include <map>

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "engine/ports/executor.h"
#include "engine/ports/journal.h"
#include "engine/sim/sim_world.h"
#include "policies/builtin.h"

namespace hpaplus::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kObjects = 1000;
constexpr Duration kBegin = minutes(10);
constexpr Duration kEnd = kBegin + minutes(60);
constexpr Duration kLength = kEnd + minutes(15);

enum class Outage { kRefused, kHanging, kEmpty, kNan, kZero, kFrozen };

class Silence final : public Journal {
 public:
  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}
};

// The world's answers, or during the outage what is left of them.
class BrokenFeed final : public MetricFeed {
 public:
  BrokenFeed(SimWorld& world, Outage outage, Timestamp start)
      : world_(world), outage_(outage), begin_(start + kBegin), end_(start + kEnd) {}

  void Start(std::span<const ReadRequest> requests) override {
    for (const ReadRequest& request : requests)
      deadlines_[request.id.index] = request.deadline;
    world_.Start(requests);
  }

  std::vector<ReadResult> TakeArrived() override {
    std::vector<ReadResult> results = world_.TakeArrived();
    const bool broken = world_.Now() >= begin_ && world_.Now() < end_;
    if (outage_ == Outage::kHanging) return Hang(std::move(results), broken);
    for (ReadResult& result : results) {
      if (broken) {
        result.reading = Break(result);
      } else if (result.reading) {
        last_[result.id.index] = *result.reading;
      }
    }
    return results;
  }

 private:
  // Nothing is heard of a read before its deadline.
  std::vector<ReadResult> Hang(std::vector<ReadResult> results, bool broken) {
    std::vector<ReadResult> heard;
    for (ReadResult& result : results) {
      if (broken) {
        hanging_.emplace(deadlines_.at(result.id.index), result.id);
      } else {
        heard.push_back(std::move(result));
      }
    }
    while (!hanging_.empty() && hanging_.begin()->first <= world_.Now()) {
      heard.push_back(
          {hanging_.begin()->second, Error{ErrorCode::kDeadlineExceeded, "no answer in time"}});
      hanging_.erase(hanging_.begin());
    }
    return heard;
  }

  ReadingResult Break(const ReadResult& result) const {
    auto reading = std::make_shared<Reading>();
    reading->received = world_.Now();
    switch (outage_) {
      case Outage::kRefused:
        return Error{ErrorCode::kUnavailable, "connection refused"};
      case Outage::kHanging:
      case Outage::kEmpty:
        break;
      case Outage::kNan:
        reading->values.push_back(
            {world_.Now(), std::numeric_limits<double>::quiet_NaN(), kInvalidMilli});
        break;
      case Outage::kZero:
        reading->values.push_back({world_.Now(), 0, 0});
        break;
      case Outage::kFrozen:
        return last_.at(result.id.index);
    }
    return std::shared_ptr<const Reading>(std::move(reading));
  }

  SimWorld& world_;
  const Outage outage_;
  const Timestamp begin_;
  const Timestamp end_;
  std::map<std::uint32_t, std::shared_ptr<const Reading>> last_;
  std::map<std::uint32_t, Timestamp> deadlines_;
  std::multimap<Timestamp, ReadId> hanging_;  // By deadline.
};

// A tenth of the objects really has less to do some minutes after the outage.
TargetOptions Target(std::size_t index, Timestamp start) {
  TargetOptions target;
  WorkloadSpec& spec = target.spec;
  spec.ns = "sim";
  spec.name = "w" + std::to_string(index);
  spec.min_replicas = 1;
  spec.max_replicas = 60;
  spec.period = seconds(15);
  spec.timeout = seconds(4);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "load";
  metric.source.name = "sim";
  metric.query = spec.name;
  metric.target = {TargetType::kAverageValue, std::nullopt, *Quantity::Parse("100"), std::nullopt};
  spec.metrics = {metric};
  spec.behavior.emplace();
  spec.behavior->scale_up.stabilization_window_seconds = 0;
  spec.behavior->scale_up.policies = {{ScalingPolicyType::kPercent, 900, 15}};
  spec.behavior->scale_down.stabilization_window_seconds = 0;
  spec.behavior->scale_down.policies = {{ScalingPolicyType::kPercent, 100, 15}};
  target.replicas = 4;
  const double load = 350 + static_cast<double>(index % 7) * 300;
  target.demand = [=](Timestamp at) {
    return index % 10 == 0 && at >= start + kEnd + minutes(5) ? load / 3 : load;
  };
  return target;
}

struct Shrunk {
  std::size_t too_early = 0;  // Before anybody had less to do.
  std::size_t afterwards = 0;
};

Shrunk Survive(Outage outage, bool suspicious = true) {
  Options options;
  options.seed = 11;
  options.length = kLength;
  for (std::size_t i = 0; i < kObjects; ++i)
    options.targets.push_back(Target(i, options.start));
  SimWorld world(options);
  BrokenFeed feed(world, outage, options.start);
  Silence journal;
  SerialExecutor executor;
  Engine::Config config;
  config.suspicion.enabled = suspicious;
  Engine engine(config, {world, world, feed, world, journal, executor},
                policies::MakeBuiltinPolicies);
  engine.Run({});
  Shrunk shrunk;
  for (const Written& written : world.written()) {
    if (written.to >= written.from) continue;
    const bool due = written.at >= options.start + kEnd + minutes(5);
    ++(due ? shrunk.afterwards : shrunk.too_early);
  }
  return shrunk;
}

class OutageSim : public ::testing::TestWithParam<Outage> {};

TEST_P(OutageSim, NothingShrinksInItAndAllGoesOnAfterwards) {
  const Shrunk shrunk = Survive(GetParam());
  EXPECT_EQ(shrunk.too_early, 0U);
  EXPECT_GE(shrunk.afterwards, kObjects / 10);
}

INSTANTIATE_TEST_SUITE_P(AllForms, OutageSim,
                         ::testing::Values(Outage::kRefused, Outage::kHanging, Outage::kEmpty,
                                           Outage::kNan, Outage::kZero, Outage::kFrozen));

// What the test above would show if nobody looked at all objects together.
TEST(OutageSimControl, ZerosAreBelievedWhereSourcesAreNotSuspected) {
  EXPECT_GE(Survive(Outage::kZero, false).too_early, kObjects);
}

}  // namespace
}  // namespace hpaplus::sim
