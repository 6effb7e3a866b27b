#pragma once

#include <cstddef>

#include "engine/ports/executor.h"

namespace hpaplus {

/// Plain threads, started anew for every call: slow, but every synchronisation is one that TSan
/// sees, which cannot be said of Debian's TBB. For sanitized builds and tests.
class ThreadExecutor final : public Executor {
 public:
  /// `threads` counts the calling one; at least 1.
  explicit ThreadExecutor(std::size_t threads) : threads_(threads) {}

  void ForEachChunk(std::size_t count, std::size_t grain,
                    const std::function<void(std::size_t, std::size_t)>& body) override;

 private:
  const std::size_t threads_;
};

}  // namespace hpaplus
