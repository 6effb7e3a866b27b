#pragma once

#include <condition_variable>
#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// One thread for everything of the controller that is neither the tick's nor an informer's: kinds
/// to look up, scales and secrets to read, statuses to send. Thread-safe.
class Chores {
 public:
  /// Does what is due at `now` and returns when it wants to run again.
  using Chore = std::function<Timestamp(Timestamp now)>;

  /// `clock` and whatever the chores use must outlive this, or Stop() comes first.
  Chores(Clock& clock, std::vector<Chore> chores);
  ~Chores();
  Chores(const Chores&) = delete;
  Chores& operator=(const Chores&) = delete;

  void Start();
  /// All chores run soon. Never blocks; may be called before Start() and after Stop().
  void Wake();
  /// Waits for the chore that is running.
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  Clock& clock_;
  const std::vector<Chore> chores_;
  Mutex mutex_;
  std::condition_variable_any woken_cv_;
  bool woken_ HPAPLUS_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace hpaplus::kube
