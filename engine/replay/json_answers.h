#pragma once

#include <string>
#include <vector>

#include "engine/model/json_fields.h"
#include "engine/replay/hpa_case.h"

namespace hpaplus::replay {

/// The answers of the metric APIs in one step. `ns` is the workload's namespace: the APIs were
/// asked for it. Numbers of a source without a timestamp are from `now`.
[[nodiscard]] std::vector<MetricAnswer> ReadAnswers(const JsonField& list, const std::string& ns,
                                                    Timestamp now);

/// The answer to what this metric asks; an error when there is none.
[[nodiscard]] ReadingResult FindAnswer(const std::vector<MetricAnswer>& answers,
                                       const MetricSpec& metric);

/// Whether the cluster of a case has this kind of object: those of core/v1, apps/v1, autoscaling
/// and networking.k8s.io/v1. The version is not looked at.
[[nodiscard]] bool IsKnownKind(const std::string& api_version, const std::string& kind);

}  // namespace hpaplus::replay
