// Runs the tests, unless this machine has no Kubernetes binaries.

#include <iostream>

#include <gtest/gtest.h>

#include "test/support/kube_cluster.h"

namespace {

// ASSERT in a helper ends the whole test.
class FatalFailuresEndTests final : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (result.fatally_failed()) throw testing::AssertionException(result);
  }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new FatalFailuresEndTests);
  constexpr int kSkipped = 77;  // As test/kube/CMakeLists.txt tells CTest.
  const std::string why_not = hpaplus::test::KubeCluster::WhyNot();
  if (!why_not.empty()) {
    std::cout << "SKIPPED: kube suite: " << why_not << std::endl;
    return kSkipped;
  }
  return RUN_ALL_TESTS();
}
