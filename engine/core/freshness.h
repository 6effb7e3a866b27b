#pragma once

#include "engine/base/time.h"
#include "engine/model/reason.h"

namespace hpaplus {

// Times come from outside and may be anywhere in their range: these do not overflow.
[[nodiscard]] constexpr Timestamp Later(Timestamp at, Duration by) {
  return by > Duration::zero() && at > Timestamp::max() - by ? Timestamp::max() : at + by;
}
[[nodiscard]] constexpr Timestamp Earlier(Timestamp at, Duration by) {
  return by > Duration::zero() && at < Timestamp::min() + by ? Timestamp::min() : at - by;
}

/// When a sample must have been taken to count.
struct Freshness {
  Timestamp oldest = Timestamp::min();
  Timestamp newest = Timestamp::max();

  [[nodiscard]] static Freshness Of(Timestamp now, Duration stale_after, Duration future_skew) {
    return {Earlier(now, stale_after), Later(now, future_skew)};
  }

  /// kNone, kStaleData or kFutureData.
  [[nodiscard]] Reason Check(Timestamp at) const {
    if (at < oldest) return Reason::kStaleData;
    return at > newest ? Reason::kFutureData : Reason::kNone;
  }
};

}  // namespace hpaplus
