#pragma once

#include <nlohmann/json.hpp>

#include "engine/core/policy.h"
#include "engine/model/workload.h"

namespace hpaplus::testing {

/// Feature gates that change how a spec is read.
struct HpaGates {
  bool scale_to_zero = false;
  bool configurable_tolerance = true;
};

/// An autoscaling/v2 HorizontalPodAutoscaler as posted, with the API server's defaults filled in.
/// Its samples never grow stale, as the HPA looks at no sample's age.
[[nodiscard]] WorkloadSpec ReadHpa(const nlohmann::json& hpa, const HpaGates& gates);

/// The metrics of it, as JSON, after defaulting.
[[nodiscard]] nlohmann::json DefaultedMetrics(const nlohmann::json& spec);

[[nodiscard]] DecideConfig ReadHpaConfig(const nlohmann::json& config);
[[nodiscard]] HpaGates ReadHpaGates(const nlohmann::json& config);

}  // namespace hpaplus::testing
