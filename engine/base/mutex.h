#pragma once

#include <mutex>

// clang's -Wthread-safety ignores std::mutex under libstdc++ and checks this one. Other compilers
// see plain mutexes.
#if defined(__clang__)
#define HPAPLUS_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define HPAPLUS_THREAD_ATTRIBUTE(x)
#endif

#define HPAPLUS_GUARDED_BY(mutex) HPAPLUS_THREAD_ATTRIBUTE(guarded_by(mutex))
#define HPAPLUS_REQUIRES(mutex) HPAPLUS_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace hpaplus {

/// std::mutex with the annotations that let clang check who holds it.
class HPAPLUS_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() HPAPLUS_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() HPAPLUS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope. Works with std::condition_variable_any as a BasicLockable.
class HPAPLUS_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HPAPLUS_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() HPAPLUS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // For condition_variable_any, which gives the lock up while it waits.
  void lock() HPAPLUS_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() HPAPLUS_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace hpaplus
