#include "engine/core/past_windows.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace hpaplus {
namespace {

bool IsOfSource(const MetricSpec& metric) {
  return metric.type == MetricType::kSource;
}

bool HasDemandWithoutPods(const MetricSpec& metric) {
  return metric.smoothing && metric.target.type == TargetType::kAverageValue && !metric.step &&
         metric.policy.empty();
}

std::vector<std::size_t> InputsOf(const WorkloadSpec& spec, std::size_t index) {
  const MetricSpec& metric = spec.metrics[index];
  std::vector<std::size_t> inputs;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const bool is_input = metric.formula ? metric.formula->Uses(i) : i == index;
    const bool waits = metric.queue && spec.metrics[i].name == metric.queue->backlog;
    if (is_input || waits) inputs.push_back(i);
  }
  return inputs;
}

const ScalarSample* FindAt(const PastReading& past, Timestamp at) {
  const auto found = std::ranges::lower_bound(past->values, at, {}, &ScalarSample::at);
  return found != past->values.end() && found->at == at ? &*found : nullptr;
}

// One moment as the policies see the present. Null: an input is not known of it.
std::optional<std::vector<ReadingResult>> ReadingsAt(const PastInput& in, const PastWindow& window,
                                                     Timestamp at) {
  std::vector<ReadingResult> readings(in.view.spec->metrics.size(),
                                      Error{ErrorCode::kNotFound, "not asked of the past"});
  for (const std::size_t input : window.inputs) {
    const ScalarSample* const sample = FindAt(in.past[input], at);
    if (sample == nullptr) return std::nullopt;
    auto reading = std::make_shared<Reading>();
    reading->received = at;
    reading->values.push_back(*sample);
    readings[input] = std::shared_ptr<const Reading>(std::move(reading));
  }
  return readings;
}

}  // namespace

std::vector<PastWindow> WindowsToFill(const WorkloadSpec& spec) {
  std::vector<PastWindow> windows;
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    if (!HasDemandWithoutPods(spec.metrics[i])) continue;
    std::vector<std::size_t> inputs = InputsOf(spec, i);
    const bool all = std::ranges::all_of(
        inputs, [&](std::size_t input) { return IsOfSource(spec.metrics[input]); });
    if (all && !inputs.empty()) windows.push_back({i, std::move(inputs)});
  }
  return windows;
}

std::size_t FillWindow(const PastInput& in, const PastWindow& window, History& history) {
  const WorkloadSpec& spec = *in.view.spec;
  const auto known = [&](std::size_t input) { return in.past[input] != nullptr; };
  if (!std::ranges::all_of(window.inputs, known)) return 0;
  std::vector<DemandSample> samples;
  for (const ScalarSample& moment : in.past[window.inputs.front()]->values) {
    const auto readings = ReadingsAt(in, window, moment.at);
    if (!readings) continue;
    const MetricOutcome outcome = in.policies[window.metric]->Propose(
        {moment.at, in.config, in.view, (*readings)[window.metric], *readings});
    if (outcome.proposal && !outcome.stood_in) samples.push_back({moment.at, outcome.demand});
  }
  const Smoothing& smoothing = *spec.metrics[window.metric].smoothing;
  PastOf(spec, window.metric, history).demand.Precede(samples, smoothing);
  return samples.size();
}

}  // namespace hpaplus
