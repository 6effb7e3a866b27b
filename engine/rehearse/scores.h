#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// How well the capacity followed the demand. Times are in seconds, areas in replica-seconds.
struct Scores {
  double seconds = 0;
  double replica_hours = 0;                 // Of all replicas, those that start included.
  double under_provisioned_time_share = 0;  // 0 .. 1: when fewer served than were needed.
  double under_provisioned_area = 0;        // What was missing.
  double over_provisioned_area = 0;         // What served without need.
  std::int64_t changes = 0;                 // Of the size.
  std::int64_t reversals = 0;               // Changes in the other direction than the one before.
  double reaction_p50_seconds = 0;          // From the first moment of a shortage to its end.
  double reaction_p99_seconds = 0;
  double worst_minute = 0;  // 0 .. 1: the largest share of a minute's need that was not served.
  bool operator==(const Scores&) const = default;
};

/// Adds a run up, step by step. Demand is what is needed, in replicas.
class ScoreKeeper {
 public:
  explicit ScoreKeeper(double step_seconds);

  /// So many steps, during which nothing changed.
  void Add(Replicas needed, Replicas ready, Replicas replicas, std::int64_t steps = 1);
  void AddChange(Replicas from, Replicas to);

  [[nodiscard]] Scores Total() const;

 private:
  // Steps in a row of which each is the same.
  struct Steps {
    double needed = 0;
    double missing = 0;
    std::int64_t count = 0;
  };

  void AddToMinute(Steps steps);
  void Push(const Steps& steps);

  const double step_;
  const std::int64_t minute_most_;  // Steps of the sliding minute.
  Scores sums_;
  double replica_seconds_ = 0;
  double short_seconds_ = 0;
  double shortage_ = 0;  // How long the present one lasts.
  std::vector<double> shortages_;
  int direction_ = 0;
  std::deque<Steps> minute_;
  Steps minute_sum_;
};

}  // namespace hpaplus::rehearse
