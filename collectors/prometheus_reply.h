#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// What an answer may be.
struct ReplyLimits {
  std::size_t max_series = 1000;  // Of numbers; as many times may stand beside them.
  bool accepts_partial = false;   // With warnings, or calling itself partial.
  std::size_t max_points = 0;     // Of each series of a range query; 0: it is an instant query.
};

/// One series of an answer. `key` has the values of the labels that were asked for, put together
/// with AppendToKey(); a label that the series does not have is empty. Both are valid during the
/// call only.
struct ReplySeries {
  std::string_view key;
  bool is_time = false;  // Of a question by WithTimes(): the value is a time.
  const ScalarSample& sample;
};
using SeriesTaker = std::function<void(const ReplySeries&)>;

/// Reads the answer to an instant query (/api/v1/query) and hands over its series one by one: those
/// of a vector, one for a scalar, none for an empty vector. Of a range query's
/// (/api/v1/query_range) every sample of every series is handed over, in the order of the answer.
/// What was taken counts only when the result is success. NaN, infinite and negative values are
/// samples like any other; whether one may be acted on is decided elsewhere.
///
/// `status: error` gives an Error with the server's own words: kInvalidArgument for bad_data,
/// execution and VictoriaMetrics' 4xx, kDeadlineExceeded for timeout, kUnavailable for the rest.
/// Warnings and isPartial are kMalformedData unless accepted, except for PromQL's own advice
/// ("PromQL info: ..."). Range vectors that answer an instant query, strings, histograms and more
/// than `max_series` series or `max_points` samples of one of them are errors; so is anything
/// malformed.
[[nodiscard]] Status ReadPrometheusReply(std::string_view body, std::span<const std::string> by,
                                         const ReplyLimits& limits, const SeriesTaker& take);

/// The numbers alone. Where times stand beside them, all get the oldest: several numbers are no
/// number anyway. One without a time was measured in 1970.
[[nodiscard]] Result<std::vector<ScalarSample>> ParsePrometheusReply(std::string_view body,
                                                                     const ReplyLimits& limits,
                                                                     bool with_times);

/// The time that a value of WithTimes() says; 1970 for one that is none.
[[nodiscard]] Timestamp TimeOf(const ScalarSample& sample);

}  // namespace hpaplus::collectors
