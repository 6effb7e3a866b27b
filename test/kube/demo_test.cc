// The demo as somebody runs it who has a cluster.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"
#include "test/support/child_process.h"
#include "test/support/hpaplus_process.h"
#include "test/support/prometheus_process.h"

namespace hpaplus::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KubeDemo : public KubeTest {};

TEST_F(KubeDemo, RunsInTheClusterOfAKubeconfigAndLeavesNothingBehind) {
  if (PrometheusProcess::Find().empty()) GTEST_SKIP() << "no prometheus in PATH";
  const std::string binaries = HPAPLUS_BINARY_DIR;
  const std::string output_file = cluster().File(ns() + ".demo");
  auto demo = support::ChildProcess::Start(
      {.arguments = {binaries + "/hpaplus-demo", "--hpaplus", binaries + "/hpaplus", "--data",
                     HPAPLUS_SOURCE_DIR "/examples/demo", "--kubeconfig", cluster().Kubeconfig(),
                     "--seconds", "10"},
       .output_file = output_file});
  ASSERT_TRUE(demo) << demo.error().message;
  const auto code = (*demo)->Wait(std::chrono::minutes(3));
  const std::string output = ReadFile(output_file);
  ASSERT_EQ(code, 0) << output;
  EXPECT_THAT(output, AllOf(HasSubstr("your cluster, namespace hpaplus-demo-"),
                            HasSubstr("checkout"), HasSubstr("mailer"), HasSubstr("no pods"),
                            HasSubstr("does the cluster run controllers and nodes?")));
  EXPECT_THAT(output, Not(HasSubstr("cpu, metrics.k8s.io")));

  constexpr std::string_view kBefore = "your cluster, namespace ";
  const std::size_t begin = output.find(kBefore) + kBefore.size();
  const std::string its_own = output.substr(begin, output.find(';', begin) - begin);
  EXPECT_TRUE(
      Read("/api/v1/namespaces/" + its_own).contains("/metadata/deletionTimestamp"_json_pointer));
  for (const char* kind : {"HPAPlus", "MetricSource"}) {
    const Json left = Read(CollectionOf("autoscaling.hpaplus.io/v1alpha1", kind, its_own));
    EXPECT_EQ(left.at("items").size(), 0U) << left.dump(2);
  }
  EXPECT_EQ(Read(CollectionOf("apps/v1", "Deployment", its_own)).at("items").size(), 0U);
}

}  // namespace
}  // namespace hpaplus::test
