#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// Reads a PodMetricsList of metrics.k8s.io, ordered by (ns, pod). Of two items of one pod the last
/// one counts, as it does for the HPA. Reads `body` in place where it has some spare capacity. A
/// pod without a timestamp gets the one of 1970, which is too old for anybody. kMalformedData names
/// the pod; of a malformed list nothing is used.
[[nodiscard]] Result<PodUsageTable> ParsePodMetrics(std::string body);

}  // namespace hpaplus::collectors
