#include "engine/eval/evaluator.h"

#include <gtest/gtest.h>

#include "engine/eval/tbb_executor.h"
#include "engine/eval/thread_executor.h"
#include "test/support/fake_world.h"

namespace hpaplus {
namespace {

using testing::Answer;
using testing::SpecWith;
using testing::ViewOf;

constexpr Timestamp kNow{std::chrono::hours(1000)};

std::vector<Evaluation> EvaluateMany(Executor& executor) {
  constexpr std::uint32_t kWorkloads = 1000;
  const WorkloadSpec spec = SpecWith("web", {"load"});
  const PolicySet policies = testing::MakeFollowers(spec);
  std::vector<std::shared_ptr<const WorkloadView>> views;
  std::vector<Evaluation> evaluations;
  for (std::uint32_t i = 0; i < kWorkloads; ++i) {
    views.push_back(ViewOf(spec, static_cast<Replicas>(1 + i % 7)));
    Evaluation one{WorkloadId{i}, views.back().get(), &policies, {}, {}};
    one.readings.push_back(i % 10 == 0 ? ReadingResult(Error{ErrorCode::kUnavailable, "down"})
                                       : Answer(1 + i % 50, kNow));
    one.decided.history.scale_ups.push_back({static_cast<Replicas>(i), kNow, false});
    evaluations.push_back(std::move(one));
  }
  Evaluator evaluator(DecideConfig{}, executor);
  evaluator.Evaluate(kNow, evaluations);
  return evaluations;
}

TEST(Evaluator, S14_TheNumberOfThreadsDoesNotShow) {
  SerialExecutor serial;
  ThreadExecutor threads(4);
  const auto tbb = MakeTbbExecutor(3);
  const std::vector<Evaluation> expected = EvaluateMany(serial);
  for (Executor* executor : {static_cast<Executor*>(&threads), tbb.get()}) {
    const std::vector<Evaluation> results = EvaluateMany(*executor);
    ASSERT_EQ(results.size(), expected.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      ASSERT_EQ(results[i].decided.decision, expected[i].decided.decision);
      ASSERT_EQ(results[i].decided.history, expected[i].decided.history);
    }
  }
}

TEST(Evaluator, EachResultBelongsToItsInputAndBringsItsHistory) {
  SerialExecutor serial;
  const std::vector<Evaluation> results = EvaluateMany(serial);
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].decided.decision.workload.index, i);
    EXPECT_EQ(results[i].decided.history.scale_ups.at(0).change, static_cast<Replicas>(i));
  }
}

}  // namespace
}  // namespace hpaplus
