#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/api/quota_board.h"

namespace hpaplus::app {

/// What the admin server says about quotas, as JSON (docs/quota.md): "/v1/quotas" has the last
/// round of each DynamicQuota and pool, "/v1/quotas/NAMESPACE/NAME" the last ones of one with every
/// stage. Nothing for other paths and unknown ones. Thread-safe.
[[nodiscard]] std::optional<std::string> QuotaPage(const api::QuotaBoard& board,
                                                   std::string_view path);

}  // namespace hpaplus::app
