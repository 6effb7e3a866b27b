#pragma once

#include <memory>
#include <vector>

#include "engine/core/policy.h"
#include "engine/loop/round_tap.h"
#include "engine/rehearse/shadow_pods.h"

namespace hpaplus::rehearse {

/// What would have been measured of a shadow's pods.
struct ShadowReadings {
  std::vector<std::shared_ptr<const Pod>> pods;
  std::vector<ReadingResult> readings;  // One per spec.metrics.
  bool demand_hidden = false;  // The real pods use nearly all of the CPU that they ask for.
};

/// Finds the demand in what was measured of the real pods, and spreads it over the shadow's:
///
///     a number of the whole, target AverageValue    as it is
///     a number of the whole, target Value           * real serving pods / shadow's
///     pods' numbers, and what pods use              the sum over the real ones / shadow's
///
/// On both sides the pods that count are those that served when the sample was taken; of real ones
/// that have gone since, the load was as large as the others'. When some of those that did serve
/// have no sample, as large a share of the shadow's has none, so that what is missing holds it back
/// as it would them. Without a single sample, and for a failed read, the answer is that failure.
/// Guards, inputs and what is only shown are as they are. Pure.
[[nodiscard]] ShadowReadings ReadShadow(const Round& round, const DecideConfig& config,
                                        const Departures& gone, const ShadowPods& shadow);

}  // namespace hpaplus::rehearse
