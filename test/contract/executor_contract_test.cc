// What every Executor promises: each index once, all done on return, several callers at once.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "engine/eval/tbb_executor.h"
#include "engine/eval/thread_executor.h"

namespace hpaplus {
namespace {

struct Maker {
  std::string name;
  std::function<std::unique_ptr<Executor>()> make;
};

std::vector<Maker> Makers() {
  std::vector<Maker> makers;
  makers.push_back({"Serial", [] { return std::make_unique<SerialExecutor>(); }});
  makers.push_back({"OneThread", [] { return std::make_unique<ThreadExecutor>(1); }});
  makers.push_back({"FourThreads", [] { return std::make_unique<ThreadExecutor>(4); }});
#if !defined(HPAPLUS_TSAN)  // TSan cannot see through Debian's TBB.
  makers.push_back({"Tbb", [] { return MakeTbbExecutor(3); }});
  makers.push_back({"TbbHigh", [] { return MakeTbbExecutor(2, ExecutorPriority::kHigh); }});
#endif
  return makers;
}

class ExecutorContract : public ::testing::TestWithParam<Maker> {};

TEST_P(ExecutorContract, CoversEveryIndexOnceWhateverCountAndGrain) {
  const auto executor = GetParam().make();
  for (const std::size_t count : {0U, 1U, 2U, 63U, 64U, 65U, 1000U}) {
    for (const std::size_t grain : {1U, 2U, 64U, 5000U}) {
      std::vector<int> hits(count);
      executor->ForEachChunk(count, grain, [&](std::size_t begin, std::size_t end) {
        ASSERT_LE(begin, end);
        for (std::size_t i = begin; i != end; ++i)
          ++hits[i];
      });
      EXPECT_EQ(hits, std::vector<int>(count, 1)) << count << " by " << grain;
    }
  }
}

TEST_P(ExecutorContract, StaysOnTheCallersThreadBelowOneGrain) {
  const auto executor = GetParam().make();
  const auto caller = std::this_thread::get_id();
  executor->ForEachChunk(
      64, 64, [&](std::size_t, std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST_P(ExecutorContract, EverythingIsDoneAndSeenOnReturn) {
  const auto executor = GetParam().make();
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> out(300);
    executor->ForEachChunk(out.size(), 8, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i != end; ++i)
        out[i] = std::to_string(i);
    });
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_EQ(out[i], std::to_string(i));
  }
}

TEST_P(ExecutorContract, ServesSeveralCallersAtOnce) {
  const auto executor = GetParam().make();
  std::vector<std::vector<int>> out(4, std::vector<int>(10'000));
  {
    std::vector<std::jthread> callers;
    for (auto& row : out) {
      callers.emplace_back([&] {
        executor->ForEachChunk(row.size(), 16, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i != end; ++i)
            ++row[i];
        });
      });
    }
  }
  for (const auto& row : out)
    EXPECT_EQ(row, std::vector<int>(row.size(), 1));
}

INSTANTIATE_TEST_SUITE_P(All, ExecutorContract, ::testing::ValuesIn(Makers()),
                         [](const auto& maker) { return maker.param.name; });

}  // namespace
}  // namespace hpaplus
