#include "engine/eval/thread_executor.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace hpaplus {

void ThreadExecutor::ForEachChunk(std::size_t count, std::size_t grain,
                                  const std::function<void(std::size_t, std::size_t)>& body) {
  if (count <= grain) {
    if (count > 0) body(0, count);
    return;
  }
  const std::size_t step = std::max<std::size_t>(grain, 1);
  const std::size_t chunks = (count + step - 1) / step;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < chunks; i = next++)
      body(i * step, std::min(count, (i + 1) * step));
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(threads_, chunks); ++i)
    helpers.emplace_back(work);
  work();
}

}  // namespace hpaplus
