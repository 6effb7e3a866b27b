#pragma once

#include "engine/core/policy.h"

namespace hpaplus::policies {

/// A PolicyFactory with everything that is in this directory: the rules of autoscaling/v2, and
/// Source metrics. Which target counts where several are set, or the type disagrees with them, is
/// the HPA's choice (docs/hpa-compatibility.md).
[[nodiscard]] PolicySet MakeBuiltinPolicies(const WorkloadSpec& spec);

}  // namespace hpaplus::policies
