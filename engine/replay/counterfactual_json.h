#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/replay/case_run.h"

namespace hpaplus::replay {

/// [{"input": "metric", "metric": "cpu", "above": "71 %", "factor": 1.18, "replicas": 9,
///   "text": "9 replicas if cpu > 71 %"}, ...]
[[nodiscard]] nlohmann::ordered_json CounterfactualsJson(const StepResult& step);

}  // namespace hpaplus::replay
