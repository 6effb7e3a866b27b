#pragma once

#include "engine/model/json_fields.h"
#include "engine/model/workload.h"

namespace hpaplus {

// The readers of what engine/model/safety.h has; internal to spec_json.cc.

/// Until when an object is frozen by its annotation; for good is Timestamp::max().
[[nodiscard]] std::optional<Timestamp> ReadFreeze(const JsonField& metadata);

/// Fills in role, thresholds, validity and activation threshold of a metric.
void ReadMetricSafety(const JsonField& field, MetricSpec& metric);

/// Fills in elasticity and confirmations of one direction.
void ReadDamping(const JsonField& field, ScalingRules& rules);

/// Fills in fallback, idle, safety and the freeze annotation. Precondition: the bounds are read.
void ReadSafety(const JsonField& root, WorkloadSpec& spec);

}  // namespace hpaplus
