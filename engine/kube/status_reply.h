#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/kube/object_status.h"

namespace hpaplus::kube {

/// The status that is stored in an HPAPlus object, from the whole object's JSON. What has another
/// type than ours is passed over: a status is only ever shown. kMalformedData: no JSON object.
[[nodiscard]] Result<ObjectStatus> ParseObjectStatus(std::string_view json);

}  // namespace hpaplus::kube
