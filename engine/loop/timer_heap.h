#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace hpaplus {

/// At most one alarm per workload, earliest first and then by id: a binary heap that knows where
/// everybody is, so that moving or removing an alarm is O(log n) and leaves nothing behind.
class TimerHeap {
 public:
  void Set(WorkloadId id, Timestamp at);
  void Remove(WorkloadId id);

  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  [[nodiscard]] bool contains(WorkloadId id) const;

  /// Timestamp::max() when nothing is set.
  [[nodiscard]] Timestamp next() const;
  /// Precondition: contains(id).
  [[nodiscard]] Timestamp at(WorkloadId id) const;
  /// Precondition: size() > 0.
  [[nodiscard]] WorkloadId first() const { return heap_.front().id; }

 private:
  struct Alarm {
    Timestamp at;
    WorkloadId id;
    auto operator<=>(const Alarm&) const = default;
  };
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  void Place(std::size_t slot, const Alarm& alarm);
  void SiftUp(std::size_t slot, const Alarm& alarm);
  void SiftDown(std::size_t slot, const Alarm& alarm);

  std::vector<Alarm> heap_;
  std::vector<std::uint32_t> slot_of_;  // Indexed by WorkloadId.
};

}  // namespace hpaplus
