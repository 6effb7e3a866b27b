#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/policy.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::rehearse {

/// One policy's way through a trace.
struct PolicyRun {
  std::string name;
  Scores scores;
  std::vector<Change> changes;
  Replicas initial = 0;  // The size at the beginning.
  std::uint64_t decisions = 0;
  double wall_seconds = 0;  // How long it took, where somebody has measured that.
};

/// The names that Compare takes besides objects of a user.
[[nodiscard]] std::vector<std::string_view> BuiltinPolicies();

/// What a user's object would be as a HorizontalPodAutoscaler without `behavior`: its metrics with
/// their targets, its bounds, and kube-controller-manager's defaults.
[[nodiscard]] WorkloadSpec HpaDefault(const WorkloadSpec& spec);
/// Knative's defaults on this demand: 70 % of a replica's capacity on the average of a minute, a
/// tick of 2 s, bursts, at most half of the replicas less a tick.
[[nodiscard]] WorkloadSpec KpaDefault(const WorkloadSpec& spec, double capacity_per_replica);

/// The engine decides, as it would live.
[[nodiscard]] PolicyRun RunEngine(std::string name, const WorkloadSpec& spec, const Trace& trace,
                                  const RunOptions& options, const PolicyFactory& policies,
                                  Timestamp start);
/// As many replicas all the time as the highest demand needs.
[[nodiscard]] PolicyRun RunStatic(const Trace& trace, const RunOptions& options);
/// Knows the demand in advance and starts replicas just in time: no policy misses less with fewer.
[[nodiscard]] PolicyRun RunOracle(const Trace& trace, const RunOptions& options);

}  // namespace hpaplus::rehearse
