#include "engine/loop/timer_heap.h"

#include "engine/base/check.h"

namespace hpaplus {

void TimerHeap::Set(WorkloadId id, Timestamp at) {
  if (slot_of_.size() <= id.index) slot_of_.resize(id.index + 1U, kNowhere);
  const Alarm alarm{at, id};
  std::size_t slot = slot_of_[id.index];
  if (slot == kNowhere) {
    slot = heap_.size();
    heap_.push_back(alarm);
    SiftUp(slot, alarm);
  } else if (alarm < heap_[slot]) {
    SiftUp(slot, alarm);
  } else {
    SiftDown(slot, alarm);
  }
}

void TimerHeap::Remove(WorkloadId id) {
  if (!contains(id)) return;
  const std::size_t hole = slot_of_[id.index];
  const Alarm removed = heap_[hole];
  const Alarm last = heap_.back();
  heap_.pop_back();
  slot_of_[id.index] = kNowhere;
  if (last == removed) return;
  if (last < removed) {
    SiftUp(hole, last);
  } else {
    SiftDown(hole, last);
  }
}

bool TimerHeap::contains(WorkloadId id) const {
  return id.index < slot_of_.size() && slot_of_[id.index] != kNowhere;
}

Timestamp TimerHeap::next() const {
  return heap_.empty() ? Timestamp::max() : heap_.front().at;
}

Timestamp TimerHeap::at(WorkloadId id) const {
  HPAPLUS_CHECK(contains(id));
  return heap_[slot_of_[id.index]].at;
}

void TimerHeap::Place(std::size_t slot, const Alarm& alarm) {
  heap_[slot] = alarm;
  slot_of_[alarm.id.index] = static_cast<std::uint32_t>(slot);
}

void TimerHeap::SiftUp(std::size_t slot, const Alarm& alarm) {
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 2;
    if (heap_[parent] < alarm) break;
    Place(slot, heap_[parent]);
    slot = parent;
  }
  Place(slot, alarm);
}

void TimerHeap::SiftDown(std::size_t slot, const Alarm& alarm) {
  for (;;) {
    std::size_t child = slot * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (alarm < heap_[child]) break;
    Place(slot, heap_[child]);
    slot = child;
  }
  Place(slot, alarm);
}

}  // namespace hpaplus
