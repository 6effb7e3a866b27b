// What one decision costs, all stages and their explanation included. The shapes with pods are
// those that the replica calculation of the stock HPA was measured with: 8.3 us for one metric and
// ten pods, 82.7 us for three metrics and a hundred pods.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/eval/evaluator.h"
#include "engine/eval/tbb_executor.h"
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

// So many objects, each with a spec, a policy, a history and an answer of its own, decided one
// after the other: what a decision costs when nothing of it is in the cache.
class Objects {
 public:
  explicit Objects(std::size_t count) {
    Bench bench(8);
    bench.spec->metrics = {SourceMetric()};
    bench.spec->behavior = UsualBehavior();
    for (std::size_t i = 0; i < count; ++i) {
      auto spec = std::make_shared<WorkloadSpec>(*bench.spec);
      spec->name = "app-" + std::to_string(i);
      policies_.push_back(policies::MakeBuiltinPolicies(*spec));
      auto view = std::make_shared<WorkloadView>(bench.view);
      view->spec = std::move(spec);
      views_.push_back(std::move(view));
    }
    for (std::size_t i = 0; i < count; ++i) {
      Evaluation one{
          WorkloadId{static_cast<std::uint32_t>(i)}, views_[i].get(), &policies_[i], {}, {}};
      one.readings.push_back(AnswerNumber(70 + static_cast<double>(i % 20)));
      evaluations_.push_back(std::move(one));
    }
  }

  void Decide(Executor& executor) {
    now_ += std::chrono::milliseconds(1);
    Evaluator(DecideConfig{}, executor).Evaluate(now_, evaluations_);
  }

 private:
  Timestamp now_ = kNoon;
  std::vector<std::shared_ptr<const WorkloadView>> views_;
  std::vector<PolicySet> policies_;
  std::vector<Evaluation> evaluations_;
};

void ManyObjects(benchmark::State& state) {
  Objects objects(static_cast<std::size_t>(state.range(0)));
  std::unique_ptr<Executor> executor = std::make_unique<SerialExecutor>();
  if (state.range(1) > 1) executor = MakeTbbExecutor(static_cast<int>(state.range(1)));
  for (auto unused : state)
    objects.Decide(*executor);
  state.counters["per_object"] = benchmark::Counter(
      static_cast<double>(state.range(0)) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(ManyObjects)
    ->ArgNames({"objects", "threads"})
    ->Args({1'000, 1})
    ->Args({10'000, 1})
    ->Args({100'000, 1})
    ->Args({1'000'000, 1})
    ->Args({10'000, 2})
    ->Args({100'000, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hpaplus::testing

BENCHMARK_MAIN();
