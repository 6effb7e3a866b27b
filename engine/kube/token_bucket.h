#pragma once

#include <algorithm>

#include "engine/base/time.h"

namespace hpaplus::kube {

/// So many per second on average, so many at once. Full at first. Not thread-safe.
class TokenBucket {
 public:
  /// Both > 0.
  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  /// Takes one if there is one beyond those that are kept for others.
  [[nodiscard]] bool Take(Timestamp now, double kept = 0) {
    Refill(now);
    if (tokens_ < 1 + kept) return false;
    tokens_ -= 1;
    return true;
  }

  /// What was taken was not used after all.
  void GiveBack() { tokens_ = std::min(burst_, tokens_ + 1); }

  /// When Take() will work again, if nobody else takes any; `now` if it would now.
  [[nodiscard]] Timestamp Next(Timestamp now, double kept = 0) {
    Refill(now);
    if (tokens_ >= 1 + kept) return now;
    const std::chrono::duration<double> wait((1 + kept - tokens_) / per_second_);
    return now + std::chrono::ceil<std::chrono::milliseconds>(wait);
  }

 private:
  void Refill(Timestamp now) {
    if (now > refilled_) {
      const double elapsed = refilled_ == Timestamp{} ? 0 : ToSeconds(now - refilled_);
      tokens_ = std::min(burst_, tokens_ + elapsed * per_second_);
      refilled_ = now;
    }
  }

  double per_second_;
  double burst_;
  double tokens_;
  Timestamp refilled_{};
};

}  // namespace hpaplus::kube
