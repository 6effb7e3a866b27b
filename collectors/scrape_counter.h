#pragma once

#include <vector>

#include "collectors/counter_growth.h"
#include "engine/base/time.h"
#include "engine/model/timed_value.h"

namespace hpaplus::collectors {

/// One counter as it was scraped: how much it has grown, whatever restarts there were in between.
/// Keeps as many points as the rate over a range needs, and never more than about a hundred.
class ScrapedCounter {
 public:
  /// Older or equal times are late copies and change nothing; neither does NaN.
  void Add(Timestamp at, double value, Duration range);

  /// Ordered by time. A value is the growth since the first one.
  [[nodiscard]] const std::vector<TimedValue>& points() const { return points_; }

 private:
  CounterGrowth growth_;
  std::vector<TimedValue> points_;
};

}  // namespace hpaplus::collectors
