#include "engine/kube/request_queue.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hpaplus::kube {
namespace {

// Informers, larger sizes, smaller ones, reads, statuses, events. Without its informers the engine
// decides on yesterday's cluster, and there are a dozen of them. A step that moves many workloads
// wants their sizes spread over a period; the statuses and events that follow the first of them
// must not take what the last need, neither tokens nor the server's time: a status takes twice as
// much of that as a size does. And nothing that shrinks keeps anything from growing.
constexpr std::array<double, kPriorities> kKeptOfBurst = {0, 0, 0.1, 0.1, 0.6, 0.8};
constexpr std::array<double, kPriorities> kShareOfFlight = {1, 1, 0.9, 0.9, 1.0 / 16, 1.0 / 32};

constexpr auto kScaleUp = static_cast<std::size_t>(Priority::kScaleUp);
constexpr auto kScaleDown = static_cast<std::size_t>(Priority::kScaleDown);
constexpr auto kStatus = static_cast<std::size_t>(Priority::kStatus);

bool IsSize(std::size_t priority) {
  return priority == kScaleUp || priority == kScaleDown;
}

}  // namespace

RequestQueue::RequestQueue(const KubeClient::Config& config)
    : bucket_(config.qps, config.burst), limit_(config.queue_limit) {
  for (std::size_t i = 0; i < kPriorities; ++i) {
    // One token at least is for everybody, however small the burst.
    kept_[i] = std::min(std::floor(kKeptOfBurst[i] * config.burst), config.burst - 1);
    max_in_flight_[i] = static_cast<std::size_t>(
        std::ceil(kShareOfFlight[i] * static_cast<double>(config.max_in_flight)));
  }
}

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
  if (next_try_ && now < *next_try_) return nullptr;
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (waiting_[i].empty() || held_until_[i] > now) continue;
    if (in_flight_ >= max_in_flight_[i]) return nullptr;  // Nor may lower ones.
    if (i >= kStatus && now < TellFrom()) {
      if (!quiet_since_) quiet_since_ = now;
      return nullptr;
    }
    if (!bucket_.Take(now, kept_[i])) return nullptr;
    if (next_try_) next_try_ = now + kTrySpacing;
    if (IsSize(i)) last_size_ = now;
    ++in_flight_;
    --size_;
    std::shared_ptr<PendingRequest> next = std::move(waiting_[i].front());
    waiting_[i].pop_front();
    return next;
  }
  quiet_since_.reset();  // Nobody waits.
  return nullptr;
}

Timestamp RequestQueue::TellFrom() const {
  const Timestamp after_sizes = last_size_ + kAfterSizes;
  return quiet_since_ ? std::min(after_sizes, *quiet_since_ + kTellLatest) : after_sizes;
}

std::optional<Timestamp> RequestQueue::NextPop(Timestamp now) {
  std::optional<Timestamp> next;
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (waiting_[i].empty() || in_flight_ >= max_in_flight_[i]) continue;
    Timestamp at = std::max(held_until_[i], bucket_.Next(now, kept_[i]));
    if (i >= kStatus) at = std::max(at, TellFrom());
    next = next ? std::min(*next, at) : at;
  }
  return next && next_try_ ? std::max(*next, *next_try_) : next;
}

void RequestQueue::Hold(Priority from, Timestamp until) {
  for (std::size_t i = 0; i < kPriorities; ++i) {
    if (i < static_cast<std::size_t>(from) || (from == Priority::kInformer && IsSize(i))) continue;
    held_until_[i] = std::max(held_until_[i], until);
  }
}

void RequestQueue::SetAnswering(bool answering, Timestamp now) {
  if (answering) {
    next_try_.reset();
  } else if (!next_try_) {
    next_try_ = now + kTrySpacing;
  }
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
