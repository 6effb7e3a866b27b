#pragma once

#include <string_view>

#include "engine/model/workload.h"

namespace hpaplus {

/// As in spec.mode: "Active", "DryRun".
[[nodiscard]] std::string_view ModeName(Mode mode);

}  // namespace hpaplus
