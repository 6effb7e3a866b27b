#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/model/source.h"
#include "engine/model/workload.h"

namespace hpaplus {

inline constexpr std::string_view kApiVersion = "autoscaling.hpaplus.io/v1alpha1";

/// The annotation that freezes one object: a time (RFC 3339) until when, or anything but "false"
/// and the empty text for good.
inline constexpr std::string_view kFreezeAnnotation = "hpaplus.io/freeze";

/// An HPAPlus object as an API server stores it or as a user wrote it: what is absent gets the
/// defaults, those of autoscaling/v2 where it has the field. kMalformedData names the path of the
/// first field that makes no sense. It takes all that CheckObject() takes, and more: a metric that
/// fits no rule becomes one that abstains and says so, as a newer server may have stored it. And
/// less: formulas, dates and the time zones of this machine are nothing that a schema knows.
/// An object without a namespace is taken to be in "default".
[[nodiscard]] Result<WorkloadSpec> ParseWorkload(std::string_view json);

/// A MetricSource or ClusterMetricSource object, likewise.
[[nodiscard]] Result<SourceSpec> ParseSource(std::string_view json);

}  // namespace hpaplus
