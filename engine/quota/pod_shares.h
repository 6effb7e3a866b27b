#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/model/amount.h"
#include "engine/model/quota_share.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// One who wants more pods, all alike.
struct PodClaim {
  std::string_view name;  // Decides between equals, so that every run gives the same.
  Replicas wants = 0;     // >= 0
  Amount per_pod = 0;     // Of the resource; 0: its pods need none.
  QuotaShareSpec share;
};

/// How many pods each may have of `left`: the higher priorities first, within one of them by
/// weight, in whole pods. What whole pods leave over makes one more for each whom it suffices for,
/// in their order, and then as many as it does.
[[nodiscard]] std::vector<Replicas> SharePods(Amount left, std::span<const PodClaim> claims);

}  // namespace hpaplus
