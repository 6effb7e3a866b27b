#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/replay/hpa_case.h"

namespace hpaplus::replay {

/// Reads one case as docs/decide.md describes it. kMalformedData names the JSON path of the first
/// thing that makes no sense ("input.steps[2].now is not a time ..."). An answer of a metric API
/// that makes no sense is what it would be in a cluster: a metric that cannot be read.
[[nodiscard]] Result<HpaCase> ReadCase(std::string_view json);

}  // namespace hpaplus::replay
