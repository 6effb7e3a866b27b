#pragma once

#include <functional>
#include <memory>

#include "engine/base/published.h"
#include "engine/eval/tbb_executor.h"
#include "engine/eval/thread_executor.h"
#include "engine/ports/executor.h"

namespace hpaplus::app {

/// As wide as the CPU budget allows, also after the budget has changed. With a budget of one
/// everything stays on the calling thread. Thread-safe.
class BudgetExecutor final : public Executor {
 public:
  explicit BudgetExecutor(ExecutorPriority priority) : priority_(priority) {}

  /// Called at start and whenever the budget may have changed, by one thread.
  void Follow(int budget) {
    if (budget == budget_) return;
    budget_ = budget;
    executor_.Set(Make(budget));
  }

  void ForEachChunk(std::size_t count, std::size_t grain,
                    const std::function<void(std::size_t, std::size_t)>& body) override {
    // The executor in use lives on in this pointer when the budget changes meanwhile.
    const std::shared_ptr<const Shared> shared = executor_.Get();
    shared->executor->ForEachChunk(count, grain, body);
  }

 private:
  struct Shared {
    std::unique_ptr<Executor> executor;
  };

  [[nodiscard]] std::shared_ptr<const Shared> Make(int budget) const {
    if (budget == 1) return std::make_shared<Shared>(Shared{std::make_unique<SerialExecutor>()});
#if defined(HPAPLUS_TSAN)  // Which cannot see through Debian's TBB.
    return std::make_shared<Shared>(
        Shared{std::make_unique<ThreadExecutor>(static_cast<std::size_t>(budget))});
#else
    return std::make_shared<Shared>(Shared{MakeTbbExecutor(budget, priority_)});
#endif
  }

  [[maybe_unused]] const ExecutorPriority priority_;  // Not of plain threads.
  int budget_ = 0;
  Published<Shared> executor_;
};

}  // namespace hpaplus::app
