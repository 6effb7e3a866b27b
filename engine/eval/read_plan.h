#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/model/reading.h"
#include "engine/model/source.h"
#include "engine/model/workload.h"
#include "engine/ports/metric_feed.h"

namespace hpaplus {

/// Where the numbers of the Kubernetes metric types come from.
inline constexpr std::string_view kResourceMetrics = "metrics.k8s.io";
inline constexpr std::string_view kCustomMetrics = "custom.metrics.k8s.io";
inline constexpr std::string_view kExternalMetrics = "external.metrics.k8s.io";
inline constexpr std::string_view kKubeletMetrics = "kubelet";

/// Who tells what pods use.
enum class PodMetricsFrom { kMetricsServer, kKubelet };

/// "MetricsServer", "Kubelet".
[[nodiscard]] std::string_view PodMetricsFromName(PodMetricsFrom from);
[[nodiscard]] std::optional<PodMetricsFrom> ParsePodMetricsFrom(std::string_view name);

/// One entry per spec.metrics: the read that answers it, or the error that its policy is to judge
/// instead. Resource metrics of all workloads are one and the same read, of the whole cluster; from
/// kubelets they are read for the pods of each workload, and so are the Pods metrics that kubelets
/// have (pod_network.h). In the query of a Source, ${namespace}, ${name} and ${target} are the
/// object's own names.
[[nodiscard]] std::vector<Result<PlannedRead>> PlanReads(const WorkloadView& view,
                                                         PodMetricsFrom from);

/// Whether an evaluation would look at metrics at all: not when the workload is paused, at zero or
/// outside its bounds, when its size is not known, or when somebody else scales it too. In mode
/// DryRun they are wanted for whatever size it has: a shadow has another one.
[[nodiscard]] bool NeedsReads(const WorkloadView& view);

}  // namespace hpaplus
