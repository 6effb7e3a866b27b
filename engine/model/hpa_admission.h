#pragma once

#include <string>
#include <vector>

#include "engine/model/hpa_object.h"

namespace hpaplus {

/// One complaint of the API server about a HorizontalPodAutoscaler.
struct HpaProblem {
  std::string type;    // "FieldValueRequired", ...Invalid, ...NotSupported, ...Forbidden.
  std::string field;   // "spec.metrics[0].resource.target.type"
  std::string detail;  // May be empty.
  auto operator<=>(const HpaProblem&) const = default;
};

/// Removes what a feature gate does not allow: tolerances without HPAConfigurableTolerance, unless
/// the old object has one. `old` is null when the object is new.
void DropDisabledFields(HpaSpec& spec, const HpaSpec* old, const HpaGates& gates);

/// Everything that an API server of Kubernetes 1.36 says against the object, ordered by field, type
/// and detail; nothing: it is taken. Preconditions: DefaultHpa(), of the old object too.
[[nodiscard]] std::vector<HpaProblem> ValidateHpa(const HpaObject& object, const HpaObject* old,
                                                  const HpaGates& gates);

}  // namespace hpaplus
