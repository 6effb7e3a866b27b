// Every policy of the program keeps the contract, and so does the one of docs/write-a-policy.md,
// whose text has to be the code that is compiled here.

#include "test/contract/policy_contract.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "examples/policy/square_root.h"

namespace hpaplus::testing {
namespace {

WorkloadSpec Of(std::vector<MetricSpec> metrics) {
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.name = "web";
  spec.max_replicas = 100;
  spec.metrics = std::move(metrics);
  return spec;
}

std::vector<ReadingResult> Number(double number, Timestamp at) {
  return {AnswerNumber(number, at)};
}

std::vector<PolicyCase> Cases() {
  std::vector<PolicyCase> cases;
  const MetricSpec per_replica = SourceMetric(TargetType::kAverageValue, "10");
  cases.push_back({"hpa", Of({per_replica}),
                   [](double level, Timestamp at) { return Number(level * 50, at); }});
  cases.push_back({"hpa", Of({SourceMetric(TargetType::kValue, "10")}),
                   [](double level, Timestamp at) { return Number(level * 10, at); }});
  MetricSpec arrivals = per_replica;
  arrivals.queue = QueueSpec{"waiting", seconds(60)};
  cases.push_back(
      {"queue_drain", Of({arrivals, SourceMetric(TargetType::kValue, "1", "waiting")}),
       [](double level, Timestamp at) {
         return std::vector<ReadingResult>{AnswerNumber(level * 50, at), AnswerNumber(60, at)};
       }});
  MetricSpec alarm = SourceMetric(TargetType::kValue, "10");
  alarm.step = StepSpec();
  cases.push_back(
      {"alarm", Of({alarm}), [](double level, Timestamp at) { return Number(level * 10, at); }});
  return cases;
}

TEST(PolicyContract, IsKeptByEveryRegisteredPolicy) {
  PolicyRegistry registry;
  policies::RegisterBuiltinPolicies(registry);
  const std::vector<PolicyCase> cases = Cases();
  for (const std::string& name : registry.names()) {
    EXPECT_GE(std::ranges::count(cases, name, &PolicyCase::policy), 1)
        << name << " has no case in policy_contract_test.cc";
  }
  for (const PolicyCase& one : cases) {
    SCOPED_TRACE(one.policy);
    PolicyContract(registry, one).Check();
  }
}

TEST(PolicyContract, IsKeptByTheExampleOfTheDocs) {
  PolicyRegistry registry;
  registry.Add("square_root", &policies::MakeSquareRoot);
  PolicyContract(registry, {"square_root", Of({SourceMetric(TargetType::kAverageValue, "10")}),
                            [](double level, Timestamp at) { return Number(level * 50, at); }})
      .Check();
}

TEST(SquareRoot, AddsAReserve) {
  PolicyRegistry registry;
  policies::RegisterBuiltinPolicies(registry);
  registry.Add("square_root", &policies::MakeSquareRoot);
  Bench bench(5);
  *bench.spec = Of({SourceMetric(TargetType::kAverageValue, "10")});
  bench.spec->metrics[0].policy = "square_root";
  bench.policies = policies::MakePolicies(registry, *bench.spec);
  bench.readings = {AnswerNumber(160)};
  EXPECT_EQ(bench.Decide().recommended, 20) << "16 + sqrt(16)";
}

TEST(SquareRoot, RefusesAMetricThatDoesNotFit) {
  EXPECT_FALSE(policies::MakeSquareRoot(Of({SourceMetric(TargetType::kValue, "10")}), 0));
  EXPECT_FALSE(policies::SquareRoot::Create({}));
}

std::string Slurp(const std::string& path) {
  std::ifstream in(std::string(HPAPLUS_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(WriteAPolicy, ShowsTheCodeThatIsCompiled) {
  const std::string page = Slurp("docs/write-a-policy.md");
  for (const char* path : {"examples/policy/square_root.h", "examples/policy/square_root.cc"}) {
    const std::string code = Slurp(path);
    ASSERT_FALSE(code.empty()) << path;
    EXPECT_NE(page.find("```cpp\n" + code + "```"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace hpaplus::testing
