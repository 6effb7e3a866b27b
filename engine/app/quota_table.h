#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace hpaplus::app {

/// Rounds of a DynamicQuota for people, every stage on a line. `quota` is what
/// /v1/quotas/NAMESPACE/NAME tells (docs/quota.md); what it lacks is shown as "-".
[[nodiscard]] std::string QuotaTable(const nlohmann::ordered_json& quota);

}  // namespace hpaplus::app
