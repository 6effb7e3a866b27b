#pragma once

#include <cstddef>

#include "engine/base/time.h"

namespace hpaplus {

/// What one tick says about the load.
struct TickLoad {
  Timestamp at{};
  Duration lateness{};  // The worst of the tick's due workloads.
  Duration took{};
  std::size_t decided = 0;
  double demand = 0;  // Evaluations per second that the periods, as stretched, ask for.
};

/// Decides by how much all periods are stretched when the ticks cannot keep up.
///
/// Lateness above `late` in every tick for `patience`, and in `ticks` of them at least, is
/// overload. Then periods are stretched until what they ask for takes the share `full` of the time,
/// by what an evaluation took since it began:
///
///     stretch *= demand * took / decided / full
///
/// Where that is no more than now, long periods have yet to follow; if it does not get better for
/// `relief`, it is not evaluating that makes it late, and one more `step` is tried. Lateness below
/// `calm` for `relief` takes one step back, if what is then asked for fits. A few late ticks, as
/// after a suspended machine, do nothing.
class Overload {
 public:
  struct Config {
    Duration late = std::chrono::milliseconds(250);
    Duration calm = std::chrono::milliseconds(50);
    Duration patience = std::chrono::seconds(2);
    Duration relief = std::chrono::seconds(10);
    int ticks = 5;
    double full = 0.9;
    double step = 1.25;
    double most = 16;
  };

  explicit Overload(const Config& config) : config_(config) {}

  /// Takes in a tick that had due workloads; returns the factor, >= 1.
  double Observe(const TickLoad& tick);

  [[nodiscard]] double stretch() const { return stretch_; }

 private:
  void Account(const TickLoad& tick);
  [[nodiscard]] double Busy(double demand) const;
  void StretchTo(double stretch, Timestamp now);

  const Config config_;
  double stretch_ = 1;
  Timestamp last_late_{};  // The last tick that was not calm.
  int late_ticks_ = 0;     // In a row.
  Timestamp looked_{};     // When the first of them was, or the stretch was last thought over.
  Timestamp changed_{};
  Duration worst_{};         // Lateness since `looked_`,
  Duration worst_before_{};  // and in the time before that.
  Duration took_{};          // By so many evaluations, lately.
  std::size_t decided_ = 0;
  Timestamp forgot_{};  // When the half of them was.
};

}  // namespace hpaplus
