#pragma once

#include <algorithm>

#include "engine/base/random.h"
#include "engine/base/time.h"

namespace hpaplus {

/// Exponential back-off with full jitter upwards, the constants of client-go's reflector by
/// default: 0.8 s doubling to 30 s, each delay stretched by up to once its length. Not thread-safe.
class Backoff {
 public:
  struct Config {
    Duration initial = std::chrono::milliseconds(800);
    Duration most = std::chrono::seconds(30);
    double jitter = 1.0;
  };

  Backoff(const Config& config, Random random)
      : config_(config), random_(random), next_(config.initial) {}

  Duration Next() {
    const auto base = next_;
    next_ = std::min(next_ * 2, config_.most);
    const double stretch = 1.0 + config_.jitter * random_.Uniform();
    return std::chrono::duration_cast<Duration>(base * stretch);
  }

  void Reset() { next_ = config_.initial; }

 private:
  Config config_;
  Random random_;
  Duration next_;
};

}  // namespace hpaplus
