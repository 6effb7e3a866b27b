#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/amount.h"
#include "engine/model/pod_requests_sum.h"
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

/// What is left of a resource of a quota.
struct QuotaRoom {
  std::string quota;
  std::string resource;
  Amount left = 0;
};

/// One who wants more pods, by what each of them needs.
struct PodWish {
  std::string_view name;
  Replicas wants = 0;                     // >= 0
  const QuotaAmounts* per_pod = nullptr;  // Of all resources, by the names of PodAmounts().
  QuotaShareSpec share;
};

struct PodFit {
  Replicas fits = 0;
  /// Has not enough for one more; of several, what could hold the fewest. Null: all fit.
  const QuotaRoom* lacks = nullptr;
};

/// SharePods() for all resources at once: nobody keeps of one what another does not let it use, and
/// who lacks something could not have had one more.
[[nodiscard]] std::vector<PodFit> FitPods(std::span<const QuotaRoom> rooms,
                                          std::span<const PodWish> wishes);

}  // namespace hpaplus
