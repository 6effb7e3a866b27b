#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// Reads the answer to an instant query (/api/v1/query): one sample per series of a vector, one for
/// a scalar, none for an empty vector. NaN, infinite and negative values are samples like any
/// other; whether one may be acted on is decided elsewhere. Warnings are ignored.
///
/// `status: error` gives an Error with Prometheus' own words: kInvalidArgument for bad_data and
/// execution, kDeadlineExceeded for timeout, kUnavailable for the rest. Range vectors, strings,
/// histograms and more than `max_series` series are errors; so is anything malformed, of which no
/// part is used.
[[nodiscard]] Result<std::vector<ScalarSample>> ParsePrometheusReply(std::string_view body,
                                                                     std::size_t max_series);

}  // namespace hpaplus::collectors
