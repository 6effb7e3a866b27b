#pragma once

#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Adds the collectors that a MetricSource or ClusterMetricSource can name in spec.type.
void RegisterBuiltinCollectors(CollectorRegistry& registry);

}  // namespace hpaplus::collectors
