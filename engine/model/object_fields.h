#pragma once

#include "engine/model/hpa_object.h"
#include "engine/model/json_fields.h"
#include "engine/model/workload.h"

namespace hpaplus {

// Readers of objects that are part of a larger document: problems have their path in that one.

/// An HPAPlus, see ParseWorkload().
[[nodiscard]] WorkloadSpec ReadWorkload(const JsonField& object);

/// A HorizontalPodAutoscaler, see ParseHpa(), and its spec alone.
[[nodiscard]] HpaObject ReadHpa(const JsonField& object);
[[nodiscard]] HpaSpec ReadHpaSpec(const JsonField& spec);
/// Kubernetes' "featureGates": {"HPAScaleToZero": true}. One that is absent has its default.
[[nodiscard]] HpaGates ReadHpaGates(const JsonField& gates);

}  // namespace hpaplus
