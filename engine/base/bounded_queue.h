#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"

namespace hpaplus {

/// A queue between threads with a fixed capacity. A full queue refuses the new element and counts
/// it; nobody ever waits to get in. Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False, and one more dropped(), when the queue is full.
  bool Push(T value) {
    {
      const MutexLock lock(mutex_);
      if (items_.size() >= capacity_) {
        ++dropped_;
        return false;
      }
      items_.push_back(std::move(value));
    }
    arrived_.notify_one();
    return true;
  }

  /// Waits for an element; nothing once `stop` is requested.
  std::optional<T> Pop(const std::stop_token& stop) {
    MutexLock lock(mutex_);
    const auto arrived = [this]() HPAPLUS_REQUIRES(mutex_) { return !items_.empty(); };
    if (!arrived_.wait(lock, stop, arrived)) return std::nullopt;
    std::optional<T> front(std::move(items_.front()));
    items_.pop_front();
    return front;
  }

  /// Everything that is there, without waiting.
  std::vector<T> TakeAll() {
    const MutexLock lock(mutex_);
    std::vector<T> taken(std::make_move_iterator(items_.begin()),
                         std::make_move_iterator(items_.end()));
    items_.clear();
    return taken;
  }

  [[nodiscard]] std::size_t size() const {
    const MutexLock lock(mutex_);
    return items_.size();
  }

  [[nodiscard]] std::size_t dropped() const {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  const std::size_t capacity_;
  mutable Mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<T> items_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t dropped_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus
