#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"
#include "policies/builtin.h"
#include "test/support/workload_builder.h"

namespace hpaplus::testing {

/// Random workloads, metrics and samples. What a seed means is the same on every machine.
class RandomWorkload {
 public:
  explicit RandomWorkload(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::int64_t Between(std::int64_t low, std::int64_t high) {
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(random_.Next() % span);
  }
  [[nodiscard]] bool Chance(double probability) { return random_.Chance(probability); }

  template <class T, std::size_t kCount>
  [[nodiscard]] T Pick(const T (&choices)[kCount]) {
    return choices[static_cast<std::size_t>(Between(0, kCount - 1))];
  }

  /// A load that is usual, tiny, huge or at the edge of what fits.
  [[nodiscard]] double Load() {
    static const double kEdges[] = {0, 5e-324, 1e-300, 1e-9, 9.2e15, 1e17, 1e300, 1e308};
    return Chance(0.2) ? Pick(kEdges) : random_.Uniform() * 1000;
  }

  [[nodiscard]] static std::int64_t MilliOf(double load) {
    return load < 9.2e15 ? static_cast<std::int64_t>(load * 1000)
                         : std::numeric_limits<std::int64_t>::max();
  }

  /// A workload of one to five metrics without readings, in bounds, every pod ready.
  [[nodiscard]] Bench Workload(bool one_metric = false) {
    const auto size = static_cast<Replicas>(Between(1, 20));
    Bench bench(size, static_cast<Replicas>(Between(1, size)),
                static_cast<Replicas>(Between(size, 60)));
    bench.view.scale.status_replicas = size;
    bench.AddPods(size);
    const std::int64_t count = one_metric ? 1 : Between(1, 5);
    for (std::int64_t i = 0; i < count; ++i)
      bench.spec->metrics.push_back(Metric());
    if (Chance(0.7)) bench.spec->behavior = RandomBehavior();
    bench.policies = policies::MakeBuiltinPolicies(*bench.spec);
    bench.history = RandomHistory();
    return bench;
  }

  [[nodiscard]] MetricSpec Metric() {
    static const MetricType kTypes[] = {MetricType::kResource, MetricType::kContainerResource,
                                        MetricType::kPods,     MetricType::kObject,
                                        MetricType::kExternal, MetricType::kSource};
    MetricSpec metric;
    metric.type = Pick(kTypes);
    metric.resource = Chance(0.7) ? "cpu" : "memory";
    if (metric.type == MetricType::kContainerResource) metric.container = "app";
    const Quantity target = Quantity::FromMilli(Between(1, 50'000));
    const bool per_pod = IsPerPod(metric.type);
    if (per_pod && metric.type != MetricType::kPods && Chance(0.5)) {
      metric.target.type = TargetType::kUtilization;
      metric.target.average_utilization = static_cast<std::int32_t>(Between(1, 150));
    } else if (per_pod || Chance(0.5)) {
      metric.target.type = TargetType::kAverageValue;
      metric.target.average_value = target;
    } else {
      metric.target.type = TargetType::kValue;
      metric.target.value = target;
    }
    return metric;
  }

  [[nodiscard]] static bool IsPerPod(MetricType type) {
    return type == MetricType::kResource || type == MetricType::kContainerResource ||
           type == MetricType::kPods;
  }

  /// A good answer to one metric: per-pod ones cover the view's pods, with equal loads.
  [[nodiscard]] static Reading Good(const Bench& bench, const MetricSpec& metric, double load) {
    Reading reading;
    const Timestamp at = bench.now - seconds(5);
    if (!IsPerPod(metric.type)) {
      reading.values.push_back({at, load, MilliOf(load)});
      return reading;
    }
    std::vector<PodUsage> usage;
    for (const auto& pod : bench.view.pods) {
      reading.pod_values.push_back({pod->name, at, seconds(60), MilliOf(load)});
      usage.push_back({bench.spec->ns,
                       pod->name,
                       at,
                       seconds(30),
                       {{"app", {{metric.resource, MilliOf(load)}}}}});
    }
    reading.pod_usage = PodUsageTable(usage);
    return reading;
  }

  /// Makes every number of an answer useless in one of many ways.
  [[nodiscard]] ReadingResult Spoil(const Bench& bench, Reading reading) {
    const auto spoil_all = [&reading](auto&& spoil) {
      for (ScalarSample& sample : reading.values)
        spoil(sample.at, sample.value, sample.milli);
      double unused = 0;
      for (PodValue& sample : reading.pod_values)
        spoil(sample.at, unused, sample.milli);
      std::vector<PodUsage> usage = reading.pod_usage.Pods();
      for (PodUsage& sample : usage)
        spoil(sample.at, unused, sample.containers[0].milli[0].second);
      reading.pod_usage = PodUsageTable(usage);
    };
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    constexpr double kInf = std::numeric_limits<double>::infinity();
    switch (Between(0, 8)) {
      case 0:
        return Error{ErrorCode::kUnavailable, "down"};
      case 1:
        return Error{ErrorCode::kNotFound, "no such source"};
      case 2:
        return std::make_shared<const Reading>();
      case 3:
        spoil_all([&](Timestamp& at, double&, std::int64_t&) { at = bench.now - seconds(91); });
        break;
      case 4:
        spoil_all([&](Timestamp& at, double&, std::int64_t&) { at = bench.now + seconds(3); });
        break;
      case 5:
        spoil_all([](Timestamp&, double& value, std::int64_t& milli) {
          value = -value - 0.001;
          milli = -1;
        });
        break;
      case 6:
        spoil_all([](Timestamp& at, double&, std::int64_t&) { at = Timestamp::min(); });
        break;
      case 7:
        spoil_all([](Timestamp& at, double&, std::int64_t&) { at = Timestamp::max(); });
        break;
      default:
        const double bad = Chance(0.3) ? kNan : Chance(0.5) ? kInf : -kInf;
        spoil_all([bad](Timestamp&, double& value, std::int64_t& milli) {
          value = bad;
          milli = kInvalidMilli;
        });
    }
    return std::make_shared<const Reading>(std::move(reading));
  }

  [[nodiscard]] Behavior RandomBehavior() {
    Behavior behavior{Rules(), Rules()};
    if (!behavior.scale_up.stabilization_window_seconds) {
      behavior.scale_up.stabilization_window_seconds = 0;
    }
    return behavior;
  }

  [[nodiscard]] ScalingRules Rules() {
    static const SelectPolicy kSelects[] = {SelectPolicy::kMax, SelectPolicy::kMin,
                                            SelectPolicy::kMax, SelectPolicy::kDisabled};
    ScalingRules rules;
    if (Chance(0.7)) {
      rules.stabilization_window_seconds = static_cast<std::int32_t>(Between(0, 120));
    }
    rules.select_policy = Pick(kSelects);
    const std::int64_t count = Between(1, 3);
    for (std::int64_t i = 0; i < count; ++i) {
      rules.policies.push_back(
          {Chance(0.5) ? ScalingPolicyType::kPods : ScalingPolicyType::kPercent,
           static_cast<std::int32_t>(Between(1, 150)), static_cast<std::int32_t>(Between(1, 120))});
    }
    return rules;
  }

  [[nodiscard]] History RandomHistory() {
    History history;
    if (Chance(0.1)) return history;
    history.recommendations.emplace();
    for (std::int64_t i = Between(0, 5); i > 0; --i) {
      history.recommendations->push_back(
          {static_cast<Replicas>(Between(0, 70)), kNoon - seconds(Between(0, 400))});
    }
    for (auto* events : {&history.scale_ups, &history.scale_downs}) {
      for (std::int64_t i = Between(0, 3); i > 0; --i) {
        events->push_back(
            {static_cast<Replicas>(Between(0, 20)), kNoon - seconds(Between(0, 200)), false});
      }
    }
    return history;
  }

 private:
  Random random_;
};

}  // namespace hpaplus::testing
