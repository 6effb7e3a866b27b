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
    case MetricType::kFormula:
      return "Formula";
  }
  return "Unknown";
}

bool IsReadOfWhole(MetricType type) {
  return type == MetricType::kObject || type == MetricType::kExternal ||
         type == MetricType::kSource;
}

bool IsOfWhole(MetricType type) {
  return IsReadOfWhole(type) || type == MetricType::kFormula;
}

}  // namespace hpaplus
