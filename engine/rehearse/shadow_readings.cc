#include "engine/rehearse/shadow_readings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "engine/core/freshness.h"
#include "engine/core/pod_groups.h"
#include "engine/core/pod_requests.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kHiddenShare = 0.9;  // Of the CPU asked for, from which on more may be wanted.
constexpr double kMostMilli = 9e15;   // Thousandths of more do not fit.

using SharedPods = std::vector<std::shared_ptr<const Pod>>;

std::int64_t Milli(double milli) {
  return std::llround(std::clamp(milli, 0.0, kMostMilli));
}

// What the real pods that count measured together, in thousandths.
struct Sum {
  double milli = 0;
  std::map<std::string, double, std::less<>> by_container;  // Of usage alone.
  double request = 0;  // What these ask for, in thousandths; 0: unknown.
  Replicas counted = 0;
  Replicas missing = 0;
  Timestamp at = Timestamp::max();      // The oldest one's.
  Timestamp newest = Timestamp::min();  // The newest one's.
  Duration window{};

  [[nodiscard]] double pods() const { return static_cast<double>(counted) + missing; }
};

// Which of a reading's samples are one pod's, the last usable of which counts.
class Samples {
 public:
  Samples(const Reading& reading, const WorkloadSpec& spec, const MetricSpec& metric,
          const Freshness& fresh)
      : reading_(reading),
        metric_(metric),
        fresh_(fresh),
        of_pods_(metric.type == MetricType::kPods) {
    if (of_pods_) {
      end_ = static_cast<std::uint32_t>(reading.pod_values.size());
    } else {
      column_ = reading.pod_usage.Column(metric.resource);
      const PodUsageTable::Range range = reading.pod_usage.Namespace(spec.ns);
      begin_ = range.begin;
      end_ = range.end;
    }
  }

  // By item; null: not usable.
  [[nodiscard]] std::optional<PodSample> At(std::uint32_t item) const {
    PodSample sample;
    if (of_pods_) {
      const PodValue& value = reading_.pod_values[item];
      sample = {value.at, value.window, value.milli};
    } else {
      const auto used = Used(item);
      if (!used) return std::nullopt;
      sample = {reading_.pod_usage.at(item), reading_.pod_usage.window(item), *used};
    }
    const Validity& validity = metric_.validity;
    const std::int64_t least =
        validity.min ? std::max<std::int64_t>(validity.min->MilliValue(), 0) : 0;
    const bool usable = sample.milli >= least &&
                        (!validity.max || sample.milli <= validity.max->MilliValue()) &&
                        fresh_.Check(sample.at) == Reason::kNone;
    return usable ? std::optional(sample) : std::nullopt;
  }

  // The last usable one of this pod, and its item.
  [[nodiscard]] std::optional<std::pair<std::uint32_t, PodSample>> Find(
      std::string_view pod) const {
    std::uint32_t first = begin_;
    for (std::uint32_t last = end_; first != last;) {
      const std::uint32_t middle = first + (last - first) / 2;
      if (NameAt(middle) < pod) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    std::optional<std::pair<std::uint32_t, PodSample>> found;
    for (; first != end_ && NameAt(first) == pod; ++first) {
      if (const auto sample = At(first)) found.emplace(first, *sample);
    }
    return found;
  }

  void AddContainers(std::uint32_t item, Sum& sum) const {
    if (of_pods_) return;
    const PodUsageTable::Range range = reading_.pod_usage.containers(item);
    for (std::uint32_t i = range.begin; i != range.end; ++i) {
      if (column_[i] < 0) continue;
      const std::string_view name = reading_.pod_usage.container(i);
      const auto at = sum.by_container.find(name);
      auto& milli = at != sum.by_container.end() ? at->second : sum.by_container[std::string(name)];
      milli += static_cast<double>(column_[i]);
    }
  }

 private:
  [[nodiscard]] std::string_view NameAt(std::uint32_t item) const {
    return of_pods_ ? std::string_view(reading_.pod_values[item].pod)
                    : reading_.pod_usage.name(item);
  }

  // Over all containers, or of the named one.
  [[nodiscard]] std::optional<std::int64_t> Used(std::uint32_t item) const {
    if (column_.empty()) return std::nullopt;
    const PodUsageTable::Range range = reading_.pod_usage.containers(item);
    std::optional<double> sum;
    for (std::uint32_t i = range.begin; i != range.end; ++i) {
      if (!metric_.container.empty() && reading_.pod_usage.container(i) != metric_.container) {
        continue;
      }
      if (column_[i] < 0) return std::nullopt;
      sum = sum.value_or(0) + static_cast<double>(column_[i]);
    }
    return sum ? std::optional(Milli(*sum)) : std::nullopt;
  }

  const Reading& reading_;
  const MetricSpec& metric_;
  const Freshness fresh_;
  const bool of_pods_;
  std::span<const std::int64_t> column_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

class Scene {
 public:
  Scene(const Round& round, const DecideConfig& config, const Departures& gone,
        const ShadowPods& shadow)
      : round_(round), config_(config), gone_(gone), spec_(*round.view->spec), shadow_(shadow) {}

  ShadowReadings Read() {
    ShadowReadings out;
    std::vector<std::optional<Sum>> sums(spec_.metrics.size());
    Replicas measured = shadow_.ready();
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
      if (!IsOfPods(spec_.metrics[i]) || !round_.readings[i]) continue;
      sums[i] = SumUp(spec_.metrics[i], **round_.readings[i]);
      out.demand_hidden = out.demand_hidden || IsHidden(spec_.metrics[i], *sums[i]);
      if (sums[i]->counted > 0) measured = std::min(measured, MeasuredOf(*sums[i]));
    }
    ShadowPods::Shown shown = shadow_.Show(measured);
    std::ranges::sort(shown.measured, {},
                      [](const auto& pod) { return std::string_view(pod->name); });
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i)
      out.readings.push_back(sums[i] ? Spread(spec_.metrics[i], *sums[i], shown.measured)
                                     : OfWhole(i));
    out.pods = std::move(shown.pods);
    return out;
  }

 private:
  static bool IsOfPods(const MetricSpec& metric) {
    return metric.type == MetricType::kResource || metric.type == MetricType::kContainerResource ||
           metric.type == MetricType::kPods;
  }

  [[nodiscard]] Sum SumUp(const MetricSpec& metric, const Reading& reading) const {
    const Samples samples(reading, spec_, metric,
                          Freshness::Of(round_.at, metric.stale_after, config_.future_skew));
    const PodGroupRules rules{round_.at, metric.resource == "cpu",
                              config_.cpu_initialization_period, config_.initial_readiness_delay};
    Sum sum;
    bool knows_requests = true;
    std::vector<const Pod*> silent;
    for (const auto& pod : round_.view->pods) {
      const auto found = samples.Find(pod->name);
      const PodGroup group = GroupPod(*pod, found ? &found->second : nullptr, rules);
      if (group == PodGroup::kMissing) silent.push_back(pod.get());
      if (group != PodGroup::kReady) continue;
      ++sum.counted;
      sum.milli += static_cast<double>(found->second.milli);
      samples.AddContainers(found->first, sum);
      sum.at = std::min(sum.at, found->second.at);
      sum.newest = std::max(sum.newest, found->second.at);
      sum.window = std::max(sum.window, found->second.window);
      if (metric.type == MetricType::kPods) continue;
      const auto request = PodRequestMilli(
          *pod->resources, {metric.resource, metric.container, config_.pod_level_resources});
      knows_requests = knows_requests && request.has_value();
      sum.request += static_cast<double>(request.value_or(0));
    }
    if (!knows_requests) sum.request = 0;
    sum.missing = static_cast<Replicas>(std::ranges::count_if(
        silent, [&sum](const Pod* pod) { return WasServing(*pod, sum.newest); }));
    return sum;
  }

  static bool IsHidden(const MetricSpec& metric, const Sum& sum) {
    return metric.resource == "cpu" && sum.request > 0 && sum.milli >= kHiddenShare * sum.request;
  }

  // How many of the shadow's pods would have a sample: one at least, or nothing could be said.
  [[nodiscard]] Replicas MeasuredOf(const Sum& sum) const {
    const Replicas ready = shadow_.ReadyAt(sum.at);
    const double missing = static_cast<double>(sum.missing) / sum.pods();
    const auto without = static_cast<Replicas>(std::ceil(missing * ready));
    return std::max(ready - without, std::min(ready, 1));
  }

  // Every pod that serves has its part of what all that count would have measured.
  [[nodiscard]] ReadingResult Spread(const MetricSpec& metric, const Sum& sum,
                                     const SharedPods& pods) const {
    if (sum.counted == 0) {
      return Error{ErrorCode::kNotFound, "shadow: no real pod that serves has a sample"};
    }
    const double share =
        (sum.pods() + gone_.Since(sum.newest)) / sum.counted / std::max(shadow_.ReadyAt(sum.at), 1);
    auto reading = std::make_shared<Reading>();
    reading->received = round_.at;
    for (const auto& pod : pods) {
      if (metric.type == MetricType::kPods) {
        reading->pod_values.push_back({pod->name, sum.at, sum.window, Milli(sum.milli * share)});
        continue;
      }
      PodUsageTable& table = reading->pod_usage;
      table.BeginPod();
      table.SetNamespace(spec_.ns);
      table.SetName(pod->name);
      table.SetTime(sum.at);
      table.SetWindow(sum.window);
      for (const auto& [container, milli] : sum.by_container) {
        table.BeginContainer();
        table.SetContainer(container);
        (void)table.Add(metric.resource, Milli(milli * share));
      }
    }
    return std::shared_ptr<const Reading>(std::move(reading));
  }

  [[nodiscard]] ReadingResult OfWhole(std::size_t index) const {
    const MetricSpec& metric = spec_.metrics[index];
    const ReadingResult& real = round_.readings[index];
    const bool shared =
        metric.role == MetricRole::kScale && metric.target.type == TargetType::kValue;
    if (!shared || IsOfPods(metric)) return real;
    if (metric.type == MetricType::kFormula) return SpreadFormula(index);
    return real ? SpreadWhole(**real) : real;
  }

  // What one serving replica has of a number is another part of it for the shadow's.
  [[nodiscard]] ReadingResult SpreadWhole(const Reading& real) const {
    auto reading = std::make_shared<Reading>(real);
    for (ScalarSample& sample : reading->values) {
      const Replicas serving = RealServing(sample.at);
      if (serving == 0 && shadow_.ready() > 0) {
        return Error{ErrorCode::kNotFound, "shadow: no real pod serves"};
      }
      const double share =
          static_cast<double>(std::max(serving, 1)) / std::max(shadow_.ReadyAt(sample.at), 1);
      sample.value *= share;
      if (sample.milli >= 0) sample.milli = Milli(static_cast<double>(sample.milli) * share);
    }
    return std::shared_ptr<const Reading>(std::move(reading));
  }

  // Its inputs cannot be shared out one by one; its value can, where the real decision has found
  // it.
  [[nodiscard]] ReadingResult SpreadFormula(std::size_t index) const {
    Reading found;
    found.received = round_.at;
    if (index < round_.decided.metrics.size()) {
      const MetricOutcome& outcome = round_.decided.metrics[index];
      if (outcome.total && !outcome.stood_in) {
        found.values.push_back({outcome.oldest.value_or(round_.at), *outcome.total, kInvalidMilli});
      }
    }
    return SpreadWhole(found);
  }

  [[nodiscard]] Replicas RealServing(Timestamp at) const {
    const WorkloadView& view = *round_.view;
    if (view.pods.empty()) return view.scale.status_replicas;
    const auto there =
        std::ranges::count_if(view.pods, [at](const auto& pod) { return WasServing(*pod, at); });
    return static_cast<Replicas>(there) + gone_.Since(at);
  }

  const Round& round_;
  const DecideConfig& config_;
  const Departures& gone_;
  const WorkloadSpec& spec_;
  const ShadowPods& shadow_;
};

}  // namespace

ShadowReadings ReadShadow(const Round& round, const DecideConfig& config, const Departures& gone,
                          const ShadowPods& shadow) {
  return Scene(round, config, gone, shadow).Read();
}

}  // namespace hpaplus::rehearse
