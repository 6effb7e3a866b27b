#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/time.h"
#include "engine/model/pod.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// What a scrape found.
struct Measured {
  Timestamp at{};
  double demand = 0;
  Replicas ready = 0;
};

/// The object as it is rehearsed: it acts whatever its mode is, and every metric asks for itself,
/// its query or name being its index.
[[nodiscard]] std::shared_ptr<const WorkloadSpec> Rehearsed(WorkloadSpec spec);

/// Whether some metric or rule of it looks at pods.
[[nodiscard]] bool LooksAtPods(const WorkloadSpec& spec);
/// What every pod asks for: one of every resource in every container that a metric names.
[[nodiscard]] PodResources ResourcesFor(const WorkloadSpec& spec);

/// The number of a metric of the workload as a whole.
[[nodiscard]] ScalarSample SampleOfWhole(const MetricSpec& metric, const Measured& measured);
/// A serving replica's part of what is served.
[[nodiscard]] std::int64_t ServedMilli(const Measured& measured, double capacity_per_replica);
/// What a serving replica uses of what it asks for.
[[nodiscard]] std::int64_t UsedMilli(const Measured& measured, double capacity_per_replica);

}  // namespace hpaplus::rehearse
