#pragma once

#include <cstddef>
#include <vector>

#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// The sizes of a run again, in the order of time. The run must outlive it. Not thread-safe.
class RetracedRun {
 public:
  RetracedRun(const PolicyRun& run, PlantOptions options);

  /// Precondition: `seconds` of the trace are not less than in the call before.
  void MoveTo(double seconds);

  [[nodiscard]] Replicas replicas() const { return plant_.replicas(); }
  [[nodiscard]] Replicas ready() const { return plant_.ready(); }
  /// Of the run's changes, how many have been.
  [[nodiscard]] std::size_t changes() const { return next_; }

 private:
  const std::vector<Change>& changes_;
  Plant plant_;
  std::size_t next_ = 0;
};

}  // namespace hpaplus::rehearse
