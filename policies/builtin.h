#pragma once

#include "engine/core/policy.h"
#include "engine/core/policy_registry.h"
#include "engine/model/workload.h"

namespace hpaplus::policies {

/// Every policy of this program, a line each. This is where a new one is entered.
void RegisterBuiltinPolicies(PolicyRegistry& registry);

/// One policy for every metric of the object: the one that it names, or that of what it configures,
/// or the HPA's for its type. A metric that fits none gets a policy that abstains and says why.
[[nodiscard]] PolicySet MakePolicies(const PolicyRegistry& registry, const WorkloadSpec& spec);

/// The same with the built-in ones.
[[nodiscard]] PolicySet MakeBuiltinPolicies(const WorkloadSpec& spec);

}  // namespace hpaplus::policies
