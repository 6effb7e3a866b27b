#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"

namespace hpaplus::collectors {

/// A whole number that is known as of `now`.
[[nodiscard]] ReadingResult CountReading(std::int64_t count, Timestamp now);

/// One number, measured at its own time, received now.
[[nodiscard]] ReadingResult NumberReading(const ScalarSample& sample, Timestamp now);

/// Numbers, or none, received now.
[[nodiscard]] ReadingResult ReadingOf(std::vector<ScalarSample> values, Timestamp now);

/// For collectors that need nobody to answer: whether the query is one of a Source metric, and the
/// context leaves time to answer it at all. `who` starts the message.
[[nodiscard]] Status CheckCanAnswer(std::string_view who, const MetricQuery& query,
                                    const CollectContext& context);

}  // namespace hpaplus::collectors
