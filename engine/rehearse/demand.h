#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/loop/round_tap.h"
#include "engine/rehearse/plant.h"
#include "engine/rehearse/scores.h"
#include "engine/rehearse/trace.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::rehearse {

/// A demand found again in what was measured while some replicas served it, and what these did.
struct Reconstruction {
  Trace trace;
  Timestamp start{};            // The trace's second 0.
  std::string metric;           // That it was found in.
  Scores recorded;              // How well the recorded sizes followed it.
  std::vector<Change> changes;  // Of the recorded size; somebody else's have no reason.
  Replicas initial = 0;         // Replicas at the start.
  std::size_t moments = 0;
  std::size_t unknown = 0;    // Moments whose demand is not known; the one before stands.
  std::size_t saturated = 0;  // At all of their capacity or more: the demand may have been larger.
  Duration longest_gap{};     // Between two moments with a known demand.
  /// Of the replicas that serve, as the plant has them after the recorded sizes, against those that
  /// were recorded as ready: the mean of their relative difference. Null: none was recorded.
  std::optional<double> fit_error;
};

/// Reconstructs one workload's demand, in the unit in which a replica's capacity is given:
///
///     a target per pod of requests:    percent used / 100 * capacity * ready replicas
///     a target per pod of a number:    the number per pod * ready replicas
///     a number of the whole workload:  the number
///
/// Ready replicas are the pods that are, where the recording has pods, else those of the scale.
class DemandBuilder {
 public:
  /// `metric` by name; empty: the first that asks for a size.
  DemandBuilder(std::string metric, const PlantOptions& plant)
      : metric_(std::move(metric)), plant_(plant) {}

  /// In the order of time.
  void Take(const Round& round);

  /// kNotFound: there is no such metric, or it was never known. kMalformedData: a demand that no
  /// trace can have.
  [[nodiscard]] Result<Reconstruction> Build() const;

 private:
  struct Moment {
    Timestamp at{};
    std::optional<double> demand;
    Replicas replicas = 0;
    Replicas ready = 0;
    bool has_pods = false;
    bool saturated = false;
  };

  [[nodiscard]] std::optional<std::size_t> IndexIn(const WorkloadSpec& spec) const;
  void Score(const std::vector<Moment>& moments, Reconstruction& out) const;

  const std::string metric_;
  const PlantOptions plant_;
  std::string found_;  // The metric's name.
  std::vector<Moment> moments_;
  std::map<Timestamp, Change> decided_;  // What was to be written.
};

}  // namespace hpaplus::rehearse
