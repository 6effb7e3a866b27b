#include "engine/loop/breaker.h"

#include <limits>

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
  backoff_.Reset();
}

void Breaker::Failed(Timestamp now) {
  const bool was_open = open();
  if (failed_ < std::numeric_limits<int>::max()) ++failed_;
  // A round that was under way when the breaker opened says nothing about a later moment.
  if (open() && (!was_open || probing_)) next_probe_ = now + backoff_.Next();
  probing_ = false;
}

}  // namespace hpaplus
