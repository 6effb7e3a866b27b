#include "engine/model/shape_rules.h"

#include <fmt/core.h>

namespace hpaplus {

void ShapeRules::Check(const Json* spec) {
  CheckDuration(Find(Find(spec, "burst"), "stableWindow"), "spec.burst.stableWindow", "6s", "1h");
  const Json* metrics = Find(spec, "metrics");
  if (metrics == nullptr || !metrics->is_array()) return;
  for (std::size_t i = 0; i < metrics->size(); ++i)
    CheckMetric((*metrics)[i], fmt::format("spec.metrics[{}]", i));
}

void ShapeRules::CheckMetric(const Json& metric, const std::string& path) {
  CheckDuration(Find(Find(&metric, "smoothing"), "window"), path + ".smoothing.window", "1s", "1h");
}

}  // namespace hpaplus
