#include "engine/model/metric_spec.h"

namespace hpaplus {

std::string_view MetricTypeName(MetricType type) {
  switch (type) {
    case MetricType::kUnknown:
      return "Unknown";
    case MetricType::kResource:
      return "Resource";
    case MetricType::kContainerResource:
      return "ContainerResource";
    case MetricType::kPods:
      return "Pods";
    case MetricType::kObject:
      return "Object";
    case MetricType::kExternal:
      return "External";
    case MetricType::kSource:
      return "Source";
  }
  return "Unknown";
}

}  // namespace hpaplus
