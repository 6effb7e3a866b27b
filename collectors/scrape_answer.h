#pragma once

#include <cstddef>
#include <vector>

#include "collectors/scrape_memory.h"
#include "collectors/selector_query.h"
#include "engine/base/result.h"

namespace hpaplus::collectors {

/// What a query makes of the series of all pods that were asked: the answer to the query, over
/// `population` pods of which series.pod_sums.size() were asked. When that is all of them it is
/// Aggregate(). Of a sample sums, counts and averages are estimated, and quantiles taken; what may
/// be off by more than `error_percent_most` is kUnavailable and says by how much. A quantile may be
/// off by so many percent of all series in rank. kInvalidArgument for what no sample can tell.
[[nodiscard]] Result<std::vector<ScalarSample>> AnswerFromPods(const SelectorQuery& query,
                                                               ScrapedSeries series,
                                                               std::size_t population,
                                                               int error_percent_most);

}  // namespace hpaplus::collectors
