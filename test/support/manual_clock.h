#pragma once

#include <atomic>

#include "engine/ports/clock.h"

namespace hpaplus::test {

/// Stands still until it is told otherwise. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start.time_since_epoch().count()) {}

  [[nodiscard]] Timestamp Now() override { return Timestamp(Duration(now_.load())); }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token /*stop*/) override {
    now_.store(deadline.time_since_epoch().count());
    return true;
  }

  void Advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_;
};

}  // namespace hpaplus::test
