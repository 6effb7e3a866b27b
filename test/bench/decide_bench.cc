// What one decision costs, all stages and their explanation included. The shapes with pods are
// those that the replica calculation of the stock HPA was measured with: 8.3 us for one metric and
// ten pods, 82.7 us for three metrics and a hundred pods.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <span>
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

// So many objects, each with a spec, a policy, a history and an answer of its own, decided as the
// engine does: in the order of their deadlines, which has nothing to do with where they lie, some
// at a time, in memory that is used again.
class Objects {
 public:
  explicit Objects(std::size_t count)
      : states_(count), order_(count), evaluations_(std::min(count, kAtOnce)) {
    Bench bench(8);
    bench.spec->metrics = {SourceMetric()};
    bench.spec->behavior = UsualBehavior();
    for (std::size_t i = 0; i < count; ++i) {
      auto spec = std::make_shared<WorkloadSpec>(*bench.spec);
      spec->name = "app-" + std::to_string(i);
      states_[i].policies = policies::MakeBuiltinPolicies(*spec);
      auto view = std::make_shared<WorkloadView>(bench.view);
      view->spec = std::move(spec);
      states_[i].view = std::move(view);
      states_[i].reading = AnswerNumber(70 + static_cast<double>(i % 20));
    }
    std::iota(order_.begin(), order_.end(), 0U);
    std::shuffle(order_.begin(), order_.end(), std::minstd_rand(1));
    SerialExecutor serial;
    (void)Decide(serial);  // Histories and evaluations have their memory now.
  }

  // Returns the seconds that the decisions took, without what brings their parts together.
  double Decide(Executor& executor) {
    now_ += std::chrono::milliseconds(1);
    double took = 0;
    for (std::size_t begin = 0; begin < order_.size(); begin += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, order_.size() - begin);
      took += DecideSome(executor, std::span(order_).subspan(begin, count));
    }
    return took;
  }

 private:
  static constexpr std::size_t kAtOnce = 10'000;

  struct State {
    std::shared_ptr<const WorkloadView> view;
    PolicySet policies;
    History history;
    ReadingResult reading = Error{ErrorCode::kUnavailable, ""};
  };

  double DecideSome(Executor& executor, std::span<const std::uint32_t> due) {
    for (std::size_t i = 0; i < due.size(); ++i) {
      State& state = states_[due[i]];
      Evaluation& one = evaluations_[i];
      one.id = WorkloadId{due[i]};
      one.view = state.view.get();
      one.policies = &state.policies;
      one.readings.clear();
      one.readings.push_back(state.reading);
      one.decided.history = std::move(state.history);
    }
    const auto begin = std::chrono::steady_clock::now();
    Evaluator(DecideConfig{}, executor).Evaluate(now_, std::span(evaluations_).first(due.size()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    for (std::size_t i = 0; i < due.size(); ++i)
      states_[due[i]].history = std::move(evaluations_[i].decided.history);
    return took.count();
  }

  Timestamp now_ = kNoon;
  std::vector<State> states_;
  std::vector<std::uint32_t> order_;
  std::vector<Evaluation> evaluations_;
};

void ManyObjects(benchmark::State& state) {
  Objects objects(static_cast<std::size_t>(state.range(0)));
  std::unique_ptr<Executor> executor = std::make_unique<SerialExecutor>();
  if (state.range(1) > 1) executor = MakeTbbExecutor(static_cast<int>(state.range(1)));
  double took = 0;
  for (auto unused : state) {
    const double one = objects.Decide(*executor);
    state.SetIterationTime(one);
    took += one;
  }
  state.counters["per_object"] =
      took / static_cast<double>(state.range(0)) / static_cast<double>(state.iterations());
}
BENCHMARK(ManyObjects)
    ->ArgNames({"objects", "threads"})
    ->Args({1'000, 1})
    ->Args({10'000, 1})
    ->Args({100'000, 1})
    ->Args({1'000'000, 1})
    ->Args({10'000, 2})
    ->Args({100'000, 2})
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hpaplus::testing

BENCHMARK_MAIN();
