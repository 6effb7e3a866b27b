#pragma once

#include <string>

#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// Fills in what an API server fills into a new or changed object of a built-in kind.
void ApplyDefaults(const std::string& kind, Json& object);

/// "Guaranteed", "Burstable" or "BestEffort".
[[nodiscard]] std::string QosClass(const Json& pod);

}  // namespace hpaplus::embedded
