#pragma once

#include <string>
#include <vector>

#include "engine/model/pod_requests_sum.h"
#include "engine/model/quota.h"

namespace hpaplus {

// What a ResourceQuota's keys were before us, as text: "requests.cpu=4000 pods=none". It is kept in
// an annotation of the ResourceQuota, in the units of Amount.

/// What is recorded already, and the keys of the spec that are not yet, as they are now.
[[nodiscard]] std::string RecordOriginal(const std::string& recorded, const QuotaSpec& spec,
                                         const QuotaAmounts& hard);

/// By key; null: it was not limited. What cannot be read is passed over.
[[nodiscard]] std::map<std::string, std::optional<Amount>> ReadOriginal(
    const std::string& recorded);

}  // namespace hpaplus
