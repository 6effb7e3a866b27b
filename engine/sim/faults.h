#pragma once

#include "engine/base/time.h"

namespace hpaplus::sim {

/// How badly the world behaves. Everything zero is a perfect world. Probabilities are per event,
/// rates per workload (or, for the clock, per world) and hour.
struct Faults {
  // A read.
  double read_fails = 0;  // An error from the source.
  double read_hangs = 0;  // No answer before its deadline.
  double read_slow = 0;   // An answer after up to three seconds.
  // A sample.
  double sample_stale = 0;   // Ten minutes old.
  double sample_future = 0;  // A minute ahead of the clock.
  double sample_nan = 0;
  double sample_negative = 0;
  double sample_absent = 0;      // An answer without elements.
  double sample_duplicate = 0;   // Two numbers where one belongs.
  double sample_incomplete = 0;  // Some pods are missing in it.
  // A write.
  double write_conflicts = 0;  // Somebody else has touched the target.
  double write_waits = 0;      // It waits up to half a minute before it is sent.
  double write_refused = 0;    // Admission or RBAC says no.
  double write_vanishes = 0;   // It never arrives, and nobody says so.
  double write_unheard = 0;    // It arrives; its answer does not.
  // The cluster.
  double view_lags = 0;     // A change becomes visible up to five seconds later.
  double pod_slow = 0;      // A pod starts in ten times its time.
  double hand_scales = 0;   // Rate: somebody scales the target by hand.
  double spec_edits = 0;    // Rate: bounds, period or mode of the object change.
  double recreations = 0;   // Rate: the object is deleted and created again.
  double clock_pauses = 0;  // Rate: the process does not run for up to five minutes.
};

/// Everything at once, at rates at which a day still has quiet spells.
[[nodiscard]] inline Faults Nasty() {
  return {.read_fails = 0.05,
          .read_hangs = 0.02,
          .read_slow = 0.03,
          .sample_stale = 0.02,
          .sample_future = 0.02,
          .sample_nan = 0.02,
          .sample_negative = 0.02,
          .sample_absent = 0.02,
          .sample_duplicate = 0.02,
          .sample_incomplete = 0.05,
          .write_conflicts = 0.1,
          .write_waits = 0.2,
          .write_refused = 0.05,
          .write_vanishes = 0.05,
          .write_unheard = 0.05,
          .view_lags = 0.2,
          .pod_slow = 0.05,
          .hand_scales = 1,
          .spec_edits = 2,
          .recreations = 0.2,
          .clock_pauses = 0.5};
}

}  // namespace hpaplus::sim
