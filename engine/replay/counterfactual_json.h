#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "engine/core/counterfactual.h"

namespace hpaplus::replay {

/// [{"input": "metric", "metric": "cpu", "above": "71 %", "factor": 1.18, "replicas": 9,
///   "text": "9 replicas if cpu > 71 %"}, ...]
[[nodiscard]] nlohmann::ordered_json CounterfactualsJson(std::span<const Counterfactual> found,
                                                         const WorkloadSpec& spec);

}  // namespace hpaplus::replay
