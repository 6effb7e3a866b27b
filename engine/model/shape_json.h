#pragma once

#include "engine/model/json_fields.h"
#include "engine/model/workload.h"

namespace hpaplus {

// Readers of what HPAPlus adds to the HPA's spec to shape a size. What is absent keeps its default;
// problems are the document's.

/// Of one of spec.metrics: smoothing, weight, queue, step, policy.
void ReadShape(const JsonField& field, MetricSpec& metric);

/// Of spec, whose bounds and metrics are known: burst, combine, schedules, rollout.
void ReadShape(const JsonField& field, WorkloadSpec& spec);

}  // namespace hpaplus
