#include "engine/kube/parallel_get.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <utility>

#include "engine/base/mutex.h"

namespace hpaplus::kube {
namespace {

// The clock is looked at this often, so that a wait ends in time even if it has been adjusted.
constexpr Duration kLongestNap = std::chrono::milliseconds(100);

// Shared with the answers, which may come after the caller has gone.
class Gathering {
 public:
  explicit Gathering(std::size_t count)
      : bodies_(count, Error{ErrorCode::kDeadlineExceeded, "kube: no answer in time"}),
        missing_(count) {}

  void Put(std::size_t index, Result<std::string> body) {
    {
      const MutexLock lock(mutex_);
      if (over_) return;
      bodies_[index] = std::move(body);
      --missing_;
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool over() {
    const MutexLock lock(mutex_);
    return over_;
  }

  std::vector<Result<std::string>> Wait(Clock& clock, Timestamp deadline) {
    MutexLock lock(mutex_);
    while (missing_ > 0) {
      const Duration left = deadline - clock.Now();
      if (left <= Duration::zero()) break;
      changed_.wait_for(lock, std::min(left, kLongestNap));
    }
    over_ = true;
    return std::move(bodies_);
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Result<std::string>> bodies_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t missing_ HPAPLUS_GUARDED_BY(mutex_);
  bool over_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

}  // namespace

std::vector<Result<std::string>> GetAll(KubeClient& client, Clock& clock,
                                        const std::string& resource,
                                        std::span<const std::string> paths, Timestamp deadline) {
  const auto gathering = std::make_shared<Gathering>(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    KubeRequest request;
    request.path = paths[i];
    request.verb = "get";
    request.resource = resource;
    request.before_sending = [gathering](std::string&) -> Status {
      if (!gathering->over()) return Done{};
      return Error{ErrorCode::kDeadlineExceeded, "kube: nobody waits for the answer any more"};
    };
    client.Start(std::move(request),
                 [gathering, i](Result<std::string> body) { gathering->Put(i, std::move(body)); });
  }
  return gathering->Wait(clock, deadline);
}

}  // namespace hpaplus::kube
