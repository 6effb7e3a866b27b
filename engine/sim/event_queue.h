#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus::sim {

/// What will happen, in the order of time and, within one instant, of scheduling.
class EventQueue {
 public:
  using Event = std::function<void()>;

  void At(Timestamp at, Event event) {
    heap_.push_back({at, next_sequence_++, std::move(event)});
    std::ranges::push_heap(heap_, IsLater);
  }

  /// Timestamp::max() when nothing is scheduled.
  [[nodiscard]] Timestamp next() const {
    return heap_.empty() ? Timestamp::max() : heap_.front().at;
  }

  /// Precondition: something is scheduled.
  [[nodiscard]] Event TakeFirst() {
    std::ranges::pop_heap(heap_, IsLater);
    Event event = std::move(heap_.back().event);
    heap_.pop_back();
    return event;
  }

 private:
  struct Scheduled {
    Timestamp at;
    std::uint64_t sequence = 0;
    Event event;
  };

  static bool IsLater(const Scheduled& a, const Scheduled& b) {
    return std::pair(a.at, a.sequence) > std::pair(b.at, b.sequence);
  }

  std::vector<Scheduled> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace hpaplus::sim
