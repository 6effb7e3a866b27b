#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/label_selector.h"

namespace hpaplus::push {

/// A series' labels as one text: what Prometheus' remote write has on the wire for labels that are
/// ordered and not empty. So a series that is known is found by the bytes that arrive, and only a
/// new one is taken apart.
[[nodiscard]] std::string SeriesKey(const Labels& labels);

/// The labels of those bytes, ordered, without the empty ones, which say the same as none.
/// kMalformedData when the bytes are no labels; kInvalidArgument when a label occurs twice, has no
/// name or is longer than may be, when there are too many, and when "__name__" is missing.
[[nodiscard]] Result<Labels> LabelsOfWire(std::string_view bytes);

/// The same for labels that come from elsewhere, in any order.
[[nodiscard]] Result<Labels> CheckedLabels(Labels labels);

/// "queue_depth{queue="orders"}", cut where it gets long; for messages.
[[nodiscard]] std::string SeriesText(const Labels& labels);

inline constexpr std::size_t kMostLabels = 64;
inline constexpr std::size_t kLongestName = 512;
inline constexpr std::size_t kLongestValue = 4096;
inline constexpr std::string_view kMetricLabel = "__name__";

}  // namespace hpaplus::push
