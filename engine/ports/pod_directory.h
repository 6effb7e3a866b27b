#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/metric_spec.h"
#include "engine/model/pod.h"

namespace hpaplus {

/// Where a pod can be reached.
struct PodAddress {
  std::string name;
  std::string ip;       // Empty until it has one.
  std::string node;     // Empty until it is scheduled.
  std::string host_ip;  // The node's address; empty until the kubelet has seen the pod.
  PodPhase phase = PodPhase::kNone;
  bool ready = false;
  bool deleting = false;
};

/// The pods of the cluster as an informer last saw them: for collectors that count pods or ask them
/// directly. No call makes an API request or blocks. Thread-safe.
class PodDirectory {
 public:
  virtual ~PodDirectory() = default;

  /// The pods of a namespace whose labels match, ordered by name. kUnavailable before the first
  /// list is in, and while the watch has been broken for longer than the pods may be trusted:
  /// "no pods" is an answer, "not known" is none.
  [[nodiscard]] virtual Result<std::vector<PodAddress>> Select(
      std::string_view ns, const LabelSelector& selector) const = 0;
};

}  // namespace hpaplus
