#include "collectors/keda_reply.h"

#include <memory>
#include <utility>

#include <fmt/core.h>

#include "collectors/numbers.h"
#include "proto/externalscaler.pb.h"

namespace hpaplus::collectors {
namespace {

constexpr int kSpecsMost = 100;

Error Malformed(std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("external scaler: {}", what)};
}

ScalarSample SampleOf(double value, Timestamp now) {
  return {.at = now, .value = value, .milli = MilliFromDouble(value)};
}

std::shared_ptr<Reading> NewReading(Timestamp now) {
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  return reading;
}

}  // namespace

Result<std::vector<std::string>> ReadKedaSpecs(
    const externalscaler::GetMetricSpecResponse& response) {
  if (response.metricspecs_size() == 0) return Malformed("it has no metrics");
  if (response.metricspecs_size() > kSpecsMost) {
    return Malformed(fmt::format("it has more than {} metrics", kSpecsMost));
  }
  std::vector<std::string> names;
  for (const auto& spec : response.metricspecs()) {
    if (spec.metricname().empty()) return Malformed("one of its metrics has no name");
    names.push_back(spec.metricname());
  }
  return names;
}

ReadingResult ReadKedaValues(const externalscaler::GetMetricsResponse& response,
                             std::size_t max_series, Timestamp now) {
  const auto count = static_cast<std::size_t>(response.metricvalues_size());
  if (count > max_series) {
    return Malformed(fmt::format("more values than limits.maxSeries, {}", max_series));
  }
  auto reading = NewReading(now);
  for (const auto& value : response.metricvalues()) {
    const bool is_float = !(value.metricvaluefloat() == 0);  // A NaN is one.
    reading->values.push_back(SampleOf(
        is_float ? value.metricvaluefloat() : static_cast<double>(value.metricvalue()), now));
  }
  return std::shared_ptr<const Reading>(std::move(reading));
}

ReadingResult ReadKedaActivity(bool active, Timestamp now) {
  auto reading = NewReading(now);
  reading->values.push_back(SampleOf(active ? 1 : 0, now));
  return std::shared_ptr<const Reading>(std::move(reading));
}

}  // namespace hpaplus::collectors
