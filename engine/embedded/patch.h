#pragma once

#include <string>

#include "engine/base/result.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// RFC 7396: members of `patch` replace those of `object`, null removes.
void ApplyMergePatch(Json& object, const Json& patch);

/// RFC 6902. kInvalidArgument when the patch is no list of operations, kConflict when an operation
/// cannot be carried out or a test fails.
[[nodiscard]] Status ApplyJsonPatch(Json& object, const Json& patch);

/// Kubernetes' strategic merge patch for a built-in type ("Deployment"): lists merge by the keys of
/// the type table; understands $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList.
/// kInvalidArgument when the patch contradicts itself or the type.
[[nodiscard]] Status ApplyStrategicPatch(Json& object, const Json& patch, const std::string& type);

}  // namespace hpaplus::embedded
