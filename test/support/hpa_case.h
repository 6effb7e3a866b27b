#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/core/policy.h"

namespace hpaplus::testing {

/// Recorded decisions of the stock HPA, one JSON object a line.
[[nodiscard]] std::vector<nlohmann::json> LoadHpaCases(const std::string& path);

/// Runs all steps of one case through RunHpaRound() and gives what the case calls
/// `expected.steps`: scaleUpdates, rescaled, desiredReplicas, status, events, state, labels and
/// computations. Messages are not made.
[[nodiscard]] nlohmann::json RunHpaCase(const nlohmann::json& hpa_case,
                                        const PolicyFactory& policies);

}  // namespace hpaplus::testing
