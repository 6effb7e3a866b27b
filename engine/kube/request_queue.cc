#include "engine/kube/request_queue.h"

#include <algorithm>
#include <utility>

namespace hpaplus::kube {

bool RequestQueue::Push(std::shared_ptr<PendingRequest> request) {
  if (size_ >= limit_) return false;
  waiting_.at(static_cast<std::size_t>(request->request.priority)).push_back(std::move(request));
  ++size_;
  return true;
}

void RequestQueue::PushFront(std::shared_ptr<PendingRequest> request) {
  waiting_.at(static_cast<std::size_t>(request->request.priority)).push_front(std::move(request));
  ++size_;
}

std::shared_ptr<PendingRequest> RequestQueue::Pop(Timestamp now) {
  if (in_flight_ >= max_in_flight_) return nullptr;
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (waiting_[i].empty() || held_until_[i] > now) continue;
    if (!bucket_.Take(now)) return nullptr;
    ++in_flight_;
    --size_;
    std::shared_ptr<PendingRequest> next = std::move(waiting_[i].front());
    waiting_[i].pop_front();
    return next;
  }
  return nullptr;
}

std::optional<Timestamp> RequestQueue::NextPop(Timestamp now) {
  if (in_flight_ >= max_in_flight_) return std::nullopt;
  std::optional<Timestamp> next;
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (waiting_[i].empty()) continue;
    next = next ? std::min(*next, held_until_[i]) : held_until_[i];
  }
  if (next) next = std::max(*next, bucket_.Next(now));
  return next;
}

void RequestQueue::Hold(Priority from, Timestamp until) {
  for (auto i = static_cast<std::size_t>(from); i < kPriorities; ++i)
    held_until_[i] = std::max(held_until_[i], until);
}

std::shared_ptr<PendingRequest> RequestQueue::PopAny() {
  for (auto& queue : waiting_) {
    if (queue.empty()) continue;
    std::shared_ptr<PendingRequest> next = std::move(queue.front());
    queue.pop_front();
    --size_;
    return next;
  }
  return nullptr;
}

}  // namespace hpaplus::kube
