#include "engine/rehearse/plant.h"

#include <algorithm>

#include "engine/core/rounding.h"

namespace hpaplus::rehearse {

void Plant::Resize(Replicas replicas, Timestamp now) {
  Replicas surplus = std::max(replicas_ - replicas, 0);
  while (surplus > 0 && !starting_.empty()) {
    const Replicas taken = std::min(surplus, starting_.back().count);
    starting_.back().count -= taken;
    surplus -= taken;
    if (starting_.back().count == 0) starting_.pop_back();
  }
  ready_ -= surplus;
  if (replicas > replicas_) starting_.push_back({now + options_.startup, replicas - replicas_});
  replicas_ = replicas;
}

bool Plant::Advance(Timestamp now) {
  bool news = false;
  while (!starting_.empty() && starting_.front().ready_at <= now) {
    ready_ += starting_.front().count;
    starting_.pop_front();
    news = true;
  }
  return news;
}

Timestamp Plant::next() const {
  return starting_.empty() ? Timestamp::max() : starting_.front().ready_at;
}

Replicas Plant::Needed(double demand) const {
  return CeilToReplicasWithoutNoise(demand / options_.capacity_per_replica);
}

}  // namespace hpaplus::rehearse
