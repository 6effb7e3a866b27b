#include "engine/kube/chores.h"

#include <algorithm>
#include <utility>

namespace hpaplus::kube {
namespace {

// Bounds the wait for a clock that does not run like the machine's, as in a test.
constexpr Duration kLongestNap = std::chrono::seconds(1);

}  // namespace

Chores::Chores(Clock& clock, std::vector<Chore> chores)
    : clock_(clock), chores_(std::move(chores)) {}

Chores::~Chores() {
  Stop();
}

void Chores::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Chores::Wake() {
  {
    const MutexLock lock(mutex_);
    woken_ = true;
  }
  woken_cv_.notify_one();
}

void Chores::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Chores::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Timestamp now = clock_.Now();
    Timestamp next = now + kLongestNap;
    for (const Chore& chore : chores_)
      next = std::min(next, chore(now));
    const Duration nap = std::clamp(next - clock_.Now(), Duration::zero(), kLongestNap);
    MutexLock lock(mutex_);
    woken_cv_.wait_for(lock, stop, nap, [this]() HPAPLUS_REQUIRES(mutex_) { return woken_; });
    woken_ = false;
  }
}

}  // namespace hpaplus::kube
