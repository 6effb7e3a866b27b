#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus::testing {

/// Whether the recorded REST mapper knows the kind.
[[nodiscard]] bool IsKnownKind(const std::string& api_version, const std::string& kind);

/// What the recorded metric APIs (a step's `metrics`) answer to one metric, read with the
/// collectors' own parsers.
[[nodiscard]] ReadingResult AnswerMetric(const nlohmann::json& answers, const MetricSpec& metric,
                                         const std::string& ns);

}  // namespace hpaplus::testing
