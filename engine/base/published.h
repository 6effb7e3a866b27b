#pragma once

#include <memory>
#include <utility>

#include "engine/base/mutex.h"

namespace hpaplus {

/// The latest immutable value, shared between threads. A mutex and a shared_ptr rather than
/// atomic<shared_ptr>, in which libstdc++ 12 races with itself under TSan. Thread-safe.
template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  void Set(std::shared_ptr<const T> value) {
    // The old value is released outside the lock: its destructor may be long.
    {
      const MutexLock lock(mutex_);
      value_.swap(value);
    }
  }

  /// Null until the first Set().
  [[nodiscard]] std::shared_ptr<const T> Get() const {
    const MutexLock lock(mutex_);
    return value_;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus
