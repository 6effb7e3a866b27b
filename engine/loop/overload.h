#pragma once

#include "engine/base/time.h"

namespace hpaplus {

/// Decides by how much all periods are stretched when the ticks cannot keep up.
///
/// Lateness above `late` in every tick for `patience`, and in `ticks` of them at least, stretches
/// by one more `step`; below `calm` for `relief` takes one back. A few late ticks, as after a
/// suspended machine, do nothing.
class Overload {
 public:
  struct Config {
    Duration late = std::chrono::milliseconds(250);
    Duration calm = std::chrono::milliseconds(50);
    Duration patience = std::chrono::seconds(2);
    Duration relief = std::chrono::seconds(10);
    int ticks = 5;
    double step = 1.25;
    double most = 16;
  };

  explicit Overload(const Config& config) : config_(config) {}

  /// Takes in the worst lateness of a tick that had due workloads; returns the factor, >= 1.
  double Observe(Timestamp now, Duration lateness);

  [[nodiscard]] double stretch() const { return stretch_; }

 private:
  const Config config_;
  double stretch_ = 1;
  Timestamp last_late_{};   // The last tick that was not calm.
  Timestamp late_since_{};  // When the first of the late ticks was.
  int late_ticks_ = 0;      // In a row.
  Timestamp changed_{};
};

}  // namespace hpaplus
