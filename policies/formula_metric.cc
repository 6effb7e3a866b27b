#include "policies/formula_metric.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "policies/outcome.h"

namespace hpaplus::policies {
namespace {

constexpr std::size_t kMetricsMost = 32;  // Of an object.

bool IsUnusable(Reason problem) {
  return problem == Reason::kNoData || problem == Reason::kStaleData ||
         problem == Reason::kInvalidData || problem == Reason::kFutureData ||
         problem == Reason::kOutOfRange;
}

// A source that cannot be read has said nothing.
MetricOutcome AbstainForInput(const std::string& input, const Error& error) {
  MetricOutcome out = AbstainFor(error);
  out.problem = "input " + input + ": " + out.problem;
  return out;
}

}  // namespace

Result<std::unique_ptr<const Policy>> FormulaMetric::Create(Config config) {
  if (!config.formula || config.judge == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "formula: there is none that can be computed"};
  }
  if (config.metrics > kMetricsMost) {
    return Error{ErrorCode::kInvalidArgument, "formula: there are more than 32 metrics"};
  }
  return std::unique_ptr<const Policy>(new FormulaMetric(std::move(config)));
}

MetricOutcome FormulaMetric::Propose(const PolicyInput& in) const {
  if (in.reading) return config_.judge->Propose(in);
  std::array<double, kMetricsMost> values{};
  std::optional<Timestamp> oldest;
  Reason stood_in = Reason::kNone;
  for (const Input& input : config_.inputs) {
    if (input.metric >= in.readings.size()) return Abstain(Reason::kNoData, "input " + input.name);
    const ReadingResult& reading = in.readings[input.metric];
    if (!reading) return AbstainForInput(input.name, reading.error());
    const auto freshness = Freshness::Of(in.now, input.stale_after, in.config.future_skew);
    const Total total = ReadTotal(**reading, input.kind, freshness, input.range);
    if (total.problem == Reason::kNone) {
      values[input.metric] = total.InUnits(input.kind);
      oldest = std::min(oldest.value_or(total.oldest), total.oldest);
    } else if (!input.missing_is_zero || !IsUnusable(total.problem)) {
      return Abstain(total.problem, "input " + input.name);
    } else if (total.problem != Reason::kNoData) {
      stood_in = total.problem;
    }
  }
  const auto value = config_.formula->Evaluate({values.data(), config_.metrics});
  if (!value) return Abstain(Reason::kInvalidData, "the formula has no finite value");
  auto computed = std::make_shared<Reading>();
  computed->received = in.now;
  computed->values.push_back({oldest.value_or(in.now), *value, kInvalidMilli});
  const ReadingResult reading = std::shared_ptr<const Reading>(std::move(computed));
  MetricOutcome out = config_.judge->Propose({in.now, in.config, in.view, reading, in.readings});
  if (out.proposal && stood_in != Reason::kNone) {
    out.stood_in = true;
    out.reason = stood_in;
  }
  return out;
}

}  // namespace hpaplus::policies
