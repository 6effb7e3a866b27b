#include "collectors/scrape_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "collectors/numbers.h"
#include "collectors/pod_sample.h"

namespace hpaplus::collectors {
namespace {

struct Estimate {
  double value = 0;
  double off_percent = 0;  // With a confidence of 95 %.
};

Estimate Relative(double value, double margin) {
  return {value, margin == 0 ? 0 : 100 * margin / std::abs(value)};
}

// A ratio of two sums: what counts is how far the pods are from having that ratio.
Estimate EstimateAverage(const ScrapedSeries& series, std::size_t population) {
  const EstimatedSum sum = EstimateSum(series.pod_sums, population);
  const EstimatedSum count = EstimateSum(series.pod_counts, population);
  const double average = sum.sum / count.sum;
  std::vector<double> distances;
  distances.reserve(series.pod_sums.size());
  for (std::size_t i = 0; i < series.pod_sums.size(); ++i)
    distances.push_back(series.pod_sums[i] - average * series.pod_counts[i]);
  return Relative(average, EstimateSum(distances, population).margin / count.sum);
}

// The inequality of Dvoretzky, Kiefer and Wolfowitz, with Massart's constant.
double RankErrorPercent(std::size_t asked, std::size_t population) {
  const auto n = static_cast<double>(asked);
  const double missed = 1 - n / static_cast<double>(population);
  return 100 * std::sqrt(std::log(2 / 0.05) / (2 * n) * missed);
}

Result<Estimate> EstimateFrom(const SelectorQuery& query, const ScrapedSeries& series,
                              std::size_t population) {
  const std::size_t asked = series.pod_sums.size();
  switch (query.aggregation) {
    case Aggregation::kSum: {
      const EstimatedSum sum = EstimateSum(series.pod_sums, population);
      return Relative(sum.sum, sum.margin);
    }
    case Aggregation::kCount: {
      const EstimatedSum count = EstimateSum(series.pod_counts, population);
      return Relative(count.sum, count.margin);
    }
    case Aggregation::kAverage:
      return EstimateAverage(series, population);
    case Aggregation::kQuantile:
      return Estimate{Aggregate(query, series.series).front().value,
                      RankErrorPercent(asked, population)};
    case Aggregation::kMax:
    case Aggregation::kMin:
    case Aggregation::kNone:
      break;
  }
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("scrape: the query needs all pods, and only {} of {} are asked; raise "
                           "maxTargets or ask for a quantile",
                           asked, population)};
}

}  // namespace

Result<std::vector<ScalarSample>> AnswerFromPods(const SelectorQuery& query, ScrapedSeries series,
                                                 std::size_t population, int error_percent_most) {
  const std::size_t asked = series.pod_sums.size();
  if (series.series.empty()) return std::vector<ScalarSample>();
  if (asked >= population) return Aggregate(query, std::move(series.series));
  const Result<Estimate> estimate = EstimateFrom(query, series, population);
  if (!estimate) return estimate.error();
  if (estimate->off_percent > error_percent_most) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("scrape: asked {} of {} pods, so the number may be off by {:.1f} %, "
                             "more than maxErrorPercent allows",
                             asked, population, estimate->off_percent)};
  }
  ScalarSample sample;
  sample.at = std::ranges::min_element(series.series, {}, &ScalarSample::at)->at;
  sample.value = estimate->value;
  sample.milli = MilliFromDouble(sample.value);
  return std::vector<ScalarSample>{sample};
}

}  // namespace hpaplus::collectors
