#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"

namespace hpaplus::collector::v1 {
class CollectResponse;
class QueryResult;
class StreamResponse;
}  // namespace hpaplus::collector::v1

namespace hpaplus::collectors {

/// What a plug-in may send, and when it came.
struct PluginAnswerLimits {
  std::size_t max_samples = 1000;  // Of one query.
  Timestamp received{};            // Stands in for a time that the plug-in does not know.
};

/// One query's result. NaN, infinity, negative numbers and times in the future are passed on, for
/// the engine to refuse by name; a time outside 1970..2262 or too many samples are kMalformedData.
/// The plug-in's own error keeps its code, but kNotFound: the source itself exists.
[[nodiscard]] ReadingResult ReadPluginResult(const collector::v1::QueryResult& result,
                                             const PluginAnswerLimits& limits);

/// The results of a batch, in order. kMalformedData when their number is not that of the queries:
/// then nobody knows which is whose.
[[nodiscard]] Result<std::vector<ReadingResult>> ReadPluginBatch(
    const collector::v1::CollectResponse& response, std::size_t queries,
    const PluginAnswerLimits& limits);

/// What a stream pushed, by position of the query. kMalformedData, and nothing of it is used, when
/// a position is not that of a query or a result makes no sense.
[[nodiscard]] Result<std::vector<std::pair<std::size_t, ReadingResult>>> ReadPluginPush(
    const collector::v1::StreamResponse& response, std::size_t queries,
    const PluginAnswerLimits& limits);

}  // namespace hpaplus::collectors
