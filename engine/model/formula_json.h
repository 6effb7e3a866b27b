#pragma once

#include <vector>

#include "engine/model/json_fields.h"
#include "engine/model/metric_spec.h"

namespace hpaplus {

/// Compiles the formulas among spec.metrics, whose names are known by now, and checks that what
/// they are computed from is a number of the workload as a whole. Problems are the document's.
void ReadFormulas(const JsonField& list, std::vector<MetricSpec>& metrics);

}  // namespace hpaplus
