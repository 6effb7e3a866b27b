#pragma once

#include <cstdint>
#include <deque>

#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// How a size turns into capacity.
struct PlantOptions {
  double capacity_per_replica = 1;  // In the trace's unit; > 0.
  Duration startup = std::chrono::seconds(30);
  Replicas initial = 1;
};

/// The replicas of one workload: a new one takes `startup` until it serves, what is not needed any
/// more is gone at once, the newest first. Not thread-safe.
class Plant {
 public:
  explicit Plant(const PlantOptions& options)
      : options_(options), replicas_(options.initial), ready_(options.initial) {}

  void Resize(Replicas replicas, Timestamp now);
  /// Lets those serve whose start is over by then. True: there were some.
  bool Advance(Timestamp now);
  /// When the next one will serve; Timestamp::max(): none is starting.
  [[nodiscard]] Timestamp next() const;

  [[nodiscard]] Replicas replicas() const { return replicas_; }
  [[nodiscard]] Replicas ready() const { return ready_; }
  /// The fewest replicas that carry this demand.
  [[nodiscard]] Replicas Needed(double demand) const;

 private:
  struct Batch {
    Timestamp ready_at{};
    Replicas count = 0;
  };

  const PlantOptions options_;
  Replicas replicas_;
  Replicas ready_;
  std::deque<Batch> starting_;  // In the order of their start.
};

}  // namespace hpaplus::rehearse
