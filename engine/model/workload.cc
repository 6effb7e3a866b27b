#include "engine/model/workload.h"

#include <algorithm>

namespace hpaplus {

bool HasTotals(const WorkloadSpec& spec) {
  return std::ranges::any_of(spec.metrics, [](const MetricSpec& metric) {
    return metric.type == MetricType::kObject || metric.type == MetricType::kExternal;
  });
}

std::string WorkloadName(const WorkloadSpec& spec) {
  return spec.ns + "/" + spec.name;
}

}  // namespace hpaplus
