#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/workload.h"

namespace hpaplus::app {

/// The object with one setting changed: "safety.maxReplicasPerMinute=null",
/// "metrics[rps].target=150", "behavior.scaleDown.elasticity=0.5". kInvalidArgument: there is no
/// such path, and which there are; or the value makes no sense there.
[[nodiscard]] Result<WorkloadSpec> WhatIf(WorkloadSpec spec, std::string_view change);

/// The paths that WhatIf() knows; a metric's name in the place of NAME.
[[nodiscard]] std::vector<std::string> WhatIfPaths();

}  // namespace hpaplus::app
