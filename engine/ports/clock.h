#pragma once

#include <stop_token>

#include "engine/base/time.h"

namespace hpaplus {

/// The only source of time. SystemClock runs the live controller, SimClock jumps to the next event.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Never goes backwards within a process, whatever NTP does to the machine.
  [[nodiscard]] virtual Timestamp Now() = 0;

  /// Returns true at `deadline`, or earlier when somebody has news for the waiting thread; false
  /// at once when `stop` is requested.
  [[nodiscard]] virtual bool WaitUntil(Timestamp deadline, std::stop_token stop) = 0;
};

}  // namespace hpaplus
