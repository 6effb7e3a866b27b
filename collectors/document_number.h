#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/value_path.h"
#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// What the readers of all languages of documents share: numbers as text, messages, combining.

/// A number or a Kubernetes quantity and nothing else; finite.
[[nodiscard]] std::optional<ScalarSample> NumberFromText(std::string_view text, Timestamp at);

/// kMalformedData: "business monitor: no number at PATH: FOUND".
[[nodiscard]] Error NoNumberAt(std::string_view path, std::string_view found);

/// What a path makes of all numbers that it leads to. Not more than one; none of none, but the
/// count, which is then 0.
[[nodiscard]] std::vector<ScalarSample> CombineValues(Aggregation aggregation,
                                                      std::vector<ScalarSample> values,
                                                      Timestamp at);

}  // namespace hpaplus::collectors
