#pragma once

#include <vector>

#include "engine/embedded/api_error.h"
#include "engine/embedded/json.h"
#include "engine/embedded/resource.h"

namespace hpaplus::embedded {

/// What an API server finds wrong with an object that has its defaults already. `before` is the
/// object it replaces, null for a new one.
[[nodiscard]] std::vector<StatusCause> Validate(const Resource& resource, const Json& object,
                                                const Json* before);

}  // namespace hpaplus::embedded
