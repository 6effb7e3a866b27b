#include "engine/model/workload.h"

#include <algorithm>

namespace hpaplus {

bool HasTotals(const WorkloadSpec& spec) {
  return std::ranges::any_of(spec.metrics, [](const MetricSpec& metric) {
    return metric.type == MetricType::kObject || metric.type == MetricType::kExternal;
  });
}

bool Writes(Mode mode) {
  return mode != Mode::kDryRun && mode != Mode::kPaused;
}

bool MayWrite(Mode mode, Replicas from, Replicas to) {
  if (mode == Mode::kScaleUpOnly) return to >= from;
  if (mode == Mode::kScaleDownOnly) return to <= from;
  return Writes(mode);
}

bool IsFrozen(const WorkloadView& view, Timestamp now) {
  return !view.freeze.empty() || (view.spec->frozen_until && now < *view.spec->frozen_until);
}

std::string WorkloadName(const WorkloadSpec& spec) {
  return spec.ns + "/" + spec.name;
}

}  // namespace hpaplus
