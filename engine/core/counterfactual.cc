#include "engine/core/counterfactual.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "engine/core/freshness.h"

namespace hpaplus {
namespace {

using Input = Counterfactual::Input;

// A change of size: where nothing changes yet, and where it does.
struct Edge {
  double same = 0;
  double changed = 0;
  Replicas desired = 0;
};

// The first of the probes, which lead away from `start`, that changes the decision, then the edge
// between it and the one before.
template <std::size_t kCount, class F>
std::optional<Edge> FindEdge(double start, const std::array<double, kCount>& probes, Replicas base,
                             const F& decide) {
  constexpr int kHalvings = 40;
  double same = start;
  for (const double probe : probes) {
    Replicas desired = decide(probe);
    if (desired == base) {
      same = probe;
      continue;
    }
    double changed = probe;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = same + (changed - same) / 2;
      const Replicas then = decide(middle);
      if (then == base) {
        same = middle;
      } else {
        changed = middle;
        desired = then;
      }
    }
    return Edge{same, changed, desired};
  }
  return std::nullopt;
}

// The same samples as if they had been taken that much later.
ReadingResult Postponed(const Reading& reading, Duration by) {
  auto moved = std::make_shared<Reading>(reading);
  for (ScalarSample& sample : moved->values)
    sample.at = Later(sample.at, by);
  for (PodValue& sample : moved->pod_values)
    sample.at = Later(sample.at, by);
  PodUsageTable& usage = moved->pod_usage;
  for (std::uint32_t i = 0; i < usage.size(); ++i)
    usage.SetTime(i, Later(usage.at(i), by));
  return ReadingResult(std::move(moved));
}

// What stands in for a sample of zero, so that it can grow: the target, or a tenth of a unit.
double ZeroGrowsBy(const MetricSpec& metric) {
  constexpr double kTenth = 100;
  if (metric.target.average_value) return metric.target.average_value->AsDouble() * 1000;
  if (metric.target.value) return metric.target.value->AsDouble() * 1000;
  return kTenth;
}

// The reading with all its numbers multiplied; those that are refused stay as they are.
class Scaling {
 public:
  Scaling(const Reading& reading, const MetricSpec& metric)
      : reading_(reading), resource_(metric.resource), zero_milli_(ZeroGrowsBy(metric)) {}

  [[nodiscard]] ReadingResult Times(double factor) const {
    auto scaled = std::make_shared<Reading>(reading_);
    for (ScalarSample& sample : scaled->values) {
      sample.milli = Milli(sample.milli, factor);
      sample.value = Value(sample.value, factor);
    }
    for (PodValue& sample : scaled->pod_values)
      sample.milli = Milli(sample.milli, factor);
    for (std::int64_t& milli : scaled->pod_usage.Column(resource_))
      milli = Milli(milli, factor);
    return ReadingResult(std::move(scaled));
  }

 private:
  [[nodiscard]] std::int64_t Milli(std::int64_t milli, double factor) const {
    constexpr double kTooLarge = 0x1p63;
    if (milli < 0) return milli;
    const double scaled =
        milli == 0 ? std::max(factor - 1, 0.0) * zero_milli_ : static_cast<double>(milli) * factor;
    if (scaled >= kTooLarge) return std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::round(scaled));
  }

  [[nodiscard]] double Value(double value, double factor) const {
    if (!std::isfinite(value) || value < 0) return value;
    return value == 0 ? std::max(factor - 1, 0.0) * zero_milli_ / 1000 : value * factor;
  }

  const Reading& reading_;
  const std::string& resource_;
  const double zero_milli_;
};

class Search {
 public:
  Search(const DecideInput& in, const History& history)
      : in_(in), history_(history), base_(Run(in).desired) {}

  std::vector<Counterfactual> Run() {
    for (std::size_t i = 0; i < in_.readings.size(); ++i) {
      if (!in_.readings[i]) continue;
      TryMetric(i, true);
      TryMetric(i, false);
    }
    TryBound(Input::kMinReplicas);
    TryBound(Input::kMaxReplicas);
    TryTime();
    return std::move(found_);
  }

 private:
  [[nodiscard]] Decision Run(const DecideInput& in) const { return Decide(in, history_).decision; }

  [[nodiscard]] Decision WithMetric(std::size_t metric, const Scaling& scaling,
                                    double factor) const {
    std::vector<ReadingResult> readings(in_.readings.begin(), in_.readings.end());
    readings[metric] = scaling.Times(factor);
    DecideInput changed = in_;
    changed.readings = readings;
    return Run(changed);
  }

  void TryMetric(std::size_t metric, bool above) {
    constexpr std::array<double, 14> kUp = {1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2,
                                            3,    5,    10,   30,  100, 1e4, 1e6};
    constexpr std::array<double, 10> kDown = {0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5, 0.25, 0.1, 0};
    const Scaling scaling(**in_.readings[metric], in_.view.spec->metrics[metric]);
    const auto decide = [&](double factor) { return WithMetric(metric, scaling, factor).desired; };
    const auto edge = above ? FindEdge(1, kUp, base_, decide) : FindEdge(1, kDown, base_, decide);
    if (!edge) return;
    Counterfactual found;
    found.metric = metric;
    found.above = above;
    found.factor = edge->same;
    Decision same = WithMetric(metric, scaling, edge->same);
    if (metric < same.metrics.size()) found.outcome = std::move(same.metrics[metric]);
    found.desired = edge->desired;
    found_.push_back(std::move(found));
  }

  [[nodiscard]] Replicas WithBound(Input input, Replicas bound) const {
    auto spec = std::make_shared<WorkloadSpec>(*in_.view.spec);
    (input == Input::kMinReplicas ? spec->min_replicas : spec->max_replicas) = bound;
    WorkloadView view = in_.view;
    view.spec = std::move(spec);
    const DecideInput changed{in_.now, in_.config, in_.id, view, in_.policies, in_.readings};
    return Run(changed).desired;
  }

  // A bound changes a decision where the decision lies at it, or would be moved past it.
  void TryBound(Input input) {
    const WorkloadSpec& spec = *in_.view.spec;
    const bool min = input == Input::kMinReplicas;
    const Replicas now = min ? spec.min_replicas : spec.max_replicas;
    const std::int64_t least = std::min<std::int64_t>(spec.min_replicas, 1);
    for (const std::int64_t bound :
         {std::int64_t{now} + (min ? -1 : 1), std::int64_t{base_} + (min ? 1 : -1)}) {
      const bool valid = min ? bound >= least && bound <= spec.max_replicas
                             : bound >= spec.min_replicas && bound >= 1 &&
                                   bound <= std::numeric_limits<Replicas>::max();
      if (!valid || bound == now) continue;
      const Replicas desired = WithBound(input, static_cast<Replicas>(bound));
      if (desired == base_) continue;
      Counterfactual found;
      found.input = input;
      found.above = bound > now;
      found.bound = static_cast<Replicas>(bound);
      found.desired = desired;
      found_.push_back(std::move(found));
    }
  }

  [[nodiscard]] Replicas After(Duration time) const {
    std::vector<ReadingResult> readings(in_.readings.begin(), in_.readings.end());
    for (ReadingResult& reading : readings) {
      if (reading) reading = Postponed(**reading, time);
    }
    DecideInput changed = in_;
    changed.now = Later(in_.now, time);
    changed.readings = readings;
    return Run(changed).desired;
  }

  void TryTime() {
    constexpr std::array<double, 12> kSeconds = {1,  2,   5,   10,  15,   30,
                                                 60, 120, 300, 600, 1800, 3600};
    const auto length = [](double seconds) {
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    };
    const auto edge =
        FindEdge(0, kSeconds, base_, [&](double seconds) { return After(length(seconds)); });
    if (!edge) return;
    Counterfactual found;
    found.input = Input::kTime;
    found.above = true;
    found.later = std::chrono::ceil<std::chrono::milliseconds>(length(edge->changed));
    found.desired = edge->desired;
    found_.push_back(std::move(found));
  }

  const DecideInput& in_;
  const History& history_;
  const Replicas base_;
  std::vector<Counterfactual> found_;
};

}  // namespace

std::vector<Counterfactual> FindCounterfactuals(const DecideInput& in, const History& history) {
  return Search(in, history).Run();
}

}  // namespace hpaplus
