#pragma once

#include <span>

#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/model/decision.h"

namespace hpaplus {

struct DecideInput {
  Timestamp now;
  const DecideConfig& config;
  WorkloadId id;
  const WorkloadView& view;
  const PolicySet& policies;                // policies[i] judges readings[i].
  std::span<const ReadingResult> readings;  // One per spec.metrics.
};

struct Decided {
  Decision decision;
  History history;  // To be passed to the next evaluation.
};

/// The whole decision for one workload, as a pure function:
///
///     policies propose -> highest wins -> stabilise -> limit the rate -> clamp to bounds -> mode
///
/// with our own stages between them where they are configured (docs/decision-pipeline.md). Without
/// these the rules are the HPA's (docs/hpa-compatibility.md). Whatever is unknown holds the
/// size: an abstaining metric forbids shrinking, and when all abstain nothing changes.
[[nodiscard]] Decided Decide(const DecideInput& in, History history);

/// The same in the caller's memory: out.history is the history so far and becomes the next one,
/// out.decision is begun anew. Allocates nothing once `out` has served a decision like this one.
void Decide(const DecideInput& in, Decided& out);

/// What ScalingActive says when metrics of this type could not be evaluated.
[[nodiscard]] Reason FailureReason(MetricType type);

}  // namespace hpaplus
