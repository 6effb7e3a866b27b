#include "engine/loop/breaker.h"

#include <algorithm>

namespace hpaplus {

bool Breaker::Admits(Timestamp now) {
  if (!open()) return true;
  if (probing_) return now == probe_started_;
  if (now < next_probe_) return false;
  probing_ = true;
  probe_started_ = now;
  return true;
}

void Breaker::Succeeded() {
  failed_ = 0;
  probing_ = false;
}

void Breaker::Failed(Timestamp now) {
  failed_ = std::min(failed_ + 1, config_.failures);
  probing_ = false;
  const double stretch = 1 + config_.jitter * random_.Uniform();
  next_probe_ = now + std::chrono::duration_cast<Duration>(config_.probe_every * stretch);
}

}  // namespace hpaplus
