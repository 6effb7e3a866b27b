#pragma once

#include <cstdint>

namespace hpaplus {

/// A workload's claim when its namespace has not enough quota for all.
struct QuotaShareSpec {
  std::int32_t priority = 100;  // 0 .. 1000; the higher ones come first.
  std::int64_t weight = 100;    // 1 .. 1,000,000; among those of one priority.
  bool operator==(const QuotaShareSpec&) const = default;
};

}  // namespace hpaplus
