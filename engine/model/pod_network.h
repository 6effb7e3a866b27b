#pragma once

#include <string_view>

namespace hpaplus {

/// The Pods metrics that kubelets answer when they are asked for pod metrics at all; otherwise
/// custom.metrics.k8s.io is asked for these names as for any other. Bytes per second over all of a
/// pod's network interfaces.
inline constexpr std::string_view kPodNetworkReceive = "network_receive_bytes_per_second";
inline constexpr std::string_view kPodNetworkTransmit = "network_transmit_bytes_per_second";

[[nodiscard]] constexpr bool IsPodNetworkMetric(std::string_view name) {
  return name == kPodNetworkReceive || name == kPodNetworkTransmit;
}

}  // namespace hpaplus
