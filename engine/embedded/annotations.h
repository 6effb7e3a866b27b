#pragma once

namespace hpaplus::embedded {

// What users write on a workload to say how its pods behave; docs/embedded-cluster.md tells more.
// On the workload itself (a Deployment, a StatefulSet, a custom kind), not on its pod template.

/// Time from a pod's creation until it is ready: "2s".
inline constexpr char kStartDelay[] = "embedded.hpaplus.io/start-delay";
/// Time a deleted pod takes to go, at most its grace period.
inline constexpr char kStopDelay[] = "embedded.hpaplus.io/stop-delay";
/// Cores that all ready pods use together: "12.5".
inline constexpr char kCpuTotal[] = "embedded.hpaplus.io/cpu-total";
/// What one pod can use at most of its share of the total.
inline constexpr char kCpuPerPodMax[] = "embedded.hpaplus.io/cpu-per-pod-max";
/// Memory that each ready pod uses: "64Mi".
inline constexpr char kMemoryPerPod[] = "embedded.hpaplus.io/memory-per-pod";

/// On namespace kube-system: says that this is not a real cluster.
inline constexpr char kNotice[] = "embedded.hpaplus.io/notice";
inline constexpr char kNoticeText[] =
    "HPAPlus embedded cluster: for trying out and testing only; nothing runs here";

}  // namespace hpaplus::embedded
