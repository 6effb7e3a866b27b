#include "engine/loop/overload.h"

#include <algorithm>

namespace hpaplus {

double Overload::Observe(Timestamp now, Duration lateness) {
  if (lateness > config_.calm) last_late_ = now;
  if (lateness <= config_.late) {
    late_ticks_ = 0;
  } else if (late_ticks_++ == 0) {
    late_since_ = now;
  }

  const bool persists = late_ticks_ >= config_.ticks && now - late_since_ >= config_.patience;
  if (persists && now - changed_ >= config_.patience) {
    stretch_ = std::min(stretch_ * config_.step, config_.most);
    changed_ = now;
  } else if (stretch_ > 1 && now - std::max(last_late_, changed_) >= config_.relief) {
    stretch_ = std::max(stretch_ / config_.step, 1.0);
    changed_ = now;
  }
  return stretch_;
}

}  // namespace hpaplus
