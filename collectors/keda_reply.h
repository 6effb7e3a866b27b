#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"

namespace externalscaler {
class GetMetricsResponse;
class GetMetricSpecResponse;
}  // namespace externalscaler

namespace hpaplus::collectors {

/// The names of a scaler's metrics. kMalformedData when there are none, an empty one, or more than
/// a hundred.
[[nodiscard]] Result<std::vector<std::string>> ReadKedaSpecs(
    const externalscaler::GetMetricSpecResponse& response);

/// The values of one metric, as measured now: the protocol has no times. Of the two fields of a
/// value the float counts unless it is 0, else the whole number; when both are 0 the value is 0.
/// What KEDA takes for 0, NaN and negative numbers, is passed on as it is, for the engine to
/// refuse. No values at all are an answer without elements.
[[nodiscard]] ReadingResult ReadKedaValues(const externalscaler::GetMetricsResponse& response,
                                           std::size_t max_series, Timestamp now);

[[nodiscard]] ReadingResult ReadKedaActivity(bool active, Timestamp now);

}  // namespace hpaplus::collectors
