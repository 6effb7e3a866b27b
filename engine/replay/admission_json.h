#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/model/hpa_admission.h"

namespace hpaplus::replay {

/// {"errors": [{"type", "field", "detail"}], "spec": {...}}
[[nodiscard]] nlohmann::ordered_json AdmissionJson(const std::vector<HpaProblem>& problems,
                                                   const HpaSpec& spec);

}  // namespace hpaplus::replay
