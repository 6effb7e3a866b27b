#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/model/pod.h"

namespace hpaplus {

struct RequestRules {
  std::string_view resource;
  std::string_view container;  // Empty: the whole pod.
  bool pod_level = true;       // spec.resources.requests of the pod counts.
};

/// What the pod asks for, in thousandths (rule R5): the named container's request; or the pod's
/// own, when it states one; or the sum over its containers and sidecars. Null when that is
/// undefined because a container states none, or one that is negative or does not fit.
[[nodiscard]] std::optional<std::int64_t> PodRequestMilli(const PodResources& pod,
                                                          const RequestRules& rules);

}  // namespace hpaplus
