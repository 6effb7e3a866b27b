#pragma once

#include <optional>

#include "engine/base/time.h"

namespace hpaplus::collectors {

/// How much a counter has grown since it was first measured, whatever restarts there were in
/// between: one that fell began again at zero.
class CounterGrowth {
 public:
  /// The growth so far. Nothing, and nothing changes, when the time is not newer than the last one,
  /// the same measurement once more or a late copy, and when the value is NaN.
  [[nodiscard]] std::optional<double> Take(Timestamp at, double value);

  /// What it counts began at this time. Newer than the last measurement: the growth is zero from
  /// there on, and true is returned. Otherwise, and without any measurement, nothing changes.
  [[nodiscard]] bool StartAt(Timestamp at);

 private:
  std::optional<Timestamp> at_;  // Of the last measurement.
  double last_ = 0;              // As measured.
  double total_ = 0;
};

}  // namespace hpaplus::collectors
