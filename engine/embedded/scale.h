#pragma once

#include "engine/embedded/api_error.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/resource.h"

namespace hpaplus::embedded {

/// The autoscaling/v1 Scale that /scale shows for `object`. Precondition: resource.scale.
[[nodiscard]] Json ScaleOf(const Resource& resource, const Json& object);

/// Replaces the scale by what `edit` makes of the present one.
[[nodiscard]] ApiResult<Json> ModifyScale(Objects& objects, const Resource& resource,
                                          const ObjectKey& key, const Objects::Edit& edit,
                                          bool dry_run);

}  // namespace hpaplus::embedded
