#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/decide.h"
#include "engine/core/history.h"
#include "engine/model/decision.h"
#include "engine/model/workload.h"

namespace hpaplus::replay {

/// A condition as an API server stores it.
struct StoredCondition {
  std::string type;
  std::string status;
  std::string reason;
  Timestamp since{};    // Last change of `status`, in whole seconds.
  std::string message;  // What there is to say beyond the reason; empty: nothing.
  bool operator==(const StoredCondition&) const = default;
};

/// One entry of status.currentMetrics. A metric that abstained leaves one without a type.
struct CurrentMetric {
  MetricSpec spec;
  MetricOutcome outcome;

  /// Whether both look the same in a status.
  bool operator==(const CurrentMetric& other) const;
};

/// What the stock HPA keeps in its status, as far as decisions leave a mark there.
struct HpaStatus {
  Replicas current_replicas = 0;
  Replicas desired_replicas = 0;
  std::optional<Timestamp> last_scale_time;
  std::vector<StoredCondition> conditions;
  std::optional<std::vector<CurrentMetric>> metrics;  // Null: as it was before the first round.
  bool operator==(const HpaStatus&) const = default;
};

/// What the API server answers in this round.
struct RoundFaults {
  enum class Put { kOk, kConflict, kError };
  std::vector<Put> scale_puts;  // In order; those beyond it succeed.
  bool status_put_fails = false;
};

struct RoundInput {
  Timestamp now;
  const DecideConfig& config;
  const WorkloadView& view;
  const PolicySet& policies;
  std::span<const ReadingResult> readings;
  const RoundFaults& faults;
  bool bad_target = false;     // scaleTargetRef.apiVersion does not parse.
  bool scale_to_zero = false;  // The gate HPAScaleToZero: a condition says who chose zero.
};

struct ScalePut {
  Replicas replicas = 0;
  RoundFaults::Put result = RoundFaults::Put::kOk;
  bool operator==(const ScalePut&) const = default;
};

/// An event, or a metric's computation as controller metrics label it.
struct RoundEvent {
  bool warning = false;
  Reason reason = Reason::kNone;
  std::string_view name;  // Where no Reason fits: "SuccessfulRescale" and its like.
};
struct Computation {
  MetricType type = MetricType::kUnknown;
  std::string_view action;
  std::string_view error;
};

struct RoundResult {
  Decision decision;
  std::vector<ScalePut> puts;
  bool rescaled = false;
  bool status_written = false;
  std::string_view action = "none";       // scale_up, scale_down, none
  std::string_view error_label = "none";  // spec, internal, none
  std::vector<RoundEvent> events;
  std::vector<Computation> computations;
};

/// One reconciliation as the stock HPA controller makes it, around Decide(): reads, decides,
/// writes the size with the HPA's retries, keeps status and history (rule R15). Pure; what the
/// API server answers is an input.
[[nodiscard]] RoundResult RunHpaRound(const RoundInput& in, HpaStatus& status, History& history);

}  // namespace hpaplus::replay
