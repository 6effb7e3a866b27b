#include "engine/model/source.h"

namespace hpaplus {

SourceName NameOf(const SourceSpec& source) {
  if (source.ns.empty()) return "ClusterMetricSource/" + source.name;
  return "MetricSource/" + source.ns + "/" + source.name;
}

}  // namespace hpaplus
