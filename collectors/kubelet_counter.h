#pragma once

#include <optional>
#include <vector>

#include "collectors/counter_growth.h"
#include "engine/base/time.h"
#include "engine/model/timed_value.h"

namespace hpaplus::collectors {

/// One counter as a kubelet measures it, and how fast it grows.
///
///     rate = (newest - base) / (time of newest - time of base)
///
/// `base` is the latest measurement that is at least the window older than the newest, or the
/// oldest known when there is none. The measurement before the newest is never given up, so there
/// is a rate however seldom a counter is read. It keeps about twenty points at most.
class KubeletCounter {
 public:
  struct Rate {
    double per_second = 0;
    Timestamp at{};     // Of the newest.
    Duration window{};  // Between base and newest.
  };

  /// Older or equal times are the same measurement once more, or a late copy, and change nothing;
  /// neither does NaN. A counter that fell began again at zero.
  void Add(Timestamp at, double value, Duration window);

  /// What it counts began at this time. Later than the newest measurement: it counts from zero.
  void StartedAt(Timestamp at);

  /// Nothing before there are two measurements, at least a second apart.
  [[nodiscard]] std::optional<Rate> rate() const;

 private:
  CounterGrowth growth_;
  std::vector<TimedValue> points_;  // Ordered by time; growth since the first of all.
};

}  // namespace hpaplus::collectors
