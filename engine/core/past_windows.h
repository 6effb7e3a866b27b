#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/history.h"
#include "engine/core/policy.h"

namespace hpaplus {

// A window that looks back starts empty, after a restart and for a new object. What a source still
// knows of the past fills it. What can be known of the past is a number of the workload as a whole,
// and of demand that alone which does not depend on the pods of that time: an average per replica.
// What was decided, and why, is not known, and nothing is made up for it.

/// One metric whose window can be filled.
struct PastWindow {
  std::size_t metric = 0;
  std::vector<std::size_t> inputs;  // The metrics whose numbers it takes, of sources all.
};

[[nodiscard]] std::vector<PastWindow> WindowsToFill(const WorkloadSpec& spec);

/// The numbers of one metric, oldest first, at the times of a grid that all metrics share. Null:
/// not known.
using PastReading = std::shared_ptr<const Reading>;

struct PastInput {
  const DecideConfig& config;
  const WorkloadView& view;
  const PolicySet& policies;
  std::span<const PastReading> past;  // One per spec.metrics.
};

/// Lets the metric's policy judge every moment of which all its inputs are known, and enters the
/// demand before what is in the window. Returns how many moments that were.
std::size_t FillWindow(const PastInput& in, const PastWindow& window, History& history);

}  // namespace hpaplus
