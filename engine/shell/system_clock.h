#pragma once

#include <condition_variable>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"

namespace hpaplus {

/// The machine's time: one reading of the wall clock when the process asks first, CLOCK_BOOTTIME
/// from there on. Steps of the wall clock change nothing, and a suspended machine finds the time
/// it slept through in the next Now(). All instances tell the same time.
///
/// Thread-safe, but Wake() is meant for one thread: a thread that wants to be woken has a
/// SystemClock of its own, else another one may take its wake.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp Now() override;
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override;

  /// Makes the present WaitUntil() return, or the next one if nobody waits. Several wakes before
  /// that are one.
  void Wake();

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool woken_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

}  // namespace hpaplus
