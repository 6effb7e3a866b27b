#include "engine/rehearse/simulate.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "engine/loop/engine.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;

// What a metric of ours is as one of autoscaling/v2.
MetricSpec Plain(const MetricSpec& metric) {
  MetricSpec plain;
  plain.type = metric.type;
  plain.name = metric.name;
  plain.resource = metric.resource;
  plain.container = metric.container;
  plain.metric = metric.metric;
  plain.metric_selector = metric.metric_selector;
  plain.described_object = metric.described_object;
  plain.source = metric.source;
  plain.query = metric.query;
  plain.target = metric.target;
  return plain;
}

WorkloadSpec Bare(const WorkloadSpec& spec) {
  WorkloadSpec bare;
  bare.ns = spec.ns;
  bare.name = spec.name;
  bare.uid = spec.uid;
  bare.generation = spec.generation;
  bare.target = spec.target;
  bare.min_replicas = spec.min_replicas;
  bare.max_replicas = spec.max_replicas;
  return bare;
}

std::size_t StepCount(const Trace& trace, const RunOptions& options) {
  return static_cast<std::size_t>(std::ceil(trace.seconds() / ToSeconds(options.step)));
}

// What each step needs.
std::vector<Replicas> Needs(const Trace& trace, const RunOptions& options) {
  const Plant plant(options.plant);
  TraceReader demand(trace, options.between);
  std::vector<Replicas> needs(StepCount(trace, options));
  for (std::size_t i = 0; i < needs.size(); ++i)
    needs[i] = plant.Needed(demand.At(static_cast<double>(i) * ToSeconds(options.step)));
  return needs;
}

// For every step the most that is needed until so many steps later.
std::vector<Replicas> MostAhead(const std::vector<Replicas>& needs, std::size_t ahead) {
  std::vector<Replicas> most(needs.size());
  std::deque<std::size_t> falling;  // Indexes of what may be the most, the largest first.
  std::size_t next = 0;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    for (; next < needs.size() && next <= i + ahead; ++next) {
      while (!falling.empty() && needs[falling.back()] <= needs[next])
        falling.pop_back();
      falling.push_back(next);
    }
    while (falling.front() < i)
      falling.pop_front();
    most[i] = needs[falling.front()];
  }
  return most;
}

// A run whose sizes are known in advance, one per step.
PolicyRun RunSizes(std::string name, const std::vector<Replicas>& sizes,
                   const std::vector<Replicas>& needs, const RunOptions& options) {
  PlantOptions plant_options = options.plant;
  if (!sizes.empty()) plant_options.initial = sizes.front();
  Plant plant(plant_options);
  ScoreKeeper keeper(ToSeconds(options.step));
  PolicyRun run;
  run.name = std::move(name);
  Timestamp now{};
  for (std::size_t i = 0; i < sizes.size(); ++i, now += options.step) {
    (void)plant.Advance(now);
    if (const Replicas from = plant.replicas(); sizes[i] != from) {
      plant.Resize(sizes[i], now);
      keeper.AddChange(from, sizes[i]);
      run.changes.push_back({ToSeconds(now.time_since_epoch()), from, sizes[i]});
    }
    keeper.Add(needs[i], plant.ready(), plant.replicas());
  }
  run.scores = keeper.Total();
  run.initial = plant_options.initial;
  return run;
}

}  // namespace

std::vector<std::string_view> BuiltinPolicies() {
  return {"hpa-default", "kpa-default", "static", "oracle"};
}

WorkloadSpec HpaDefault(const WorkloadSpec& spec) {
  WorkloadSpec hpa = Bare(spec);
  hpa.period = seconds(15);
  hpa.timeout = seconds(5);
  for (const MetricSpec& metric : spec.metrics) {
    const bool asks_for_a_size = metric.role == MetricRole::kScale && !metric.step;
    if (asks_for_a_size && metric.type != MetricType::kFormula)
      hpa.metrics.push_back(Plain(metric));
  }
  return hpa;
}

WorkloadSpec KpaDefault(const WorkloadSpec& spec, double capacity_per_replica) {
  constexpr double kUtilization = 0.7;
  WorkloadSpec kpa = Bare(spec);
  kpa.period = seconds(2);
  kpa.timeout = seconds(1);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "demand";
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value =
      Quantity::FromMilli(std::max(std::llround(capacity_per_replica * kUtilization * 1000), 1LL));
  metric.smoothing = Smoothing{seconds(60), SmoothingFunction::kAverage};
  kpa.metrics = {metric};
  kpa.burst.emplace();
  Behavior behavior;
  behavior.scale_up.stabilization_window_seconds = 0;
  behavior.scale_up.tolerance = Quantity();
  behavior.scale_up.policies = {{ScalingPolicyType::kPercent, 100'000, 2}};
  behavior.scale_down = behavior.scale_up;
  behavior.scale_down.policies = {{ScalingPolicyType::kPercent, 50, 2}};
  kpa.behavior = behavior;
  return kpa;
}

PolicyRun RunEngine(std::string name, const WorkloadSpec& spec, const Trace& trace,
                    const RunOptions& options, const PolicyFactory& policies, Timestamp start) {
  TraceWorld world(spec, trace, options, start);
  SerialExecutor executor;
  Engine engine({}, {world, world, world, world, world, executor}, policies);
  engine.Run({});
  PolicyRun run;
  run.name = std::move(name);
  run.scores = world.scores();
  run.changes = world.changes();
  run.initial = options.plant.initial;
  run.decisions = world.decisions();
  return run;
}

PolicyRun RunStatic(const Trace& trace, const RunOptions& options) {
  const std::vector<Replicas> needs = Needs(trace, options);
  const Replicas most = needs.empty() ? 0 : *std::ranges::max_element(needs);
  return RunSizes("static", std::vector<Replicas>(needs.size(), most), needs, options);
}

PolicyRun RunOracle(const Trace& trace, const RunOptions& options) {
  const std::vector<Replicas> needs = Needs(trace, options);
  const double steps = std::ceil(ToSeconds(options.plant.startup) / ToSeconds(options.step));
  return RunSizes("oracle", MostAhead(needs, static_cast<std::size_t>(steps)), needs, options);
}

}  // namespace hpaplus::rehearse
