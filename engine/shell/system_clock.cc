#include "engine/shell/system_clock.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace hpaplus {
namespace {

// A wait counts CLOCK_MONOTONIC, which stands still while the machine sleeps; looking up this often
// bounds how late a deadline is noticed after it.
constexpr Duration kLongestNap = std::chrono::seconds(1);

Duration Read(clockid_t clock) {
  timespec now{};
  HPAPLUS_CHECK(clock_gettime(clock, &now) == 0);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Timestamp SystemClock::Now() {
  static const Timestamp boot{Read(CLOCK_REALTIME) - Read(CLOCK_BOOTTIME)};
  return boot + Read(CLOCK_BOOTTIME);
}

bool SystemClock::WaitUntil(Timestamp deadline, std::stop_token stop)
    HPAPLUS_THREAD_ATTRIBUTE(no_thread_safety_analysis) {
  MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    if (std::exchange(woken_, false)) return true;
    const Timestamp now = Now();
    if (now >= deadline) return true;
    const auto woken = [this]() HPAPLUS_REQUIRES(mutex_) { return woken_; };
    changed_.wait_for(lock, stop, std::min(kLongestNap, deadline - now), woken);
  }
  return false;
}

void SystemClock::Wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

}  // namespace hpaplus
