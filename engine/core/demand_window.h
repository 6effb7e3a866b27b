#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/smoothing.h"

namespace hpaplus {

struct DemandSample {
  Timestamp at{};
  double demand = 0;
};

/// Recent demand, each with the time of its sample: how many replicas, not rounded, would bring
/// the metric to its target. Demand is kept rather than usage over target, because it stays the
/// same when the workload is resized: what was measured with five pods and what was measured with
/// ten can be averaged.
///
/// Bounded: the window is cut into at most kSlots slots of equal length, and the samples of a slot
/// are one: their mean for averages and percentiles, their extreme for Max and Min. With a sample a
/// second that is exact up to a window of two minutes.
class DemandWindow {
 public:
  static constexpr std::size_t kSlots = 128;

  /// Enters a sample and forgets those that are older than the window. One that is not newer than
  /// the newest is dropped: reading a sample twice is not seeing it twice.
  void Add(Timestamp at, double demand, const Smoothing& smoothing);

  /// Enters what was measured before, oldest first; what is not older than all that is there is
  /// dropped.
  void Precede(std::span<const DemandSample> past, const Smoothing& smoothing);

  /// Over the samples newer than `window` before the newest; 0 when there are none. What was not
  /// measured does not count as zero: a gap leaves fewer samples.
  ///
  ///     Average        the mean
  ///     P50, P90, P99  the nearest rank: of n samples in order, the one at ceil(n * p)
  ///     EWMA           e += (d - e) * dt / (window + dt), dt being the time since the sample
  ///     before
  [[nodiscard]] double Over(Duration window, SmoothingFunction function) const;

  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }
  bool operator==(const DemandWindow&) const = default;

  /// What it consists of, to be written down and read back; for nothing else.
  struct Slot {
    Timestamp begin{};  // Of its first sample.
    Timestamp at{};     // Of its newest.
    double value = 0;   // All of them together.
    std::uint32_t count = 0;
    bool operator==(const Slot&) const = default;
  };
  struct State {
    std::vector<Slot> slots;  // Oldest first.
    double ewma = 0;
  };
  [[nodiscard]] State state() const { return {slots_, ewma_}; }
  [[nodiscard]] static DemandWindow FromState(State state) {
    DemandWindow window;
    window.slots_ = std::move(state.slots);
    window.ewma_ = state.ewma;
    return window;
  }

 private:
  std::vector<Slot> slots_;  // Oldest first.
  double ewma_ = 0;
};

}  // namespace hpaplus
