#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/core/activation.h"
#include "engine/core/budget.h"
#include "engine/core/burst.h"
#include "engine/core/confirmations.h"
#include "engine/core/fallback.h"
#include "engine/core/rollout.h"
#include "engine/core/step_limit.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// What the metrics asked for at one moment, before stabilization.
struct Recommendation {
  Replicas replicas = 0;
  Timestamp at{};
  bool operator==(const Recommendation&) const = default;
};

/// One change of size that was really made.
struct ScaleEvent {
  Replicas change = 0;  // Absolute.
  Timestamp at{};
  bool outdated = false;
  bool operator==(const ScaleEvent&) const = default;
};

/// What one metric was. It is forgotten when another metric takes its place in the spec.
struct MetricPast {
  std::string metric;  // Its name.
  DemandWindow demand;
  std::optional<Timestamp> stepped;   // When it last asked for a step.
  std::optional<Replicas> last_good;  // What it asked for when it was last known.
  Timestamp last_good_at{};
  std::optional<BelievedDemand> believed;
  bool operator==(const MetricPast&) const = default;
};

/// What a workload's decisions remember. A value: passed in, moved through, handed back.
struct History {
  /// Null: never evaluated. The first evaluation enters the current size, so that a restart never
  /// shrinks anything inside the first window.
  std::optional<std::vector<Recommendation>> recommendations;
  std::vector<ScaleEvent> scale_ups;
  std::vector<ScaleEvent> scale_downs;
  std::vector<MetricPast> metrics;  // One per spec.metrics, where one of them has to be remembered.
  BurstState burst;
  RolloutPast rollout;
  std::vector<SizeChange> changes;
  FallbackState fallback;
  Agreement agreement;
  ActivityState activity;
  bool operator==(const History&) const = default;
};

/// Where a metric's past is. Another metric's in its place is forgotten.
[[nodiscard]] MetricPast& PastOf(const WorkloadSpec& spec, std::size_t index, History& history);

/// The history after a size was really written: rule R13. `now` is when the write succeeded.
[[nodiscard]] History Advance(History history, const WorkloadSpec& spec, Replicas from, Replicas to,
                              Timestamp now);

}  // namespace hpaplus
