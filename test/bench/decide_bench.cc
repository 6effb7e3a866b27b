// What one decision costs, all stages and their explanation included. The shapes with pods are
// those that the replica calculation of the stock HPA was measured with: 8.3 us for one metric and
// ten pods, 82.7 us for three metrics and a hundred pods.

#include <utility>

#include <benchmark/benchmark.h>

#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::testing {
namespace {

MetricSpec SourceMetric() {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.target = {TargetType::kAverageValue, std::nullopt, Q("10"), std::nullopt};
  return metric;
}

MetricSpec ResourceMetric(const char* resource) {
  MetricSpec metric;
  metric.type = MetricType::kResource;
  metric.resource = resource;
  metric.target = {TargetType::kUtilization, std::nullopt, std::nullopt, 50};
  return metric;
}

Behavior UsualBehavior() {
  Behavior behavior;
  behavior.scale_up = {0,
                       SelectPolicy::kMax,
                       {{ScalingPolicyType::kPods, 4, 15}, {ScalingPolicyType::kPercent, 100, 15}},
                       std::nullopt};
  behavior.scale_down = {
      300, SelectPolicy::kMax, {{ScalingPolicyType::kPercent, 100, 15}}, std::nullopt};
  return behavior;
}

// The history goes from one decision to the next, as it does in the engine.
void Run(benchmark::State& state, Bench& bench) {
  bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
  for (auto unused : state) {
    bench.now += std::chrono::milliseconds(1);
    Decided out =
        Decide({bench.now, bench.config, WorkloadId{0}, bench.view, bench.policies, bench.readings},
               std::move(bench.history));
    benchmark::DoNotOptimize(out.decision.desired);
    bench.history = std::move(out.history);
    if (bench.history.recommendations->size() > 300) bench.history.recommendations->resize(300);
  }
}

void TwoSourcesAndAWindow(benchmark::State& state) {
  Bench bench(8);
  bench.spec->metrics = {SourceMetric(), SourceMetric()};
  bench.spec->behavior = UsualBehavior();
  bench.readings = {AnswerNumber(70), AnswerNumber(95)};
  for (int i = 0; i < 300; ++i)
    bench.history.recommendations->push_back({8, kNoon - seconds(i)});
  bench.history.scale_ups = {{2, kNoon - seconds(30)}};
  Run(state, bench);
}
BENCHMARK(TwoSourcesAndAWindow);

void ResourceMetrics(benchmark::State& state) {
  Bench bench(static_cast<Replicas>(state.range(1)));
  const char* const resources[] = {"cpu", "memory", "ephemeral-storage"};
  bench.AddPods(static_cast<int>(state.range(1)));
  const SharedValue<PodResources> asked(PodResources{
      .containers = {{"app",
                      {{"cpu", Q("100m")}, {"ephemeral-storage", Q("1Gi")}, {"memory", Q("128Mi")}},
                      false}}});
  Reading reading;
  std::vector<PodUsage> usage;
  for (auto& pod : bench.view.pods) {
    Pod full = *pod;
    full.resources = asked;  // As the pods of one revision do in the engine.
    pod = std::make_shared<const Pod>(full);
    usage.push_back(
        {bench.spec->ns,
         pod->name,
         kNoon,
         seconds(30),
         {{"app",
           {{"cpu", 60}, {"ephemeral-storage", 500'000'000'000}, {"memory", 64'000'000'000}}}}});
  }
  reading.pod_usage = PodUsageTable(usage);
  // One read of the metrics API answers all three, as it does in the engine.
  const ReadingResult shared = Answer(std::move(reading));
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    bench.spec->metrics.push_back(ResourceMetric(resources[i]));
    bench.readings.push_back(shared);
  }
  Run(state, bench);
}
BENCHMARK(ResourceMetrics)->Args({1, 10})->Args({3, 100});

}  // namespace
}  // namespace hpaplus::testing

BENCHMARK_MAIN();
