#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/document.h"

namespace hpaplus::collectors {

inline constexpr std::size_t kExpositionSeriesMost = 100'000;

/// Plain text alone may be anything; a version makes it Prometheus' format. Or OpenMetrics.
[[nodiscard]] bool IsExposition(std::string_view content_type);

/// ReadDocument() for Prometheus' text format, or OpenMetrics when `content_type` says so. A query
/// is a selector or an aggregation of one, see ParseSelectorQuery(); a rate needs a second look and
/// is refused. A sample with a time of its own keeps it. What matches no series is no number.
[[nodiscard]] std::vector<DocumentValues> ReadExpositionValues(std::string_view content_type,
                                                               std::string_view body,
                                                               std::span<const std::string> queries,
                                                               Timestamp at);

}  // namespace hpaplus::collectors
