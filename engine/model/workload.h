#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/model/behavior.h"
#include "engine/model/burst.h"
#include "engine/model/combine_spec.h"
#include "engine/model/metric_spec.h"
#include "engine/model/pod.h"
#include "engine/model/quota_share.h"
#include "engine/model/rollout.h"
#include "engine/model/safety.h"
#include "engine/model/schedule.h"

namespace hpaplus {

using Replicas = std::int32_t;

enum class Mode {
  kActive,
  kDryRun,  // Decides and explains, never writes a size.
  kPaused,  // Neither reads metrics nor decides.
  kScaleUpOnly,
  kScaleDownOnly,
};

/// Whose periods give way first while the engine has more to do than time.
enum class EvaluationPriority { kLow, kNormal, kHigh };

/// Whether sizes are written in this mode at all.
[[nodiscard]] bool Writes(Mode mode);
/// Whether this change may be written.
[[nodiscard]] bool MayWrite(Mode mode, Replicas from, Replicas to);

/// What the user asked for: one HPAPlus object, parsed, defaulted and checked. Immutable.
struct WorkloadSpec {
  std::string ns;
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  ObjectRef target;  // Always in the object's own namespace.
  Replicas min_replicas = 1;
  Replicas max_replicas = 1;
  Mode mode = Mode::kActive;
  Duration period = std::chrono::seconds(15);  // 1 s .. 1 h.
  Duration timeout{};                          // For one round of reads; > 0 and <= period.
  EvaluationPriority priority = EvaluationPriority::kNormal;
  std::vector<MetricSpec> metrics;   // 1 .. 32, names unique.
  std::optional<Behavior> behavior;  // Null: the HPA's legacy rules.
  std::optional<BurstSpec> burst;    // Null: no burst mode.
  CombineSpec combine;
  std::vector<ScheduleSpec> schedules;   // At most 64, names unique.
  std::optional<RolloutSpec> rollout;    // Null: rollouts make no difference.
  std::optional<FallbackSpec> fallback;  // Null: what is unknown holds, however long.
  std::optional<IdleSpec> idle;          // Null: never below min_replicas.
  SafetySpec safety;
  QuotaShareSpec quota;
  Timestamp created{};  // The epoch: unknown.
  std::optional<Timestamp>
      frozen_until;  // The object's own annotation; Timestamp::max(): for good.
  bool operator==(const WorkloadSpec&) const = default;
};

enum class ScaleStatus {
  kUnknown,  // Not read yet; nothing may be decided.
  kKnown,
  kNotFound,   // The target does not exist.
  kForbidden,  // RBAC; needs a human.
  kFailed,     // Reading it failed otherwise, or the kind has no /scale.
};

/// The target's scale subresource as last seen.
struct ScaleState {
  ScaleStatus status = ScaleStatus::kUnknown;
  std::string problem;                  // For people; empty when kKnown.
  Replicas spec_replicas = 0;           // The current size, everywhere.
  Replicas status_replicas = 0;         // Pods that exist, which lags behind.
  std::optional<std::string> selector;  // Label selector as text; null: the scale has none.
  std::string resource_version;         // Precondition of the next write.
  RolloutState rollout;                 // Of the target itself; a scale does not tell.
  bool operator==(const ScaleState&) const = default;
};

/// Everything the cluster knows about one workload at one moment. Immutable, shared between
/// threads.
struct WorkloadView {
  std::shared_ptr<const WorkloadSpec> spec;  // Never null.
  ScaleState scale;
  std::vector<std::shared_ptr<const Pod>> pods;  // Of the namespace, matching the selector.
  std::string conflict;  // Not empty: another autoscaler has this target; named for people.
  bool ambiguous_selector = false;  // One of the pods matches another autoscaler's selector too.
  bool scaled_to_zero = false;      // Its size is zero by our own decision, not by a human's.
  std::string freeze;  // Not empty: nothing in the cluster is written; who says so, for people.
};

/// Whether a metric is about the workload as a whole, so that it says something while there is no
/// pod: Object and External.
[[nodiscard]] bool HasTotals(const WorkloadSpec& spec);

/// Whether the object itself or the cluster is frozen: decided and explained, but not written.
[[nodiscard]] bool IsFrozen(const WorkloadView& view, Timestamp now);

/// "namespace/name", for people and logs; never for look-ups.
[[nodiscard]] std::string WorkloadName(const WorkloadSpec& spec);

}  // namespace hpaplus
