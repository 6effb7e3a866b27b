#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "engine/kube/object_status.h"
#include "engine/model/decision.h"
#include "engine/model/workload.h"
#include "engine/ports/actuator.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::kube {

/// Everything a status is made from.
struct StatusInput {
  const Decision& decision;
  const WorkloadView& view;
  std::int64_t generation = 0;          // Of the object.
  std::string spec_problem;             // Not empty: the spec of that generation is unusable.
  std::optional<Error> write_failure;   // The last write failed, and none worked since.
  bool changed_before = false;          // The decision before wanted the same change.
  const ShadowState* shadow = nullptr;  // Null: it has none.
};

/// The new status: conditions keep their lastTransitionTime while their status stays, conditions
/// that this evaluation says nothing about stay as they are, and lastDecision stays until another
/// one changes the size or is kept from it. Pure.
[[nodiscard]] ObjectStatus MakeStatus(const StatusInput& in, const ObjectStatus& previous);

/// The status after a size was written, or could not be.
[[nodiscard]] ObjectStatus WithOutcome(ObjectStatus status, const ScaleOutcome& outcome,
                                       Timestamp at);

/// Whether two statuses tell people the same, apart from measured values and how texts quote them.
[[nodiscard]] bool SameMeaning(const ObjectStatus& a, const ObjectStatus& b);

/// The merge patch for the status subresource that makes a stored status this one.
[[nodiscard]] std::string StatusPatch(const ObjectStatus& status);

/// currentMetrics in autoscaling/v2's shape, Source entries alike: a JSON array. Empty when nothing
/// is known.
[[nodiscard]] std::string CurrentMetricsJson(const Decision& decision, const WorkloadSpec& spec);

}  // namespace hpaplus::kube
