// Runs the tests, unless this machine has no Kubernetes binaries.
//
//   hpaplus_kube_test [--gtest_...]    one after the other
//   hpaplus_kube_test --workers=N      N at a time in one control plane; beside them, in another,
//                                      those that break it

#include <charconv>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "test/support/child_process.h"
#include "test/support/kube_cluster.h"
#include "test/support/temp_dir.h"

namespace hpaplus::test {
namespace {

constexpr int kFailed = 1;
constexpr int kMostWorkers = 16;
constexpr const char* kBreaksIt = "KubeOutage.*";

// ASSERT in a helper ends the whole test.
class FatalFailuresEndTests final : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.fatally_failed()) throw testing::AssertionException(result);
  }
};

/// This program again, with a part of the tests.
class Worker {
 public:
  Worker(std::string filter, std::vector<std::string> environment, std::string output_file)
      : output_file_(std::move(output_file)) {
    auto started = support::ChildProcess::Start(
        {.arguments = {std::filesystem::read_symlink("/proc/self/exe"), "--gtest_filter=" + filter},
         .environment = std::move(environment),
         .output_file = output_file_});
    if (started) process_ = *std::move(started);
  }

  /// Waits for its end and prints what it has said.
  [[nodiscard]] bool Succeeds() {
    constexpr auto kPatience = std::chrono::minutes(10);
    const int code = process_ == nullptr ? -1 : process_->Wait(kPatience).value_or(-1);
    std::cout << ReadFile(output_file_) << "=== exit code " << code << std::endl;
    return code == 0;
  }

 private:
  const std::string output_file_;
  std::unique_ptr<support::ChildProcess> process_;
};

int RunWorkers(int count) {
  const TempDir directory;
  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(std::make_unique<Worker>(kBreaksIt, std::vector<std::string>{},
                                             directory.path() + "/outage"));
  auto cluster = KubeCluster::StartWithCrds();
  if (!cluster) {
    std::cerr << cluster.error().message << "\n";
    return kFailed;
  }
  for (int i = 0; i < count; ++i) {
    const std::vector<std::string> environment = {
        KubeCluster::kSharedDirectory + ("=" + (*cluster)->directory()),
        "GTEST_TOTAL_SHARDS=" + std::to_string(count), "GTEST_SHARD_INDEX=" + std::to_string(i)};
    workers.push_back(std::make_unique<Worker>(std::string("-") + kBreaksIt, environment,
                                               directory.path() + "/" + std::to_string(i)));
  }
  bool all_succeed = true;
  for (const auto& worker : workers)
    all_succeed &= worker->Succeeds();
  return all_succeed ? 0 : kFailed;
}

/// 0 without the flag, -1 when it makes no sense.
int WorkersOf(int argc, char** argv) {
  constexpr std::string_view kFlag = "--workers=";
  if (argc == 1) return 0;
  const std::string_view text = argv[1];
  int count = -1;
  if (argc > 2 || !text.starts_with(kFlag)) return -1;
  std::from_chars(text.data() + kFlag.size(), text.data() + text.size(), count);
  return count > 0 && count <= kMostWorkers ? count : -1;
}

int Main(int argc, char** argv) {
  constexpr int kUsage = 64;
  constexpr int kSkipped = 77;  // As CMakeLists.txt tells CTest.
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new FatalFailuresEndTests);
  const int workers = WorkersOf(argc, argv);
  if (workers < 0) {
    std::cerr << "usage: hpaplus_kube_test [--gtest_...] [--workers=N]\n";
    return kUsage;
  }
  const std::string why_not = KubeCluster::WhyNot();
  if (!why_not.empty()) {
    std::cout << "SKIPPED: kube suite: " << why_not << std::endl;
    return kSkipped;
  }
  return workers > 0 ? RunWorkers(workers) : RUN_ALL_TESTS();
}

}  // namespace
}  // namespace hpaplus::test

int main(int argc, char** argv) {
  return hpaplus::test::Main(argc, argv);
}
