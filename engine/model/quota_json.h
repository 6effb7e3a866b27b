#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/model/quota.h"

namespace hpaplus {

/// A DynamicQuota object as an API server stores it or as a user wrote it; what is absent gets its
/// default. kMalformedData names the path of the first field that makes no sense. It takes all that
/// CheckObject() takes. An object without a namespace is taken to be in "default".
[[nodiscard]] Result<QuotaSpec> ParseQuota(std::string_view json);

/// A QuotaPool object, likewise.
[[nodiscard]] Result<PoolSpec> ParsePool(std::string_view json);

}  // namespace hpaplus
