#pragma once

#include <map>
#include <string>

#include "engine/model/amount.h"
#include "engine/model/pod.h"

namespace hpaplus {

/// Amounts by the names that a ResourceQuota has for them: "pods", "requests.cpu".
using QuotaAmounts = std::map<std::string, Amount, std::less<>>;

/// What a quota counts of a pod that has not come to its end: one of "pods", and its requests: the
/// sum of containers and sidecars, or what the init containers need if that is more, and the
/// overhead; or what the pod itself states.
[[nodiscard]] QuotaAmounts PodAmounts(const PodResources& pod);

/// Nothing when it has come to its end.
[[nodiscard]] QuotaAmounts PodAmounts(const Pod& pod);

/// The name under which PodAmounts() has what a quota calls `resource`: "requests.cpu" for "cpu".
[[nodiscard]] std::string CountedAs(const std::string& resource);

/// Whether PodAmounts() can tell, so that its silence means zero.
[[nodiscard]] bool IsCountedByPods(const std::string& resource);

void AddAmounts(const QuotaAmounts& amounts, QuotaAmounts& sum);

}  // namespace hpaplus
