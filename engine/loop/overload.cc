#include "engine/loop/overload.h"

#include <algorithm>
#include <utility>

namespace hpaplus {

double Overload::Observe(const TickLoad& tick) {
  const Timestamp now = tick.at;
  Account(tick);
  if (late_ticks_ >= config_.ticks && now - looked_ >= config_.patience) {
    const double wanted = stretch_ * Busy(tick.demand) / config_.full;
    if (wanted > stretch_) {
      StretchTo(wanted, now);
    } else if (worst_ >= worst_before_ && now - changed_ >= config_.relief) {
      StretchTo(stretch_ * config_.step, now);
    }
    worst_before_ = std::exchange(worst_, Duration::zero());
    looked_ = now;
  } else if (stretch_ > 1 && now - std::max(last_late_, changed_) >= config_.relief &&
             Busy(tick.demand) * config_.step <= config_.full) {
    StretchTo(stretch_ / config_.step, now);
  }
  return stretch_;
}

void Overload::Account(const TickLoad& tick) {
  if (tick.lateness > config_.calm) last_late_ = tick.at;
  if (tick.lateness <= config_.late) {
    late_ticks_ = 0;
    worst_ = worst_before_ = Duration::zero();
  } else {
    if (late_ticks_++ == 0) {  // What it took before that was of other times.
      looked_ = forgot_ = tick.at;
      took_ = Duration::zero();
      decided_ = 0;
    }
    worst_ = std::max(worst_, tick.lateness);
  }
  took_ += tick.took;
  decided_ += tick.decided;
  if (tick.at - forgot_ >= config_.relief) {
    forgot_ = tick.at;
    took_ /= 2;
    decided_ /= 2;
  }
}

// The share of the time that evaluating so often takes.
double Overload::Busy(double demand) const {
  return decided_ == 0 ? 0 : demand * ToSeconds(took_) / static_cast<double>(decided_);
}

void Overload::StretchTo(double stretch, Timestamp now) {
  stretch_ = std::clamp(stretch, 1.0, config_.most);
  changed_ = now;
}

}  // namespace hpaplus
