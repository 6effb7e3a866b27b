#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// One item of a MetricValueList (custom.metrics.k8s.io, v1beta1 and v1beta2) or of an
/// ExternalMetricValueList (external.metrics.k8s.io).
struct MetricValue {
  std::string object;  // describedObject.name; empty in external metrics.
  Timestamp at{};      // 1970 when the item has none: too old for anybody.
  Duration window = std::chrono::seconds(60);
  double value = 0;
  std::int64_t milli = 0;
};

/// Reads such a list, in its order. An empty list is no error. kMalformedData names the place; of a
/// malformed list nothing is used.
[[nodiscard]] Result<std::vector<MetricValue>> ParseMetricValues(std::string_view body);

/// Reads an APIGroup (/apis/custom.metrics.k8s.io): the versions it serves, in its order.
[[nodiscard]] Result<std::vector<std::string>> ParseGroupVersions(std::string_view body);

}  // namespace hpaplus::collectors
